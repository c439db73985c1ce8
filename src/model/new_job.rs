//! A job on its way in, checked at the earliest door.

use std::time::Duration;

use chrono::{DateTime, Datelike, Utc};
use serde_json::Value;

use super::{JobId, KeyScope, Priority};

/// The largest arguments, as JSON text.
pub(super) const MAX_ARGS_BYTES: usize = 64 * 1024;
/// The longest queue or kind name.
const MAX_NAME: usize = 64;
/// The longest idempotency or ordering key, and subject.
const MAX_KEY: usize = 512;

/// The longest delay or key scope.
const LONGEST_SECONDS: u64 = 10 * 366 * 86_400;
/// The largest checkpoint, as JSON text.
pub const MAX_CHECKPOINT_BYTES: usize = 1024 * 1024;
/// How deep arguments may nest: a worker's decoder goes no further.
const MAX_DEPTH: usize = 100;

/// A job to be enqueued, without its Rust type.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Its identity.
    pub id: JobId,
    /// The queue it waits in.
    pub queue: String,
    /// The kind that will run it.
    pub kind: String,
    /// Its arguments: ids, never people's words.
    pub args: Value,
    /// The version of the arguments' shape.
    pub args_version: i16,
    /// How urgent it is.
    pub priority: Priority,
    /// Not before this instant; at once if absent.
    pub scheduled_at: Option<DateTime<Utc>>,
    /// Not before so long after the enqueue, by the server's clock. Ignored where `scheduled_at` is given.
    pub delay: Duration,
    /// Not after this instant.
    pub expires_at: Option<DateTime<Utc>>,
    /// How many failed attempts make it a dead letter.
    pub max_failures: i32,
    /// The idempotency key: one job for each queue, kind and key.
    pub unique_key: Option<String>,
    /// For how long the key makes no second job.
    pub key_scope: KeyScope,
    /// Of the arguments, what two jobs of one key must share; none: all. The same key with others is a conflict.
    pub identity: Option<Value>,
    /// Jobs of one ordering key run one at a time, the oldest first.
    pub ordering_key: Option<String>,
    /// The person the job is about, so that an erasure finds it.
    pub subject: Option<String>,
    /// The W3C trace context of whoever enqueued it.
    pub traceparent: Option<String>,
}

/// The answer to an enqueue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// A new job.
    Created(JobId),
    /// The key already made this job, which stands so; nothing new was stored.
    Existing(JobId, Standing),
}

/// Where a job stands, in the tables' words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits: for its time, or for a worker.
    Available,
    /// A worker has it.
    Running,
    /// It waits for another one of its ordering key.
    Blocked,
    /// Its kind is paused, or not known to any worker that met it.
    Parked,
    /// It is a dead letter.
    Dead,
    /// It completed, was cancelled or expired.
    Ended,
}

impl Standing {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Running => "running",
            Self::Blocked => "blocked",
            Self::Parked => "parked",
            Self::Dead => "dead",
            Self::Ended => "ended",
        }
    }

    /// Of a word; whatever is none of the others has ended.
    pub(crate) fn of(word: &str) -> Self {
        [Self::Available, Self::Running, Self::Blocked, Self::Parked, Self::Dead]
            .into_iter()
            .find(|standing| standing.as_str() == word)
            .unwrap_or(Self::Ended)
    }
}

impl Enqueued {
    /// The job that does the work, whoever made it.
    #[must_use]
    pub fn id(self) -> JobId {
        match self {
            Self::Created(id) | Self::Existing(id, _) => id,
        }
    }

    /// Whether this call made it.
    #[must_use]
    pub fn is_created(self) -> bool {
        matches!(self, Self::Created(_))
    }
}

/// Why a job was refused at the door.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NewJobError {
    /// A name or key has a length that cannot be stored.
    #[error("{field} has {length} characters; it takes 1 to {limit}")]
    Length {
        /// Which field.
        field: &'static str,
        /// How long it is.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// A text holds a NUL, which Postgres cannot store.
    #[error("{field} holds a NUL character (\\u0000), which cannot be stored; remove it")]
    Nul {
        /// Which field.
        field: &'static str,
    },
    /// The arguments are too large.
    #[error(
        "args take {bytes} bytes as JSON; at most {MAX_ARGS_BYTES} are stored: pass an id and keep the data in a table"
    )]
    ArgsTooLarge {
        /// How large they are.
        bytes: usize,
    },
    /// The arguments are too deep.
    #[error("args nest more than {MAX_DEPTH} levels deep, which no worker decodes; make them flatter")]
    ArgsTooDeep,
    /// A time that no calendar of ours reaches.
    #[error("{field} is in the year {year}; a time between the years 1970 and 9999 is needed")]
    Time {
        /// Which field.
        field: &'static str,
        /// The year.
        year: i32,
    },
    /// A duration that cannot be stored.
    #[error("{field} is {seconds} s; a time of at most {LONGEST_SECONDS} s (ten years) is needed, and more than none")]
    TooLong {
        /// Which field.
        field: &'static str,
        /// How long it is.
        seconds: u64,
    },
    /// There is no such priority.
    #[error("priority is {0}; 1 (high) to 4 (low) is needed")]
    Priority(i16),
    /// A word or number that means nothing here.
    #[error("{field} is {found:?}; {needed}")]
    Unknown {
        /// Which field.
        field: &'static str,
        /// What it says.
        found: String,
        /// What is needed.
        needed: &'static str,
    },
    /// A job that may never fail can never run.
    #[error("max_failures is {0}; at least 1 is needed")]
    MaxFailures(i32),
}

