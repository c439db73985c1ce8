//! The five kinds of learners. How a learner is told to be one is weekly aggregation's.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An archetype, in the order in which ties are broken and portfolios are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Archetype {
    /// Adopts capabilities fast.
    FastLearner,
    /// Keeps to few domains.
    Specialist,
    /// Uses the product most.
    PowerUser,
    /// Keeps what was learned.
    LongTermRetainer,
    /// None of these; also who has no metrics yet.
    Generalist,
}

/// A word that names no archetype.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it names no archetype; they are fast_learner, specialist, power_user, long_term_retainer, generalist")]
pub struct UnknownArchetype;

impl Archetype {
    /// All of them, in order.
    pub const ALL: [Self; 5] =
        [Self::FastLearner, Self::Specialist, Self::PowerUser, Self::LongTermRetainer, Self::Generalist];

    /// Its stored name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FastLearner => "fast_learner",
            Self::Specialist => "specialist",
            Self::PowerUser => "power_user",
            Self::LongTermRetainer => "long_term_retainer",
            Self::Generalist => "generalist",
        }
    }
}

impl FromStr for Archetype {
    type Err = UnknownArchetype;

    fn from_str(name: &str) -> Result<Self, UnknownArchetype> {
        Self::ALL.into_iter().find(|archetype| archetype.as_str() == name).ok_or(UnknownArchetype)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_as_what_it_was() {
        for archetype in Archetype::ALL {
            assert_eq!(archetype.as_str().parse(), Ok(archetype));
            assert_eq!(serde_json::to_value(archetype).unwrap(), archetype.as_str());
        }
        assert_eq!("Generalist".parse::<Archetype>(), Err(UnknownArchetype));
    }
}
