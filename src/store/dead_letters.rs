//! Dead letters in the tables.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Store, StoreError, sql};
use crate::model::{DeadLetter, JobId};

/// Which dead letters to list.
#[derive(Clone, Debug, Default)]
pub struct LetterFilter {
    /// Of this kind only.
    pub kind: Option<String>,
    /// Not older than so many seconds.
    pub since_seconds: Option<i64>,
    /// Those that were replayed already, too.
    pub replayed: bool,
    /// At most so many.
    pub limit: i64,
}

/// A dead letter in a list.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct LetterSummary {
    /// The identity of the job that died.
    pub id: JobId,
    /// Its queue.
    pub queue: String,
    /// Its kind.
    pub kind: String,
    /// Why it died.
    pub reason: String,
    /// The last error.
    pub error: String,
    /// Letters with the same fingerprint died of the same thing.
    pub fingerprint: String,
    /// How many attempts were made.
    pub attempt: i32,
    /// How many failed.
    pub failures: i32,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// When it died.
    pub died_at: DateTime<Utc>,
    /// When it was replayed.
    pub replayed_at: Option<DateTime<Utc>>,
    /// By whom.
    pub replayed_by: Option<String>,
}

impl Store {
    /// Dead letters, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn dead_letters(&self, filter: &LetterFilter) -> Result<Vec<LetterSummary>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_DEAD_LETTERS)
            .bind(&filter.kind)
            .bind(filter.since_seconds)
            .bind(filter.replayed)
            .bind(filter.limit)
            .bind(self.clock.now())
            .fetch_all(&self.db)
            .await?)
    }

    /// One dead letter, whole.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchLetter`], [`StoreError::Database`].
    pub async fn dead_letter(&self, id: JobId) -> Result<DeadLetter, StoreError> {
        let letter: Option<DeadLetter> =
            sqlx::query_as(sql::SHOW_DEAD_LETTER).bind(id).fetch_optional(&self.db).await?;
        letter.ok_or(StoreError::NoSuchLetter(id))
    }

    /// Makes a new job, `again`, of a letter; once.
    ///
    /// # Errors
    ///
    /// [`StoreError::AlreadyReplayed`] when somebody was faster, [`StoreError::NoSuchLetter`], [`StoreError::Database`].
    pub async fn replay(&self, id: JobId, again: JobId, by: &str, why: &str) -> Result<(), StoreError> {
        let holder: Option<JobId> = sqlx::query_scalar(sql::REPLAY_DEAD_LETTER)
            .bind(id)
            .bind(again)
            .bind(by)
            .bind(why)
            .bind(self.clock.now())
            .fetch_optional(&self.db)
            .await?;
        match holder {
            Some(holder) if holder == again => return Ok(()),
            Some(holder) => return Err(StoreError::KeyTaken { id, holder }),
            None => {}
        }
        let letter = self.dead_letter(id).await?;
        match (letter.replayed_by, letter.replayed_as) {
            (Some(by), Some(again)) => Err(StoreError::AlreadyReplayed { id, by, again }),
            // Not replayed, and yet nothing was updated: it appeared between the two statements.
            _ => Err(StoreError::NoSuchLetter(id)),
        }
    }
}
