//! The ledger's tables.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sqlx::{PgConnection, PgExecutor, PgPool, Row};

use super::super::breaker::{Breaker, State};
use super::{Asking, BATCH, Call, EVERYBODY, FEATURE, Outcome, Past};
use crate::calendar::month_start;
use crate::ports::narrator::Billed;

/// How many months are made ahead.
const MONTHS_AHEAD: i32 = 2;

/// A provider's row.
pub(super) struct Provider {
    pub(super) granted: Vec<DateTime<Utc>>,
    pub(super) breaker: Breaker,
    pub(super) blocked_until: Option<DateTime<Utc>>,
    pub(super) refused_key: Option<Vec<u8>>,
    pub(super) next_turn: Option<DateTime<Utc>>,
}

/// A call that is to be entered.
pub(super) struct Entry<'a> {
    pub(super) asking: Asking,
    pub(super) day: NaiveDate,
    pub(super) now: DateTime<Utc>,
    pub(super) provider: &'a str,
    pub(super) model: &'a str,
    pub(super) tokens_in: u32,
    pub(super) max_out: u32,
    pub(super) reserve: i64,
}

pub(super) async fn now(db: impl PgExecutor<'_>, now: Option<DateTime<Utc>>) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/read_now.sql")).bind(now).fetch_one(db).await
}

pub(super) async fn make_months(db: &PgPool, day: NaiveDate) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/make_months.sql")).bind(day).bind(MONTHS_AHEAD).execute(db).await?;
    Ok(())
}

pub(super) async fn open_rows(db: &PgPool, subject_id: i64, day: NaiveDate, provider: &str) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/make_months.sql")).bind(day).bind(0).execute(db).await?;
    sqlx::query(include_str!("sql/open_rows.sql"))
        .bind(subject_id)
        .bind(month_start(day))
        .bind(provider)
        .bind(EVERYBODY)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn lock_subject_calls(
    tx: &mut PgConnection,
    subject_id: i64,
) -> Result<Vec<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/lock_subject_calls.sql")).bind(subject_id).fetch_one(tx).await
}

pub(super) async fn lock_subject_spend(
    tx: &mut PgConnection,
    subject_id: i64,
    period: NaiveDate,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/lock_subject_spend.sql")).bind(subject_id).bind(period).fetch_one(tx).await
}

pub(super) async fn lock_provider(tx: &mut PgConnection, provider: &str) -> Result<Provider, sqlx::Error> {
    let row = sqlx::query(include_str!("sql/lock_provider.sql")).bind(provider).fetch_one(tx).await?;
    let state: String = row.try_get("state")?;
    let seconds: f64 = row.try_get("open_seconds")?;
    let successes: i32 = row.try_get("successes")?;
    #[expect(clippy::cast_possible_truncation, reason = "at most some minutes")]
    let open_for = TimeDelta::milliseconds((seconds * 1_000.0).round() as i64);
    Ok(Provider {
        granted: row.try_get("granted")?,
        breaker: Breaker {
            // A constraint holds the words.
            state: State::ALL.into_iter().find(|known| known.as_str() == state).unwrap_or(State::Closed),
            last: row.try_get("last")?,
            opened_at: row.try_get("opened_at")?,
            open_for,
            successes: successes.unsigned_abs(),
        },
        blocked_until: row.try_get("blocked_until")?,
        refused_key: row.try_get("refused_key")?,
        next_turn: row.try_get("next_turn")?,
    })
}

pub(super) async fn save_provider(tx: &mut PgConnection, provider: &str, state: &Provider) -> Result<(), sqlx::Error> {
    let Provider { granted, breaker, blocked_until, refused_key, next_turn } = state;
    sqlx::query(include_str!("sql/save_provider.sql"))
        .bind(provider)
        .bind(granted)
        .bind(breaker.state.as_str())
        .bind(&breaker.last)
        .bind(breaker.opened_at)
        .bind(breaker.open_for.as_seconds_f64())
        .bind(breaker.successes.cast_signed())
        .bind(blocked_until)
        .bind(refused_key)
        .bind(next_turn)
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn save_subject_calls(
    tx: &mut PgConnection,
    subject_id: i64,
    granted: &[DateTime<Utc>],
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/save_subject_calls.sql")).bind(subject_id).bind(granted).execute(tx).await?;
    Ok(())
}

pub(super) async fn read_spend(tx: &mut PgConnection, period: NaiveDate) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/read_spend.sql")).bind(EVERYBODY).bind(period).fetch_one(tx).await
}

/// Enters a call; answers with its place, or nothing where a limit does not hold it.
pub(super) async fn reserve(
    tx: &mut PgConnection,
    entry: &Entry<'_>,
    user_most: i64,
    global_most: i64,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/reserve_call.sql"))
        .bind(entry.day)
        .bind(entry.asking.job)
        .bind(entry.asking.attempt)
        .bind(entry.asking.subject_id)
        .bind(FEATURE)
        .bind(entry.provider)
        .bind(entry.model)
        .bind(entry.tokens_in.cast_signed())
        .bind(entry.reserve)
        .bind(user_most)
        .bind(EVERYBODY)
        .bind(global_most)
        .bind(entry.max_out.cast_signed())
        .bind(entry.now)
        .fetch_optional(tx)
        .await
}

pub(super) async fn settle(
    tx: &mut PgConnection,
    call: &Call,
    cost: Option<i64>,
    billed: Option<Billed>,
    outcome: Outcome,
) -> Result<(), sqlx::Error> {
    let tokens = |tokens: u32| i32::try_from(tokens).unwrap_or(i32::MAX);
    sqlx::query(include_str!("sql/settle_call.sql"))
        .bind(call.day)
        .bind(call.asking.job)
        .bind(call.asking.attempt)
        .bind(call.call)
        .bind(cost)
        .bind(billed.map(|billed| tokens(billed.tokens_in)))
        .bind(billed.map(|billed| tokens(billed.tokens_out)))
        .bind(outcome.as_str())
        .bind(EVERYBODY)
        .execute(tx)
        .await?;
    Ok(())
}

/// Locks a call's entry and its person's sum.
pub(super) async fn lock_call(tx: &mut PgConnection, call: &Call) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/lock_call.sql"))
        .bind(call.day)
        .bind(call.asking.job)
        .bind(call.asking.attempt)
        .bind(call.call)
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn mark(db: impl PgExecutor<'_>, call: &Call, outcome: Outcome) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/mark_call.sql"))
        .bind(call.day)
        .bind(call.asking.job)
        .bind(call.asking.attempt)
        .bind(call.call)
        .bind(outcome.as_str())
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn past(db: &PgPool, asking: Asking) -> Result<Past, sqlx::Error> {
    sqlx::query_as(include_str!("sql/count_calls.sql")).bind(asking.job).bind(asking.subject_id).fetch_one(db).await
}

pub(super) async fn release_stale(db: &PgPool, before: DateTime<Utc>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/release_stale.sql"))
        .bind(before)
        .bind(BATCH)
        .bind(EVERYBODY)
        .fetch_one(db)
        .await
}
