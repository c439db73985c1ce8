//! Scoring the text of one turn: valence, arousal, dominance and emotions.
//!
//! Not the session: a turn is scored without knowing its neighbours.

use std::sync::LazyLock;

use vader_parity::SentimentIntensityAnalyzer;

use super::emotion::{Shares, normalised};
use super::lexicon::LEXICON;
use super::text::{Token, is_blank, scored, sentences, tokens};

/// What one turn says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TurnScore {
    /// From -1, negative, to 1, positive.
    pub valence: f64,
    /// How stirred up, 0 to 1.
    pub arousal: f64,
    /// How much in control, 0 to 1.
    pub dominance: f64,
    /// Shares of the eight emotions: they add up to one, or all are zero.
    pub emotions: Shares,
    /// How much the turn counts in its session: ln(1 + max(1, tokens)).
    pub weight: f64,
    /// Tokens of the text.
    pub tokens: u32,
    /// Tokens the lexicon knows.
    pub matched: u32,
}

impl TurnScore {
    /// The share of tokens the lexicon knows; zero without tokens.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        if self.tokens == 0 { 0.0 } else { f64::from(self.matched) / f64::from(self.tokens) }
    }
}

/// Scores `text`; a blank one has no score.
///
/// Valence is VADER's compound (Hutto & Gilbert 2014) of each sentence as written, averaged with
/// weight max(1, tokens). The rest comes from the affect lexicon: arousal and dominance after
/// Mehrabian & Russell 1974, emotions after Plutchik 1980.
#[must_use]
pub fn score(text: &str) -> Option<TurnScore> {
    let text = scored(text);
    if is_blank(text) {
        return None;
    }
    let mut words = Words::default();
    let (mut compounds, mut weights) = (0.0, 0.0);
    for sentence in sentences(text) {
        let before = words.tokens;
        tokens(sentence).for_each(|token| words.add(token));
        let weight = f64::from((words.tokens - before).max(1));
        compounds += weight * VADER.polarity_scores(sentence).compound;
        weights += weight;
    }
    Some(TurnScore {
        valence: (compounds / weights).clamp(-1.0, 1.0),
        arousal: words.arousal(marks(text, b'!', 4)),
        dominance: words.dominance(marks(text, b'?', 3)),
        emotions: normalised(words.emotions),
        weight: f64::from(words.tokens.max(1)).ln_1p(),
        tokens: words.tokens,
        matched: words.matched,
    })
}

static VADER: LazyLock<SentimentIntensityAnalyzer> = LazyLock::new(SentimentIntensityAnalyzer::new);

/// How much of an emotion a negation leaves, on the opposite side: VADER's factor.
const NEGATION: f64 = 0.74;
/// How many tokens back a negation reaches.
const REACH: u32 = 3;
/// Arousal and dominance where no word is known.
const CALM: f64 = 0.30;
const EVEN: f64 = 0.50;

/// Running sums over the tokens of a turn.
#[derive(Default)]
struct Words {
    tokens: u32,
    matched: u32,
    /// Tokens of two or more letters, and those of them in upper case.
    shoutable: u32,
    shouted: u32,
    arousal: f64,
    dominance: f64,
    emotions: Shares,
    /// Position of the last negator, counted from one.
    negated_at: Option<u32>,
    /// The folded token: kept so that a turn allocates once.
    word: String,
}

impl Words {
    fn add(&mut self, token: Token<'_>) {
        self.tokens += 1;
        self.shoutable += u32::from(token.can_shout());
        self.shouted += u32::from(token.is_shouted());
        token.fold_into(&mut self.word);
        if let Some(affect) = LEXICON.affect(&self.word) {
            self.matched += 1;
            self.arousal += affect.arousal;
            self.dominance += affect.dominance;
            let negated = self.negated_at.is_some_and(|at| self.tokens - at <= REACH);
            let strength = if negated { NEGATION } else { 1.0 };
            let parts = affect.emotions.iter().fold(0.0, |count, _| count + 1.0);
            for &emotion in &affect.emotions {
                let felt = if negated { emotion.opposite() } else { emotion };
                self.emotions[felt as usize] += strength / parts;
            }
        }
        if LEXICON.negates(&self.word) {
            self.negated_at = Some(self.tokens);
        }
    }

