//! Dead letters in the tables.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;

use super::audit::{self, Deed};
use super::{Store, StoreError, sql};
use crate::model::{By, DeadLetter, JobId};

/// Which dead letters to list.
#[derive(Clone, Debug, Default)]
pub struct LetterFilter {
    /// Of this kind only.
    pub kind: Option<String>,
    /// Not older than so many seconds.
    pub since_seconds: Option<i64>,
    /// Those that were replayed or discarded already, too.
    pub all: bool,
    /// After this one in the list.
    pub after: Option<(DateTime<Utc>, JobId)>,
    /// Of these queues; without it of all.
    pub queues: Option<Vec<String>>,
    /// At most so many.
    pub limit: i64,
}

/// A dead letter in a list.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
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
    /// When it was set aside.
    pub discarded_at: Option<DateTime<Utc>>,
    /// The version of the program that failed last.
    pub revision: Option<String>,
}

/// One change to a letter's arguments.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct LetterEdit {
    /// Its number, from 1 on.
    pub edit: i32,
    /// When.
    pub edited_at: DateTime<Utc>,
    /// Who.
    pub edited_by: String,
    /// What for.
    pub why: String,
    /// What was changed, as a JSON Patch (RFC 6902).
    pub patch: Value,
}

/// What is done with letters that are not replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetAside {
    /// They are set aside: nobody needs them.
    Discard,
    /// They are taken back.
    Restore,
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
            .bind(filter.all)
            .bind(filter.limit)
            .bind(self.clock.now())
            .bind(filter.after.map(|(at, _)| at))
            .bind(filter.after.map(|(_, id)| id))
            .bind(&filter.queues)
            .fetch_all(&self.db)
            .await?)
    }

    /// Open letters of a group, the newest first, after one of them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn letters_of_group(
        &self,
        queue: &str,
        fingerprint: &str,
        limit: i64,
        after: Option<(DateTime<Utc>, JobId)>,
    ) -> Result<Vec<LetterSummary>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_LETTERS_OF_GROUP)
            .bind(queue)
            .bind(fingerprint)
            .bind(limit)
            .bind(after.map(|(at, _)| at))
            .bind(after.map(|(_, id)| id))
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
    /// [`StoreError::AlreadyReplayed`] when somebody was faster, [`StoreError::Discarded`], [`StoreError::KeyTaken`],
    /// [`StoreError::NoSuchLetter`], [`StoreError::Database`].
    pub async fn replay(&self, id: JobId, again: JobId, by: &By) -> Result<(), StoreError> {
        let (who, why) = by.signed().map_err(StoreError::Unsigned)?;
        let letter = self.dead_letter(id).await?;
        let mut tx = self.db.begin().await?;
        let holder: Option<(JobId, JobId)> = sqlx::query_as(sql::REPLAY_DEAD_LETTERS)
            .bind(&letter.queue)
            .bind([id])
            .bind([again])
            .bind(who)
            .bind(why)
            .bind(self.clock.now())
            .bind(None::<i16>)
            .bind(None::<i32>)
            .fetch_optional(&mut *tx)
            .await?;
        match holder {
            Some((_, holder)) if holder == again => {
                let deed = Deed {
                    queue: Some(&letter.queue),
                    after: Some(json!({ "job": again })),
                    ..Deed::new("letter.replay", &id)
                };
                audit::write(&mut tx, &self.clock, by, deed).await?;
                return Ok(tx.commit().await?);
            }
            Some((_, holder)) => return Err(StoreError::KeyTaken { id, holder }),
            None => tx.rollback().await?,
        }
        let letter = self.dead_letter(id).await?;
        match (letter.replayed_by, letter.replayed_as) {
            (Some(by), Some(again)) => Err(StoreError::AlreadyReplayed { id, by, again }),
            _ if letter.discarded_at.is_some() => Err(StoreError::Discarded(id)),
            // Not replayed, and yet nothing was updated: it appeared between the two statements.
            _ => Err(StoreError::NoSuchLetter(id)),
        }
    }

    /// Sets letters of a group aside that died up to `until`, or takes them back, at most `limit`; or one letter. Says how
    /// many.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsigned`], [`StoreError::Database`].
    pub async fn set_aside(
        &self,
        what: SetAside,
        group: (&str, &str),
        letter: Option<JobId>,
        (until, limit): (DateTime<Utc>, i64),
        by: &By,
    ) -> Result<i64, StoreError> {
        let (queue, fingerprint) = group;
        let mut tx = self.db.begin().await?;
        let (statement, action) = match what {
            SetAside::Discard => (sql::DISCARD_DEAD_LETTERS, "letter.discard"),
            SetAside::Restore => (sql::RESTORE_DEAD_LETTERS, "letter.restore"),
        };
        let asked = sqlx::query_scalar(statement).bind(queue).bind(fingerprint).bind(limit);
        let asked = if what == SetAside::Discard { asked.bind(until) } else { asked };
        let done: i64 = asked.bind(letter).bind(self.clock.now()).fetch_one(&mut *tx).await?;
        if done > 0 {
            let target = letter.map_or_else(|| fingerprint.to_owned(), |id| id.to_string());
            let deed =
                Deed { queue: Some(queue), after: Some(json!({ "letters": done })), ..Deed::new(action, &target) };
            audit::write(&mut tx, &self.clock, by, deed).await?;
        }
        tx.commit().await?;
        Ok(done)
    }

    /// Gives a letter other arguments, if it was edited `edits` times until now; says how often it is by then.
    ///
    /// # Errors
    ///
    /// [`StoreError::EditedMeanwhile`], [`StoreError::Unsigned`], [`StoreError::Database`].
    pub async fn edit_letter(
        &self,
        letter: &DeadLetter,
        args: &Value,
        patch: &Value,
        by: &By,
    ) -> Result<i32, StoreError> {
        let (who, why) = by.signed().map_err(StoreError::Unsigned)?;
        let mut tx = self.db.begin().await?;
        let edits: Option<i32> = sqlx::query_scalar(sql::EDIT_DEAD_LETTER)
            .bind(&letter.queue)
            .bind(letter.id)
            .bind(letter.edits)
            .bind(Json(args))
            .bind(who)
            .bind(why)
            .bind(self.clock.now())
            .bind(Json(patch))
            .fetch_optional(&mut *tx)
            .await?;
        let edits = edits.ok_or(StoreError::EditedMeanwhile(letter.id))?;
        let deed = Deed {
            queue: Some(&letter.queue),
            before: Some(json!({ "edits": letter.edits })),
            after: Some(json!({ "edits": edits })),
            ..Deed::new("letter.edit", &letter.id)
        };
        audit::write(&mut tx, &self.clock, by, deed).await?;
        tx.commit().await?;
        Ok(edits)
    }

    /// The changes to a letter's arguments, the first first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn edits(&self, queue: &str, id: JobId) -> Result<Vec<LetterEdit>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_EDITS).bind(queue).bind(id).fetch_all(&self.db).await?)
    }
}
