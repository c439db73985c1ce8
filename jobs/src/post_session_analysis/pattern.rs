//! The shape of a session in one word. Not its numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::tolerance::{at_least, at_most};

/// How the valence went, in the order that daily counts are kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Fewer than three turns: no shape.
    Insufficient,
    /// Up and down.
    Volatile,
    /// Up.
    Improving,
    /// Down.
    Declining,
    /// Level and positive.
    SteadyPositive,
    /// Level and negative.
    SteadyNegative,
    /// Level and neither.
    SteadyNeutral,
}

impl Pattern {
    /// All seven, in the fixed order.
    pub const ALL: [Self; 7] = [
        Self::Insufficient,
        Self::Volatile,
        Self::Improving,
        Self::Declining,
        Self::SteadyPositive,
        Self::SteadyNegative,
        Self::SteadyNeutral,
    ];

    /// The first that fits. `slope` is none with fewer than three turns.
    #[must_use]
    pub fn of(valence: f64, volatility: f64, slope: Option<f64>) -> Self {
        let Some(slope) = slope else {
            return Self::Insufficient;
        };
        if at_least(volatility, 0.5) {
            Self::Volatile
        } else if at_least(slope, 0.3) {
            Self::Improving
        } else if at_most(slope, -0.3) {
            Self::Declining
        } else if at_least(valence, 0.05) {
            Self::SteadyPositive
        } else if at_most(valence, -0.05) {
            Self::SteadyNegative
        } else {
            Self::SteadyNeutral
        }
    }

    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insufficient => "insufficient",
            Self::Volatile => "volatile",
            Self::Improving => "improving",
            Self::Declining => "declining",
            Self::SteadyPositive => "steady_positive",
            Self::SteadyNegative => "steady_negative",
            Self::SteadyNeutral => "steady_neutral",
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_fits_is_taken() {
        assert_eq!(Pattern::of(0.9, 0.9, None), Pattern::Insufficient);
        assert_eq!(Pattern::of(0.9, 0.5 - 1e-10, Some(0.9)), Pattern::Volatile);
        assert_eq!(Pattern::of(-0.9, 0.4, Some(0.3 - 1e-10)), Pattern::Improving);
        assert_eq!(Pattern::of(0.9, 0.4, Some(-0.3 + 1e-10)), Pattern::Declining);
        assert_eq!(Pattern::of(0.05 - 1e-10, 0.4, Some(0.2)), Pattern::SteadyPositive);
        assert_eq!(Pattern::of(-0.05 + 1e-10, 0.4, Some(0.2)), Pattern::SteadyNegative);
        assert_eq!(Pattern::of(0.049, 0.4, Some(-0.2)), Pattern::SteadyNeutral);
    }
}
