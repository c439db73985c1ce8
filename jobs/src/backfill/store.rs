//! The tables of runs and chunks.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use super::source::{Piece, Survey};
use super::spec::Spec;
use super::state::State;

/// A run, as it stands.
#[derive(Clone, Debug, FromRow)]
pub struct Run {
    /// Its id.
    pub run_id: Uuid,
    /// What it does.
    pub op: String,
    /// On what.
    pub target: String,
    /// How far it is.
    #[sqlx(try_from = "String")]
    pub state: State,
    /// What it was asked to do.
    pub spec: Json<Spec>,
    /// What is said of it.
    pub report: Option<Json<Value>>,
    /// Why it failed.
    pub failure: Option<String>,
    /// What it waits for.
    pub held_back_by: Option<String>,
    /// What one could go back to.
    pub backup_ref: Option<String>,
    /// How many rows the source has.
    pub total_rows: Option<i64>,
    /// How many bytes.
    pub source_bytes: Option<i64>,
    /// How many rows were read.
    pub rows_read: i64,
    /// How many came in.
    pub accepted: i64,
    /// How many did not.
    pub quarantined: i64,
    /// How many were in already.
    pub skipped: i64,
    /// The share of the time it works.
    pub duty: f64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was started.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// When what it brought was taken out again.
    pub reverted_at: Option<DateTime<Utc>>,
}

/// A new run's hashes and sizes.
#[derive(Debug)]
pub(super) struct NewRun<'a> {
    pub(super) run_id: Uuid,
    pub(super) spec: &'a Spec,
    pub(super) spec_hash: &'a [u8],
    pub(super) survey: Option<&'a Survey>,
    pub(super) pieces: &'a [Piece],
    pub(super) backup: Option<String>,
}

/// What stands in a new run's way.
#[derive(Debug, FromRow)]
pub(super) struct InTheWay {
    pub(super) run_id: Uuid,
    #[sqlx(try_from = "String")]
    pub(super) state: State,
    pub(super) same: bool,
}

/// Makes a run and its chunks; answers what stands in its way instead.
pub(super) async fn insert(tx: &mut PgConnection, new: &NewRun<'_>) -> Result<Option<InTheWay>, sqlx::Error> {
    let total: i64 = new.pieces.iter().map(|piece| piece.rows).sum();
    let made: Option<Uuid> = sqlx::query_scalar(include_str!("sql/insert_run.sql"))
        .bind(new.run_id)
        .bind(new.spec.op.as_str())
        .bind(new.spec.op.target())
        .bind(Json(new.spec))
        .bind(new.spec_hash)
        .bind(total)
        .bind(new.survey.map(|survey| survey.bytes.cast_signed()))
        .bind(new.survey.map(|survey| survey.sha256.to_vec()))
        .bind(&new.backup)
        .bind(new.spec.pace.duty)
        .bind(new.spec.pace.parallel)
        .bind(new.survey.map(|survey| survey.header.as_slice()))
        .fetch_optional(&mut *tx)
        .await?;
    if made.is_none() {
        let found = sqlx::query_as(include_str!("sql/find_same_run.sql"))
            .bind(new.spec_hash)
            .bind(new.spec.op.target())
            .fetch_optional(tx)
            .await?;
        return found.map(Some).ok_or(sqlx::Error::RowNotFound);
    }
    let pieces = new.pieces;
    sqlx::query(include_str!("sql/insert_chunks.sql"))
        .bind(new.run_id)
        .bind(pieces.iter().map(|piece| piece.seq).collect::<Vec<_>>())
        .bind(pieces.iter().map(|piece| piece.bytes.map(|bytes| bytes.0)).collect::<Vec<_>>())
        .bind(pieces.iter().map(|piece| piece.bytes.map(|bytes| bytes.1)).collect::<Vec<_>>())
        .bind(pieces.iter().map(|piece| piece.keys.as_ref().and_then(|keys| keys.0.clone())).collect::<Vec<_>>())
        .bind(pieces.iter().map(|piece| piece.keys.as_ref().map(|keys| keys.1.clone())).collect::<Vec<_>>())
        .bind(pieces.iter().map(|piece| piece.first_row).collect::<Vec<_>>())
        .bind(pieces.iter().map(|piece| piece.rows).collect::<Vec<_>>())
        .bind(pieces.iter().map(|piece| piece.sha256.clone()).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    Ok(None)
}

/// A run as it stands.
///
/// # Errors
///
/// The database's.
pub async fn read(db: impl PgExecutor<'_>, run_id: Uuid) -> Result<Option<Run>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_run.sql")).bind(run_id).fetch_optional(db).await
}

/// The newest runs.
///
/// # Errors
///
/// The database's.
pub async fn list(db: &PgPool, most: i64) -> Result<Vec<Run>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/list_runs.sql")).bind(most).fetch_all(db).await
}

