//! Taking due jobs.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

use super::enqueue::micros;
use super::{Store, StoreError, sql};
use crate::model::{Claim, JobId, SessionId};

/// How far a process has claimed in each priority of a queue: its next claim begins behind that. The last job's id stands beside
/// its time because what is enqueued at once is due at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks {
    due: [DateTime<Utc>; 4],
    ids: [Uuid; 4],
}

/// What a claim asks for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The queue.
    pub queue: &'a str,
    /// The session that will hold what comes.
    pub session: SessionId,
    /// At most so many jobs; of one priority no more than 1,000.
    pub limit: usize,
    /// So many of them go first to jobs of lower priority that have been due for longer than `ageing`.
    pub aged: usize,
    /// When a job of lower priority is aged.
    pub ageing: Duration,
    /// The queue has a limit over the whole fleet, so that claims take turns. A claim that is wrong about that gets nothing.
    pub limited: bool,
}

impl<'a> Ask<'a> {
    /// For so many jobs of a queue without limits.
    #[must_use]
    pub fn new(queue: &'a str, session: SessionId, limit: usize) -> Self {
        Self { queue, session, limit, aged: 0, ageing: Duration::from_mins(1), limited: false }
    }
}

/// What a claim brought.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// The jobs, the most urgent first.
    pub jobs: Vec<Claim>,
    /// How many were met and put aside, behind others of their ordering key.
    pub blocked: usize,
}

impl Default for Watermarks {
    /// From the beginning of time: a full scan.
    fn default() -> Self {
        Self { due: [DateTime::UNIX_EPOCH; 4], ids: [Uuid::nil(); 4] }
    }
}

impl Watermarks {
    /// Raises them to what a claim has taken.
    pub fn raise(&mut self, claims: &[Claim]) {
        for claim in claims {
            let Some(n) = usize::try_from(claim.priority - 1).ok() else { continue };
            if let (Some(due), Some(id)) = (self.due.get_mut(n), self.ids.get_mut(n)) {
                (*due, *id) = (*due, *id).max((claim.scheduled_at, claim.id.0));
            }
        }
    }

    /// Whether these, in a priority where they were raised since `before`, have not come to `others`.
    #[cfg(feature = "worker")]
    pub(crate) fn are_behind(&self, others: &Self, before: &Self) -> bool {
        let at = |marks: &Self, n: usize| (marks.due[n], marks.ids[n]);
        (0..4).any(|n| at(self, n) != at(before, n) && at(self, n) < at(others, n))
    }
}

/// What a limited queue's lock shows.
#[derive(sqlx::FromRow)]
struct Limited {
    max_running: Option<i32>,
    rate_limit: Option<i32>,
    rate_seconds: Option<i32>,
    rate_tokens: f64,
    elapsed: Option<f64>,
}

impl Limited {
    /// What is in the bucket: it fills evenly and holds two seconds' worth, at least two jobs, so that looking once a second
    /// loses none of it. None: there is no rate.
    fn tokens(&self) -> Option<f64> {
        let rate = f64::from(self.rate_limit?) / f64::from(self.rate_seconds?);
        Some((self.rate_tokens + rate * self.elapsed.unwrap_or_default().max(0.0)).min((2.0 * rate).max(2.0)))
    }
}

impl Store {
    /// Claims due jobs for a session, none up to the marks, and raises them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`]; then it is unknown whether jobs were claimed.
    pub async fn claim(&self, ask: &Ask<'_>, marks: &mut Watermarks) -> Result<Claimed, StoreError> {
        let mut line = self.line().await?;
        let claimed = if ask.limited {
            self.claim_in_turn(line.connection()?, ask, marks).await?
        } else {
            self.claim_on(line.connection()?, ask, marks).await?
        };
        line.answered();
        Ok(claimed)
    }

