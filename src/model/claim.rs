//! A job in hand.

use chrono::{DateTime, Utc};

use super::{JobId, SessionId};

/// A claimed job: what a worker needs to run it and to end it. (`queue`, `id`, `attempt`, `session`) is the fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The session that holds it.
    pub session: SessionId,
    /// Its queue.
    pub queue: String,
    /// Its identity.
    pub id: JobId,
    /// Which attempt this is, 1 being the first. Rises with every claim and never falls.
    pub attempt: i32,
    /// Its kind.
    pub kind: String,
    /// Its arguments, as JSON text: whether they decode is found out when it runs.
    pub args: String,
    /// The version of their shape.
    pub args_version: i16,
    /// 1 high to 4 low.
    pub priority: i16,
    /// How many attempts have failed so far.
    pub failures: i32,
    /// How many may.
    pub max_failures: i32,
    /// How often its worker was lost while it ran.
    pub crashes: i32,
    /// How often it was put off without having failed.
    pub deferrals: i32,
    /// Whether its time was over when it was claimed.
    pub expired: bool,
    /// Whether somebody has asked for it to be cancelled.
    pub cancel_requested: bool,
    /// Whether it has an ordering key, so that its end makes another one due.
    pub ordered: bool,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// When it was due.
    pub scheduled_at: DateTime<Utc>,
    /// When this attempt was claimed.
    pub attempted_at: DateTime<Utc>,
    /// What an earlier attempt left for this one, as JSON text.
    pub checkpoint: Option<String>,
    /// The trace context of whoever enqueued it.
    pub traceparent: Option<String>,
}
