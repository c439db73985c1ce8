//! The history's days: made ahead, and dropped whole when they are old.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use sqlx::{Connection, PgConnection, Postgres, Transaction};

use super::{Store, StoreError, sql};

/// How many days are kept ready.
const DAYS_AHEAD: u64 = 3;

impl Store {
    /// Makes the partitions of today and the next days, and drops those that ended before `retention`.
    ///
    /// A day at a time: each gives up, changing nothing, rather than hold anybody up for more than a moment, and the next
    /// call tries again. Until then the default partition catches what ends.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`], also when a lock was not to be had.
    pub async fn turn_history(&self, retention: Duration) -> Result<(), StoreError> {
        let mut line = self.line().await?;
        let connection = line.connection()?;
        let now: DateTime<Utc> =
            sqlx::query_scalar(sql::SHOW_NOW).bind(self.clock.now()).fetch_one(&mut *connection).await?;
        let kept: Vec<String> = sqlx::query_scalar(sql::LIST_HISTORY_DAYS).fetch_all(&mut *connection).await?;
        let oldest = TimeDelta::from_std(retention)
            .ok()
            .and_then(|past| now.checked_sub_signed(past))
            .unwrap_or(DateTime::UNIX_EPOCH);
        for day in (0..=DAYS_AHEAD).filter_map(|n| now.date_naive().checked_add_days(Days::new(n))) {
            if !kept.contains(&name_of(day)) {
                make_day(connection, day).await?;
            }
        }
        for name in kept.into_iter().filter(|name| *name < name_of(oldest.date_naive())) {
            drop_day(connection, &name).await?;
        }
        sqlx::query(sql::PRUNE_HISTORY_DEFAULT).bind(oldest).execute(connection).await?;
        line.answered();
        Ok(())
    }
}

/// Makes a day's partition, of what the default one has caught of that day too: a partition cannot be made beside rows
/// that belong into it.
async fn make_day(connection: &mut PgConnection, day: NaiveDate) -> Result<(), StoreError> {
    let Some(next) = day.succ_opt() else { return Ok(()) };
    let (name, from, to) = (name_of(day), format!("{day} 00:00:00+00"), format!("{next} 00:00:00+00"));
    let mut tx = begin(connection).await?;
    // Somebody else may have made it while we waited for our turn.
    let exists: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(format!("windlass.{name}"))
        .fetch_one(&mut *tx)
        .await?;
    if !exists {
        // Dates of our own making: nothing to escape.
        for statement in [
            "lock table windlass.history_default in access exclusive mode".to_owned(),
            format!("create table windlass.{name} (like windlass.history including all)"),
            format!(
                "with caught as (
                     delete from windlass.history_default where ended_at >= '{from}' and ended_at < '{to}' returning *)
                 insert into windlass.{name} select * from caught"
            ),
            format!(
                "alter table windlass.history attach partition windlass.{name} for values from ('{from}') to ('{to}')"
            ),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut *tx).await?;
        }
    }
    Ok(tx.commit().await?)
}

async fn drop_day(connection: &mut PgConnection, name: &str) -> Result<(), StoreError> {
    let mut tx = begin(connection).await?;
    sqlx::query(sqlx::AssertSqlSafe(format!("drop table if exists windlass.{name}"))).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}

/// A transaction that no other process's turn overlaps, and that waits for nobody's lock for long.
async fn begin(connection: &mut PgConnection) -> Result<Transaction<'_, Postgres>, StoreError> {
    let mut tx = connection.begin().await?;
    sqlx::query(sql::LOCK_HISTORY).execute(&mut *tx).await?;
    Ok(tx)
}

fn name_of(day: NaiveDate) -> String {
    day.format("history_%Y_%m_%d").to_string()
}