    fn arousal(&self, exclamations: f64) -> f64 {
        // Shouting stands out only against words that are not shouted.
        let stands_out = (1..self.shoutable).contains(&self.shouted);
        let share = if stands_out { f64::from(self.shouted) / f64::from(self.shoutable) } else { 0.0 };
        (self.mean(self.arousal, CALM) + 0.05 * exclamations + 0.15 * share).clamp(0.0, 1.0)
    }

    fn dominance(&self, questions: f64) -> f64 {
        (self.mean(self.dominance, EVEN) - 0.05 * questions).clamp(0.0, 1.0)
    }

    fn mean(&self, sum: f64, unknown: f64) -> f64 {
        if self.matched == 0 { unknown } else { sum / f64::from(self.matched) }
    }
}

/// How often `mark` occurs, up to `most`.
fn marks(text: &str, mark: u8, most: usize) -> f64 {
    text.bytes().filter(|&byte| byte == mark).take(most).fold(0.0, |count, _| count + 1.0)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use proptest::prelude::*;

    use super::super::Emotion;
    use super::*;

    fn emotion(text: &str, emotion: Emotion) -> f64 {
        score(text).unwrap().emotions[emotion as usize]
    }

    #[test]
    fn a_blank_turn_has_no_score() {
        assert_eq!(score(""), None);
        assert_eq!(score(" \u{a0}\n"), None);
        assert_eq!(score("7").unwrap().weight, 2.0_f64.ln());
    }

    #[test]
    fn a_negated_word_counts_for_the_opposite() {
        assert_eq!(emotion("I am afraid", Emotion::Fear), 1.0);
        assert_eq!(emotion("I am not at all afraid", Emotion::Anger), 1.0);
        assert_eq!(emotion("not in the least afraid", Emotion::Fear), 1.0, "four tokens away");
        let mixed = score("afraid, not alone").unwrap().emotions;
        assert!((mixed[Emotion::Joy as usize] - 0.74 / 1.74).abs() < 1e-12);
    }

    #[test]
    fn marks_raise_arousal_and_lower_dominance_up_to_a_limit() {
        let plain = score("the bus").unwrap();
        assert_eq!((plain.arousal, plain.dominance), (CALM, EVEN));
        assert!((score("the bus!!!!!!").unwrap().arousal - 0.50).abs() < 1e-12);
        assert!((score("the bus?????").unwrap().dominance - 0.35).abs() < 1e-12);
        assert!((score("the BUS").unwrap().arousal - 0.375).abs() < 1e-12);
        assert!((score("I see the BUS").unwrap().arousal - 0.35).abs() < 1e-12, "one of three");
        assert_eq!(score("I, THE BUS").unwrap().arousal, CALM);
    }

    #[test]
    fn a_long_sentence_outweighs_a_short_one() {
        let long = VADER.polarity_scores("This was a wonderful day for me.").compound;
        let short = VADER.polarity_scores("Sad!").compound;
        let both = score("This was a wonderful day for me. Sad!").unwrap();
        assert!((both.valence - (7.0 * long + short) / 8.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn any_text_scores_within_bounds(
            text in "(?s)(.|[a-zA-Z.!?' \n]|(not|good|HATE|afraid|betrayed|:\\)) ){0,60}"
        ) {
            let Some(turn) = score(&text) else { return Ok(()) };
            prop_assert!((-1.0..=1.0).contains(&turn.valence));
            prop_assert!((0.0..=1.0).contains(&turn.arousal));
            prop_assert!((0.0..=1.0).contains(&turn.dominance));
            let sum: f64 = turn.emotions.iter().sum();
            prop_assert!(turn.emotions == [0.0; 8] || (sum - 1.0).abs() < 1e-12);
            prop_assert_eq!(turn.emotions == [0.0; 8], turn.matched == 0);
            prop_assert!(turn.matched <= turn.tokens);
            prop_assert!(turn.weight > 0.0);
        }
    }
}
