//! Removing what was asked to be removed: in chunks, each a transaction, and verified at the end.
//!
//! Any number of callers may work on a request, die and begin again: a chunk removes what is there. Which tables there are is read
//! from the catalogue, so none is forgotten. Not when this runs: that is the caller's, a job of kind `backfill`.

use sqlx::{FromRow, PgConnection, PgPool};
use windlass::{Store, StoreError};

use crate::buckets::OF_PEOPLE;

/// How many rows one chunk removes, at most.
pub const CHUNK: i32 = 1_000;
/// How many sessions are looked at for one chunk.
const SESSIONS: i32 = 100;

/// What a step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It removed rows; there may be more.
    Removed {
        /// From this table.
        table: String,
        /// So many.
        rows: u64,
    },
    /// A job about the person is running: it was asked to stop, and will write nothing. Come again in a few seconds.
    Waiting,
    /// Nothing is left, which was looked after; the request is finished.
    Finished,
}

/// Why a step did not do its part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErasureError {
    /// There is no such request.
    #[error("erasure request {0} is unknown")]
    NoRequest(i64),
    /// The program does not know what is asked for.
    #[error("erasure request {request_id} is of scope {scope:?}, which has no erasure of its own")]
    Scope {
        /// The request.
        request_id: i64,
        /// Its scope.
        scope: String,
    },
    /// Rows are left that nothing removes.
    #[error("erasure request {request_id} is not finished: {left} still hold rows of the person")]
    Left {
        /// The request.
        request_id: i64,
        /// The tables, with their counts.
        left: String,
    },
    /// The engine's store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database refused or was away.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Request {
    scope: String,
    subject_id: Option<i64>,
    finished: bool,
}

/// Works on a request until it is finished; answers `false` where it has to wait for a job that is running.
///
/// # Errors
///
/// [`ErasureError`].
pub async fn run(db: &PgPool, request_id: i64) -> Result<bool, ErasureError> {
    loop {
        match step(db, request_id).await? {
            Step::Removed { .. } => {}
            Step::Waiting => return Ok(false),
            Step::Finished => return Ok(true),
        }
    }
}

/// Does one chunk of a request, in a transaction of its own.
///
/// # Errors
///
/// [`ErasureError`].
pub async fn step(db: &PgPool, request_id: i64) -> Result<Step, ErasureError> {
    let mut tx = db.begin().await?;
    let request: Option<Request> =
        sqlx::query_as(include_str!("sql/lock_request.sql")).bind(request_id).fetch_optional(&mut *tx).await?;
    let request = request.ok_or(ErasureError::NoRequest(request_id))?;
    let Some(subject_id) = request.subject_id.filter(|_| !request.finished) else {
        // The person may have gone by another request.
        finish(&mut tx, request_id).await?;
        tx.commit().await?;
        return Ok(Step::Finished);
    };
    let removed = match request.scope.as_str() {
        "session" => remove_of(&mut tx, include_str!("sql/doomed_sessions.sql"), subject_id, |_| true).await?,
        "spectrum_reset" => {
            let results = |table: &str| ["turn_impacts", "session_emotions"].contains(&table);
            match remove_of(&mut tx, include_str!("sql/reset_sessions.sql"), subject_id, results).await? {
                Some(removed) => Some(removed),
                None => remove_insights(&mut tx, subject_id).await?,
            }
        }
        "subject" => remove_all(&mut tx, subject_id).await?,
        _ => return Err(ErasureError::Scope { request_id, scope: request.scope }),
    };
    if let Some((table, rows)) = removed {
        add_count(&mut tx, request_id, &table, rows).await?;
        tx.commit().await?;
        return Ok(Step::Removed { table, rows: rows.unsigned_abs() });
    }
    if request.scope == "subject" {
        if Store::new(db.clone()).forget(&mut tx, &subject_id.to_string()).await? > 0 {
            tx.commit().await?;
            return Ok(Step::Waiting);
        }
        remove_person(&mut tx, request_id, subject_id).await?;
    }
    finish(&mut tx, request_id).await?;
    tx.commit().await?;
    Ok(Step::Finished)
}

