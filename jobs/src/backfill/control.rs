//! Steering a run: pause, resume, cancel, take back; and how far it is.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;
use windlass::Client;

use super::life::{self, GoOnError};
use super::progress::Progress;
use super::state::State;
use super::store::{self, Run};
use super::{Backfill, staging};

/// So many chunks back a rate looks; what was before weighs less than 10^-9.
const RECENT: i64 = 60;

/// Why a run cannot be steered so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// There is none of this id.
    #[error("there is no run {0}: `windlass backfill status` lists them")]
    Unknown(Uuid),
    /// Its state forbids it.
    #[error("run {run_id} is {state}; only a run that is {wanted} can be {done}")]
    WrongState {
        /// Which.
        run_id: Uuid,
        /// Its state.
        state: State,
        /// What it would have to be.
        wanted: &'static str,
        /// What was to be done.
        done: &'static str,
    },
    /// What it did cannot be undone.
    #[error("what a run of {0} changed cannot be taken out row by row: restore the backup that its status names")]
    NoWayBack(String),
    /// The database refused or was away.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// It could not be set going.
    #[error(transparent)]
    GoOn(#[from] GoOnError),
}

/// How far a run is.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Its id.
    pub run_id: Uuid,
    /// What it does.
    pub op: String,
    /// On what.
    pub target: String,
    /// Its state.
    pub state: State,
    /// The share of its rows that is done, 0 to 100.
    pub percent: f64,
    /// Rows by second of working time.
    pub rate: Option<f64>,
    /// Seconds of work that are left.
    pub eta_seconds: Option<f64>,
    /// Seconds of work so far, over all chunks.
    pub working_seconds: f64,
    /// Rows in chunks that are done.
    pub rows_done: u64,
    /// Rows in all.
    pub rows: u64,
    /// Chunks that are done.
    pub chunks_done: i64,
    /// Chunks in all.
    pub chunks: i64,
    /// Rows that came in.
    pub accepted: i64,
    /// Rows that stayed behind.
    pub quarantined: i64,
    /// Rows that were in already.
    pub skipped: i64,
    /// What it gives way to.
    pub held_back_by: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// What one could go back to.
    pub backup: Option<String>,
    /// Whether what it brought was taken out again.
    pub reverted: bool,
}

/// How far a run is.
///
/// # Errors
///
/// [`ControlError::Unknown`].
pub async fn status(db: &PgPool, run_id: Uuid) -> Result<Status, ControlError> {
    let run = store::read(db, run_id).await?.ok_or(ControlError::Unknown(run_id))?;
    Ok(status_of(db, run).await?)
}

/// How far the newest runs are.
///
/// # Errors
///
/// The database's.
pub async fn list(db: &PgPool, most: i64) -> Result<Vec<Status>, ControlError> {
    let mut all = Vec::new();
    for run in store::list(db, most).await? {
        all.push(status_of(db, run).await?);
    }
    Ok(all)
}

async fn status_of(db: &PgPool, run: Run) -> Result<Status, sqlx::Error> {
    let (chunks, chunks_done, rows_done, working_seconds) = store::chunk_counts(db, run.run_id).await?;
    let rows = run.total_rows.unwrap_or_default().unsigned_abs();
    let mut progress = Progress::of(rows);
    for (rows, seconds) in store::chunk_progress(db, run.run_id, RECENT).await? {
        progress.add(rows.unsigned_abs(), seconds);
    }
    progress.done = rows_done.unsigned_abs();
    Ok(Status {
        percent: if run.state == State::Done { 100.0 } else { progress.percent() },
        rate: progress.rate,
        eta_seconds: if run.state.is_final() { None } else { progress.eta_seconds() },
        working_seconds,
        rows_done: progress.done,
        rows,
        chunks_done,
        chunks,
        accepted: run.accepted,
        quarantined: run.quarantined,
        skipped: run.skipped,
        run_id: run.run_id,
        op: run.op,
        target: run.target,
        state: run.state,
        held_back_by: run.held_back_by,
        failure: run.failure,
        backup: run.backup_ref,
        reverted: run.reverted_at.is_some(),
    })
}

