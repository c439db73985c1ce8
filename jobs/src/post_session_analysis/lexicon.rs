//! The affect lexicon: what a word says about arousal, dominance and emotion.
//!
//! Not the valence of a sentence; that is VADER's.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::Emotion;

/// The compiled-in lexicon of [`ANALYZER`](super::ANALYZER), parsed at its first use.
pub static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the files are compiled in, and a test parses them")]
    Lexicon::parse(include_str!("../../data/affect_lexicon.tsv"), include_str!("../../data/negators.txt"))
        .expect("the compiled-in lexicon parses")
});

/// Words with their affect, and the words that negate.
#[derive(Debug)]
pub struct Lexicon {
    words: HashMap<String, Affect>,
    negators: HashSet<String>,
}

/// What one word says.
#[derive(Debug, Clone, PartialEq)]
pub struct Affect {
    /// How stirred up, 0 to 1 (Mehrabian & Russell 1974).
    pub arousal: f64,
    /// How much in control, 0 to 1.
    pub dominance: f64,
    /// One or two emotions; the word counts once, shared among them.
    pub emotions: Vec<Emotion>,
}

impl Lexicon {
    /// Reads a table (`word`, `arousal`, `dominance`, `emotions`, under a header line) and a list of
    /// negators, one a line.
    ///
    /// # Errors
    ///
    /// Names the line that is not as it should be.
    pub fn parse(table: &str, negators: &str) -> Result<Self, LexiconError> {
        let mut lines = table.lines().zip(1..);
        if lines.next().is_none_or(|(header, _)| header != HEADER) {
            return Err(LexiconError::Header);
        }
        let mut words = HashMap::new();
        for (row, line) in lines {
            let [word, arousal, dominance, emotions] =
                row.split('\t').collect::<Vec<_>>().try_into().map_err(|_| LexiconError::Columns { line })?;
            let affect = Affect {
                arousal: unit(arousal).ok_or(LexiconError::Number { line })?,
                dominance: unit(dominance).ok_or(LexiconError::Number { line })?,
                emotions: emotions
                    .split(',')
                    .map(str::parse)
                    .collect::<Result<_, _>>()
                    .map_err(|_| LexiconError::Emotion { line })?,
            };
            if !is_word(word) {
                return Err(LexiconError::Word { line });
            }
            if words.insert(word.to_owned(), affect).is_some() {
                return Err(LexiconError::Twice { line });
            }
        }
        let negators = negators.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        Ok(Self { words, negators })
    }

    /// What the lower-case `word` says, if it is known.
    #[must_use]
    pub fn affect(&self, word: &str) -> Option<&Affect> {
        self.words.get(word)
    }

    /// Whether the lower-case `word` negates what follows.
    #[must_use]
    pub fn negates(&self, word: &str) -> bool {
        self.negators.contains(word)
    }
}

/// Why a lexicon was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum LexiconError {
    #[error("no header line `word, arousal, dominance, emotions`")]
    Header,
    #[error("line {line}: not four columns")]
    Columns { line: usize },
    #[error("line {line}: not a lower-case word")]
    Word { line: usize },
    #[error("line {line}: not a number from 0 to 1")]
    Number { line: usize },
    #[error("line {line}: not one of the eight emotions")]
    Emotion { line: usize },
    #[error("line {line}: a word for the second time")]
    Twice { line: usize },
}

const HEADER: &str = "word\tarousal\tdominance\temotions";

fn unit(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value| (0.0..=1.0).contains(value))
}

/// Anything else could never match a token.
fn is_word(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_in_lexicon_parses() {
        assert_eq!(LEXICON.words.len(), 222);
        let betrayed = LEXICON.affect("betrayed").unwrap();
        assert_eq!(betrayed.emotions, [Emotion::Anger, Emotion::Sadness]);
        assert!(LEXICON.negates("didn't"));
        assert!(LEXICON.affect("didn't").is_none());
    }

    #[test]
    fn a_bad_line_is_named() {
        let parse = |rows: &str| Lexicon::parse(&format!("{HEADER}\n{rows}"), "").map(|_| ());
        assert_eq!(parse("glad\t0.5\t0.6\tjoy,trust"), Ok(()));
        assert_eq!(parse("glad\t0.5\t0.6"), Err(LexiconError::Columns { line: 2 }));
        assert_eq!(parse("Glad\t0.5\t0.6\tjoy"), Err(LexiconError::Word { line: 2 }));
        assert_eq!(parse("glad\tNaN\t0.6\tjoy"), Err(LexiconError::Number { line: 2 }));
        assert_eq!(parse("glad\t0.5\t1.6\tjoy"), Err(LexiconError::Number { line: 2 }));
        assert_eq!(parse("glad\t0.5\t0.6\tglee"), Err(LexiconError::Emotion { line: 2 }));
        assert_eq!(parse("sad\t0\t0\tsadness\nsad\t0\t0\tsadness"), Err(LexiconError::Twice { line: 3 }));
        assert_eq!(Lexicon::parse("", "").map(|_| ()), Err(LexiconError::Header));
    }
}
