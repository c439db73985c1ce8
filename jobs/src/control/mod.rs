//! What people may ask for: leave a session out and take it in again, delete it, begin anew, be forgotten.
//!
//! Each act takes effect with the caller's transaction, by a flag, a tombstone or rows that are deleted there and then. What is
//! left to remove physically is [`erasure`]'s, in chunks.

pub mod erasure;
mod key;
pub mod retention;

use chrono::{DateTime, Days, NaiveDate, Utc};
use sqlx::{FromRow, PgConnection};
use windlass::{Client, EnqueueError};

pub use key::{ErasureKey, KeyError, VARIABLE};

use crate::buckets::Dirt;
use crate::calendar::Zone;
use crate::monthly_narrative::{withdraw, withdraw_until};
use crate::post_session_analysis::{PostSessionAnalysis, lock_day, rebuild_day};

/// Within so many days what was asked for must be removed (GDPR Art. 12(3)). The aim is one.
const DUE_DAYS: i32 = 30;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// There is no such person, or no longer.
    #[error("subject {0} is unknown or erased")]
    NoSubject(i64),
    /// There is no such session, or no longer.
    #[error("session {session_id} of subject {subject_id} is unknown or deleted")]
    NoSession {
        /// The person.
        subject_id: i64,
        /// The session.
        session_id: i64,
    },
    /// The analysis could not be enqueued.
    #[error(transparent)]
    Enqueue(#[from] EnqueueError),
    /// The database refused or was away.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A person under lock.
#[derive(FromRow)]
struct Person {
    source: String,
    external_id: String,
    tz: String,
}

/// A session under lock.
#[derive(FromRow)]
struct Session {
    local_date: NaiveDate,
    closed: bool,
    excluded: bool,
}

/// Leaves a session out of every aggregate; it counts as excluded only. Answers whether it was in. Commit with
/// [`Client::commit`].
///
/// # Errors
///
/// [`ControlError`].
pub async fn exclude(
    tx: &mut PgConnection,
    client: &Client,
    subject_id: i64,
    session_id: i64,
    at: Option<DateTime<Utc>>,
) -> Result<bool, ControlError> {
    let (person, session) = lock(tx, subject_id, session_id).await?;
    if session.excluded {
        return Ok(false);
    }
    let revision: i32 = sqlx::query_scalar(include_str!("sql/exclude_session.sql"))
        .bind(subject_id)
        .bind(session_id)
        .bind(at)
        .fetch_one(&mut *tx)
        .await?;
    analyse_again(tx, client, &person, &session, PostSessionAnalysis::of(subject_id, session_id, revision)).await?;
    Ok(true)
}

/// Takes a session in again: as if it had never been out. Answers whether it was out. Commit with [`Client::commit`].
///
/// # Errors
///
/// [`ControlError`].
pub async fn include(
    tx: &mut PgConnection,
    client: &Client,
    subject_id: i64,
    session_id: i64,
) -> Result<bool, ControlError> {
    let (person, session) = lock(tx, subject_id, session_id).await?;
    if !session.excluded {
        return Ok(false);
    }
    let revision: i32 = sqlx::query_scalar(include_str!("sql/include_session.sql"))
        .bind(subject_id)
        .bind(session_id)
        .fetch_one(&mut *tx)
        .await?;
    analyse_again(tx, client, &person, &session, PostSessionAnalysis::of(subject_id, session_id, revision)).await?;
    Ok(true)
}

/// Deletes a session: its day is rebuilt without it at once. Answers the request that removes its rows.
///
/// # Errors
///
/// [`ControlError`].
pub async fn delete(
    tx: &mut PgConnection,
    key: &ErasureKey,
    subject_id: i64,
    session_id: i64,
) -> Result<i64, ControlError> {
    let (person, session) = lock(tx, subject_id, session_id).await?;
    let delete = sqlx::query(include_str!("sql/delete_session.sql"));
    delete.bind(subject_id).bind(session_id).execute(&mut *tx).await?;
    withdraw(tx, subject_id, Zone::parse(&person.tz), session.local_date).await?;
    rebuild(tx, subject_id, &person, &[session.local_date]).await?;
    request(tx, key, subject_id, "session", &person.source, &person.external_id).await
}

/// Begins a person's spectrum anew: sessions that started before `at` (now if absent) are ignored from here on. Their days,
/// weeks and months go at once. Answers the request that removes their vectors; what was said stays.
///
/// # Errors
///
/// [`ControlError`].
pub async fn reset(
    tx: &mut PgConnection,
    key: &ErasureKey,
    subject_id: i64,
    at: Option<DateTime<Utc>>,
) -> Result<i64, ControlError> {
    let (reset_at, source, external_id, tz): (DateTime<Utc>, String, String, String) =
        sqlx::query_as(include_str!("sql/reset_spectrum.sql"))
            .bind(subject_id)
            .bind(at)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(ControlError::NoSubject(subject_id))?;
    let person = Person { source, external_id, tz };
    // Dates are those of the sessions' zones: within a day of UTC's, so two days about it are looked at one by one.
    let date = reset_at.date_naive();
    let first = date - Days::new(2);
    let straddling: Vec<NaiveDate> = (0..4).map(|day| first + Days::new(day)).collect();
    for clear in
        [include_str!("sql/clear_days.sql"), include_str!("sql/clear_weeks.sql"), include_str!("sql/clear_months.sql")]
    {
        sqlx::query(clear).bind(subject_id).bind(first).execute(&mut *tx).await?;
    }
    rebuild(tx, subject_id, &person, &straddling).await?;
    withdraw_until(tx, subject_id, Some(date)).await?;
    request(tx, key, subject_id, "spectrum_reset", &person.source, &person.external_id).await
}

/// The same, and what was said before it goes too: those sessions are hidden at once. Answers the two requests, for the results and
/// for the sessions; each removes its rows.
///
/// # Errors
///
/// [`ControlError`].
pub async fn reset_with_sessions(
    tx: &mut PgConnection,
    key: &ErasureKey,
    subject_id: i64,
    at: Option<DateTime<Utc>>,
) -> Result<[i64; 2], ControlError> {
    let results = reset(tx, key, subject_id, at).await?;
    let person = lock_subject(tx, subject_id).await?;
    let delete = sqlx::query(include_str!("sql/delete_sessions_before_reset.sql"));
    delete.bind(subject_id).execute(&mut *tx).await?;
    let sessions = request(tx, key, subject_id, "session", &person.source, &person.external_id).await?;
    Ok([results, sessions])
}

/// Sets a person's tombstone: from here on every reader and every writer takes them for gone. Answers the request that removes
/// their rows; that also cancels the jobs that wait.
///
/// # Errors
///
/// [`ControlError::NoSubject`] if the person is not known. It is no error to ask again.
pub async fn erase(tx: &mut PgConnection, key: &ErasureKey, subject_id: i64) -> Result<i64, ControlError> {
    let person: Option<(String, String)> =
        sqlx::query_as(include_str!("sql/erase_subject.sql")).bind(subject_id).fetch_optional(&mut *tx).await?;
    let (source, external_id) = person.ok_or(ControlError::NoSubject(subject_id))?;
    withdraw_until(tx, subject_id, None).await?;
    request(tx, key, subject_id, "subject", &source, &external_id).await
}

async fn lock_subject(tx: &mut PgConnection, subject_id: i64) -> Result<Person, ControlError> {
    let person = sqlx::query_as(include_str!("sql/lock_subject.sql")).bind(subject_id).fetch_optional(tx).await?;
    person.ok_or(ControlError::NoSubject(subject_id))
}

async fn lock(tx: &mut PgConnection, subject_id: i64, session_id: i64) -> Result<(Person, Session), ControlError> {
    let person = lock_subject(tx, subject_id).await?;
    let session = sqlx::query_as(include_str!("sql/lock_session.sql"))
        .bind(subject_id)
        .bind(session_id)
        .fetch_optional(tx)
        .await?;
    Ok((person, session.ok_or(ControlError::NoSession { subject_id, session_id })?))
}

/// Enqueues the analysis of the session's new revision and dirties what it bears on. A session that is still open is analysed when
/// it closes.
async fn analyse_again(
    tx: &mut PgConnection,
    client: &Client,
    person: &Person,
    session: &Session,
    job: PostSessionAnalysis,
) -> Result<(), ControlError> {
    withdraw(tx, job.subject_id, Zone::parse(&person.tz), session.local_date).await?;
    if session.closed {
        let mut dirt = Dirt::new();
        dirt.add_day(job.subject_id, Zone::parse(&person.tz), session.local_date);
        dirt.write(tx).await?;
        client.enqueue(tx, job).await?;
    }
    Ok(())
}

/// Rebuilds days, in their order, and dirties their weeks and months.
async fn rebuild(
    tx: &mut PgConnection,
    subject_id: i64,
    person: &Person,
    days: &[NaiveDate],
) -> Result<(), ControlError> {
    let mut dirt = Dirt::new();
    for day in days {
        lock_day(tx, subject_id, *day).await?;
        rebuild_day(tx, subject_id, *day).await?;
        dirt.add_day(subject_id, Zone::parse(&person.tz), *day);
    }
    Ok(dirt.write(tx).await?)
}

async fn request(
    tx: &mut PgConnection,
    key: &ErasureKey,
    subject_id: i64,
    scope: &str,
    source: &str,
    external_id: &str,
) -> Result<i64, ControlError> {
    Ok(sqlx::query_scalar(include_str!("sql/request_erasure.sql"))
        .bind(subject_id)
        .bind(scope)
        .bind(key.hash(source, external_id))
        .bind(DUE_DAYS)
        .fetch_one(tx)
        .await?)
}
