//! Backfill: bring data in, compute it anew, take it out, in chunks that survive a kill.
//!
//! Here stands the job. A run is started by [`plan`], or each day by `dispatch`, lives by [`life`], and is steered by
//! [`control`]; `import` and the other operations are its steps. The rules of rows, quality and gates are arithmetic alone:
//! [`table`], [`mapping`], [`quality`], [`claims`].

mod acts;
pub mod backup;
pub mod claims;
pub(crate) mod cli;
pub mod control;
mod dispatch;
mod export;
mod gates;
mod import;
pub mod life;
pub mod mapping;
mod metrics;
pub mod plan;
pub mod progress;
pub mod quality;
mod reached;
pub mod reason;
pub mod report;
pub mod resolve;
pub mod source;
pub mod spec;
mod staging;
pub mod state;
mod step;
pub mod store;
pub mod table;
pub mod target;
mod throttle;
pub mod tile;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use windlass::{Job, JobContext, JobError, KeyScope, Policy, Priority};

pub use dispatch::Dispatch;
pub(crate) use metrics::start_at_zero;
pub use step::Step;

use crate::deps::Deps;
use crate::schema;

/// The arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Backfill {
    /// A step of a run.
    Step(Step),
    /// What is due.
    Dispatch(Dispatch),
}

impl Backfill {
    /// The dispatch of a schedule's tick.
    #[must_use]
    pub fn dispatch(tick: DateTime<Utc>) -> Self {
        Self::Dispatch(Dispatch { as_of: tick })
    }
}

impl Job for Backfill {
    const KIND: &'static str = "backfill";
    const QUEUE: &'static str = "backfill";
    /// 2: dispatches beside the steps, which are as they were.
    const ARGS_VERSION: i16 = 2;
    const POLICY: Policy = Policy {
        timeout: Duration::from_mins(30),
        // A night of giving way is no failure.
        max_deferrals: 100_000,
        priority: Priority::Low,
        ..Policy::DEFAULT
    };
    const SHOWN: &'static [&'static str] = &["run_id", "chunk", "as_of"];
    type Deps = Deps;

    fn args_schema() -> Option<Value> {
        let chunk = schema::nullable(schema::int32());
        let step = schema::object(&[("run_id", schema::uuid())], &[("chunk", chunk)]);
        Some(schema::any_of(&[step, schema::object(&[("as_of", schema::instant())], &[])]))
    }

    fn unique_key(&self) -> Option<String> {
        Some(match self {
            Self::Step(step) => step.key(),
            Self::Dispatch(dispatch) => dispatch.key(),
        })
    }

    /// A chunk that a pause has given back is enqueued again at the resumption.
    fn key_scope(&self) -> KeyScope {
        KeyScope::WhileLive
    }

    async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        match self {
            Self::Step(step) => step.run(cx).await,
            Self::Dispatch(dispatch) => dispatch.run(cx).await,
        }
    }
}
