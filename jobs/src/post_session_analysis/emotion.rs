//! The eight basic emotions (Plutchik 1980). Not their strength: shares are arrays in this order.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of Plutchik's eight, in the order that breaks every tie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Emotion {
    Joy,
    Trust,
    Fear,
    Surprise,
    Sadness,
    Disgust,
    Anger,
    Anticipation,
}

/// A strength for each emotion, in the order of [`Emotion::ALL`].
pub type Shares = [f64; 8];

impl Emotion {
    /// All eight, in the fixed order.
    pub const ALL: [Self; 8] = [
        Self::Joy,
        Self::Trust,
        Self::Fear,
        Self::Surprise,
        Self::Sadness,
        Self::Disgust,
        Self::Anger,
        Self::Anticipation,
    ];

    /// The emotion across Plutchik's wheel.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Joy => Self::Sadness,
            Self::Sadness => Self::Joy,
            Self::Trust => Self::Disgust,
            Self::Disgust => Self::Trust,
            Self::Fear => Self::Anger,
            Self::Anger => Self::Fear,
            Self::Surprise => Self::Anticipation,
            Self::Anticipation => Self::Surprise,
        }
    }

    /// The strongest of `shares`: the first within 1e-12 of the maximum, none if all are zero.
    #[must_use]
    pub fn dominant(shares: &Shares) -> Option<Self> {
        let strongest = shares.iter().copied().fold(0.0, f64::max);
        if strongest <= 0.0 {
            return None;
        }
        Self::ALL.into_iter().zip(shares).find(|&(_, &share)| share >= strongest - 1e-12).map(|(emotion, _)| emotion)
    }

    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Joy => "joy",
            Self::Trust => "trust",
            Self::Fear => "fear",
            Self::Surprise => "surprise",
            Self::Sadness => "sadness",
            Self::Disgust => "disgust",
            Self::Anger => "anger",
            Self::Anticipation => "anticipation",
        }
    }
}

impl fmt::Display for Emotion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Emotion {
    type Err = UnknownEmotion;

    fn from_str(word: &str) -> Result<Self, UnknownEmotion> {
        Self::ALL.into_iter().find(|emotion| emotion.as_str() == word).ok_or(UnknownEmotion)
    }
}

/// The word is none of the eight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown emotion")]
pub struct UnknownEmotion;

/// Divides by the sum, so the shares add up to one; all zero stays all zero.
#[must_use]
pub fn normalised(sums: Shares) -> Shares {
    let total: f64 = sums.iter().sum();
    if total > 0.0 { sums.map(|sum| sum / total) } else { [0.0; 8] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opposites_are_mutual() {
        for emotion in Emotion::ALL {
            assert_ne!(emotion.opposite(), emotion);
            assert_eq!(emotion.opposite().opposite(), emotion);
            assert_eq!(emotion.as_str().parse(), Ok(emotion));
        }
    }

    #[test]
    fn ties_go_to_the_first() {
        let mut shares = [0.0; 8];
        assert_eq!(Emotion::dominant(&shares), None);
        shares[Emotion::Anger as usize] = 0.5;
        shares[Emotion::Fear as usize] = 0.5 - 1e-13;
        assert_eq!(Emotion::dominant(&shares), Some(Emotion::Fear));
        shares[Emotion::Fear as usize] = 0.5 - 1e-11;
        assert_eq!(Emotion::dominant(&shares), Some(Emotion::Anger));
    }
}
