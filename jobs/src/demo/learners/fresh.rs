//! Results are taken over all learners: so a demo's learners must be the only ones, and those of the demo before go.

use sqlx::{PgConnection, PgExecutor};

/// Why the database cannot take a demo's learners.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FreshError {
    /// Others' are there.
    #[error(
        "this database has learners, sources of costs or multipliers of its own: benchmarks would be taken over both, so nothing was \
         changed; give the demo another database (DATABASE_URL), or a folder without learners.csv"
    )]
    Others,
    /// The database's.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Whether all learners that are here were brought by a demo.
pub(in crate::demo) async fn check(db: impl PgExecutor<'_>) -> Result<(), FreshError> {
    let others: i64 = sqlx::query_scalar(include_str!("sql/count_others.sql")).fetch_one(db).await?;
    if others > 0 { Err(FreshError::Others) } else { Ok(()) }
}

/// Removes what an earlier demo has brought of learners.
pub(in crate::demo) async fn clear(tx: &mut PgConnection) -> Result<(), FreshError> {
    check(&mut *tx).await?;
    for statement in [
        include_str!("sql/clear_results.sql"),
        include_str!("sql/clear_entries.sql"),
        include_str!("sql/clear_sources.sql"),
        include_str!("sql/clear_people.sql"),
    ] {
        sqlx::query(statement).execute(&mut *tx).await?;
    }
    Ok(())
}
