//! The wake-up as the database carries it.

use sqlx::PgPool;

use super::{StoreError, sql};

/// The channel that processes notify each other on.
pub(crate) const CHANNEL: &str = "windlass_jobs";

/// Asks whether anybody is at the other end.
#[cfg(feature = "worker")]
pub(crate) async fn ping<'c>(executor: impl sqlx::PgExecutor<'c>) -> Result<(), StoreError> {
    sqlx::query("select 1").execute(executor).await?;
    Ok(())
}

/// Notifies every process that listens. Never inside a transaction that does something else: committing one takes a lock
/// that the whole instance shares.
pub(crate) async fn notify(db: &PgPool) -> Result<(), StoreError> {
    sqlx::query(sql::NOTIFY).bind(CHANNEL).execute(db).await?;
    Ok(())
}