/// A run as it stands, and stays until the transaction ends.
pub(super) async fn lock(tx: &mut PgConnection, run_id: Uuid) -> Result<Option<Run>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/lock_run.sql")).bind(run_id).fetch_optional(tx).await
}

pub(super) async fn set_state(
    tx: &mut PgConnection,
    run_id: Uuid,
    state: State,
    failure: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/set_state.sql")).bind(run_id).bind(state.as_str()).bind(failure).execute(tx).await?;
    Ok(())
}

/// A chunk, and whether it is done.
pub(super) async fn read_chunk(db: &PgPool, run_id: Uuid, seq: i32) -> Result<Option<(Piece, bool)>, sqlx::Error> {
    #[derive(FromRow)]
    #[expect(clippy::struct_field_names, reason = "columns have their table's names")]
    struct Row {
        seq: i32,
        byte_from: Option<i64>,
        byte_to: Option<i64>,
        after_key: Option<String>,
        upto_key: Option<String>,
        first_row: i64,
        rows: i64,
        sha256: Vec<u8>,
        state: String,
    }
    let row: Option<Row> =
        sqlx::query_as(include_str!("sql/read_chunk.sql")).bind(run_id).bind(seq).fetch_optional(db).await?;
    Ok(row.map(|row| {
        let piece = Piece {
            seq: row.seq,
            bytes: row.byte_from.zip(row.byte_to),
            keys: row.upto_key.map(|upto| (row.after_key, upto)),
            first_row: row.first_row,
            rows: row.rows,
            sha256: row.sha256,
        };
        (piece, row.state == "done")
    }))
}

pub(super) async fn finish_chunk(
    tx: &mut PgConnection,
    run_id: Uuid,
    seq: i32,
    missing: i64,
    seconds: f64,
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/finish_chunk.sql"))
        .bind(run_id)
        .bind(seq)
        .bind(missing)
        .bind(seconds)
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn give_back_chunk(tx: &mut PgConnection, run_id: Uuid, seq: i32) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/give_back_chunk.sql")).bind(run_id).bind(seq).execute(tx).await?;
    Ok(())
}

/// Marks the next chunks as queued, so that at most `parallel` are; answers them.
pub(super) async fn queue_chunks(tx: &mut PgConnection, run_id: Uuid, parallel: i32) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/queue_chunks.sql")).bind(run_id).bind(parallel).fetch_all(tx).await
}

/// How many chunks are not done.
pub(super) async fn open_chunks(tx: &mut PgConnection, run_id: Uuid) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/open_chunks.sql")).bind(run_id).fetch_one(tx).await
}

/// Notes what a run waits for; nothing if it goes on.
pub(super) async fn hold_back(db: &PgPool, run_id: Uuid, by: Option<&str>) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/hold_back.sql")).bind(run_id).bind(by).execute(db).await?;
    Ok(())
}

/// The rows and seconds of the chunks that were done last.
pub(super) async fn chunk_progress(db: &PgPool, run_id: Uuid, most: i64) -> Result<Vec<(i64, f64)>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/chunk_progress.sql")).bind(run_id).bind(most).fetch_all(db).await
}

/// How many chunks there are, and are done; their rows and seconds.
pub(super) async fn chunk_counts(db: &PgPool, run_id: Uuid) -> Result<(i64, i64, i64, f64), sqlx::Error> {
    sqlx::query_as(include_str!("sql/chunk_counts.sql")).bind(run_id).fetch_one(db).await
}
