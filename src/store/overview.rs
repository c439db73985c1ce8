//! What a page shows at one look: bounded, whatever the tables hold.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{Store, StoreError, sql};
use crate::model::{Group, SessionId};

/// A worker process.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct WorkerRow {
    /// Its session.
    #[serde(skip)]
    pub session: SessionId,
    /// Its host.
    pub host: String,
    /// Its process there.
    pub pid: i32,
    /// The program's version.
    pub version: String,
    /// The queues it serves.
    pub queues: Vec<String>,
    /// Since when.
    pub started_at: DateTime<Utc>,
    /// Whether its lease holds.
    pub lives: bool,
    /// For how many seconds; less than 0: since when it does not.
    pub lease_seconds: f64,
}

/// What came into a queue and what ended in the last hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Flow {
    /// Which queue.
    pub queue: String,
    /// Enqueued.
    pub came: i64,
    /// Ended, whether well or as dead letters.
    pub ended: i64,
    /// Not all were counted: there are at least so many.
    pub capped: bool,
}

impl Store {
    /// The server's time.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok(sqlx::query_scalar(sql::SHOW_NOW).bind(self.clock.now()).fetch_one(&self.db).await?)
    }

    /// Worker processes, those that live first, `limit` at most.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn workers(&self, limit: i64) -> Result<Vec<WorkerRow>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_WORKERS).bind(self.clock.now()).bind(limit).fetch_all(&self.db).await?)
    }

    /// What came into these queues and ended in the hour before `now`, counted up to a bound.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn flow(&self, queues: &[String], now: DateTime<Utc>) -> Result<Vec<Flow>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_FLOW)
            .bind(queues)
            .bind(least_id(now - TimeDelta::hours(1)))
            .bind(self.clock.now())
            .fetch_all(&self.db)
            .await?)
    }

    /// Deaths an hour of each of these groups in the last `hours`, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn trends(&self, groups: &[Group], hours: usize) -> Result<Vec<Vec<i64>>, StoreError> {
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(sql::LIST_TRENDS)
            .bind(groups.iter().map(|group| group.queue.as_str()).collect::<Vec<_>>())
            .bind(groups.iter().map(|group| group.fingerprint.as_str()).collect::<Vec<_>>())
            .bind(i32::try_from(hours).unwrap_or(i32::MAX))
            .bind(self.clock.now())
            .fetch_all(&self.db)
            .await?;
        let mut trends = vec![vec![0; hours]; groups.len()];
        for (place, ago, died) in rows {
            let at = usize::try_from(place - 1).ok().zip(usize::try_from(ago).ok());
            let hour = at.and_then(|(group, ago)| trends.get_mut(group)?.get_mut(hours.checked_sub(ago + 1)?));
            if let Some(hour) = hour {
                *hour += died;
            }
        }
        Ok(trends)
    }

    /// The queues whose letters a replay holds.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn queues_of_replay(&self, id: Uuid) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar(sql::LIST_QUEUES_OF_REPLAY).bind(id).fetch_all(&self.db).await?)
    }
}

/// The least id of version 7 that something made then or later can have: they begin with the milliseconds.
fn least_id(at: DateTime<Utc>) -> Uuid {
    let milliseconds = u128::try_from(at.timestamp_millis()).unwrap_or_default();
    Uuid::from_u128(milliseconds << 80)
}
