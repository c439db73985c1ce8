//! Groups of dead letters in the tables.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Store, StoreError, audit, sql};
use crate::model::{By, Group, GroupState, title};
use crate::store::Deed;

/// A change to a group; what is not said stays.
#[derive(Clone, Debug, Default)]
pub struct GroupChange {
    /// The new state, and until when where it is snoozed.
    pub state: Option<(GroupState, Option<DateTime<Utc>>)>,
    /// Who sees to it; empty: nobody.
    pub assignee: Option<String>,
    /// What is known of it; empty: nothing.
    pub note: Option<String>,
}

#[derive(sqlx::FromRow)]
struct NewGroup {
    queue: String,
    fingerprint: String,
    kind: String,
    reason: String,
    at: DateTime<Utc>,
    error: Option<String>,
}

impl Store {
    /// Brings the groups up to date with what happened to letters, a thousand tallies at most, or twice that where groups are new; says how
    /// many it took.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn fold_tallies(&self) -> Result<i64, StoreError> {
        let (taken, wait) = self.fold_once().await?;
        if !wait {
            return Ok(taken);
        }
        self.make_new_groups().await?;
        let (taken_then, _) = self.fold_once().await?;
        Ok(taken + taken_then)
    }

    /// How many it took, and whether some wait for a group that is not there yet.
    async fn fold_once(&self) -> Result<(i64, bool), StoreError> {
        let mut line = self.line().await?;
        let folded = sqlx::query_as(sql::FOLD_TALLIES).fetch_one(line.connection()?).await?;
        line.answered();
        Ok(folded)
    }

    /// Makes the groups of what died for the first time.
    async fn make_new_groups(&self) -> Result<(), StoreError> {
        let mut line = self.line().await?;
        let new: Vec<NewGroup> = sqlx::query_as(sql::LIST_NEW_GROUPS).fetch_all(line.connection()?).await?;
        if !new.is_empty() {
            sqlx::query(sql::CREATE_GROUPS)
                .bind(new.iter().map(|group| group.queue.as_str()).collect::<Vec<_>>())
                .bind(new.iter().map(|group| group.fingerprint.as_str()).collect::<Vec<_>>())
                .bind(new.iter().map(|group| group.kind.as_str()).collect::<Vec<_>>())
                .bind(new.iter().map(|group| group.reason.as_str()).collect::<Vec<_>>())
                .bind(new.iter().map(|group| title(group.error.as_deref().unwrap_or_default())).collect::<Vec<_>>())
                .bind(new.iter().map(|group| group.at).collect::<Vec<_>>())
                .execute(line.connection()?)
                .await?;
        }
        line.answered();
        Ok(())
    }

    /// Groups of these queues, the one with the most open letters first, exact to the moment.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn groups(
        &self,
        queues: &[String],
        fingerprint: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Group>, StoreError> {
        self.make_new_groups().await?;
        Ok(sqlx::query_as(sql::LIST_GROUPS)
            .bind(queues)
            .bind(fingerprint)
            .bind(limit)
            .bind(self.clock.now())
            .fetch_all(&self.db)
            .await?)
    }

    /// The groups of a fingerprint in these queues: one, unless its kind has moved from queue to queue.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchGroup`], [`StoreError::Database`].
    pub async fn group(&self, queues: &[String], fingerprint: &str) -> Result<Vec<Group>, StoreError> {
        let groups = self.groups(queues, Some(fingerprint), i64::MAX).await?;
        if groups.is_empty() { Err(StoreError::NoSuchGroup(fingerprint.to_owned())) } else { Ok(groups) }
    }

    /// Deaths an hour of a group in the last `hours`, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn trend(&self, queue: &str, fingerprint: &str, hours: i32) -> Result<Vec<i64>, StoreError> {
        Ok(sqlx::query_scalar(sql::SHOW_TREND)
            .bind(queue)
            .bind(fingerprint)
            .bind(hours)
            .bind(self.clock.now())
            .fetch_all(&self.db)
            .await?)
    }

    /// Changes a group, and writes down who did.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchGroup`], [`StoreError::Unsigned`], [`StoreError::Database`].
    pub async fn change_group(
        &self,
        queue: &str,
        fingerprint: &str,
        change: &GroupChange,
        action: &str,
        by: &By,
    ) -> Result<(), StoreError> {
        // What is counted until here has been seen; what is counted later is news.
        while self.fold_tallies().await? > 0 {}
        let mut tx = self.db.begin().await?;
        let (state, until) = change.state.unzip();
        let done: Option<(String, String)> = sqlx::query_as(sql::SET_GROUP)
            .bind(queue)
            .bind(fingerprint)
            .bind(state.map(GroupState::as_str))
            .bind(until.flatten())
            .bind(change.assignee.as_deref())
            .bind(change.note.as_deref())
            .bind(self.clock.now())
            .fetch_optional(&mut *tx)
            .await?;
        let (before, after) = done.ok_or_else(|| StoreError::NoSuchGroup(fingerprint.to_owned()))?;
        let deed = Deed {
            queue: Some(queue),
            before: Some(json!({ "state": before })),
            after: Some(json!({
                "state": after, "until": until.flatten(), "assignee": change.assignee, "note": change.note
            })),
            ..Deed::new(action, fingerprint)
        };
        audit::write(&mut tx, &self.clock, by, deed).await?;
        Ok(tx.commit().await?)
    }

    /// Deletes groups without letters whose last death is so long ago, and hours of the trend.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn prune_groups(&self, queue: &str, seconds: i64) -> Result<(), StoreError> {
        let mut line = self.line().await?;
        sqlx::query(sql::PRUNE_GROUPS)
            .bind(queue)
            .bind(seconds)
            .bind(self.clock.now())
            .execute(line.connection()?)
            .await?;
        line.answered();
        Ok(())
    }
}
