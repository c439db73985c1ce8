//! Whether a text repeats what a person said: runs of words, runs of characters, names.
//!
//! Only the text's own fingerprint is kept; turns go by one at a time and leave nothing but codes.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use super::code::Code;
use super::contract::Contract;
use super::rulebook::Rulebook;
use crate::post_session_analysis::text::{Token, sentences, tokens};

/// What a turn must not share with a text. Its debug form says how much there is, not what.
pub struct Fingerprint<'a> {
    rules: &'a Rulebook,
    ngrams: HashSet<String>,
    runs: HashSet<Vec<u8>>,
    names: HashSet<String>,
}

impl fmt::Debug for Fingerprint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rules: _, ngrams, runs, names } = self;
        write!(f, "Fingerprint({} n-grams, {} runs, {} names)", ngrams.len(), runs.len(), names.len())
    }
}

impl<'a> Fingerprint<'a> {
    /// The fingerprint of `text`. What consists of the template's pieces and the contract's values alone is left out: a
    /// person who quotes an old summary makes no leak of the next.
    #[must_use]
    pub fn of(text: &str, contract: &Contract, rules: &'a Rulebook) -> Self {
        let said = Said::of(text);
        let exempt = exempt(&said, contract, rules);
        let length = rules.limits.ngram_tokens;
        let ngrams = said
            .windows(length)
            .filter(|&(first, _)| !exempt[first..first + length].iter().all(|&exempt| exempt))
            .filter(|&(first, _)| !said.words(first, length).all(|word| rules.stopwords.contains(word)))
            .map(|(_, shared)| shared.to_owned())
            .collect();
        let chars = said.chars_exempt(&exempt);
        let runs = said
            .text
            .as_bytes()
            .windows(rules.limits.run_chars)
            .zip(chars.windows(rules.limits.run_chars))
            .filter(|(_, exempt)| !exempt.iter().all(|&exempt| exempt))
            .map(|(run, _)| run.to_vec())
            .collect();
        Self { rules, ngrams, runs, names: names(text, rules).collect() }
    }

    /// Whether no turn could share anything with it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ngrams.is_empty() && self.runs.is_empty() && self.names.is_empty()
    }

    /// Adds the codes of what the text shares with `turn`.
    pub fn compare(&self, turn: &str, codes: &mut BTreeSet<Code>) {
        let said = Said::of(turn);
        if said.windows(self.rules.limits.ngram_tokens).any(|(_, shared)| self.ngrams.contains(shared)) {
            codes.insert(Code::LeakNgram);
        }
        if said.text.as_bytes().windows(self.rules.limits.run_chars).any(|run| self.runs.contains(run)) {
            codes.insert(Code::LeakRun);
        }
        if !self.names.is_empty() && names(turn, self.rules).any(|name| self.names.contains(&name)) {
            codes.insert(Code::LeakName);
        }
    }
}

/// The token text: tokens in lower case with a blank between, and where each begins and ends.
struct Said {
    text: String,
    places: Vec<(usize, usize)>,
}

impl Said {
    fn of(text: &str) -> Self {
        let mut said = Self { text: String::new(), places: Vec::new() };
        let mut word = String::new();
        for token in tokens(text) {
            token.fold_into(&mut word);
            if !said.text.is_empty() {
                said.text.push(' ');
            }
            let start = said.text.len();
            said.text.push_str(&word);
            said.places.push((start, said.text.len()));
        }
        said
    }

    /// Every run of `length` tokens, with the place of its first.
    fn windows(&self, length: usize) -> impl Iterator<Item = (usize, &str)> {
        let runs = self.places.windows(length).zip(0..);
        runs.map(move |(run, first)| (first, &self.text[run[0].0..run[length - 1].1]))
    }

    fn words(&self, first: usize, length: usize) -> impl Iterator<Item = &str> {
        self.places[first..first + length].iter().map(|&(start, end)| &self.text[start..end])
    }

