//! Runs that bring nothing in: compute anew, erase, let age, seed. Each is one job that goes on where it was, at the run's pace.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use windlass::{Client, JobContext, JobError};

use super::spec::Recompute;
use super::state::State;
use super::step::Step;
use super::{life, store};
use crate::control::erasure;
use crate::control::retention::{self, Dropped, Keep};
use crate::deps::Deps;
use crate::weekly_aggregation::WeeklyAggregation;

/// How long a recomputation waits before it looks again whether the ordinary jobs are through.
const LOOK: Duration = Duration::from_secs(5);
/// How long an erasure waits for a running job of the person.
const WAIT: Duration = Duration::from_secs(5);
/// How long raw rows are kept in quarantine, in days. Then their hash is enough.
const RAW_DAYS: i32 = 30;

/// How far a recomputation is.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    after: i64,
    people: i64,
    buckets: i64,
    marked_at: Option<DateTime<Utc>>,
}

/// Dirties the range's buckets and waits until the ordinary jobs have computed them: there is one implementation of every
/// formula.
pub(super) async fn recompute(cx: &JobContext<Deps>, job: &Step, of: &Recompute) -> Result<(), JobError> {
    let ((first, last), (from, to)) = (of.subjects, of.days);
    let mut place: Place =
        cx.checkpointed()?.unwrap_or(Place { after: first.saturating_sub(1), people: 0, buckets: 0, marked_at: None });
    while place.marked_at.is_none() {
        if !wanted(cx, job).await? {
            return Ok(());
        }
        let (upto, people, buckets): (Option<i64>, i64, i64) = sqlx::query_as(include_str!("sql/recompute_page.sql"))
            .bind(place.after)
            .bind(last)
            .bind(from)
            .bind(to)
            .bind(of.chunk_subjects.clamp(1, 10_000).cast_signed())
            .fetch_one(cx.db())
            .await?;
        place.people += people;
        place.buckets += buckets;
        match upto {
            Some(upto) => place.after = upto,
            None => place.marked_at = Some(sqlx::query_scalar("select now()").fetch_one(cx.db()).await?),
        }
        cx.checkpoint(&place).await?;
    }
    let open: i64 = sqlx::query_scalar(include_str!("sql/recompute_open.sql"))
        .bind(first)
        .bind(last)
        .bind(from)
        .bind(to)
        .bind(place.marked_at)
        .fetch_one(cx.db())
        .await?;
    if open > 0 {
        return Err(JobError::snooze(LOOK));
    }
    let report = json!({ "people": place.people, "buckets": place.buckets });
    life::finish(cx, job, &report, place.people.unsigned_abs()).await
}

/// Works on a request to erase until nothing is left, chunk by chunk.
pub(super) async fn erase(cx: &JobContext<Deps>, job: &Step, request_id: i64) -> Result<(), JobError> {
    let mut removed = 0;
    loop {
        if !wanted(cx, job).await? {
            return Ok(());
        }
        match erasure::step(cx.db(), request_id).await {
            Ok(erasure::Step::Removed { rows, .. }) => removed += rows,
            Ok(erasure::Step::Waiting) => return Err(JobError::snooze(WAIT)),
            Ok(erasure::Step::Finished) => break,
            Err(error @ (erasure::ErasureError::NoRequest(_) | erasure::ErasureError::Scope { .. })) => {
                return life::fail(cx, job, &error.to_string()).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    // The request itself keeps the counts of all its chunks; this is the last attempt's.
    life::finish(cx, job, &json!({ "request_id": request_id, "removed": removed }), removed).await
}

/// Lets age what may be kept no longer: people's turns, impacts and days, the ledger, and raw rows in quarantine.
pub(super) async fn retention(cx: &JobContext<Deps>, job: &Step) -> Result<(), JobError> {
    let today: NaiveDate = sqlx::query_scalar("select (now() at time zone 'UTC')::date").fetch_one(cx.db()).await?;
    // What fails there keeps no raw row from going.
    let dropped = retention::run(cx.db(), today, Keep::default()).await;
    let mut raw = 0;
    loop {
        let done =
            sqlx::query(include_str!("sql/expire_raw.sql")).bind(RAW_DAYS).bind(1_000_i64).execute(cx.db()).await?;
        raw += done.rows_affected();
        if done.rows_affected() == 0 {
            break;
        }
    }
    let Dropped { turns, turn_impacts, days, ledger } = dropped?;
    let done = (turns.len() + turn_impacts.len() + ledger.len()) as u64 + days + raw;
    let report = json!({
        "months_of_turns": turns, "months_of_impacts": turn_impacts, "months_of_ledger": ledger, "days": days, "raw_rows": raw,
    });
    life::finish(cx, job, &report, done).await
}

/// The first benchmarks: the learners' week as of now. The ordinary job does the work.
pub(super) async fn seed_benchmarks(cx: &JobContext<Deps>, job: &Step) -> Result<(), JobError> {
    let client = Client::new(cx.db().clone());
    let now: DateTime<Utc> = sqlx::query_scalar("select date_trunc('second', now())").fetch_one(cx.db()).await?;
    client.enqueue(cx.db(), WeeklyAggregation::learners(now)).await?;
    life::finish(cx, job, &json!({ "as_of": now }), 1).await
}

/// Whether nobody has ended the run meanwhile.
async fn wanted(cx: &JobContext<Deps>, job: &Step) -> Result<bool, sqlx::Error> {
    Ok(store::read(cx.db(), job.run_id).await?.is_some_and(|run| run.state == State::Validating))
}
