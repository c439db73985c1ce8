//! Jobs on their way in.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::{StoreError, sql};
use crate::model::{Clock, Enqueued, JobId, KeyConflict, KeyScope, NewJob, Standing};

/// Stores any number of jobs in one statement, on any executor: a pool, a connection, or the caller's transaction.
///
/// The answers stand in the order of the jobs.
///
/// # Errors
///
/// [`StoreError::Refused`] for the first job that cannot be stored, before anything is sent (so a transaction lives on);
/// [`StoreError::Database`].
pub async fn enqueue<'c, E>(executor: E, clock: &Clock, jobs: &[NewJob]) -> Result<Vec<Answer>, StoreError>
where
    E: PgExecutor<'c>,
{
    jobs.iter().try_for_each(check)?;
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    if jobs.iter().all(|job| job.unique_key.is_none()) {
        return enqueue_unkeyed(executor, clock, jobs).await;
    }
    let column = Columns::of(jobs);
    let rows: Vec<(JobId, bool, bool, Option<String>)> = sqlx::query_as(sql::ENQUEUE)
        .bind(clock.now())
        .bind(column.ids)
        .bind(column.queues)
        .bind(column.kinds)
        .bind(column.args)
        .bind(column.args_versions)
        .bind(column.priorities)
        .bind(column.scheduled_at)
        .bind(column.delays)
        .bind(column.expires_at)
        .bind(column.max_failures)
        .bind(column.unique_keys)
        .bind(column.ordering_keys)
        .bind(column.subjects)
        .bind(column.traceparents)
        .bind(column.identities)
        .bind(column.key_ends)
        .bind(column.key_for)
        .bind(column.key_per)
        .bind(column.key_zone)
        .fetch_all(executor)
        .await?;
    let answers = rows.into_iter().zip(jobs).map(|((id, created, same, standing), job)| match (created, same) {
        (true, _) => Ok(Enqueued::Created(id)),
        (false, true) => Ok(Enqueued::Existing(id, Standing::of(standing.as_deref().unwrap_or_default()))),
        (false, false) => Err(KeyConflict { kind: job.kind.clone(), holder: id }),
    });
    Ok(answers.collect())
}

/// Whether a job can be stored at all.
pub(crate) fn check(job: &NewJob) -> Result<(), StoreError> {
    job.check().map_err(|error| StoreError::Refused { kind: job.kind.clone(), error })
}

/// Jobs whose ids nobody else can have: they are new.
async fn enqueue_unkeyed<'c, E>(executor: E, clock: &Clock, jobs: &[NewJob]) -> Result<Vec<Answer>, StoreError>
where
    E: PgExecutor<'c>,
{
    let column = Columns::of(jobs);
    sqlx::query(sql::ENQUEUE_UNKEYED)
        .bind(clock.now())
        .bind(column.ids)
        .bind(column.queues)
        .bind(column.kinds)
        .bind(column.args)
        .bind(column.args_versions)
        .bind(column.priorities)
        .bind(column.scheduled_at)
        .bind(column.delays)
        .bind(column.expires_at)
        .bind(column.max_failures)
        .bind(column.ordering_keys)
        .bind(column.subjects)
        .bind(column.traceparents)
        .execute(executor)
        .await?;
    Ok(jobs.iter().map(|job| Ok(Enqueued::Created(job.id))).collect())
}

/// The answer to one job of an enqueue.
pub type Answer = Result<Enqueued, KeyConflict>;

/// The jobs turned on their side: one array a column, so that one prepared statement serves every number of jobs.
struct Columns {
    ids: Vec<Uuid>,
    queues: Vec<String>,
    kinds: Vec<String>,
    args: Vec<Value>,
    args_versions: Vec<i16>,
    priorities: Vec<i16>,
    scheduled_at: Vec<Option<DateTime<Utc>>>,
    delays: Vec<i64>,
    expires_at: Vec<Option<DateTime<Utc>>>,
    max_failures: Vec<i32>,
    unique_keys: Vec<Option<String>>,
    ordering_keys: Vec<Option<String>>,
    subjects: Vec<Option<String>>,
    traceparents: Vec<Option<String>>,
    identities: Vec<Option<Value>>,
    key_ends: Vec<bool>,
    key_for: Vec<Option<i64>>,
    key_per: Vec<Option<&'static str>>,
    key_zone: Vec<Option<&'static str>>,
}

impl Columns {
    fn of(jobs: &[NewJob]) -> Self {
        Self {
            ids: jobs.iter().map(|job| job.id.0).collect(),
            queues: jobs.iter().map(|job| job.queue.clone()).collect(),
            kinds: jobs.iter().map(|job| job.kind.clone()).collect(),
            args: jobs.iter().map(|job| job.args.clone()).collect(),
            args_versions: jobs.iter().map(|job| job.args_version).collect(),
            priorities: jobs.iter().map(|job| job.priority.number()).collect(),
            scheduled_at: jobs.iter().map(|job| job.scheduled_at).collect(),
            delays: jobs.iter().map(|job| micros(job.delay)).collect(),
            expires_at: jobs.iter().map(|job| job.expires_at).collect(),
            max_failures: jobs.iter().map(|job| job.max_failures).collect(),
            unique_keys: jobs.iter().map(|job| job.unique_key.clone()).collect(),
            ordering_keys: jobs.iter().map(|job| job.ordering_key.clone()).collect(),
            subjects: jobs.iter().map(|job| job.subject.clone()).collect(),
            traceparents: jobs.iter().map(|job| job.traceparent.clone()).collect(),
            identities: jobs.iter().map(|job| job.identity.clone()).collect(),
            key_ends: jobs.iter().map(|job| job.unique_key.is_some() && job.key_scope == KeyScope::WhileLive).collect(),
            key_for: scopes(jobs, |scope| match scope {
                KeyScope::For(time) => Some(micros(time)),
                _ => None,
            }),
            key_per: scopes(jobs, |scope| match scope {
                KeyScope::Per(calendar, _) => Some(calendar.as_str()),
                _ => None,
            }),
            key_zone: scopes(jobs, |scope| match scope {
                KeyScope::Per(_, zone) => Some(zone.name()),
                _ => None,
            }),
        }
    }
}

fn scopes<T>(jobs: &[NewJob], of: impl Fn(KeyScope) -> Option<T>) -> Vec<Option<T>> {
    jobs.iter().map(|job| of(job.key_scope)).collect()
}

/// A duration in the statements' unit, at most about 300 years: a longer wait is out of `timestamptz`'s reach.
pub(super) fn micros(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX).min(10_000_000_000_000_000)
}
