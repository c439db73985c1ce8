//! The steps from one state of a run to the next: each in one transaction, under the run's lock.

use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, Transaction};
use windlass::{Client, EnqueueError, JobContext, JobError, JobExt};

use super::spec::{Op, Spec};
use super::state::State;
use super::step::Step;
use super::store::{self, Run};
use super::{Backfill, metrics, progress, staging};
use crate::deps::Deps;

/// Ends a chunk's job: the chunk is done, and the next ones follow after the rest that the duty asks for. A run that was
/// cancelled meanwhile takes nothing.
pub(super) async fn finish_chunk(
    cx: &JobContext<Deps>,
    mut tx: Transaction<'_, Postgres>,
    job: &Step,
    seq: i32,
    missing: i64,
    started: Instant,
) -> Result<(), JobError> {
    let Some(run) = store::lock(&mut tx, job.run_id).await?.filter(|run| !run.state.is_final()) else {
        tx.rollback().await?;
        return Ok(());
    };
    let seconds = started.elapsed().as_secs_f64();
    store::finish_chunk(&mut tx, job.run_id, seq, missing, seconds).await?;
    let rest = Duration::from_secs_f64(progress::rest(seconds, run.duty));
    let client = Client::new(cx.db().clone());
    go_on(&mut tx, &client, &run, rest).await?;
    cx.complete(&mut tx).await?;
    client.commit(tx).await?;
    Ok(())
}

/// Ends a chunk's job undone, for the run does not run; the chunk is had again at the resumption.
pub(super) async fn give_back(cx: &JobContext<Deps>, job: &Step, seq: i32) -> Result<bool, JobError> {
    let mut tx = cx.db().begin().await?;
    let run = store::lock(&mut tx, job.run_id).await?;
    if run.is_some_and(|run| run.state == State::Running) {
        return Ok(false);
    }
    store::give_back_chunk(&mut tx, job.run_id, seq).await?;
    cx.complete(&mut tx).await?;
    tx.commit().await?;
    Ok(true)
}

/// Enqueues the next chunks of a running run, or its last step when all of them are done. The run is locked.
pub(super) async fn go_on(tx: &mut PgConnection, client: &Client, run: &Run, rest: Duration) -> Result<(), GoOnError> {
    if run.state != State::Running {
        return Ok(());
    }
    let run_id = run.run_id;
    let Spec { pace, .. } = &*run.spec;
    let next = store::queue_chunks(tx, run_id, pace.parallel).await?;
    if next.is_empty() && store::open_chunks(tx, run_id).await? == 0 {
        store::set_state(tx, run_id, State::Validating, None).await?;
        client.enqueue(tx, Backfill::Step(Step { run_id, chunk: None })).await?;
        return Ok(());
    }
    let jobs = next.into_iter().map(|seq| Backfill::Step(Step { run_id, chunk: Some(seq) }).after(rest));
    client.enqueue_many(tx, jobs).await?;
    Ok(())
}

/// Why a run did not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GoOnError {
    /// The database's.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The queue's.
    #[error(transparent)]
    Enqueue(#[from] EnqueueError),
}

/// Ends a run that came to nothing, and the job. What went into quarantine stays there to be looked at.
pub(super) async fn fail(cx: &JobContext<Deps>, job: &Step, why: &str) -> Result<(), JobError> {
    let mut tx = cx.db().begin().await?;
    let run = store::lock(&mut tx, job.run_id).await?;
    let mut ended = None;
    if let Some(run) = run.filter(|run| !run.state.is_final()) {
        take_out(&mut tx, &run).await?;
        staging::forget(&mut tx, job.run_id).await?;
        store::set_state(&mut tx, job.run_id, State::Failed, Some(why)).await?;
        tracing::warn!(run_id = %job.run_id, why, "backfill run failed");
        ended = Some(run.spec.op.clone());
    }
    cx.complete(&mut tx).await?;
    tx.commit().await?;
    if let Some(op) = ended {
        metrics::failed(&op);
    }
    Ok(())
}

/// Takes out what a run has brought so far.
pub(super) async fn take_out(tx: &mut PgConnection, run: &Run) -> Result<(), sqlx::Error> {
    if let Op::Import(import) = &run.spec.op
        && let Some(revert) = import.target.statements().revert
    {
        sqlx::query(revert).bind(run.run_id).execute(tx).await?;
    }
    Ok(())
}

/// Ends a run that went through, with what is said of it, and the job.
pub(super) async fn finish(cx: &JobContext<Deps>, job: &Step, report: &Value, rows: u64) -> Result<(), JobError> {
    let mut tx = cx.db().begin().await?;
    let run = store::lock(&mut tx, job.run_id).await?.filter(|run| !run.state.is_final());
    if run.is_some() {
        sqlx::query(include_str!("sql/finish_run.sql"))
            .bind(job.run_id)
            .bind(Json(report))
            .bind(rows.cast_signed())
            .execute(&mut *tx)
            .await?;
        store::set_state(&mut tx, job.run_id, State::Done, None).await?;
    }
    cx.complete(&mut tx).await?;
    tx.commit().await?;
    if let Some(run) = run {
        metrics::done(&run.spec.op);
    }
    Ok(())
}
