//! Conversations, as the application that holds them writes them: opened, filled with turns, closed. Closing one enqueues
//! its analysis in the same transaction.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use windlass::{Client, EnqueueError, Enqueued};

use crate::calendar::{Zone, month_start};
use crate::post_session_analysis::{PostSessionAnalysis, Role};

/// A person of a source.
#[derive(Clone, Debug)]
pub struct NewSubject {
    /// The source's own id.
    pub external_id: String,
    /// The person's zone.
    pub zone: Zone,
}

/// A conversation that has begun.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Whose it is.
    pub subject_id: i64,
    /// The producer's own id.
    pub external_id: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was handed over; now if absent.
    pub ingested_at: Option<DateTime<Utc>>,
    /// The zone it was held in. Its local date is stamped here and never recomputed.
    pub zone: Zone,
}

/// Something that was said. Its debug form leaves that out.
#[derive(Clone)]
pub struct NewTurn {
    /// Whose session.
    pub subject_id: i64,
    /// Which session.
    pub session_id: i64,
    /// The session's local date.
    pub local_date: NaiveDate,
    /// The turn's place, from 0.
    pub turn_index: i32,
    /// Who said it.
    pub role: Role,
    /// What was said. It is stored here and nowhere else.
    pub body: String,
}

impl fmt::Debug for NewTurn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject_id, session_id, local_date, turn_index, role, body: _ } = self;
        f.debug_struct("NewTurn")
            .field("subject_id", subject_id)
            .field("session_id", session_id)
            .field("local_date", local_date)
            .field("turn_index", turn_index)
            .field("role", role)
            .finish_non_exhaustive()
    }
}

/// Why sessions or turns were not stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Some of them belong to nobody.
    #[error(
        "{missing} of {asked} were not stored: their subject is unknown or erased, or their session unknown or deleted; \
         roll the transaction back"
    )]
    Gone {
        /// How many.
        missing: usize,
        /// Of how many.
        asked: usize,
    },
    /// The database refused or was away.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Why a session was not closed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// There is no open session of this id.
    #[error("session {session_id} of subject {subject_id} is not open: it is closed already, or unknown")]
    NotOpen {
        /// The person.
        subject_id: i64,
        /// The session.
        session_id: i64,
    },
    /// Its analysis could not be enqueued.
    #[error(transparent)]
    Enqueue(#[from] EnqueueError),
    /// The database refused or was away.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Adds people of a source; answers their ids in order.
///
/// # Errors
///
/// The database's, also when the source knows one of them already.
pub async fn open_subjects(
    connection: &mut PgConnection,
    source: &str,
    subjects: &[NewSubject],
) -> Result<Vec<i64>, sqlx::Error> {
    let rows: Vec<(i64, String)> = sqlx::query_as(include_str!("sql/open_subjects.sql"))
        .bind(source)
        .bind(subjects.iter().map(|subject| subject.external_id.as_str()).collect::<Vec<_>>())
        .bind(subjects.iter().map(|subject| subject.zone.tz.name()).collect::<Vec<_>>())
        .bind(None::<DateTime<Utc>>)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|(id, _)| id).collect())
}

/// Adds open sessions; answers their ids in order.
///
/// # Errors
///
/// [`StoreError`].
pub async fn open(connection: &mut PgConnection, sessions: &[NewSession]) -> Result<Vec<i64>, StoreError> {
    let dates: Vec<NaiveDate> = sessions.iter().map(|session| session.zone.local_date(session.started_at)).collect();
    make_months(connection, &dates).await?;
    let rows: Vec<(i64, i64, String)> = sqlx::query_as(include_str!("sql/open_sessions.sql"))
        .bind(sessions.iter().map(|session| session.subject_id).collect::<Vec<_>>())
        .bind(sessions.iter().map(|session| session.external_id.as_str()).collect::<Vec<_>>())
        .bind(sessions.iter().map(|session| session.started_at).collect::<Vec<_>>())
        .bind(sessions.iter().map(|session| session.ingested_at).collect::<Vec<_>>())
        .bind(sessions.iter().map(|session| session.zone.tz.name()).collect::<Vec<_>>())
        .bind(sessions.iter().map(|session| session.zone.valid).collect::<Vec<_>>())
        .bind(dates)
        .fetch_all(connection)
        .await?;
    all_stored(rows.len(), sessions.len())?;
    Ok(rows.into_iter().map(|(id, ..)| id).collect())
}

/// Adds turns.
///
/// # Errors
///
/// [`StoreError`].
pub async fn add_turns(connection: &mut PgConnection, turns: &[NewTurn]) -> Result<(), StoreError> {
    let stored = sqlx::query(include_str!("sql/add_turns.sql"))
        .bind(turns.iter().map(|turn| month_start(turn.local_date)).collect::<Vec<_>>())
        .bind(turns.iter().map(|turn| turn.subject_id).collect::<Vec<_>>())
        .bind(turns.iter().map(|turn| turn.session_id).collect::<Vec<_>>())
        .bind(turns.iter().map(|turn| turn.turn_index).collect::<Vec<_>>())
        .bind(turns.iter().map(|turn| turn.role.as_str()).collect::<Vec<_>>())
        .bind(turns.iter().map(|turn| turn.body.as_str()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    all_stored(usize::try_from(stored.rows_affected()).unwrap_or(usize::MAX), turns.len())
}

fn all_stored(stored: usize, asked: usize) -> Result<(), StoreError> {
    if stored < asked { Err(StoreError::Gone { missing: asked - stored, asked }) } else { Ok(()) }
}

/// Closes a session and enqueues its analysis, on the caller's transaction. Commit it with
/// [`Client::commit`], which wakes the workers.
///
/// # Errors
///
/// [`CloseError`].
pub async fn close(
    tx: &mut PgConnection,
    client: &Client,
    subject_id: i64,
    session_id: i64,
    ended_at: Option<DateTime<Utc>>,
) -> Result<Enqueued, CloseError> {
    let revision: Option<i32> = sqlx::query_scalar(include_str!("sql/close_session.sql"))
        .bind(subject_id)
        .bind(session_id)
        .bind(ended_at)
        .fetch_optional(&mut *tx)
        .await?;
    let revision = revision.ok_or(CloseError::NotOpen { subject_id, session_id })?;
    Ok(client.enqueue(tx, PostSessionAnalysis::of(subject_id, session_id, revision)).await?)
}

/// Makes the months' partitions that these dates need and that are missing.
pub(crate) async fn make_months(connection: &mut PgConnection, dates: &[NaiveDate]) -> Result<(), sqlx::Error> {
    let mut months: Vec<NaiveDate> = dates.iter().copied().map(month_start).collect();
    months.sort_unstable();
    months.dedup();
    let missing: Vec<NaiveDate> =
        sqlx::query_scalar(include_str!("sql/missing_months.sql")).bind(months).fetch_all(&mut *connection).await?;
    if missing.is_empty() {
        return Ok(());
    }
    // Two producers may need the same new month at the same moment. The lock lasts as long as the caller's transaction, so
    // it is taken for a new month only: else all producers would queue behind the slowest.
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('insights.make_month', 0))")
        .execute(&mut *connection)
        .await?;
    sqlx::query(include_str!("sql/make_months.sql")).bind(missing).execute(connection).await?;
    Ok(())
}