/// Removes a chunk of the rows of some of a person's sessions, from the first table that has any.
async fn remove_of(
    tx: &mut PgConnection,
    which: &'static str,
    subject_id: i64,
    wanted: impl Fn(&str) -> bool,
) -> Result<Option<(String, i64)>, sqlx::Error> {
    let sessions: Vec<i64> = sqlx::query_scalar(which).bind(subject_id).bind(SESSIONS).fetch_all(&mut *tx).await?;
    if sessions.is_empty() {
        return Ok(None);
    }
    for (table, _) in tables(tx).await?.into_iter().filter(|(name, has_sessions)| *has_sessions && wanted(name)) {
        let rows = erase_rows(tx, &table, subject_id, Some(&sessions)).await?;
        if rows > 0 {
            return Ok(Some((table, rows)));
        }
    }
    Ok(None)
}

/// Removes a person's narratives of the months before their reset.
async fn remove_insights(tx: &mut PgConnection, subject_id: i64) -> Result<Option<(String, i64)>, sqlx::Error> {
    let rows: Option<i64> =
        sqlx::query_scalar(include_str!("sql/erase_insights.sql")).bind(subject_id).fetch_optional(tx).await?;
    Ok(rows.filter(|rows| *rows > 0).map(|rows| ("insights".to_owned(), rows)))
}

/// Removes a chunk of a person's rows, from the first table that has any; the person's own stays to the end.
async fn remove_all(tx: &mut PgConnection, subject_id: i64) -> Result<Option<(String, i64)>, sqlx::Error> {
    for (table, _) in tables(tx).await?.into_iter().filter(|(name, _)| name != "subjects") {
        let rows = erase_rows(tx, &table, subject_id, None).await?;
        if rows > 0 {
            return Ok(Some((table, rows)));
        }
    }
    let buckets =
        sqlx::query(include_str!("sql/erase_buckets.sql")).bind(subject_id).bind(OF_PEOPLE).execute(tx).await?;
    let rows = buckets.rows_affected();
    Ok((rows > 0).then(|| ("dirty_buckets".to_owned(), rows.cast_signed())))
}

/// Looks whether anything is left, under the lock that every writer about the person asks for; then removes the person.
async fn remove_person(tx: &mut PgConnection, request_id: i64, subject_id: i64) -> Result<(), ErasureError> {
    sqlx::query(include_str!("sql/lock_erased.sql")).bind(subject_id).execute(&mut *tx).await?;
    let left: Vec<(String, i64)> =
        sqlx::query_as(include_str!("sql/count_left.sql")).bind(subject_id).bind(OF_PEOPLE).fetch_all(&mut *tx).await?;
    if !left.is_empty() {
        let left = left.iter().map(|(table, rows)| format!("{table} ({rows})")).collect::<Vec<_>>().join(", ");
        return Err(ErasureError::Left { request_id, left });
    }
    let rows = erase_rows(tx, "subjects", subject_id, None).await?;
    Ok(add_count(tx, request_id, "subjects", rows).await?)
}

async fn tables(tx: &mut PgConnection) -> Result<Vec<(String, bool)>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/list_tables.sql")).fetch_all(tx).await
}

async fn erase_rows(
    tx: &mut PgConnection,
    table: &str,
    subject_id: i64,
    sessions: Option<&[i64]>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/erase_rows.sql"))
        .bind(table)
        .bind(subject_id)
        .bind(sessions)
        .bind(CHUNK)
        .fetch_one(tx)
        .await
}

async fn add_count(tx: &mut PgConnection, request_id: i64, table: &str, rows: i64) -> Result<(), sqlx::Error> {
    let add = sqlx::query(include_str!("sql/add_counts.sql"));
    add.bind(request_id).bind(table).bind(rows).execute(tx).await?;
    Ok(())
}

async fn finish(tx: &mut PgConnection, request_id: i64) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/finish_request.sql")).bind(request_id).execute(tx).await?;
    Ok(())
}