    /// Those of these queues that have something due, none up to its marks.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn due_queues(&self, queues: &[(String, Watermarks)]) -> Result<Vec<String>, StoreError> {
        let names: Vec<&str> = queues.iter().map(|(queue, _)| queue.as_str()).collect();
        let due: Vec<_> = queues.iter().flat_map(|(_, marks)| marks.due).collect();
        let ids: Vec<_> = queues.iter().flat_map(|(_, marks)| marks.ids).collect();
        let mut line = self.line().await?;
        let due = sqlx::query_scalar(sql::LIST_DUE_QUEUES)
            .bind(names)
            .bind(self.clock.now())
            .bind(due)
            .bind(ids)
            .fetch_all(line.connection()?)
            .await?;
        line.answered();
        Ok(due)
    }

    /// A limited queue is locked first, so that what is counted is what there is.
    async fn claim_in_turn(
        &self,
        connection: &mut PgConnection,
        ask: &Ask<'_>,
        marks: &mut Watermarks,
    ) -> Result<Claimed, StoreError> {
        let mut tx = connection.begin().await?;
        let limited: Option<Limited> =
            sqlx::query_as(sql::LOCK_QUEUE).bind(ask.queue).bind(self.clock.now()).fetch_optional(&mut *tx).await?;
        let Some(limited) = limited else {
            tx.rollback().await?;
            return Ok(Claimed::default());
        };
        let mut limit = i64::try_from(ask.limit).unwrap_or(i64::MAX);
        if let Some(most) = limited.max_running {
            let running: i64 = sqlx::query_scalar(sql::COUNT_RUNNING)
                .bind(ask.queue)
                .bind(i64::from(most))
                .fetch_one(&mut *tx)
                .await?;
            limit = limit.min(i64::from(most) - running);
        }
        let tokens = limited.tokens();
        if let Some(tokens) = tokens {
            #[expect(clippy::cast_possible_truncation, reason = "whole tokens, of a bucket that holds few")]
            let whole = tokens.floor() as i64;
            limit = limit.min(whole);
        }
        let limit = usize::try_from(limit).unwrap_or(0);
        if limit == 0 {
            tx.rollback().await?;
            return Ok(Claimed::default());
        }
        let claimed = self.claim_on(&mut tx, &Ask { limit, aged: ask.aged.min(limit), ..*ask }, marks).await?;
        if let Some(tokens) = tokens {
            #[expect(clippy::cast_precision_loss, reason = "a claim is at most a thousand jobs")]
            let left = tokens - claimed.jobs.len() as f64;
            sqlx::query(sql::SPEND_RATE).bind(ask.queue).bind(left).bind(self.clock.now()).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(claimed)
    }

    async fn claim_on(
        &self,
        connection: &mut PgConnection,
        ask: &Ask<'_>,
        marks: &mut Watermarks,
    ) -> Result<Claimed, StoreError> {
        let rows = sqlx::query(sql::CLAIM)
            .bind(ask.queue)
            .bind(ask.session)
            .bind(i64::try_from(ask.limit).unwrap_or(i64::MAX))
            .bind(&marks.due[..])
            .bind(self.clock.now())
            .bind(i64::try_from(ask.aged).unwrap_or(i64::MAX))
            .bind(micros(ask.ageing))
            .bind(ask.limited)
            .bind(&marks.ids[..])
            .fetch_all(connection)
            .await?;
        let mut claimed = Claimed::default();
        for row in rows {
            claimed.blocked = usize::try_from(row.try_get::<i64, _>("blocked")?).unwrap_or(0);
            claimed.jobs.extend(read(ask.queue, ask.session, &row)?);
        }
        // `returning` has no order of its own.
        claimed.jobs.sort_by_key(|claim| (claim.priority, claim.scheduled_at, claim.id));
        marks.raise(&claimed.jobs);
        Ok(claimed)
    }
}

/// A row's job, if it has one: there is always a row, for the count.
pub(super) fn read(queue: &str, session: SessionId, row: &PgRow) -> Result<Option<Claim>, sqlx::Error> {
    let Some(id) = row.try_get::<Option<JobId>, _>("id")? else { return Ok(None) };
    Ok(Some(Claim {
        session,
        queue: queue.to_owned(),
        id,
        attempt: row.try_get("attempt")?,
        kind: row.try_get("kind")?,
        args: row.try_get("args")?,
        args_version: row.try_get("args_version")?,
        priority: row.try_get("priority")?,
        failures: row.try_get("failures")?,
        max_failures: row.try_get("max_failures")?,
        crashes: row.try_get("crashes")?,
        deferrals: row.try_get("deferrals")?,
        expired: row.try_get("expired")?,
        cancel_requested: row.try_get("cancel_requested")?,
        ordered: row.try_get("ordered")?,
        created_at: row.try_get("created_at")?,
        scheduled_at: row.try_get("scheduled_at")?,
        attempted_at: row.try_get("attempted_at")?,
        checkpoint: row.try_get("checkpoint")?,
        traceparent: row.try_get("traceparent")?,
    }))
}

#[cfg(all(test, feature = "worker"))]
mod tests {
    use super::*;

    #[test]
    fn marks_are_behind_where_they_were_raised_and_have_not_come() {
        let at = |seconds: [i64; 4]| Watermarks {
            due: seconds.map(|second| DateTime::from_timestamp(second, 0).unwrap()),
            ids: [Uuid::nil(); 4],
        };
        let others = at([0, 0, 50, 50]);
        let none = Watermarks::default();
        assert!(at([0, 0, 49, 0]).are_behind(&others, &none));
        assert!(!at([0, 0, 50, 0]).are_behind(&others, &none), "it has come there");
        assert!(!at([0, 0, 51, 20]).are_behind(&others, &at([0, 0, 10, 20])), "the fourth was not raised");
        assert!(!none.are_behind(&others, &none));
    }
}
