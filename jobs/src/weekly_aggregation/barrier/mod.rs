//! Where the shards of a step wait for each other: a counter row for each bucket's step. The shard whose commit brings it to
//! zero is told so, and enqueues the next step in that commit.

use sqlx::PgConnection;

use super::Week;

/// How many ids a shard of learners spans.
pub const SHARD: i64 = 10_000;

/// One step of one run of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Barrier {
    /// The bucket.
    pub bucket: Week,
    /// The bucket's dirty sequence; 0 for the schedule's run.
    pub run: i64,
    /// The step.
    pub step: &'static str,
}

impl Barrier {
    /// Opens the step for the shards that have learners; answers the shards' first ids. Opening it again adds nothing.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn open(&self, tx: &mut PgConnection) -> Result<Vec<i64>, sqlx::Error> {
        let shards: Vec<i64> =
            sqlx::query_scalar(include_str!("sql/shards.sql")).bind(SHARD).fetch_all(&mut *tx).await?;
        self.bound(include_str!("sql/open_step.sql"))
            .bind(i32::try_from(shards.len()).unwrap_or(i32::MAX))
            .execute(&mut *tx)
            .await?;
        self.bound(include_str!("sql/list_shards.sql")).bind(&shards).bind(SHARD).execute(tx).await?;
        Ok(shards)
    }

    /// Counts a shard as done; whether it was the last. One that was counted before is not counted, nor is it the last.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn pass(&self, tx: &mut PgConnection, shard_from: i64) -> Result<bool, sqlx::Error> {
        let marked = self.bound(include_str!("sql/mark_done.sql")).bind(shard_from).execute(&mut *tx).await?;
        if marked.rows_affected() == 0 {
            return Ok(false);
        }
        let remaining: Option<i32> = sqlx::query_scalar(include_str!("sql/count_down.sql"))
            .bind(self.bucket.monday())
            .bind(self.run)
            .bind(self.step)
            .fetch_optional(tx)
            .await?;
        Ok(remaining == Some(0))
    }

    fn bound<'q>(
        &self,
        statement: &'static str,
    ) -> sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments> {
        sqlx::query(statement).bind(self.bucket.monday()).bind(self.run).bind(self.step)
    }
}
