//! One step of a run: a chunk, or what comes after the last one.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use windlass::{JobContext, JobError};

use super::spec::Op;
use super::state::State;
use super::{acts, export, import, life, store, throttle};
use crate::deps::Deps;

/// How long a chunk waits before it asks again whether it may run.
const HELD_BACK: Duration = Duration::from_secs(10);

/// The arguments: a chunk of a run; or, without one, the step after the last chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The run.
    pub run_id: Uuid,
    /// The chunk's place.
    pub chunk: Option<i32>,
}

impl Step {
    pub(super) fn key(&self) -> String {
        let seq = self.chunk.map_or_else(|| "end".to_owned(), |seq| seq.to_string());
        format!("bkf:{}:{seq}", self.run_id)
    }

    pub(super) async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
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
