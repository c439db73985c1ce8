//! How good a text is, from 0 to 1, published beside it. Not whether it may be published: that is `checks`'.

use std::collections::HashSet;

use serde::Serialize;

use super::checks::valence;
use super::contract::Contract;
use super::numbers::{Number, Supported, numbers};
use super::rulebook::Rulebook;
use crate::calendar::month_label;
use crate::post_session_analysis::text;
use crate::tolerance::at_least;

/// The scores of a text.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rubric {
    /// Numbers that the contract bears out over all numbers; 0.5 if there is none.
    pub grounding: f64,
    /// How many of month, session count, emotion, a week and a word of change it names, over 3, at most 1.
    pub specificity: f64,
    /// 1 for 60 to 180 words, less the shorter or longer it is.
    pub brevity: f64,
    /// 1, less the darker it sounds: 1 + valence / 0.5.
    pub tone: f64,
    /// 1 if it names something to do.
    pub actionability: f64,
    /// The weighted sum.
    pub score: f64,
    /// Whether that is enough.
    pub pass: bool,
}

/// Scores a text; a blank one has no score.
#[must_use]
pub fn score(text: &str, contract: &Contract, rules: &Rulebook) -> Option<Rubric> {
    if text::is_blank(text) {
        return None;
    }
    let found = numbers(text);
    let words = words(text);
    let grounding = grounding(&found, &Supported::by(contract));
    let specificity = (specifics(text, &words, &found, contract, rules) / 3.0).min(1.0);
    let brevity = brevity(text.split_whitespace().count());
    let tone = valence(text).map_or(1.0, |valence| (1.0 + valence / 0.5).clamp(0.0, 1.0));
    let actionability = if words.is_disjoint(&rules.action_words) { 0.0 } else { 1.0 };
    let weights = rules.weights;
    let score = weights.grounding * grounding
        + weights.specificity * specificity
        + weights.brevity * brevity
        + weights.tone * tone
        + weights.actionability * actionability;
    // The weights add up to one, to within a rounding.
    let score = score.min(1.0);
    Some(Rubric { grounding, specificity, brevity, tone, actionability, score, pass: at_least(score, rules.pass) })
}

fn grounding(found: &[Number], supported: &Supported) -> f64 {
    if found.is_empty() {
        return 0.5;
    }
    share(found.iter().filter(|&&number| supported.holds(number)).count(), found.len())
}

fn specifics(text: &str, words: &HashSet<String>, found: &[Number], contract: &Contract, rules: &Rulebook) -> f64 {
    let month = words.contains(&contract.month_name().to_lowercase()) || text.contains(&month_label(contract.month()));
    let weeks = [contract.best_week(), contract.hardest_week()];
    let named = [
        month,
        found.iter().any(|number| number.is(contract.n_sessions())),
        contract.dominant_emotion().is_some_and(|emotion| words.contains(emotion.as_str())),
        weeks.into_iter().flatten().any(|week| text.contains(&week)),
        !words.is_disjoint(&rules.change_words),
    ];
    share(named.into_iter().filter(|&named| named).count(), 1)
}

fn brevity(words: usize) -> f64 {
    match words {
        0..60 => share(words, 60),
        60..=180 => 1.0,
        _ => (1.0 - share(words - 180, 180)).max(0.0),
    }
}

fn words(text: &str) -> HashSet<String> {
    let fold = |token: text::Token<'_>| {
        let mut word = String::new();
        token.fold_into(&mut word);
        word
    };
    text::tokens(text).map(fold).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of words, far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brevity_falls_on_both_sides() {
        for (words, wanted) in [(0, 0.0), (30, 0.5), (60, 1.0), (180, 1.0), (270, 0.5), (400, 0.0)] {
            assert!((brevity(words) - wanted).abs() < 1e-9, "{words}");
        }
    }
}
