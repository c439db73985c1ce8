//! A session as one row of numbers. Not its turns: see `impact`.

use serde::{Deserialize, Serialize};

use super::emotion::{Emotion, Shares, normalised};
use super::pattern::Pattern;
use super::session::{Felt, Sums};

/// Whether there was anything to analyse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Yes.
    Ok,
    /// No user turn holds more than white space.
    Empty,
}

impl Status {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Empty => "empty",
        }
    }
}

/// A session's emotional vector, over the user turns that are not blank. All options are none in
/// an empty session.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionVector {
    /// Empty or not.
    pub status: Status,
    /// User turns that are not blank.
    pub n_user_turns: i32,
    /// Their tokens.
    pub n_tokens: i32,
    /// The sum of their weights; it weighs the session among others.
    pub weight: f64,
    /// Weighted mean, -1 to 1.
    pub valence: Option<f64>,
    /// Weighted mean, 0 to 1.
    pub arousal: Option<f64>,
    /// Weighted mean, 0 to 1.
    pub dominance: Option<f64>,
    /// Weighted shares: they add up to one, or all are zero.
    pub emotions: Option<Shares>,
    /// The strongest emotion; none also if no word told.
    pub dominant_emotion: Option<Emotion>,
    /// Weighted standard deviation of the valence.
    pub volatility: Option<f64>,
    /// Change of the valence from start to end by least squares; none also below three turns.
    pub slope: Option<f64>,
    /// The valence farthest from zero, the first of equals.
    pub peak: Option<f64>,
    /// The last valence.
    pub end: Option<f64>,
    /// Weighted mean of the share of known words.
    pub coverage: Option<f64>,
    /// The shape in one word.
    pub pattern: Option<Pattern>,
}

impl SessionVector {
    /// What is remembered of a session: the mean of peak and end (Kahneman et al. 1993).
    #[must_use]
    pub fn peak_end(&self) -> Option<f64> {
        Some(f64::midpoint(self.peak?, self.end?))
    }

    pub(super) fn new(turns: &[Felt], sums: &Sums) -> Self {
        let Some(end) = turns.iter().rfind(|turn| turn.takes_part()).map(|turn| turn.valence) else {
            return Self::empty();
        };
        let mean = |sum: f64| sum / sums.weight;
        let parts = || turns.iter().filter(|turn| turn.takes_part());
        let valence = mean(sums.valence);
        let squares: f64 = parts().map(|turn| turn.weight * (turn.valence - valence).powi(2)).sum();
        let volatility = mean(squares).sqrt();
        let slope = slope(parts().map(|turn| turn.valence), sums.turns);
        let emotions = normalised(sums.emotions);
        Self {
            status: Status::Ok,
            n_user_turns: sums.turns,
            n_tokens: sums.tokens,
            weight: sums.weight,
            valence: Some(valence),
            arousal: Some(mean(sums.arousal)),
            dominance: Some(mean(sums.dominance)),
            emotions: Some(emotions),
            dominant_emotion: Emotion::dominant(&emotions),
            volatility: Some(volatility),
            slope,
            peak: Some(peak(parts().map(|turn| turn.valence))),
            end: Some(end),
            coverage: Some(mean(sums.coverage)),
            pattern: Some(Pattern::of(valence, volatility, slope)),
        }
    }

    fn empty() -> Self {
        Self {
            status: Status::Empty,
            n_user_turns: 0,
            n_tokens: 0,
            weight: 0.0,
            valence: None,
            arousal: None,
            dominance: None,
            emotions: None,
            dominant_emotion: None,
            volatility: None,
            slope: None,
            peak: None,
            end: None,
            coverage: None,
            pattern: None,
        }
    }
}

/// The least-squares slope over `count` values set evenly on 0..1: so it is a change per session,
/// however long.
fn slope(values: impl Iterator<Item = f64>, count: i32) -> Option<f64> {
    if count < 3 {
        return None;
    }
    let last = f64::from(count - 1);
    let (mut products, mut squares) = (0.0, 0.0);
    for (value, step) in values.zip(0..count) {
        let x = f64::from(step) / last - 0.5;
        products += x * value;
        squares += x * x;
    }
    Some(products / squares)
}

/// The value farthest from zero; an equal one, but for rounding, does not displace the first.
fn peak(values: impl Iterator<Item = f64>) -> f64 {
    values.reduce(|peak, value| if value.abs() > peak.abs() + 1e-9 { value } else { peak }).unwrap_or(0.0)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use proptest::prelude::*;

    use super::super::{Analysis, Role};
    use super::*;

    fn session(turns: &[&str]) -> SessionVector {
        let mut session = Analysis::new();
        for (index, text) in (0..).zip(turns) {
            session.turn(index, Role::User, text).unwrap();
        }
        session.finish().0
    }

    #[test]
    fn a_session_without_text_is_empty() {
        assert_eq!(session(&[]), SessionVector::empty());
        assert_eq!(session(&[" ", "\u{a0}"]), SessionVector::empty());
        assert_eq!(SessionVector::empty().peak_end(), None);
    }

    #[test]
    fn a_straight_line_has_its_rise_as_slope() {
        assert_eq!(slope([0.0, 1.0].into_iter(), 2), None);
        assert!((slope([-0.5, 0.0, 0.5].into_iter(), 3).unwrap() - 1.0).abs() < 1e-12);
        assert!((slope([0.5, 0.4, 0.3, 0.2, 0.1].into_iter(), 5).unwrap() + 0.4).abs() < 1e-12);
    }

    #[test]
    fn the_first_of_equal_peaks_is_the_peak() {
        assert_eq!(peak([0.1, -0.6, 0.6 + 1e-12, 0.2].into_iter()), -0.6);
        assert_eq!(peak([0.0, 0.0].into_iter()), 0.0);
    }

    proptest! {
        #[test]
        fn a_session_stays_within_the_bounds_of_its_turns(
            turns in prop::collection::vec("((not|good|HATE|afraid|bus|!|alone\\.) ){0,6}", 0..12)
        ) {
            let turns: Vec<&str> = turns.iter().map(String::as_str).collect();
            let whole = session(&turns);
            let Some(valence) = whole.valence else {
                prop_assert!(turns.iter().all(|text| text.trim().is_empty()));
                return Ok(());
            };
            prop_assert!((-1.0..=1.0).contains(&valence));
            prop_assert!(whole.peak.unwrap().abs() + 1e-9 >= valence.abs());
            prop_assert!((0.0..=1.0).contains(&whole.volatility.unwrap()));
            let emotions = whole.emotions.unwrap();
            let sum: f64 = emotions.iter().sum();
            prop_assert!(emotions == [0.0; 8] || (sum - 1.0).abs() < 1e-12);
            prop_assert_eq!(whole.dominant_emotion.is_none(), emotions == [0.0; 8]);
            prop_assert_eq!(whole.slope.is_none(), whole.n_user_turns < 3);
        }
    }
}
