//! What is asked about a job whose workers were lost while they held it.

use super::claim::read;
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
        let claim = row.map(|row| read(queue, session, &row)).transpose()?.flatten();
        claim.ok_or(StoreError::LeaseLost(id))
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
