//! What stands between us and the server. A pooler does not say that it is there; what it does gives it away.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use super::StoreError;

/// How often two connections are compared. A pooler hands out the server process that was given back last, so at rest the
/// first comparison tells; under load it may take a few.
const COMPARISONS: u32 = 4;
/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// `duplicate_prepared_statement` and `invalid_sql_statement_name`: a process that others prepared statements in, or that
/// has not got ours.
const MIXED_UP: [&str; 2] = ["42P05", "26000"];

/// How connections reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Each has a server process of its own: directly, or through a pooler that lends one for the whole session.
    Own,
    /// Each borrows a server process for a transaction, as in PgBouncer's transaction mode, and finds its prepared statements
    /// there. Nothing else of a session lasts: settings, `listen`, locks.
    Shared,
}

/// Finds out by two connections whether they share server processes.
///
/// # Errors
///
/// [`StoreError::Pooler`] where statements are prepared in one process and looked for in another: PgBouncer before 1.21, or
/// without `max_prepared_statements`. [`StoreError::Database`], [`StoreError::NoAnswer`].
pub async fn pooling(options: &PgConnectOptions) -> Result<Pooling, StoreError> {
    let asked = tokio::time::timeout(PATIENCE, compare(options)).await.map_err(|_| StoreError::NoAnswer)?;
    let mixed_up = |error: &StoreError| error.sqlstate().is_some_and(|code| MIXED_UP.contains(&code.as_ref()));
    asked.map_err(StoreError::from).map_err(|error| if mixed_up(&error) { StoreError::Pooler } else { error })
}

async fn compare(options: &PgConnectOptions) -> Result<Pooling, sqlx::Error> {
    let (mut one, mut other) = (options.connect().await?, options.connect().await?);
    let mut seen = Vec::new();
    let mut pooling = Pooling::Own;
    for turn in 0..COMPARISONS {
        // Both name their statements by counting: another text under the same name is what a pooler has to keep apart.
        let pair = (process(&mut one, 2 * turn).await?, process(&mut other, 2 * turn + 1).await?);
        if pair.0 == pair.1 {
            pooling = Pooling::Shared;
            break;
        }
        seen.push(pair);
    }
    if seen.iter().any(|pair| *pair != seen[0]) {
        pooling = Pooling::Shared;
    }
    one.close().await?;
    other.close().await?;
    Ok(pooling)
}

async fn process(connection: &mut PgConnection, number: u32) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar(AssertSqlSafe(format!("select pg_backend_pid() /* {number} */"))).fetch_one(connection).await
}
