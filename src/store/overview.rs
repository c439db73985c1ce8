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

/// What a queue holds, counted up to a bound: [`Depth::MOST`] of each priority, half as many of what is due later.
#[derive(Clone, Debug, Default, PartialEq, Serialize, sqlx::FromRow)]
pub struct Depth {
    /// Which queue.
    pub queue: String,
    /// Due.
    pub ready: i64,
    /// How long the oldest of them has waited.
    pub oldest_ready_seconds: Option<f64>,
    /// Due later, never failed.
    pub scheduled: i64,
    /// Due later, after a failure.
    pub retry: i64,
    /// Behind another one of its ordering key.
    pub blocked: i64,
    /// For who knows its kind, or for its kind to be resumed.
    pub parked: i64,
    /// In a worker's hand.
    pub running: i64,
    /// There are more of `ready`.
    pub ready_capped: bool,
    /// There are more of `scheduled` and `retry`.
    pub later_capped: bool,
}

impl Depth {
    /// So many are counted.
    pub const MOST: i64 = 1_000;
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

    /// What these queues hold, counted up to a bound.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn depths(&self, queues: &[String]) -> Result<Vec<Depth>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_DEPTHS).bind(queues).bind(self.clock.now()).fetch_all(&self.db).await?)
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