    /// For each character of the text, whether it belongs to exempt tokens; a blank does if both its neighbours do.
    fn chars_exempt(&self, exempt: &[bool]) -> Vec<bool> {
        let mut chars = vec![false; self.text.len()];
        for (place, &(start, end)) in self.places.iter().enumerate() {
            chars[start..end].fill(exempt[place]);
            if place > 0 {
                chars[start - 1] = exempt[place] && exempt[place - 1];
            }
        }
        chars
    }
}

/// For each token of `said`, whether it is part of a template's piece or a value of the contract.
fn exempt(said: &Said, contract: &Contract, rules: &Rulebook) -> Vec<bool> {
    let mut exempt = vec![false; said.places.len()];
    let weeks = [contract.best_week(), contract.hardest_week()].into_iter().flatten();
    let values = [contract.month_name().to_owned()]
        .into_iter()
        .chain(contract.dominant_emotion().map(|emotion| emotion.to_string()))
        .chain(weeks);
    for piece in values.chain(rules.fragments.iter().cloned()) {
        let piece = Said::of(&piece);
        let length = piece.places.len();
        if length == 0 {
            continue;
        }
        for (first, _) in said.windows(length).filter(|&(_, run)| run == piece.text) {
            exempt[first..first + length].fill(true);
        }
    }
    exempt
}

/// Capitalised words inside a sentence that are neither months nor weekdays, in lower case, without a genitive's `'s`. The
/// first word of a sentence is always capitalised, and says nothing.
fn names<'t>(text: &'t str, rules: &'t Rulebook) -> impl Iterator<Item = String> + 't {
    sentences(text).flat_map(|sentence| tokens(sentence).skip(1)).filter_map(|token| name(token, rules))
}

fn name(token: Token<'_>, rules: &Rulebook) -> Option<String> {
    if !token.is_capitalised() {
        return None;
    }
    let mut word = String::new();
    token.fold_into(&mut word);
    let word = word.strip_suffix("'s").unwrap_or(&word);
    let is_i = word == "i" || word.starts_with("i'");
    (word.len() > 1 && !is_i && !rules.allowed_names.contains(word)).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::rulebook::RULEBOOK;
    use super::super::template;
    use super::*;

    fn contract(sessions: u32) -> Contract {
        Contract::parse(&json!({
            "month": "2026-03", "n_sessions": sessions, "n_turns": 80, "valence": -0.6, "valence_delta": 0.2,
            "volatility": 0.6, "diversity": 0.3, "positive_share": 0.5, "dominant_emotion": "fear",
            "patterns": {"volatile": 2}, "best_week": "2026-W10", "hardest_week": "2026-W12", "n_excluded": 2,
            "prompt_version": "rules-1",
        }))
        .unwrap()
    }

    fn shared(text: &str, turn: &str) -> Vec<&'static str> {
        let mut codes = BTreeSet::new();
        Fingerprint::of(text, &contract(12), &RULEBOOK).compare(turn, &mut codes);
        codes.into_iter().map(Code::as_str).collect()
    }

    #[test]
    fn a_person_who_quotes_a_whole_summary_makes_no_leak_of_the_next() {
        let text = template::render(&contract(12));
        assert_eq!(shared(&text, &text), [""; 0]);
        assert!(Fingerprint::of(&text, &contract(12), &RULEBOOK).is_empty());
    }

    #[test]
    fn a_piece_of_the_template_hides_no_words_of_a_person() {
        let said = "she said it is based on secret files";
        assert_eq!(shared("We know she said it is based on nothing.", said), ["leak_ngram"]);
        assert_eq!(shared("It is based on what was said.", said), [""; 0]);
    }

    #[test]
    fn names_are_capitals_inside_both() {
        let said = "I told Margaret's sister in March that I'm tired.";
        assert_eq!(shared("In March it seems Margaret mattered.", said), ["leak_name"]);
        assert_eq!(shared("Margaret mattered in March, and I do say so, I'm sure.", said), [""; 0]);
    }

    #[test]
    fn case_apostrophes_and_punctuation_hide_nothing() {
        let said = "You\u{2019}ll NEVER guess: what happened, yesterday";
        assert_eq!(shared("so you'll never guess what happened then", said), ["leak_ngram", "leak_run"]);
    }
}
