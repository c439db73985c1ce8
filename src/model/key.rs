//! Idempotency keys: how long one is taken, and what happens when it is.

use std::time::Duration;

use chrono_tz::Tz;
use serde_json::Value;

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
    /// Of the word Postgres has for it.
    pub(crate) fn of(word: &str) -> Option<Self> {
        [Self::Hour, Self::Day, Self::Week, Self::Month].into_iter().find(|calendar| calendar.as_str() == word)
    }

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

/// What two jobs of one key must share, where that is not all of their arguments: the `identity` fields.
pub(crate) fn identity_of(args: &Value, identity: Option<&[&str]>) -> Option<Value> {
    let (fields, Value::Object(all)) = (identity?, args) else { return None };
    let chosen = fields.iter().filter_map(|name| Some(((*name).to_owned(), all.get(*name)?.clone())));
    Some(Value::Object(chosen.collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::identity_of;

    #[test]
    fn only_the_fields_that_make_the_identity_count() {
        let one = json!({"id": 7, "as_of": "monday", "force": true});
        assert_eq!(identity_of(&one, None), None);
        assert_eq!(identity_of(&one, Some(&["id", "absent"])), Some(json!({"id": 7})));
        assert_eq!(identity_of(&json!(7), Some(&["id"])), None, "what has no fields counts whole");
    }
}