impl NewJob {
    /// Checks what the database would refuse, so that the answer names the field, in the words that all doors share, and the
    /// transaction lives on.
    ///
    /// # Errors
    ///
    /// [`NewJobError`] for the first field that cannot be stored.
    pub fn check(&self) -> Result<(), NewJobError> {
        check_text("queue", &self.queue, MAX_NAME)?;
        check_text("kind", &self.kind, MAX_NAME)?;
        for (field, text) in [
            ("key", &self.unique_key),
            ("ordering_key", &self.ordering_key),
            ("subject", &self.subject),
            ("traceparent", &self.traceparent),
        ] {
            if let Some(text) = text {
                check_text(field, text, MAX_KEY)?;
            }
        }
        for (field, time) in [("run_at", self.scheduled_at), ("expires_at", self.expires_at)] {
            if let Some(time) = time
                && !(1970..=9999).contains(&time.year())
            {
                return Err(NewJobError::Time { field, year: time.year() });
            }
        }
        if let KeyScope::For(time) = self.key_scope
            && !(1..=LONGEST_SECONDS).contains(&time.as_secs())
        {
            return Err(NewJobError::TooLong { field: "key_scope", seconds: time.as_secs() });
        }
        if self.delay.as_secs() > LONGEST_SECONDS {
            return Err(NewJobError::TooLong { field: "delay", seconds: self.delay.as_secs() });
        }
        if self.max_failures < 1 {
            return Err(NewJobError::MaxFailures(self.max_failures));
        }
        if is_deeper_than(MAX_DEPTH, &self.args) {
            return Err(NewJobError::ArgsTooDeep);
        }
        if has_nul(&self.args) {
            return Err(NewJobError::Nul { field: "args" });
        }
        let bytes = stored_bytes(&self.args);
        if bytes > MAX_ARGS_BYTES {
            return Err(NewJobError::ArgsTooLarge { bytes });
        }
        Ok(())
    }
}

fn check_text(field: &'static str, text: &str, limit: usize) -> Result<(), NewJobError> {
    let length = text.chars().count();
    if length == 0 || length > limit {
        return Err(NewJobError::Length { field, length, limit });
    }
    if text.contains('\0') {
        return Err(NewJobError::Nul { field });
    }
    Ok(())
}

/// How long the arguments are as Postgres writes them: with a space after each colon and comma. SQL's own door counts so.
fn stored_bytes(value: &Value) -> usize {
    value.to_string().len() + spaces(value)
}

fn spaces(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len().saturating_sub(1) + items.iter().map(spaces).sum::<usize>(),
        Value::Object(fields) => (2 * fields.len()).saturating_sub(1) + fields.values().map(spaces).sum::<usize>(),
        _ => 0,
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_deeper_than(levels: usize, value: &Value) -> bool {
    let deeper = |inner| levels == 0 || is_deeper_than(levels - 1, inner);
    match value {
        Value::Array(items) => items.iter().any(deeper),
        Value::Object(fields) => fields.values().any(deeper),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job() -> NewJob {
        NewJob {
            id: JobId::new(),
            queue: "default".into(),
            kind: "greet".into(),
            args: json!({"id": 1}),
            args_version: 1,
            priority: Priority::Normal,
            scheduled_at: None,
            delay: Duration::ZERO,
            expires_at: None,
            max_failures: 3,
            unique_key: None,
            key_scope: KeyScope::Forever,
            identity: None,
            ordering_key: None,
            subject: None,
            traceparent: None,
        }
    }

    fn nested(levels: usize) -> Value {
        (0..levels).fold(json!(1), |inner, _| json!([inner]))
    }

    #[test]
    fn arguments_are_as_long_as_postgres_writes_them() {
        let args = json!({"a": [1, {"b": "c: d, e"}, []], "f": {}, "g": null});
        assert_eq!(stored_bytes(&args), r#"{"a": [1, {"b": "c: d, e"}, []], "f": {}, "g": null}"#.len());
    }

    #[test]
    fn what_cannot_be_stored_is_refused_by_name() {
        assert_eq!(job().check(), Ok(()));
        assert_eq!(NewJob { args: nested(100), ..job() }.check(), Ok(()));
        let long = "x".repeat(10_000);
        let cases = [
            (NewJob { queue: String::new(), ..job() }, "queue has 0 characters"),
            (NewJob { unique_key: Some(String::new()), ..job() }, "key has 0 characters"),
            (NewJob { unique_key: Some(long), ..job() }, "key has 10000 characters"),
            (NewJob { subject: Some("a\0b".into()), ..job() }, "subject holds a NUL"),
            (NewJob { args: json!({"deep": [{"x": "\0"}]}), ..job() }, "args holds a NUL"),
            (NewJob { args: json!("x".repeat(65_535)), ..job() }, "args take 65537 bytes"),
            (NewJob { args: nested(101), ..job() }, "args nest more than 100 levels"),
            (NewJob { max_failures: 0, ..job() }, "max_failures is 0"),
            (NewJob { scheduled_at: Some(DateTime::<Utc>::MAX_UTC), ..job() }, "run_at is in the year 262142"),
        ];
        for (job, expected) in cases {
            let error = job.check().unwrap_err().to_string();
            assert!(error.contains(expected), "{error} should contain {expected}");
        }
    }
}
