//! Gathering the turns of a session. Not what they add up to: see `vector` and `impact`.

use super::emotion::Shares;
use super::impact::{self, TurnImpact};
use super::role::Role;
use super::turn::{self, TurnScore};
use super::vector::SessionVector;

/// The most turns a session may have.
pub const MOST_TURNS: usize = 100_000;

/// A session under analysis: give it the turns in their order, then finish.
///
/// Texts are read once and not kept; a turn leaves a few numbers behind.
#[derive(Debug, Default)]
pub struct Analysis {
    turns: Vec<Felt>,
    sums: Sums,
}

impl Analysis {
    /// A session without turns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Scores the next turn and adds it; answers its score, which only a user's turn with text has.
    ///
    /// # Errors
    ///
    /// The session has more than [`MOST_TURNS`].
    pub fn turn(&mut self, index: i32, role: Role, text: &str) -> Result<Option<TurnScore>, AnalysisError> {
        let score = match role {
            Role::User => turn::score(text),
            Role::Assistant => None,
        };
        self.add(index, role, score)?;
        Ok(score)
    }

    /// Adds the next turn as scored elsewhere. An assistant's score is not used.
    ///
    /// # Errors
    ///
    /// The session has more than [`MOST_TURNS`].
    pub fn add(&mut self, index: i32, role: Role, score: Option<TurnScore>) -> Result<(), AnalysisError> {
        if self.turns.len() == MOST_TURNS {
            return Err(AnalysisError::SessionTooLarge);
        }
        let score = score.filter(|_| role == Role::User);
        if let Some(score) = &score {
            self.sums.add(score);
        }
        self.turns.push(Felt::new(index, role, score.as_ref()));
        Ok(())
    }

    /// The session as a whole, and what each turn did to it.
    #[must_use]
    pub fn finish(self) -> (SessionVector, Vec<TurnImpact>) {
        let Self { turns, sums } = self;
        (SessionVector::new(&turns, &sums), impact::impacts(&turns, &sums))
    }
}

/// Why a session cannot be analysed: trying again would not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnalysisError {
    /// More than [`MOST_TURNS`].
    #[error("session_too_large: more than {MOST_TURNS} turns")]
    SessionTooLarge,
}

impl AnalysisError {
    /// The word for it in results and metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SessionTooLarge => "session_too_large",
        }
    }
}

/// What is kept of a turn: 40 bytes. A weight of zero means it takes no part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Felt {
    pub(super) index: i32,
    pub(super) role: Role,
    pub(super) weight: f64,
    pub(super) valence: f64,
    pub(super) arousal: f64,
    pub(super) dominance: f64,
}

impl Felt {
    fn new(index: i32, role: Role, score: Option<&TurnScore>) -> Self {
        let of = |value: fn(&TurnScore) -> f64| score.map_or(0.0, value);
        Self {
            index,
            role,
            weight: of(|score| score.weight),
            valence: of(|score| score.valence),
            arousal: of(|score| score.arousal),
            dominance: of(|score| score.dominance),
        }
    }

    pub(super) fn takes_part(&self) -> bool {
        self.weight > 0.0
    }
}

/// Sums over the turns that take part, each weighted but the counts.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Sums {
    pub(super) turns: i32,
    pub(super) tokens: i32,
    pub(super) weight: f64,
    pub(super) valence: f64,
    pub(super) arousal: f64,
    pub(super) dominance: f64,
    pub(super) coverage: f64,
    pub(super) emotions: Shares,
}

impl Sums {
    fn add(&mut self, score: &TurnScore) {
        let weight = score.weight;
        self.turns += 1;
        self.tokens = self.tokens.saturating_add_unsigned(score.tokens);
        self.weight += weight;
        self.valence += weight * score.valence;
        self.arousal += weight * score.arousal;
        self.dominance += weight * score.dominance;
        self.coverage += weight * score.coverage();
        for (sum, share) in self.emotions.iter_mut().zip(score.emotions) {
            *sum += weight * share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_leaves_less_than_64_bytes() {
        assert!(size_of::<Felt>() < 64);
    }

    #[test]
    fn one_turn_too_many_is_refused() {
        let mut session = Analysis::new();
        for index in 0..100_000 {
            session.add(index, Role::Assistant, None).unwrap();
        }
        let refused = session.turn(100_000, Role::User, "hello").unwrap_err();
        assert_eq!(refused.code(), "session_too_large");
    }
}
