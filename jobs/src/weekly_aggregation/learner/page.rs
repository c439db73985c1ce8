//! A page of a shard's learners, locked against their erasure until its transaction ends.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, Postgres};

use crate::calendar::Zone;
use crate::weekly_aggregation::spectrum::Shard;

/// How many learners one transaction takes.
const LEARNERS: i64 = 1_000;

/// Some learners of a shard. There is at least one.
#[derive(Clone, Debug)]
pub struct Page {
    ids: Vec<i64>,
    today: Vec<NaiveDate>,
    as_of: DateTime<Utc>,
}

impl Page {
    /// The learners of the shard after `after` that are neither erased nor measured for a later week, and their dates at
    /// `as_of`; `None` after the last.
    pub(super) async fn lock(
        tx: &mut PgConnection,
        shard: Shard,
        after: i64,
        as_of: DateTime<Utc>,
    ) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query(include_str!("sql/plan_anew.sql")).execute(&mut *tx).await?;
        let learners: Vec<(i64, String)> = sqlx::query_as(include_str!("sql/lock_learners.sql"))
            .bind(after.max(shard.from.saturating_sub(1)))
            .bind(shard.to)
            .bind(LEARNERS)
            .bind(as_of)
            .fetch_all(tx)
            .await?;
        let today = learners.iter().map(|(_, tz)| Zone::parse(tz).local_date(as_of)).collect();
        let ids: Vec<i64> = learners.into_iter().map(|(id, _)| id).collect();
        Ok((!ids.is_empty()).then_some(Self { ids, today, as_of }))
    }

    pub(super) fn ids(&self) -> &[i64] {
        &self.ids
    }

    /// Each learner's date at `as_of`.
    pub(super) fn today(&self) -> &[NaiveDate] {
        &self.today
    }

    pub(super) fn last(&self) -> i64 {
        self.ids.last().copied().unwrap_or(i64::MAX)
    }

    pub(super) fn as_of(&self) -> DateTime<Utc> {
        self.as_of
    }

    /// A statement about this page: $1 are its ids, which lie between $2 and $3. The statement says so of every table that it
    /// joins: the planner does not infer a range from the equality of keys, and would walk the whole table. And it compares ids
    /// as `subject_id + 0`, which no index knows: each of a thousand would be looked up for itself, in every partition.
    pub(super) fn bind(
        &self,
        statement: &'static str,
    ) -> sqlx::query::Query<'_, Postgres, sqlx::postgres::PgArguments> {
        let first = self.ids.first().copied().unwrap_or(i64::MAX);
        sqlx::query(statement).bind(&self.ids).bind(first).bind(self.last())
    }
}
