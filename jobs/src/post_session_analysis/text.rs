//! Cutting a turn's text into sentences and tokens. Not what they mean.

/// How many characters of a turn are scored.
pub const SCORED_CHARS: usize = 20_000;

/// The part of `text` that is scored.
#[must_use]
pub fn scored(text: &str) -> &str {
    // A text of so many bytes cannot have more characters: nearly all turns end here.
    if text.len() <= SCORED_CHARS {
        return text;
    }
    text.char_indices().nth(SCORED_CHARS).map_or(text, |(end, _)| &text[..end])
}

/// Whether there is nothing but white space.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_space)
}

/// The sentences of `text`: cut after `.`, `!` or `?` before white space, and at line feeds;
/// trimmed, and never empty.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (sentence, after) = rest.split_at(sentence_end(rest));
            rest = after;
            let sentence = sentence.trim_matches(is_space);
            if !sentence.is_empty() {
                return Some(sentence);
            }
        }
        None
    })
}

/// The tokens of `text`: runs of ASCII letters, with apostrophes (`'` or U+2019) inside them.
pub fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.bytes().position(|byte| byte.is_ascii_alphabetic())?;
        let (token, after) = rest[start..].split_at(token_len(&rest[start..]));
        rest = after;
        Some(Token(token))
    })
}

/// One token, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a>(&'a str);

impl Token<'_> {
    /// Two or more letters: a lone `I` or `A` is no shout. (Every apostrophe stands between letters.)
    #[must_use]
    pub fn can_shout(self) -> bool {
        self.0.len() > 1
    }

    /// Two or more letters, all upper case.
    #[must_use]
    pub fn is_shouted(self) -> bool {
        self.can_shout() && !self.0.bytes().any(|byte| byte.is_ascii_lowercase())
    }

    /// Whether it begins with a capital.
    #[must_use]
    pub fn is_capitalised(self) -> bool {
        self.0.starts_with(|c: char| c.is_ascii_uppercase())
    }

    /// Writes the form the lexicon knows into `word`: lower case, with the plain apostrophe.
    pub fn fold_into(self, word: &mut String) {
        word.clear();
        word.extend(self.0.chars().map(|c| if c == CURLY_APOSTROPHE { '\'' } else { c.to_ascii_lowercase() }));
    }
}

/// White space as the reference implementation of VADER sees it: Unicode's, and the four ASCII
/// separators Python adds. One class everywhere, or a turn could be blank here and not there.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// Where the first sentence of `text` ends, its end mark or line feed included.
fn sentence_end(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let stop = match c {
            '\n' => true,
            '.' | '!' | '?' => chars.peek().is_some_and(|&(_, next)| is_space(next)),
            _ => false,
        };
        if stop {
            return at + 1;
        }
    }
    text.len()
}

/// The length of the token that starts `text`.
fn token_len(text: &str) -> usize {
    let letters = |from: usize| text[from..].bytes().take_while(u8::is_ascii_alphabetic).count();
    let mut end = letters(0);
    while let Some(apostrophe) = text[end..].chars().next().filter(|&c| c == '\'' || c == CURLY_APOSTROPHE) {
        match letters(end + apostrophe.len_utf8()) {
            0 => break,
            more => end += apostrophe.len_utf8() + more,
        }
    }
    end
}

const CURLY_APOSTROPHE: char = '\u{2019}';

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(text: &str) -> Vec<String> {
        let mut word = String::new();
        tokens(text)
            .map(|token| {
                token.fold_into(&mut word);
                word.clone()
            })
            .collect()
    }

    #[test]
    fn sentences_end_at_marks_before_space_and_at_line_feeds() {
        let cut: Vec<_> = sentences(" One. Two!  Three?\nv1.2 is 3.5\n\n... ?! Done.").collect();
        assert_eq!(cut, ["One.", "Two!", "Three?", "v1.2 is 3.5", "...", "?!", "Done."]);
        assert_eq!(sentences(" \u{a0}\n ").count(), 0);
    }

    #[test]
    fn tokens_are_letters_with_apostrophes_inside() {
        assert_eq!(
            folded("I DIDN\u{2019}T, 'quote' rock'n'roll na\u{ef}ve x2 '"),
            ["i", "didn't", "quote", "rock'n'roll", "na", "ve", "x"]
        );
    }

    #[test]
    fn shouting_needs_two_letters() {
        let shouted: Vec<_> = tokens("I AM so HAPPY, I\u{2019}M Up").map(Token::is_shouted).collect();
        assert_eq!(shouted, [false, true, false, true, true, false]);
    }

    #[test]
    fn only_the_first_twenty_thousand_characters_are_scored() {
        let long = "\u{e9}".repeat(SCORED_CHARS + 1);
        assert_eq!(scored(&long).chars().count(), SCORED_CHARS);
        assert_eq!(scored(&long[..SCORED_CHARS]), &long[..SCORED_CHARS]);
    }

    proptest! {
        #[test]
        fn any_text_can_be_cut(text in "(?s)(.|[a-zA-Z.!?'\u{2019} \n]){0,80}") {
            let whole: Vec<_> = tokens(&text).collect();
            // No token crosses a sentence's end, so counting by sentence counts each once.
            let by_sentence: Vec<_> = sentences(&text).flat_map(tokens).collect();
            prop_assert_eq!(whole, by_sentence);
            prop_assert_eq!(is_blank(&text), sentences(&text).next().is_none());
            let kept: String = sentences(&text).collect();
            prop_assert_eq!(
                kept.chars().filter(|c| !is_space(*c)).collect::<String>(),
                text.chars().filter(|c| !is_space(*c)).collect::<String>()
            );
        }
    }
}
