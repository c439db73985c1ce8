//! What operators have said about queues and kinds.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

/// What a worker process must heed of it, as of the last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controls {
    queues: BTreeMap<String, QueueControl>,
    paused_kinds: BTreeSet<String>,
}

/// The same for one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct QueueControl {
    /// Nothing is started.
    pub paused: bool,
    /// It has a limit over the whole fleet, so that claims take turns.
    pub limited: bool,
    /// What ended is remembered.
    pub keep_history: bool,
}

impl Default for QueueControl {
    fn default() -> Self {
        Self { paused: false, limited: false, keep_history: true }
    }
}

impl Controls {
    /// Of these queues and paused kinds.
    #[must_use]
    pub fn new(queues: BTreeMap<String, QueueControl>, paused_kinds: BTreeSet<String>) -> Self {
        Self { queues, paused_kinds }
    }

    /// A queue's; one that is not known has none.
    #[must_use]
    pub fn queue(&self, name: &str) -> QueueControl {
        self.queues.get(name).copied().unwrap_or_default()
    }

    /// Whether jobs of a kind are to be parked.
    #[must_use]
    pub fn is_kind_paused(&self, kind: &str) -> bool {
        self.paused_kinds.contains(kind)
    }
}

/// A queue as operators look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct QueueInfo {
    /// Its name.
    pub name: String,
    /// Since when it is paused.
    pub paused_at: Option<DateTime<Utc>>,
    /// By whom.
    pub paused_by: Option<String>,
    /// What for.
    pub paused_why: Option<String>,
    /// At most so many run at once, over the whole fleet.
    pub max_running: Option<i32>,
    /// At most so many start …
    pub rate_limit: Option<i32>,
    /// … in so many seconds.
    pub rate_seconds: Option<i32>,
    /// Whether ended jobs are remembered.
    pub keep_history: bool,
    /// For how long dead letters are kept; none: as the configuration says.
    pub keep_dead_letters_seconds: Option<i64>,
    /// The same for failed attempts.
    pub keep_attempts_seconds: Option<i64>,
    /// The same for idempotency keys; none: for as long as their scope says.
    pub keep_keys_seconds: Option<i64>,
}

/// A kind as operators look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct KindInfo {
    /// Its name.
    pub kind: String,
    /// Its queue.
    pub queue: String,
    /// The newest version of its arguments that a program here has published.
    pub args_version: i16,
    /// When.
    pub published_at: DateTime<Utc>,
    /// Since when it is paused.
    pub paused_at: Option<DateTime<Utc>>,
    /// By whom.
    pub paused_by: Option<String>,
    /// What for.
    pub paused_why: Option<String>,
}

/// The limits of a queue over the whole fleet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// At most so many run at once.
    pub max_running: Option<i32>,
    /// At most so many (the first) start within so many seconds (the second).
    pub rate: Option<(i32, i32)>,
}

/// What is remembered of a queue's jobs. None: as the configuration says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Keep {
    /// Whether ended jobs are.
    pub history: bool,
    /// Dead letters, in seconds.
    pub dead_letters: Option<i64>,
    /// Failed attempts, in seconds.
    pub attempts: Option<i64>,
    /// Idempotency keys, in seconds, whatever their scope.
    pub keys: Option<i64>,
}