/// A run's report, once its rows have been judged.
///
/// # Errors
///
/// [`ControlError::Unknown`].
pub async fn report(db: &PgPool, run_id: Uuid) -> Result<Option<Value>, ControlError> {
    let run = store::read(db, run_id).await?.ok_or(ControlError::Unknown(run_id))?;
    Ok(run.report.map(|report| report.0))
}

/// No further chunk begins; one that runs ends.
///
/// # Errors
///
/// [`ControlError`]; only a running run can be paused.
pub async fn pause(db: &PgPool, run_id: Uuid) -> Result<(), ControlError> {
    let mut tx = db.begin().await?;
    let run = store::lock(&mut tx, run_id).await?.ok_or(ControlError::Unknown(run_id))?;
    expect(&run, &[State::Running], "running", "paused")?;
    store::set_state(&mut tx, run_id, State::Paused, None).await?;
    Ok(tx.commit().await?)
}

/// A paused run goes on.
///
/// # Errors
///
/// [`ControlError`]; only a paused run can be resumed.
pub async fn resume(db: &PgPool, run_id: Uuid) -> Result<(), ControlError> {
    let client = Client::new(db.clone());
    let mut tx = db.begin().await?;
    let run = store::lock(&mut tx, run_id).await?.ok_or(ControlError::Unknown(run_id))?;
    expect(&run, &[State::Paused], "paused", "resumed")?;
    store::set_state(&mut tx, run_id, State::Running, None).await?;
    let run = Run { state: State::Running, ..run };
    life::go_on(&mut tx, &client, &run, Duration::ZERO).await?;
    Ok(client.commit(tx).await?)
}

/// A run ends, whatever has not begun is not done, and nothing of it stays but its quarantine.
///
/// # Errors
///
/// [`ControlError`]; a run that has ended cannot be cancelled.
pub async fn cancel(db: &PgPool, run_id: Uuid) -> Result<(), ControlError> {
    let mut tx = db.begin().await?;
    let run = store::lock(&mut tx, run_id).await?.ok_or(ControlError::Unknown(run_id))?;
    let live = [State::Planned, State::Running, State::Paused, State::Validating, State::Integrating];
    expect(&run, &live, "not ended", "cancelled")?;
    life::take_out(&mut tx, &run).await?;
    staging::forget(&mut tx, run_id).await?;
    store::set_state(&mut tx, run_id, State::Cancelled, None).await?;
    Ok(tx.commit().await?)
}

/// Takes out what a run brought.
///
/// # Errors
///
/// [`ControlError`]; only a run that is done can be reverted, and only where rows know their run.
pub async fn revert(db: &PgPool, run_id: Uuid) -> Result<(), ControlError> {
    let mut tx = db.begin().await?;
    let run = store::lock(&mut tx, run_id).await?.ok_or(ControlError::Unknown(run_id))?;
    expect(&run, &[State::Done], "done", "reverted")?;
    let known = matches!(&run.spec.op, super::spec::Op::Import(import) if import.target.statements().revert.is_some());
    if !known {
        return Err(ControlError::NoWayBack(run.target));
    }
    life::take_out(&mut tx, &run).await?;
    sqlx::query(include_str!("sql/mark_reverted.sql")).bind(run_id).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}

fn expect(run: &Run, states: &[State], wanted: &'static str, done: &'static str) -> Result<(), ControlError> {
    if states.contains(&run.state) {
        return Ok(());
    }
    Err(ControlError::WrongState { run_id: run.run_id, state: run.state, wanted, done })
}

/// What the jobs of a run are called, for whoever looks for them.
pub const KIND: &str = <Backfill as windlass::Job>::KIND;
