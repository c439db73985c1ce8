//! Dead letters: jobs that will not run again by themselves, and what is known of why.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{JobId, RawJson, Reason, cut, hex};

/// A dead letter, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct DeadLetter {
    /// The identity of the job that died.
    pub id: JobId,
    /// Its queue.
    pub queue: String,
    /// Its kind.
    pub kind: String,
    /// Why it died: one of [`Reason`]'s words.
    pub reason: String,
    /// The last error.
    pub error: String,
    /// Letters with the same fingerprint died of the same thing.
    pub fingerprint: String,
    /// How many attempts were made.
    pub attempt: i32,
    /// How many of them failed.
    pub failures: i32,
    /// How many were allowed to.
    pub max_failures: i32,
    /// How often its worker was lost.
    pub crashes: i32,
    /// Its arguments; shown only as [`super::redacted_raw`] lets them be.
    #[serde(skip)]
    pub args: RawJson,
    /// The version of their shape.
    pub args_version: i16,
    /// Its idempotency key.
    pub unique_key: Option<String>,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// When it was last due.
    pub scheduled_at: DateTime<Utc>,
    /// When its last attempt began.
    pub attempted_at: Option<DateTime<Utc>>,
    /// When it died.
    pub died_at: DateTime<Utc>,
    /// When it was replayed.
    pub replayed_at: Option<DateTime<Utc>>,
    /// The job that the replay made.
    pub replayed_as: Option<JobId>,
    /// Who replayed it.
    pub replayed_by: Option<String>,
    /// What for.
    pub replayed_why: Option<String>,
    /// When it was set aside.
    pub discarded_at: Option<DateTime<Utc>>,
    /// How often its arguments were edited.
    pub edits: i32,
    /// The version of the program that failed last.
    pub revision: Option<String>,
    /// The trace in which it was enqueued.
    pub traceparent: Option<String>,
}

/// One failed attempt of a job, living or dead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct AttemptRecord {
    /// Which attempt.
    pub attempt: i32,
    /// One of [`Reason`]'s words.
    pub reason: String,
    /// The error, cut to size.
    pub error: String,
    /// When it was claimed.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
}

/// The fingerprint of an error: version 1 of the algorithm, then 16 hex digits of SHA-256 over the kind, the reason and
/// the error with everything taken out that differs between two jobs that fail alike (numbers, ids, quoted words).
#[must_use]
pub fn fingerprint(kind: &str, reason: Reason, error: &str) -> String {
    let mut hash = Sha256::new();
    for part in [kind, reason.as_str(), &normalised(error)] {
        hash.update(part);
        hash.update([0]);
    }
    format!("v1:{}", hex(&hash.finalize()[..8]))
}

/// What a group of letters is called: the error without what differs between two of them, cut to a line's length.
#[must_use]
pub fn title(error: &str) -> String {
    cut(&normalised(error), TITLE_LENGTH)
}

/// The longest title.
const TITLE_LENGTH: usize = 200;

/// The error without what differs between two jobs: words with a digit become `#`, quoted text `""`.
fn normalised(error: &str) -> String {
    let mut plain = String::new();
    let mut quote = None;
    for c in error.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '`') => {
                quote = Some(c);
                plain.push_str("\"\"");
            }
            None => plain.push(c),
        }
    }
    plain
        .split_whitespace()
        .map(|word| if word.contains(|c: char| c.is_ascii_digit()) { "#" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_differ_in_numbers_ids_and_quoted_words_are_alike() {
        let one = fingerprint("roi", Reason::Error, "subject 17 of run 0194-ab: column \"x\" is 3");
        let two = fingerprint("roi", Reason::Error, "subject 18 of run 0195-cd: column \"y\" is 44");
        assert_eq!(one, two);
        assert!(one.starts_with("v1:") && one.len() == 19);
        assert_ne!(one, fingerprint("roi", Reason::Timeout, "subject 17 of run 0194-ab: column \"x\" is 3"));
        assert_ne!(one, fingerprint("roi", Reason::Error, "subject 17 was erased"));
    }
}
