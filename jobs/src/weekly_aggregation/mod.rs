//! Aggregate what changed: a person's days into weeks and months.
//!
//! Here stands the job, of which every scope is an own module with its arguments and its steps. Not the formulas: they are
//! each scope's.

mod arguments;
pub mod barrier;
pub mod cohort;
pub mod dispatch;
pub mod global;
pub mod learner;
pub mod spectrum;
pub mod week;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use windlass::{Job, JobContext, JobError, Policy};

pub use cohort::Cohort;
pub use dispatch::Dispatch;
pub use global::Global;
pub use learner::Learner;
pub use spectrum::Spectrum;
pub use week::Week;

use crate::deps::Deps;

/// The arguments: a scope, and what is that scope's own. Ids and dates only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum WeeklyAggregation {
    /// Turns what is due into jobs.
    Dispatch(Dispatch),
    /// People's days into their weeks and months.
    Spectrum(Spectrum),
    /// A shard of learners.
    Learner(Learner),
    /// What is taken over all learners, between the steps of their shards.
    Global(Global),
    /// One cohort.
    Cohort(Cohort),
}

impl WeeklyAggregation {
    /// The learners' week that ended before a schedule's tick.
    #[must_use]
    pub fn learners(tick: DateTime<Utc>) -> Self {
        Self::Global(Global::of(tick))
    }

    /// The dispatch of a schedule's tick.
    #[must_use]
    pub fn dispatch(tick: DateTime<Utc>) -> Self {
        Self::Dispatch(Dispatch { as_of: tick })
    }
}

impl Job for WeeklyAggregation {
    const KIND: &'static str = "weekly_aggregation";
    const QUEUE: &'static str = "aggregation";
    const POLICY: Policy = Policy { timeout: Duration::from_mins(5), ..Policy::DEFAULT };
    /// All but `as_of`: the same work asked for at another time is the same work.
    const IDENTITY: Option<&'static [&'static str]> = Some(&["scope", "shard", "key", "bucket", "dirty_seq"]);
    /// All but `key`, which is a person in one of the scopes.
    const SHOWN: &'static [&'static str] = &["scope", "shard", "step", "stage", "bucket", "dirty_seq", "as_of"];
    type Deps = Deps;

    fn args_schema() -> Option<Value> {
        Some(arguments::schema())
    }

    fn unique_key(&self) -> Option<String> {
        Some(match self {
            Self::Dispatch(scope) => scope.key(),
            Self::Spectrum(scope) => scope.key(),
            Self::Learner(scope) => scope.key(),
            Self::Global(scope) => scope.key(),
            Self::Cohort(scope) => scope.key(),
        })
    }

    fn subject(&self) -> Option<String> {
        match self {
            Self::Dispatch(_) | Self::Learner(_) | Self::Global(_) | Self::Cohort(_) => None,
            Self::Spectrum(scope) => scope.subject(),
        }
    }

    async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        match self {
            Self::Dispatch(scope) => scope.run(cx).await,
            Self::Spectrum(scope) => scope.run(cx).await,
            Self::Learner(scope) => scope.run(cx).await,
            Self::Global(scope) => scope.run(cx).await,
            Self::Cohort(scope) => scope.run(cx).await,
        }
    }
}

/// A run of a bucket, as keys name it.
fn sequence(dirty_seq: Option<i64>) -> String {
    dirty_seq.map_or_else(|| "sched".to_owned(), |seq| seq.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(args: Value) -> Result<WeeklyAggregation, String> {
        serde_json::from_value(args).map_err(|error| error.to_string())
    }

    #[test]
    fn arguments_are_written_and_read_back() {
        let args = json!({
            "scope": "spectrum", "shard": {"from": 2000, "to": 3000}, "key": null, "bucket": "2020-W53",
            "dirty_seq": -7, "as_of": "2021-01-04T00:30:00Z",
        });
        let job = read(args.clone()).unwrap();
        assert_eq!(serde_json::to_value(&job).unwrap(), args);
        assert_eq!(job.unique_key().unwrap(), "wka:spectrum:2000-3000:2020-W53:-7");
        assert_eq!(job.subject(), None);

        let one = read(json!({"scope": "spectrum", "key": 7, "bucket": "2026-W01", "as_of": "2026-01-05T00:30:00Z"}));
        let one = one.unwrap();
        assert_eq!(one.unique_key().unwrap(), "wka:spectrum:7:2026-W01:sched");
        assert_eq!(one.subject().unwrap(), "7");
        let dispatch = read(json!({"scope": "dispatch", "as_of": "2026-01-05T00:30:00Z"})).unwrap();
        assert_eq!(dispatch.unique_key().unwrap(), "wka:dispatch:2026-01-05T00:30:00Z");
    }

    #[test]
    fn bad_arguments_do_not_decode() {
        let good = json!({"scope": "spectrum", "key": 7, "bucket": "2026-W01", "as_of": "2026-01-05T00:30:00Z"});
        assert!(read(good.clone()).is_ok());
        for (field, value) in [
            ("bucket", json!("2026-W60")),
            ("bucket", json!(null)),
            ("scope", json!("everything")),
            ("key", json!("7")),
            ("key", json!(null)),
            ("shard", json!({"from": 0, "to": 1000})),
            ("as_of", json!("yesterday")),
            ("text", json!("a secret")),
        ] {
            let mut bad = good.clone();
            bad[field] = value;
            let error = read(bad.clone()).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
