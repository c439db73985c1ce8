//! What is asked about a job whose workers were lost while they held it.

use sqlx::Row;

use super::{Store, StoreError, sql};
use crate::model::{Claim, JobId, SessionId};

impl Store {
    /// The job that this attempt holds, for a process that runs it in the claimer's stead.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] when it is no longer this attempt's.
    pub async fn held_claim(
        &self,
        queue: &str,
        id: JobId,
        session: SessionId,
        attempt: i32,
    ) -> Result<Claim, StoreError> {
        let mut line = self.line().await?;
        let row = sqlx::query(sql::SHOW_CLAIM)
            .bind(queue)
            .bind(id)
            .bind(session)
            .bind(attempt)
            .fetch_optional(line.connection()?)
            .await?;
        line.answered();
        let row = row.ok_or(StoreError::LeaseLost(id))?;
        Ok(Claim {
            session,
            queue: queue.to_owned(),
            id,
            attempt,
            kind: row.try_get("kind")?,
            args: row.try_get("args")?,
            args_version: row.try_get("args_version")?,
            priority: row.try_get("priority")?,
            failures: row.try_get("failures")?,
            max_failures: row.try_get("max_failures")?,
            crashes: row.try_get("crashes")?,
            created_at: row.try_get("created_at")?,
            scheduled_at: row.try_get("scheduled_at")?,
            attempted_at: row.try_get("attempted_at")?,
            checkpoint: row.try_get("checkpoint")?,
            traceparent: row.try_get("traceparent")?,
        })
    }

    /// Forgets the workers that were lost while they held this job: it has shown that it kills none.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn clear_crashes(&self, claim: &Claim) -> Result<(), StoreError> {
        let mut line = self.line().await?;
        sqlx::query(sql::CLEAR_CRASHES)
            .bind(&claim.queue)
            .bind(claim.id)
            .bind(claim.session)
            .bind(claim.attempt)
            .execute(line.connection()?)
            .await?;
        line.answered();
        Ok(())
    }
}
