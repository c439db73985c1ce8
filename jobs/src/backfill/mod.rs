//! Backfill: bring data in, compute it anew, take it out, in chunks that survive a kill.
//!
//! Here stands the job. A run is started by [`plan`], lives by [`life`], and is steered by [`control`]; `import` and the other
//! operations are its steps. The rules of rows, quality and gates are arithmetic alone: [`table`], [`mapping`], [`quality`],
//! [`claims`].

mod acts;
pub mod backup;
pub mod claims;
pub(crate) mod cli;
pub mod control;
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
pub mod store;
pub mod table;
pub mod target;
mod throttle;
pub mod tile;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use windlass::{Job, JobContext, JobError, KeyScope, Policy, Priority};

pub(crate) use metrics::start_at_zero;

use crate::deps::Deps;
use crate::schema;
use spec::Op;
use state::State;

/// How long a chunk waits before it asks again whether it may run.
const HELD_BACK: Duration = Duration::from_secs(10);

/// The arguments: a chunk of a run; or, without one, the step after the last chunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backfill {
    /// The run.
    pub run_id: Uuid,
    /// The chunk's place.
    pub chunk: Option<i32>,
}

impl Job for Backfill {
    const KIND: &'static str = "backfill";
    const QUEUE: &'static str = "backfill";
    const POLICY: Policy = Policy {
        timeout: Duration::from_mins(30),
        // A night of giving way is no failure.
        max_deferrals: 100_000,
        priority: Priority::Low,
        ..Policy::DEFAULT
    };
    const SHOWN: &'static [&'static str] = &["run_id", "chunk"];
    type Deps = Deps;

    fn args_schema() -> Option<Value> {
        let chunk = schema::nullable(schema::int32());
        Some(schema::object(&[("run_id", schema::uuid())], &[("chunk", chunk)]))
    }

    fn unique_key(&self) -> Option<String> {
        let seq = self.chunk.map_or_else(|| "end".to_owned(), |seq| seq.to_string());
        Some(format!("bkf:{}:{seq}", self.run_id))
    }

    /// A chunk that a pause has given back is enqueued again at the resumption.
    fn key_scope(&self) -> KeyScope {
        KeyScope::WhileLive
    }

    async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        let Some(run) = store::read(cx.db(), self.run_id).await? else {
            return Err(JobError::discard(format!("there is no run {}", self.run_id)));
        };
        match (self.chunk, run.state) {
            (Some(seq), State::Running) => self.run_chunk(cx, &run, seq).await,
            (Some(seq), _) => {
                if life::give_back(cx, self, seq).await? {
                    Ok(())
                } else {
                    Err(JobError::snooze(Duration::ZERO))
                }
            }
            (None, State::Validating | State::Integrating) => self.run_end(cx, &run).await,
            (None, _) => Ok(()),
        }
    }
}

impl Backfill {
    async fn run_chunk(&self, cx: &JobContext<Deps>, run: &store::Run, seq: i32) -> Result<(), JobError> {
        let held = throttle::held_back_by(cx.db(), &run.spec.pace).await?;
        if held.is_some() || run.held_back_by.is_some() {
            store::hold_back(cx.db(), self.run_id, held.as_deref()).await?;
        }
        if held.is_some() {
            return Err(JobError::snooze(HELD_BACK));
        }
        match &run.spec.op {
            Op::Import(import) => import::chunk(cx, self, seq, import).await,
            _ => Err(JobError::discard(format!("the operation {} has no chunks", run.op))),
        }
    }

    async fn run_end(&self, cx: &JobContext<Deps>, run: &store::Run) -> Result<(), JobError> {
        match &run.spec.op {
            Op::Import(import) => {
                if run.state == State::Validating && !import::validate(cx, self, import).await? {
                    return Ok(());
                }
                import::integrate(cx, self, import).await
            }
            Op::Recompute(of) => acts::recompute(cx, self, of).await,
            Op::Erase { request_id } => acts::erase(cx, self, *request_id).await,
            Op::Retention => acts::retention(cx, self).await,
            Op::SeedBenchmarks => acts::seed_benchmarks(cx, self).await,
            Op::Export(export) => export::run(cx, self, export).await,
        }
    }
}
