//! Forgetting a person: the fate of the jobs about them stays, whom they were about does not.

use sqlx::PgConnection;

use super::{Store, StoreError, sql};
use crate::model::JobId;

impl Store {
    /// Takes a person out of the queue's tables, on the caller's transaction: jobs that wait are cancelled, running ones asked to
    /// stop, and in history, attempts and dead letters the subject, the arguments and the errors' text are blanked. Answers how
    /// many jobs about the person are still running: call it again when they have ended.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn forget(&self, tx: &mut PgConnection, subject: &str) -> Result<u64, StoreError> {
        let mut live: Vec<JobId> =
            sqlx::query_scalar(sql::LIST_JOBS_OF_SUBJECT).bind(subject).fetch_all(&mut *tx).await?;
        // As all lock them.
        live.sort_unstable();
        let mut running = 0;
        for id in live {
            let done: Option<String> =
                sqlx::query_scalar(sql::CANCEL_JOB).bind(id).bind(self.clock.now()).fetch_optional(&mut *tx).await?;
            running += u64::from(done.as_deref() == Some("requested"));
        }
        let blanks = [
            sql::FORGET_HISTORY,
            sql::FORGET_ATTEMPTS,
            sql::FORGET_EDITS,
            sql::FORGET_REPLAYS,
            sql::FORGET_DEAD_LETTERS,
        ];
        for blank in blanks {
            sqlx::query(blank).bind(subject).execute(&mut *tx).await?;
        }
        Ok(running)
    }
}
