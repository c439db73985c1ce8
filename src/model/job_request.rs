//! A job as programs of any language ask for it: the shape that HTTP and SQL share.

use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Calendar, KeyScope, NewJob, NewJobError, Priority, PublishedRow, identity_of};
use crate::model::JobId;

/// One job to be enqueued. Only the kind is needed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JobRequest {
    /// The kind: one that a program has published.
    pub kind: String,
    /// Its arguments, by the kind's schema; ids, never people's words. At most 64 KiB.
    #[serde(default = "empty", skip_serializing_if = "Value::is_null")]
    pub args: Value,
    /// The version of the arguments' shape; the kind's own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args_version: Option<i16>,
    /// The idempotency key: one job for each kind and key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// For how long the key makes no second job; for ever if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_scope: Option<KeyScopeRequest>,
    /// Not before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_at: Option<DateTime<Utc>>,
    /// Not before so many seconds have passed, by the server's clock. Ignored where `run_at` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<f64>,
    /// Not after this time: a job that is due later ends as `expired`, unrun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// 1 (high) to 4 (low); the kind's own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "http", schema(minimum = 1, maximum = 4))]
    pub priority: Option<i16>,
    /// Jobs of one ordering key run one at a time, the oldest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordering_key: Option<String>,
    /// The person the job is about, by an id, so that an erasure finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The W3C trace context of whoever asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// How many failed attempts make it a dead letter; as the kind says if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<i32>,
}

/// For how long a key makes no second job: `"forever"`, `"while_live"`, `{"for_seconds": 60}` or
/// `{"per": "day", "zone": "Europe/Berlin"}`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(
    untagged,
    expecting = "key_scope is \"forever\", \"while_live\", {\"for_seconds\": 60} or {\"per\": \"day\", \
                               \"zone\": \"Europe/Berlin\"}"
)]
pub enum KeyScopeRequest {
    /// By its name.
    Named(NamedScope),
    /// For a time.
    #[serde(rename_all = "snake_case")]
    For(ForScope),
    /// Until the calendar turns.
    Per(PerScope),
}

/// Scopes without a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NamedScope {
    /// For ever.
    Forever,
    /// Until the job ends.
    WhileLive,
}

/// A scope of so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ForScope {
    /// How many.
    pub for_seconds: f64,
}

/// A scope of a calendar's hour, day, week or month.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PerScope {
    /// `hour`, `day`, `week` or `month`.
    pub per: String,
    /// The IANA name of its time zone.
    pub zone: String,
}

fn empty() -> Value {
    Value::Object(serde_json::Map::new())
}

impl JobRequest {
    /// The job itself, of a kind as it is published; checked.
    ///
    /// # Errors
    ///
    /// [`NewJobError`], naming the field.
    pub fn into_new_job(self, kind: &PublishedRow) -> Result<NewJob, NewJobError> {
        let args = if self.args.is_null() { empty() } else { self.args };
        let fields: Option<Vec<&str>> =
            kind.identity.as_ref().map(|names| names.0.iter().map(String::as_str).collect());
        let priority = self.priority.unwrap_or(kind.priority);
        let job = NewJob {
            id: JobId::new(),
            queue: kind.queue.clone(),
            kind: self.kind,
            identity: identity_of(&args, fields.as_deref()),
            args,
            args_version: self.args_version.unwrap_or(kind.args_version),
            priority: Priority::of(priority).ok_or(NewJobError::Priority(priority))?,
            scheduled_at: self.run_at,
            delay: seconds("delay_seconds", self.delay_seconds.unwrap_or_default())?,
            expires_at: self.expires_at,
            max_failures: self.max_failures.unwrap_or(kind.max_failures),
            unique_key: self.key,
            key_scope: self.key_scope.map_or(Ok(KeyScope::Forever), KeyScope::try_from)?,
            ordering_key: self.ordering_key,
            subject: self.subject,
            traceparent: self.traceparent,
        };
        job.check()?;
        Ok(job)
    }
}

