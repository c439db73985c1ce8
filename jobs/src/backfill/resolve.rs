//! Rows that stayed behind, and the way in for one that a person has corrected: it is looked at like any other, against all that
//! is there by now.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, PgPool};
use uuid::Uuid;

use super::mapping::MappingError;
use super::reason::Reasons;
use super::source::Format;
use super::source::records::Columns;
use super::spec::{Import, Op};
use super::state::State;
use super::store;
use super::table::Checked;

/// A row in quarantine. What it says stays there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, FromRow)]
pub struct Quarantined {
    /// Its place in the source, from 1.
    pub row_no: i64,
    /// Its id, if it has one.
    pub key: Option<String>,
    /// What is wrong with it.
    pub reasons: Vec<String>,
    /// Whether it was corrected and taken over since.
    pub resolved: bool,
}

/// What became of a corrected row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolved {
    /// It is in.
    Accepted,
    /// It was in already, just so.
    Skipped,
}

/// Why a row stays in quarantine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// There is no such run, or it brings nothing in.
    #[error("there is no import {0}")]
    Unknown(Uuid),
    /// The run is not through, or was taken back.
    #[error("run {run_id} is {state}: only rows of a run that is done can be resolved")]
    NotDone {
        /// Which.
        run_id: Uuid,
        /// Its state.
        state: State,
    },
    /// The row is not there, or was resolved before.
    #[error("row {row_no} of run {run_id} does not wait in quarantine")]
    NotThere {
        /// The run.
        run_id: Uuid,
        /// The row.
        row_no: i64,
    },
    /// It is as bad as before, or otherwise.
    #[error("the corrected row cannot be taken over: {}", .0.codes().join(", "))]
    StillBad(Reasons),
    /// The run's mapping.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The database refused or was away.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The rows of a run that are in quarantine, after the one before; `most` at most.
///
/// # Errors
///
/// The database's.
pub async fn quarantine(db: &PgPool, run_id: Uuid, after: i64, most: i64) -> Result<Vec<Quarantined>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/list_quarantine.sql")).bind(run_id).bind(after).bind(most).fetch_all(db).await
}

/// Takes a row over as a person has corrected it: one record, written as the source writes them. The run's counts follow.
///
/// # Errors
///
/// [`ResolveError`]; then nothing has changed.
pub async fn resolve(db: &PgPool, run_id: Uuid, row_no: i64, record: &[u8]) -> Result<Resolved, ResolveError> {
    let mut tx = db.begin().await?;
    let run = store::lock(&mut tx, run_id).await?.ok_or(ResolveError::Unknown(run_id))?;
    let Op::Import(import) = &run.spec.op else { return Err(ResolveError::Unknown(run_id)) };
    if run.state != State::Done {
        return Err(ResolveError::NotDone { run_id, state: run.state });
    }
    let row = check(&mut tx, run_id, import, record).await?;
    if !row.reasons.is_empty() {
        return Err(ResolveError::StillBad(row.reasons));
    }
    let staged: Option<i32> = sqlx::query_scalar(include_str!("sql/stage_corrected.sql"))
        .bind(run_id)
        .bind(row_no)
        .bind(i32::try_from(record.len()).unwrap_or(i32::MAX))
        .bind(&row.key)
        .bind(row.content_hash().as_slice())
        .bind(Json(&row.cells))
        .fetch_optional(&mut *tx)
        .await?;
    let seq = staged.ok_or(ResolveError::NotThere { run_id, row_no })?;
    let resolved = take_over(&mut tx, run_id, row_no, seq, import).await?;
    tx.commit().await?;
    Ok(resolved)
}

async fn check(tx: &mut PgConnection, run_id: Uuid, import: &Import, record: &[u8]) -> Result<Checked, ResolveError> {
    let header: Option<Vec<String>> = match import.source.format() {
        Format::Json => None,
        Format::Csv => sqlx::query_scalar(include_str!("sql/read_header.sql")).bind(run_id).fetch_one(tx).await?,
    };
    let table = import.target.table();
    let columns = Columns::bind(import.source.format(), &import.mapping, table, &header.unwrap_or_default())?;
    Ok(columns.check_one(record, table, import.as_of.date_naive()))
}

/// The steps of an import, for the one row that is staged.
async fn take_over(
    tx: &mut PgConnection,
    run_id: Uuid,
    row_no: i64,
    seq: i32,
    import: &Import,
) -> Result<Resolved, ResolveError> {
    let (statements, people, as_of): (_, &str, DateTime<Utc>) =
        (import.target.statements(), &import.people, import.as_of);
    sqlx::query(statements.mark_existing).bind(run_id).bind(people).bind(as_of).execute(&mut *tx).await?;
    let (reasons, skipped): (i32, bool) =
        sqlx::query_as(include_str!("sql/read_staged.sql")).bind(run_id).bind(row_no).fetch_one(&mut *tx).await?;
    if reasons != 0 {
        return Err(ResolveError::StillBad(Reasons::from_bits(reasons)));
    }
    if let Some(prepare) = statements.prepare {
        sqlx::query(prepare).bind(run_id).execute(&mut *tx).await?;
    }
    sqlx::query(statements.integrate)
        .bind(run_id)
        .bind(seq)
        .bind(seq)
        .bind(people)
        .bind(as_of)
        .execute(&mut *tx)
        .await?;
    for statement in [include_str!("sql/clear_staged.sql"), include_str!("sql/mark_resolved.sql")] {
        sqlx::query(statement).bind(run_id).bind(row_no).bind(row_no).execute(&mut *tx).await?;
    }
    sqlx::query(include_str!("sql/count_resolved.sql")).bind(run_id).bind(seq).bind(skipped).execute(tx).await?;
    Ok(if skipped { Resolved::Skipped } else { Resolved::Accepted })
}
