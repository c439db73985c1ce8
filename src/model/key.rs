//! Idempotency keys: how long one is taken, and what happens when it is.

use std::time::Duration;

use chrono_tz::Tz;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::JobId;

/// For how long a key makes no second job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyScope {
    /// For ever, also after the job has ended.
    #[default]
    Forever,
    /// While the job is live: until it completes, is cancelled, expires or is buried.
    WhileLive,
    /// For so long after the enqueue, by the server's clock.
    For(Duration),
    /// Until the calendar turns: the end of the hour, day, week or month of the enqueue, in a zone.
    Per(Calendar, Tz),
}

/// A bucket of the calendar. Weeks begin on Monday (ISO 8601).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calendar {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// An ISO week.
    Week,
    /// A month.
    Month,
}

impl Calendar {
    /// The word Postgres has for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// The key is taken by a job with other arguments. Nothing was stored; the transaction lives on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the idempotency key of this job of kind {kind:?} was used with other arguments, by job {holder} (`windlass jobs show \
     {holder}`); give the two of them different keys"
)]
pub struct KeyConflict {
    /// The kind.
    pub kind: String,
    /// The job that holds the key.
    pub holder: JobId,
}

/// The first 16 bytes of SHA-256 over what makes two jobs of one key the same: all arguments, or the `identity` fields.
pub(crate) fn args_fingerprint(args: &Value, identity: Option<&[&str]>) -> Vec<u8> {
    // Objects are kept in the order of their names, so equal arguments are equal text.
    let text = match (identity, args) {
        (Some(fields), Value::Object(all)) => {
            let chosen: serde_json::Map<String, Value> =
                fields.iter().filter_map(|name| Some(((*name).to_owned(), all.get(*name)?.clone()))).collect();
            Value::Object(chosen).to_string()
        }
        _ => args.to_string(),
    };
    Sha256::digest(text.as_bytes()).iter().take(16).copied().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::args_fingerprint;

    #[test]
    fn only_the_fields_that_make_the_identity_count() {
        let one = json!({"id": 7, "as_of": "monday", "force": true});
        let other = json!({"force": false, "as_of": "tuesday", "id": 7});
        assert_ne!(args_fingerprint(&one, None), args_fingerprint(&other, None));
        assert_eq!(args_fingerprint(&one, Some(&["id"])), args_fingerprint(&other, Some(&["id"])));
        assert_ne!(args_fingerprint(&one, Some(&["id"])), args_fingerprint(&json!({"id": 8}), Some(&["id"])));
        let turned = json!({"force": true, "id": 7, "as_of": "monday"});
        assert_eq!(args_fingerprint(&one, None), args_fingerprint(&turned, None), "order is nothing");
    }
}
