//! The wake-up as the database carries it.

use sqlx::PgPool;

use super::{StoreError, sql};

/// The channel that processes notify each other on.
pub(crate) const CHANNEL: &str = "windlass_jobs";

/// Notifies every process that listens. Never inside a transaction that does something else: committing one takes a lock
/// that the whole instance shares.
pub(crate) async fn notify(db: &PgPool) -> Result<(), StoreError> {
    sqlx::query(sql::NOTIFY).bind(CHANNEL).execute(db).await?;
    Ok(())
}
