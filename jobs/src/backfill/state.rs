//! The life of a run.

use std::fmt;

use serde::Serialize;

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Made, not started.
    Planned,
    /// Its chunks run.
    Running,
    /// No further chunk begins.
    Paused,
    /// All rows are there: duplicates, quality, gates.
    Validating,
    /// The good rows go in.
    Integrating,
    /// It went through.
    Done,
    /// It came to nothing; it says why.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

/// A stored word that is no state.
#[derive(Debug, thiserror::Error)]
#[error("stored state {0:?} is unknown: a newer program has written it")]
pub struct UnknownState(String);

impl State {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Planned,
        Self::Running,
        Self::Paused,
        Self::Validating,
        Self::Integrating,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Validating => "validating",
            Self::Integrating => "integrating",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for State {
    type Error = UnknownState;

    fn try_from(word: String) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == word).ok_or(UnknownState(word))
    }
}