impl TryFrom<KeyScopeRequest> for KeyScope {
    type Error = NewJobError;

    fn try_from(request: KeyScopeRequest) -> Result<Self, NewJobError> {
        match request {
            KeyScopeRequest::Named(NamedScope::Forever) => Ok(Self::Forever),
            KeyScopeRequest::Named(NamedScope::WhileLive) => Ok(Self::WhileLive),
            KeyScopeRequest::For(ForScope { for_seconds }) => {
                Ok(Self::For(seconds("key_scope.for_seconds", for_seconds)?))
            }
            KeyScopeRequest::Per(PerScope { per, zone }) => {
                let calendar = Calendar::of(&per).ok_or(NewJobError::Unknown {
                    field: "key_scope.per",
                    found: per,
                    needed: "hour, day, week or month is needed",
                })?;
                let zone = zone.parse::<Tz>().map_err(|_| NewJobError::Unknown {
                    field: "key_scope.zone",
                    found: zone,
                    needed: "an IANA name is needed, like Europe/Berlin or UTC",
                })?;
                Ok(Self::Per(calendar, zone))
            }
        }
    }
}

fn seconds(field: &'static str, number: f64) -> Result<Duration, NewJobError> {
    Duration::try_from_secs_f64(number).map_err(|_| NewJobError::Unknown {
        field,
        found: number.to_string(),
        needed: "a number of seconds, not negative and at most ten years, is needed",
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(job: Value) -> Result<NewJob, String> {
        let kind = PublishedRow {
            kind: "greet".into(),
            queue: "default".into(),
            args_version: 2,
            priority: 3,
            max_failures: 5,
            identity: None,
            args_schema: None,
            shown: sqlx::types::Json(Vec::new()),
        };
        let request: JobRequest = serde_json::from_value(job).map_err(|error| error.to_string())?;
        request.into_new_job(&kind).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_said_is_the_kinds_own() {
        let job = asked(json!({"kind": "greet"})).unwrap();
        assert_eq!((job.args, job.args_version, job.priority, job.max_failures), (json!({}), 2, Priority::Normal, 5));
        let job =
            asked(json!({"kind": "greet", "args": null, "priority": 1, "key": "k", "delay_seconds": 0.5})).unwrap();
        assert_eq!((job.priority, job.delay), (Priority::High, Duration::from_millis(500)));
        for (scope, wanted) in [
            (json!("while_live"), KeyScope::WhileLive),
            (json!({"for_seconds": 60}), KeyScope::For(Duration::from_mins(1))),
            (json!({"per": "week", "zone": "Asia/Kolkata"}), KeyScope::Per(Calendar::Week, chrono_tz::Asia::Kolkata)),
        ] {
            assert_eq!(asked(json!({"kind": "greet", "key_scope": scope})).unwrap().key_scope, wanted);
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        for (job, says) in [
            (json!({"kind": "greet", "kay": 1}), "unknown field `kay`"),
            (json!({"kind": "greet", "priority": 9}), "priority is 9"),
            (json!({"kind": "greet", "delay_seconds": -1}), "delay_seconds is \"-1\""),
            (json!({"kind": "greet", "key_scope": "soon"}), "key_scope is \"forever\""),
            (json!({"kind": "greet", "key_scope": {"for_seconds": 0}}), "key_scope is 0 s"),
            (json!({"kind": "greet", "key_scope": {"per": "year", "zone": "UTC"}}), "key_scope.per is \"year\""),
            (json!({"kind": "greet", "key_scope": {"per": "day", "zone": "Mars"}}), "key_scope.zone is \"Mars\""),
            (json!({"kind": "greet", "max_failures": 0}), "max_failures is 0"),
        ] {
            let error = asked(job).unwrap_err();
            assert!(error.contains(says), "{error} should say {says}");
        }
    }
}
