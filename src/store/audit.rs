//! The audit in the tables: entries are added and read.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Store, StoreError, sql};
use crate::model::{AuditEntry, By, Clock};

/// What is done, for the audit.
#[derive(Clone, Debug)]
pub struct Deed<'a> {
    /// Like `replay.start`.
    pub action: &'a str,
    /// To what.
    pub target: String,
    /// In which queue, where it is in one.
    pub queue: Option<&'a str>,
    /// What was before; no arguments of jobs.
    pub before: Option<Value>,
    /// What is now.
    pub after: Option<Value>,
}

impl<'a> Deed<'a> {
    /// Nothing known of before and after.
    #[must_use]
    pub fn new(action: &'a str, target: &(impl ToString + ?Sized)) -> Self {
        Self { action, target: target.to_string(), queue: None, before: None, after: None }
    }
}

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Of this person.
    pub actor: Option<String>,
    /// About this.
    pub target: Option<String>,
    /// Not older than so many seconds.
    pub since_seconds: Option<i64>,
    /// After this one in the list.
    pub after: Option<(DateTime<Utc>, Uuid)>,
    /// About these queues, or none; without it about all.
    pub queues: Option<Vec<String>>,
    /// At most so many.
    pub limit: i64,
}

impl Store {
    /// Entries, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_AUDIT)
            .bind(&filter.actor)
            .bind(&filter.target)
            .bind(filter.since_seconds)
            .bind(filter.limit)
            .bind(filter.after.map(|(at, _)| at))
            .bind(filter.after.map(|(_, id)| id))
            .bind(self.clock.now())
            .bind(&filter.queues)
            .fetch_all(&self.db)
            .await?)
    }

    /// Writes down that something alone is done.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn note(&self, by: &By, deed: Deed<'_>) -> Result<(), StoreError> {
        self.note_in(&mut *self.db.acquire().await?, by, deed).await
    }

    /// Writes down what is done, in the transaction that does it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsigned`], [`StoreError::Database`].
    pub async fn note_in(&self, tx: &mut PgConnection, by: &By, deed: Deed<'_>) -> Result<(), StoreError> {
        write(tx, &self.clock, by, deed).await
    }
}

/// Writes down what is done, in the transaction that does it.
pub(super) async fn write(tx: &mut PgConnection, clock: &Clock, by: &By, deed: Deed<'_>) -> Result<(), StoreError> {
    let (who, why) = by.signed().map_err(StoreError::Unsigned)?;
    sqlx::query(sql::WRITE_AUDIT)
        .bind(clock.now())
        .bind(Uuid::now_v7())
        .bind(who)
        .bind(by.role())
        .bind(deed.action)
        .bind(deed.target)
        .bind(deed.queue)
        .bind(why)
        .bind(deed.before)
        .bind(deed.after)
        .bind(by.request())
        .execute(tx)
        .await?;
    Ok(())
}
