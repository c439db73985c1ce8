//! What forgetting a person removes and what stays, as one JSON value.

use serde::Serialize;

/// The content of `deletion.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Deletion {
    /// The source's id of the person.
    pub user_id: String,
    /// What is removed.
    pub deleted: Removed,
    /// Sessions of the others.
    pub remaining_sessions: usize,
    /// Their turns.
    pub remaining_turns: usize,
}

/// What is removed of a person.
#[derive(Clone, Debug, Serialize)]
pub struct Removed {
    /// Sessions, also those that the person had deleted before.
    pub sessions: i64,
    /// What was said in them.
    pub turns: i64,
    /// What the analysis made of them.
    pub session_vectors: usize,
    /// What it made of their turns.
    pub turn_impacts: usize,
    /// Sessions that were left out.
    pub exclusions: usize,
    /// Days.
    pub daily: i64,
    /// Weeks.
    pub weekly: i64,
    /// Months.
    pub monthly: i64,
}
