//! What is old goes, a thousand rows at a time.

use super::{Store, StoreError, sql};

/// For how long things are kept where their queue does not say.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Dead letters, in seconds.
    pub dead_letters: i64,
    /// Failed attempts, in seconds.
    pub attempts: i64,
}

impl Store {
    /// Deletes old dead letters, failed attempts and idempotency keys of a queue, at most a thousand of each; says how many.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn prune_queue(&self, queue: &str, keep: Retention) -> Result<u64, StoreError> {
        let mut line = self.line().await?;
        let mut gone = 0;
        for statement in [sql::PRUNE_EXPIRED_KEYS, sql::PRUNE_OLD_KEYS] {
            let done = sqlx::query(statement).bind(queue).bind(self.clock.now()).execute(line.connection()?).await?;
            gone += done.rows_affected();
        }
        let letters: i64 = sqlx::query_scalar(sql::PRUNE_DEAD_LETTERS)
            .bind(queue)
            .bind(keep.dead_letters)
            .bind(self.clock.now())
            .fetch_one(line.connection()?)
            .await?;
        let attempts = sqlx::query(sql::PRUNE_ATTEMPTS)
            .bind(queue)
            .bind(keep.attempts)
            .bind(self.clock.now())
            .execute(line.connection()?)
            .await?;
        gone += letters.unsigned_abs() + attempts.rows_affected();
        line.answered();
        Ok(gone)
    }
}
