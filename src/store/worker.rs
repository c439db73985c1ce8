//! What a worker asks of the tables: lease, claim, settle, rescue.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor, Row};
use uuid::Uuid;

use super::enqueue::micros;
use super::{Store, StoreError, sql};
use crate::model::{Claim, Clock, Ending, JobId, QueueGauges, Reason, SessionId, fingerprint};

/// Who a worker process says it is.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The session.
    pub session: SessionId,
    /// How long a renewal lasts.
    pub length: Duration,
    /// The process's id on its host.
    pub pid: i32,
    /// Its host.
    pub host: String,
    /// The program's version.
    pub version: String,
    /// The queues it serves.
    pub queues: Vec<String>,
}

/// How far a process has claimed in each priority of a queue: the lower bound of its next claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks([DateTime<Utc>; 4]);

/// One attempt's ending on its way to the tables.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// The job.
    pub id: JobId,
    /// Its kind, for the fingerprint of its error.
    pub kind: String,
    /// What is done with it.
    pub ending: Ending,
}

/// A job that a session holds, as the tables see it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct HeldRow {
    /// Its queue.
    pub queue: String,
    /// Its identity.
    pub id: JobId,
    /// The attempt that holds it.
    pub attempt: i32,
    /// Its kind.
    pub kind: String,
    /// How long ago it was claimed, by the server's clock.
    pub held_ms: i64,
}

/// The ids of a batch whose ending counted; what is missing was no longer this attempt's.
pub type Settled = HashSet<JobId>;

impl Default for Watermarks {
    /// From the beginning of time: a full scan.
    fn default() -> Self {
        Self([DateTime::UNIX_EPOCH; 4])
    }
}

impl Watermarks {
    /// Raises them to what a claim has taken.
    pub fn raise(&mut self, claims: &[Claim]) {
        for claim in claims {
            if let Some(mark) = usize::try_from(claim.priority - 1).ok().and_then(|n| self.0.get_mut(n)) {
                *mark = (*mark).max(claim.scheduled_at);
            }
        }
    }
}

impl Store {
    /// Makes a session known, with a fresh lease.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn register(&self, connection: &mut PgConnection, lease: &Lease) -> Result<(), StoreError> {
        sqlx::query(sql::REGISTER_WORKER)
            .bind(lease.session)
            .bind(micros(lease.length))
            .bind(lease.pid)
            .bind(&lease.host)
            .bind(&lease.version)
            .bind(&lease.queues)
            .bind(self.clock.now())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Renews a session's lease on a connection of its own, so that a busy pool cannot cost it. `false`: it was condemned.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn renew(
        &self,
        connection: &mut PgConnection,
        session: SessionId,
        length: Duration,
    ) -> Result<bool, StoreError> {
        let until: Option<DateTime<Utc>> = sqlx::query_scalar(sql::RENEW_LEASE)
            .bind(session)
            .bind(micros(length))
            .bind(self.clock.now())
            .fetch_optional(connection)
            .await?;
        Ok(until.is_some())
    }

    /// Takes a session back; what it still holds is free for the rescuer at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn leave(&self, connection: &mut PgConnection, session: SessionId) -> Result<(), StoreError> {
        sqlx::query(sql::REMOVE_WORKER).bind(session).execute(connection).await?;
        Ok(())
    }

    /// Claims at most `limit` due jobs of `queue` for `session`, none below the marks, and raises them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn claim(
        &self,
        queue: &str,
        session: SessionId,
        limit: usize,
        marks: &mut Watermarks,
    ) -> Result<Vec<Claim>, StoreError> {
        let mut line = self.line().await?;
        let rows = sqlx::query(sql::CLAIM)
            .bind(queue)
            .bind(session)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .bind(&marks.0[..])
            .bind(self.clock.now())
            .fetch_all(line.connection()?)
            .await?;
        line.answered();
        let mut claims = rows
            .into_iter()
            .map(|row| {
                Ok(Claim {
                    session,
                    queue: queue.to_owned(),
                    id: row.try_get("id")?,
                    attempt: row.try_get("attempt")?,
                    kind: row.try_get("kind")?,
                    args: row.try_get("args")?,
                    args_version: row.try_get("args_version")?,
                    priority: row.try_get("priority")?,
                    failures: row.try_get("failures")?,
                    max_failures: row.try_get("max_failures")?,
                    crashes: row.try_get("crashes")?,
                    created_at: row.try_get("created_at")?,
                    scheduled_at: row.try_get("scheduled_at")?,
                    attempted_at: row.try_get("attempted_at")?,
                    checkpoint: row.try_get("checkpoint")?,
                    traceparent: row.try_get("traceparent")?,
                })
            })
            .collect::<Result<Vec<_>, sqlx::Error>>()?;
        // `returning` has no order of its own.
        claims.sort_by_key(|claim| (claim.priority, claim.scheduled_at, claim.id));
        marks.raise(&claims);
        Ok(claims)
    }

    /// What a session holds in these queues.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn held(&self, queues: &[String], session: SessionId) -> Result<Vec<HeldRow>, StoreError> {
        let mut line = self.line().await?;
        let held = sqlx::query_as(sql::LIST_HELD_JOBS)
            .bind(queues)
            .bind(session)
            .bind(self.clock.now())
            .fetch_all(line.connection()?)
            .await?;
        line.answered();
        Ok(held)
    }

    /// Settles a batch of one queue, session and attempt number in one statement.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`]; then it is unknown whether the batch counted, and it may be sent again: the fence makes
    /// the second time harmless.
    pub async fn settle(
        &self,
        queue: &str,
        session: SessionId,
        attempt: i32,
        batch: &[Settlement],
    ) -> Result<Settled, StoreError> {
        let mut line = self.line().await?;
        let settled = settle(line.connection()?, &self.clock, queue, session, attempt, batch).await?;
        line.answered();
        Ok(settled)
    }

    /// The rescuer's first step: condemns every session whose lease has passed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn condemn(&self, lease: Duration) -> Result<Vec<SessionId>, StoreError> {
        let mut line = self.line().await?;
        let condemned = sqlx::query_scalar(sql::CONDEMN_WORKERS)
            .bind(micros(lease))
            .bind(self.clock.now())
            .fetch_all(line.connection()?)
            .await?;
        line.answered();
        Ok(condemned)
    }

    /// The rescuer's second step: frees what condemned and missing sessions hold in `queue`, at most 1,000 jobs.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn rescue(&self, queue: &str) -> Result<Vec<JobId>, StoreError> {
        let mut line = self.line().await?;
        let rescued = sqlx::query_scalar(sql::RESCUE_JOBS)
            .bind(queue)
            .bind(self.clock.now())
            .fetch_all(line.connection()?)
            .await?;
        line.answered();
        Ok(rescued)
    }

    /// Removes condemned sessions that no running job names.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn forget_condemned(&self) -> Result<(), StoreError> {
        let mut line = self.line().await?;
        sqlx::query(sql::FORGET_WORKERS).execute(line.connection()?).await?;
        line.answered();
        Ok(())
    }

    /// What a queue holds.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn gauges(&self, queue: &str) -> Result<QueueGauges, StoreError> {
        let mut line = self.line().await?;
        let gauges =
            sqlx::query_as(sql::GAUGE_QUEUE).bind(queue).bind(self.clock.now()).fetch_one(line.connection()?).await?;
        line.answered();
        Ok(gauges)
    }
}

