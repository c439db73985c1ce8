//! The history's days: made ahead, and dropped whole when they are old.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, Utc};
use sqlx::Connection;

use super::{Store, StoreError, sql};

/// How many days are kept ready.
const DAYS_AHEAD: u64 = 3;

impl Store {
    /// Makes the partitions of today and the next days, and drops those that ended before `retention`.
    /// Gives up, changing nothing, rather than hold anybody up for more than a moment; the next call tries again.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`], also when a lock was not to be had.
    pub async fn turn_history(&self, retention: Duration) -> Result<(), StoreError> {
        let mut connection = self.db.acquire().await?;
        let mut tx = connection.begin().await?;
        // A partition is made under an exclusive lock, and two processes may turn the same day: one at a time.
        sqlx::query("set local lock_timeout = '2s'").execute(&mut *tx).await?;
        let now: DateTime<Utc> = sqlx::query_scalar(sql::LOCK_HISTORY).fetch_one(&mut *tx).await?;
        let kept: Vec<String> = sqlx::query_scalar(sql::LIST_HISTORY_DAYS).fetch_all(&mut *tx).await?;
        let today = now.date_naive();
        let oldest = (now - retention).date_naive();
        for day in (0..=DAYS_AHEAD).filter_map(|n| today.checked_add_days(Days::new(n))) {
            let name = name_of(day);
            if !kept.contains(&name)
                && let Some(next) = day.succ_opt()
            {
                // Dates of our own making: nothing to escape.
                let make = format!(
                    "create table if not exists windlass.{name} partition of windlass.history
                     for values from ('{day} 00:00:00+00') to ('{next} 00:00:00+00')"
                );
                sqlx::query(sqlx::AssertSqlSafe(make)).execute(&mut *tx).await?;
            }
        }
        for name in kept.into_iter().filter(|name| *name < name_of(oldest)) {
            let drop = format!("drop table if exists windlass.{name}");
            sqlx::query(sqlx::AssertSqlSafe(drop)).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }
}

fn name_of(day: NaiveDate) -> String {
    day.format("history_%Y_%m_%d").to_string()
}
