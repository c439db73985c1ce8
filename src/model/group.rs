//! Groups: dead letters that died alike.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::JobId;

/// What died alike: one fingerprint in one queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Group {
    /// The queue.
    pub queue: String,
    /// What its letters have in common.
    pub fingerprint: String,
    /// Their kind.
    pub kind: String,
    /// Why they died: one of [`super::Reason`]'s words.
    pub reason: String,
    /// The error without what differs between two of them.
    pub title: String,
    /// What people say of it: one of [`GroupState`]'s words.
    pub state: String,
    /// Since when.
    pub state_at: DateTime<Utc>,
    /// Until when nobody wants to hear of it.
    pub snoozed_until: Option<DateTime<Utc>>,
    /// When a new death opened it again after it was resolved or discarded.
    pub reopened_at: Option<DateTime<Utc>>,
    /// Who sees to it.
    pub assignee: Option<String>,
    /// What is known of it.
    pub note: Option<String>,
    /// When the first died.
    pub first_died_at: DateTime<Utc>,
    /// When the last died.
    pub last_died_at: DateTime<Utc>,
    /// How many ever died of it.
    pub died: i64,
    /// How many are neither replayed nor discarded.
    pub open: i64,
    /// How many letters are there.
    pub kept: i64,
    /// The newest letter.
    pub sample: Option<JobId>,
    /// The programs' versions that failed so, the newest last.
    pub revisions: Vec<String>,
}

/// What people say of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// Somebody has to look.
    Open,
    /// Not now.
    Snoozed,
    /// The cause is gone. A new death opens it again.
    Resolved,
    /// Nobody needs its letters. A new death opens it again.
    Discarded,
}

impl GroupState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Snoozed, Self::Resolved, Self::Discarded];

    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Snoozed => "snoozed",
            Self::Resolved => "resolved",
            Self::Discarded => "discarded",
        }
    }
}

impl fmt::Display for GroupState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for GroupState {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let of = |state: &Self| state.as_str() == word;
        Self::ALL
            .into_iter()
            .find(of)
            .ok_or_else(|| format!("{word:?} is no state; open, snoozed, resolved, discarded"))
    }
}
