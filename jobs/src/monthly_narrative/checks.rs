//! What a text must pass before anybody reads it. Any code: not published. The comparison with what the person said is
//! `leak`'s; here stands what the text and its contract show.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use fancy_regex::Regex;

use super::code::Code;
use super::contract::Contract;
use super::numbers::{Supported, numbers};
use super::personal;
use super::rulebook::Rulebook;
use crate::post_session_analysis::{text, turn};
use crate::tolerance::at_least;

/// The codes of `text`, as far as the text and its contract show.
#[must_use]
pub fn check(text: &str, contract: &Contract, rules: &Rulebook) -> BTreeSet<Code> {
    if text::is_blank(text) {
        return BTreeSet::from([Code::Empty]);
    }
    let supported = Supported::by(contract);
    let lower = text.to_lowercase();
    let words = text.split_whitespace().count();
    let failed = [
        (Code::TooShort, words < rules.limits.min_words),
        (Code::TooLong, words > rules.limits.max_words),
        (Code::ControlChar, has_control(text)),
        (Code::BannedPhrase, rules.banned.iter().any(|phrase| lower.contains(phrase))),
        (Code::ToneNegative, valence(text).is_some_and(|valence| !at_least(valence, rules.limits.tone_floor))),
        (Code::Quotation, has_quotation(text, rules.limits.quotation_max_words)),
        (Code::UnsupportedNumber, numbers(text).into_iter().any(|number| !supported.holds(number))),
    ];
    let failed = failed.into_iter().filter_map(|(code, failed)| failed.then_some(code));
    failed.chain(personal::found(text, rules)).collect()
}

/// How the text sounds (VADER, by sentence); none without a word.
#[must_use]
pub(super) fn valence(text: &str) -> Option<f64> {
    turn::score(text).map(|score| score.valence)
}

/// Control characters, and invisible ones that could hide a word from the other checks. A line feed parts paragraphs.
fn has_control(text: &str) -> bool {
    static FORMAT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\p{Cf}").ok());
    let formats = FORMAT.as_ref().is_none_or(|format| format.is_match(text).unwrap_or(true));
    formats || text.chars().any(|c| c.is_control() && c != '\n')
}

/// Whether more than `most` words stand between quotation marks. An apostrophe is no quotation mark.
fn has_quotation(text: &str, most: usize) -> bool {
    [('"', '"'), ('\u{201c}', '\u{201d}'), ('\u{201e}', '\u{201c}'), ('\u{ab}', '\u{bb}'), ('\u{2018}', '\u{2019}')]
        .into_iter()
        .any(|(open, close)| quotations(text, open, close).any(|quoted| quoted.split_whitespace().count() > most))
}

fn quotations(text: &str, open: char, close: char) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let quoted = &rest[rest.find(open)? + open.len_utf8()..];
        let end = quoted.find(close)?;
        rest = &quoted[end + close.len_utf8()..];
        Some(&quoted[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_of_any_marks_are_found() {
        for text in ["a \"b c d e\" f", "\u{201c}b c d e\u{201d}", "\u{ab}b c d e\u{bb}", "\u{201e}b c d e\u{201c}"] {
            assert!(has_quotation(text, 3), "{text}");
        }
        for text in ["a \"b c d\" e f g h \"i\"", "it's a day that isn't theirs", "\"never closed at all here"] {
            assert!(!has_quotation(text, 3), "{text}");
        }
    }

    #[test]
    fn invisible_characters_are_controls() {
        assert!(has_control("se\u{200b}cret") && has_control("\u{202e}x") && has_control("a\tb"));
        assert!(!has_control("one\n\ntwo"));
    }
}
