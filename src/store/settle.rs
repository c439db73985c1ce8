//! Ending attempts.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::{Connection, PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use super::enqueue::micros;
use super::{Store, StoreError, sql};
use crate::model::{Claim, Clock, Ending, JobId, Reason, SessionId, fingerprint};

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

/// The ids of a batch whose ending counted; what is missing was no longer this attempt's.
pub type Settled = HashSet<JobId>;

impl Store {
    /// Settles a batch of one queue, session and attempt number: in one statement if all have completed, or none has.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`]; then it is unknown how much of the batch counted, and it may be sent again: the fence makes
    /// the second time harmless.
    pub async fn settle(
        &self,
        queue: &str,
        session: SessionId,
        attempt: i32,
        batch: &[Settlement],
        keep_history: bool,
    ) -> Result<Settled, StoreError> {
        let mut line = self.line().await?;
        let connection = line.connection()?;
        let settled = match self.lock_wait {
            None => settle(connection, &self.clock, queue, session, attempt, batch, keep_history).await?,
            Some(wait) => {
                let mut tx = connection.begin().await?;
                sqlx::query(sql::LIMIT_WAIT).bind(wait).execute(&mut *tx).await?;
                let settled = settle(&mut tx, &self.clock, queue, session, attempt, batch, keep_history).await?;
                tx.commit().await?;
                settled
            }
        };
        line.answered();
        Ok(settled)
    }
}

/// Completes a claimed job on the caller's own transaction: its effect and its end are one commit.
///
/// # Errors
///
/// [`StoreError::LeaseLost`] when the job is no longer this attempt's; then the caller's transaction must not commit.
pub async fn complete<'c, E>(executor: E, clock: &Clock, claim: &Claim, keep_history: bool) -> Result<(), StoreError>
where
    E: PgExecutor<'c>,
{
    let of = (claim.queue.as_str(), claim.session, claim.attempt);
    let completed = complete_batch(executor, clock, of, vec![claim.id.0], keep_history).await?;
    if completed.is_empty() { Err(StoreError::LeaseLost(claim.id)) } else { Ok(()) }
}

/// Those of one queue, session and attempt number whose completion counted.
async fn complete_batch<'c, E>(
    executor: E,
    clock: &Clock,
    (queue, session, attempt): (&str, SessionId, i32),
    ids: Vec<Uuid>,
    keep_history: bool,
) -> Result<Vec<JobId>, StoreError>
where
    E: PgExecutor<'c>,
{
    let completed = sqlx::query_scalar(sql::COMPLETE)
        .bind(queue)
        .bind(session)
        .bind(attempt)
        .bind(ids)
        .bind(clock.now())
        .bind(keep_history)
        .fetch_all(executor)
        .await?;
    Ok(completed)
}

async fn settle(
    connection: &mut PgConnection,
    clock: &Clock,
    queue: &str,
    session: SessionId,
    attempt: i32,
    batch: &[Settlement],
    keep_history: bool,
) -> Result<Settled, StoreError> {
    let column = Columns::of(batch);
    let mut settled = Settled::with_capacity(batch.len());
    if !column.completed.is_empty() {
        let of = (queue, session, attempt);
        let completed = complete_batch(&mut *connection, clock, of, column.completed, keep_history).await?;
        settled.extend(completed);
    }
    if column.otherwise.is_empty() && column.ids.is_empty() {
        return Ok(settled);
    }
    let ended: Vec<JobId> = sqlx::query_scalar(sql::SETTLE)
        .bind(queue)
        .bind(session)
        .bind(attempt)
        .bind(column.otherwise)
        .bind(clock.now())
        .bind(column.ids)
        .bind(column.fates)
        .bind(column.failed)
        .bind(column.delays)
        .bind(column.reasons)
        .bind(column.errors)
        .bind(column.fingerprints)
        .bind(keep_history)
        .bind(column.outcomes)
        .fetch_all(connection)
        .await?;
    settled.extend(ended);
    Ok(settled)
}

/// A batch turned on its side. Ids stand in order, so that rows are always locked in the same one.
#[derive(Default)]
struct Columns {
    completed: Vec<Uuid>,
    otherwise: Vec<Uuid>,
    outcomes: Vec<&'static str>,
    ids: Vec<Uuid>,
    fates: Vec<&'static str>,
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
                Ending::Cancelled | Ending::Expired => {
                    column.otherwise.push(id.0);
                    column.outcomes.push(ending.outcome().as_str());
                }
                Ending::Retry { delay, reason, error } => {
                    column.push(*id, "retried", *delay, Some((kind, *reason, error)));
                }
                Ending::Snoozed { delay } | Ending::RetryAfter { delay } => column.push(*id, "deferred", *delay, None),
                Ending::Released => column.push(*id, "released", Duration::ZERO, None),
                Ending::Parked => column.push(*id, "parked", Duration::ZERO, None),
                Ending::Buried { reason, error } => {
                    column.push(*id, "buried", Duration::ZERO, Some((kind, *reason, error)));
                }
            }
        }
        column
    }

    fn push(&mut self, id: JobId, fate: &'static str, delay: Duration, failure: Option<(&str, Reason, &String)>) {
        self.ids.push(id.0);
        self.fates.push(fate);
        self.failed.push(failure.is_some());
        self.delays.push(micros(delay));
        self.reasons.push(failure.map(|(_, reason, _)| reason.as_str()));
        self.errors.push(failure.map(|(.., error)| error.clone()));
        self.fingerprints.push(failure.map(|(kind, reason, error)| fingerprint(kind, reason, error)));
    }
}

/// Leaves something for the next attempt; fenced.
///
/// # Errors
///
/// [`StoreError::LeaseLost`], [`StoreError::Database`].
pub(crate) async fn save_checkpoint(db: &PgPool, claim: &Claim, json: &str) -> Result<(), StoreError> {
    let saved = sqlx::query(sql::SAVE_CHECKPOINT)
        .bind(&claim.queue)
        .bind(claim.id)
        .bind(claim.session)
        .bind(claim.attempt)
        .bind(json)
        .execute(db)
        .await?;
    if saved.rows_affected() == 0 { Err(StoreError::LeaseLost(claim.id)) } else { Ok(()) }
}

/// Says how far a job is; fenced.
///
/// # Errors
///
/// [`StoreError::LeaseLost`], [`StoreError::Database`].
pub(crate) async fn report_progress(
    db: &PgPool,
    claim: &Claim,
    done: u64,
    total: u64,
    message: &str,
) -> Result<(), StoreError> {
    let reported = sqlx::query(sql::REPORT_PROGRESS)
        .bind(&claim.queue)
        .bind(claim.id)
        .bind(claim.session)
        .bind(claim.attempt)
        .bind(i64::try_from(done).unwrap_or(i64::MAX))
        .bind(i64::try_from(total).unwrap_or(i64::MAX))
        .bind(message)
        .execute(db)
        .await?;
    if reported.rows_affected() == 0 { Err(StoreError::LeaseLost(claim.id)) } else { Ok(()) }
}