/// Completes a claimed job on the caller's own transaction: its effect and its end are one commit.
///
/// # Errors
///
/// [`StoreError::LeaseLost`] when the job is no longer this attempt's; then the caller's transaction must not commit.
pub async fn complete<'c, E>(executor: E, clock: &Clock, claim: &Claim) -> Result<(), StoreError>
where
    E: PgExecutor<'c>,
{
    let ending = Settlement { id: claim.id, kind: claim.kind.clone(), ending: Ending::Completed };
    let settled = settle(executor, clock, &claim.queue, claim.session, claim.attempt, &[ending]).await?;
    if settled.contains(&claim.id) { Ok(()) } else { Err(StoreError::LeaseLost(claim.id)) }
}

async fn settle<'c, E>(
    executor: E,
    clock: &Clock,
    queue: &str,
    session: SessionId,
    attempt: i32,
    batch: &[Settlement],
) -> Result<Settled, StoreError>
where
    E: PgExecutor<'c>,
{
    let column = Columns::of(batch);
    let settled: Vec<JobId> = sqlx::query_scalar(sql::SETTLE)
        .bind(queue)
        .bind(session)
        .bind(attempt)
        .bind(column.completed)
        .bind(column.cancelled)
        .bind(clock.now())
        .bind(column.ids)
        .bind(column.buried)
        .bind(column.failed)
        .bind(column.delays)
        .bind(column.reasons)
        .bind(column.errors)
        .bind(column.fingerprints)
        .fetch_all(executor)
        .await?;
    Ok(settled.into_iter().collect())
}

/// A batch turned on its side. Ids stand in order, so that rows are always locked in the same one.
#[derive(Default)]
struct Columns {
    completed: Vec<Uuid>,
    cancelled: Vec<Uuid>,
    ids: Vec<Uuid>,
    buried: Vec<bool>,
    failed: Vec<bool>,
    delays: Vec<i64>,
    reasons: Vec<Option<&'static str>>,
    errors: Vec<Option<String>>,
    fingerprints: Vec<Option<String>>,
}

impl Columns {
    fn of(batch: &[Settlement]) -> Self {
        let mut column = Self::default();
        let mut ordered: Vec<&Settlement> = batch.iter().collect();
        ordered.sort_by_key(|settlement| settlement.id);
        for Settlement { id, kind, ending } in ordered {
            match ending {
                Ending::Completed => column.completed.push(id.0),
                Ending::Cancelled => column.cancelled.push(id.0),
                Ending::Retry { delay, reason, error } => {
                    column.push(*id, false, *delay, Some((kind, *reason, error)));
                }
                Ending::Snoozed { delay } => column.push(*id, false, *delay, None),
                Ending::Released => column.push(*id, false, Duration::ZERO, None),
                Ending::Buried { reason, error } => {
                    column.push(*id, true, Duration::ZERO, Some((kind, *reason, error)));
                }
            }
        }
        column
    }

    fn push(&mut self, id: JobId, buried: bool, delay: Duration, failure: Option<(&str, Reason, &String)>) {
        self.ids.push(id.0);
        self.buried.push(buried);
        self.failed.push(failure.is_some());
        self.delays.push(micros(delay));
        self.reasons.push(failure.map(|(_, reason, _)| reason.as_str()));
        self.errors.push(failure.map(|(.., error)| error.clone()));
        self.fingerprints.push(failure.map(|(kind, reason, error)| fingerprint(kind, reason, error)));
    }
}
