//! Replays: letters chosen once, then brought back a few at a time.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::JobId;

/// Which letters a replay takes: those that all of it is true of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ReplayFilter {
    /// Of this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Of this queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Died then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Died then or earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// Failed by this version of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// With this in its arguments.
    #[serde(skip_serializing_if = "Option::is_none", rename = "where")]
    pub argument: Option<Argument>,
    /// These.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub letters: Option<Vec<Uuid>>,
}

/// A value in the arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// Where: names of fields with dots between them.
    pub path: String,
    /// What stands there.
    pub value: Value,
}

/// How fast a replay goes, and when it stops by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Pace {
    /// So many go first, each with one attempt, and are waited for. 0: none do.
    pub canary: i32,
    /// Letters a second.
    pub rate: f64,
    /// At most so many at once, 1 to 5,000.
    pub concurrency: i32,
    /// It stops when more than this share of the last 20 died, 0 to 1.
    pub stop_share: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { canary: 3, rate: 10.0, concurrency: 5, stop_share: 0.2 }
    }
}

/// A replay, and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Replay {
    /// Its identity.
    pub id: Uuid,
    /// `planning` (its letters are being chosen), `planned`, `canary`, `running`, `paused`, `stopped` (by itself), `done` or `aborted`.
    pub state: String,
    /// Where it goes on when it is paused.
    pub paused_from: Option<String>,
    /// Why it stopped by itself.
    pub stopped_why: Option<String>,
    /// Who planned it.
    pub planned_by: String,
    /// What for.
    pub why: String,
    /// Which letters were asked for.
    #[sqlx(json)]
    #[cfg_attr(feature = "http", schema(value_type = ReplayFilter))]
    pub filter: Value,
    /// When they were chosen.
    pub planned_at: DateTime<Utc>,
    /// When it was started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// When the oldest of its letters died.
    pub oldest_at: Option<DateTime<Utc>>,
    /// Letters a second.
    pub rate: f64,
    /// The share of deaths at which it stops.
    pub stop_share: f64,
    /// How many go first.
    pub canary: i32,
    /// How many at once.
    pub concurrency: i32,
    /// How many letters were chosen.
    pub letters: i32,
    /// Not yet released.
    pub waiting: i32,
    /// Released, not ended.
    pub running: i32,
    /// Ended well.
    pub succeeded: i32,
    /// Died as before.
    pub died_same: i32,
    /// Died of something else.
    pub died_other: i32,
    /// Cancelled, expired, or of a queue that remembers nothing.
    pub ended: i32,
    /// Never released: replayed or discarded by somebody, the key taken by another job, or the kind unknown.
    pub refused: i32,
}

impl Replay {
    /// How many have come to their end.
    #[must_use]
    pub fn over(&self) -> i32 {
        self.letters - self.waiting - self.running
    }

    /// Whether nothing of it will happen any more unless somebody says so.
    #[must_use]
    pub fn rests(&self) -> bool {
        self.running == 0 && !matches!(self.state.as_str(), "planning" | "canary" | "running")
    }
}

/// What a replay holds of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct ReplayKind {
    /// The queue.
    pub queue: String,
    /// The kind.
    pub kind: String,
    /// How many letters.
    pub letters: i64,
    /// How many of them have an ordering key: of one key they go one at a time, the oldest first.
    pub ordered: i64,
    /// No program has published the kind: they will not be released.
    pub unknown: bool,
    /// The kind or its queue is paused: they will wait.
    pub paused: bool,
}

/// A letter in a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct ReplayItem {
    /// Its place, from 1 on.
    pub place: i32,
    /// Its queue.
    pub queue: String,
    /// The letter.
    pub letter: JobId,
    /// Its kind.
    pub kind: String,
    /// What it died of.
    pub fingerprint: String,
    /// `waiting`, `behind` (an older one of its ordering key), `running`, `succeeded`, `died_same`, `died_other`, `ended`,
    /// `gone` (replayed or discarded by somebody), `key_taken` or `unknown_kind`.
    pub state: String,
    /// The job that was made of it.
    pub job: Option<JobId>,
    /// When.
    pub released_at: Option<DateTime<Utc>>,
    /// When that job ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who or what was in the way.
    pub note: Option<String>,
}

/// Fields of a filter that are JSON in the tables.
impl ReplayFilter {
    /// The path of the argument, a step each, and what is asked for there.
    #[must_use]
    pub(crate) fn argument(&self) -> (Option<Vec<&str>>, Option<Json<&Value>>) {
        let path = self.argument.as_ref().map(|argument| argument.path.split('.').collect());
        (path, self.argument.as_ref().map(|argument| Json(&argument.value)))
    }
}
