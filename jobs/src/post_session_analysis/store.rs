//! The analysis's tables.

use chrono::NaiveDate;
use sqlx::{FromRow, PgConnection, PgPool, Row};

use super::text::SCORED_CHARS;
use super::{ANALYZER, Class, Emotion, Pattern, PostSessionAnalysis, Role, SessionVector, Status, TurnImpact};
use crate::buckets::Dirt;
use crate::calendar::{Zone, month_start};

/// How many turns are read at once, at most; and after how many bytes a page takes no further turn.
const PAGE: i64 = 500;
const PAGE_BYTES: i64 = 2 << 20;

/// A session as it stands.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(super) struct Session {
    pub(super) revision: i32,
    pub(super) local_date: NaiveDate,
    pub(super) tz: String,
    pub(super) excluded: bool,
    pub(super) gone: bool,
}

/// A turn with its words, for as long as it takes to score it.
pub(super) struct Turn {
    pub(super) index: i32,
    pub(super) role: Role,
    pub(super) body: String,
}

pub(super) async fn read_session(db: &PgPool, job: &PostSessionAnalysis) -> Result<Option<Session>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_session.sql"))
        .bind(job.subject_id)
        .bind(job.session_id)
        .fetch_optional(db)
        .await
}

pub(super) async fn lock_session(
    tx: &mut PgConnection,
    job: &PostSessionAnalysis,
) -> Result<Option<Session>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/lock_session.sql"))
        .bind(job.subject_id)
        .bind(job.session_id)
        .fetch_optional(tx)
        .await
}

/// The next turns, cut to what is scored of them.
pub(super) async fn read_turns(
    db: &PgPool,
    job: &PostSessionAnalysis,
    local_date: NaiveDate,
    after: i32,
) -> Result<Vec<Turn>, sqlx::Error> {
    let rows = sqlx::query(include_str!("sql/read_turns.sql"))
        .bind(job.subject_id)
        .bind(job.session_id)
        .bind(month_start(local_date))
        .bind(after)
        .bind(PAGE)
        .bind(i32::try_from(SCORED_CHARS).unwrap_or(i32::MAX))
        .bind(PAGE_BYTES)
        .fetch_all(db)
        .await?;
    rows.into_iter()
        .map(|row| Ok(Turn { index: row.try_get(0)?, role: word(&row, 1)?, body: row.try_get(2)? }))
        .collect()
}

/// Writes a session's results and rebuilds its day. `results` are absent for an excluded session.
pub(super) async fn save(
    tx: &mut PgConnection,
    job: &PostSessionAnalysis,
    session: &Session,
    results: Option<&(SessionVector, Vec<TurnImpact>)>,
) -> Result<(), sqlx::Error> {
    // First of all, the day's row: it is the lock.
    lock_day(tx, job.subject_id, session.local_date).await?;
    save_vector(tx, job, results.map(|(vector, _)| vector)).await?;
    save_impacts(tx, job, session.local_date, results.map_or(&[], |(_, impacts)| impacts)).await?;
    rebuild_day(tx, job.subject_id, session.local_date).await?;
    let mut dirt = Dirt::new();
    dirt.add_day(job.subject_id, Zone::parse(&session.tz), session.local_date);
    dirt.write(tx).await
}

/// Takes the lock under which a day is rebuilt.
pub(crate) async fn lock_day(tx: &mut PgConnection, subject_id: i64, date: NaiveDate) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/lock_day.sql")).bind(subject_id).bind(date).execute(tx).await?;
    Ok(())
}

/// Rebuilds a day from its sessions' vectors, under its lock.
pub(crate) async fn rebuild_day(tx: &mut PgConnection, subject_id: i64, date: NaiveDate) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/rebuild_day.sql")).bind(subject_id).bind(date).execute(tx).await?;
    Ok(())
}

async fn save_vector(
    tx: &mut PgConnection,
    job: &PostSessionAnalysis,
    vector: Option<&SessionVector>,
) -> Result<(), sqlx::Error> {
    let analysed = vector.filter(|vector| vector.status == Status::Ok);
    sqlx::query(include_str!("sql/save_vector.sql"))
        .bind(job.subject_id)
        .bind(job.session_id)
        .bind(job.session_revision)
        .bind(ANALYZER)
        .bind(vector.map_or("excluded", |vector| vector.status.as_str()))
        .bind(vector.map_or(0, |vector| vector.n_user_turns))
        .bind(vector.map_or(0, |vector| vector.n_tokens))
        .bind(vector.map_or(0.0, |vector| vector.weight))
        .bind(vector.and_then(|vector| vector.valence))
        .bind(vector.and_then(|vector| vector.arousal))
        .bind(vector.and_then(|vector| vector.dominance))
        .bind(vector.and_then(|vector| vector.emotions).map(|shares| shares.to_vec()))
        .bind(analysed.map(|vector| vector.dominant_emotion.map_or("none", Emotion::as_str)))
        .bind(vector.and_then(|vector| vector.volatility))
        .bind(vector.and_then(|vector| vector.slope))
        .bind(vector.and_then(|vector| vector.peak))
        .bind(vector.and_then(|vector| vector.end))
        .bind(vector.and_then(|vector| vector.coverage))
        .bind(vector.and_then(|vector| vector.pattern).map(Pattern::as_str))
        .execute(tx)
        .await?;
    Ok(())
}

async fn save_impacts(
    tx: &mut PgConnection,
    job: &PostSessionAnalysis,
    local_date: NaiveDate,
    impacts: &[TurnImpact],
) -> Result<(), sqlx::Error> {
    let month = month_start(local_date);
    sqlx::query(include_str!("sql/clear_impacts.sql"))
        .bind(job.subject_id)
        .bind(job.session_id)
        .bind(month)
        .execute(&mut *tx)
        .await?;
    sqlx::query(include_str!("sql/save_impacts.sql"))
        .bind(job.subject_id)
        .bind(job.session_id)
        .bind(month)
        .bind(impacts.iter().map(|turn| turn.turn_index).collect::<Vec<_>>())
        .bind(impacts.iter().map(|turn| turn.role.as_str()).collect::<Vec<_>>())
        .bind(impacts.iter().map(|turn| turn.class.map(Class::as_str)).collect::<Vec<_>>())
        .bind(impacts.iter().map(|turn| turn.valence).collect::<Vec<_>>())
        .bind(impacts.iter().map(|turn| turn.arousal).collect::<Vec<_>>())
        .bind(impacts.iter().map(|turn| turn.dominance).collect::<Vec<_>>())
        .bind(impacts.iter().map(|turn| turn.delta).collect::<Vec<_>>())
        .bind(impacts.iter().map(|turn| turn.impact).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    Ok(())
}

/// What the tables hold of a source's sessions.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// The sessions, in the order in which they were opened.
    pub sessions: Vec<StoredSession>,
    /// Their turns, in the same order.
    pub turns: Vec<StoredTurn>,
}

/// A session's results.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// The producer's id of it.
    pub external_id: String,
    /// Its local date.
    pub local_date: NaiveDate,
    /// Whether its zone is a real one.
    pub tz_valid: bool,
    /// Its vector; absent while it is not analysed, and where it is excluded.
    pub vector: Option<SessionVector>,
}

/// A turn's results.
#[derive(Clone, Debug)]
pub struct StoredTurn {
    /// The producer's id of its session.
    pub external_id: String,
    /// Its impact.
    pub impact: TurnImpact,
}

/// Reads a source's results back.
///
/// # Errors
///
/// The database's; a stored word that is none of ours.
pub async fn read_results(db: &PgPool, source: &str) -> Result<Stored, sqlx::Error> {
    let sessions = sqlx::query(include_str!("sql/list_vectors.sql")).bind(source).fetch_all(db).await?;
    let turns = sqlx::query(include_str!("sql/list_impacts.sql")).bind(source).fetch_all(db).await?;
    Ok(Stored {
        sessions: sessions.iter().map(session_of).collect::<Result<_, _>>()?,
        turns: turns.iter().map(turn_of).collect::<Result<_, _>>()?,
    })
}

fn session_of(row: &sqlx::postgres::PgRow) -> Result<StoredSession, sqlx::Error> {
    let status: Option<String> = row.try_get("status")?;
    let status = match status.as_deref() {
        Some("ok") => Some(Status::Ok),
        Some("empty") => Some(Status::Empty),
        _ => None,
    };
    let vector = match status {
        None => None,
        Some(status) => Some(SessionVector {
            status,
            n_user_turns: row.try_get("n_user_turns")?,
            n_tokens: row.try_get("n_tokens")?,
            weight: row.try_get("weight")?,
            valence: row.try_get("valence")?,
            arousal: row.try_get("arousal")?,
            dominance: row.try_get("dominance")?,
            emotions: row.try_get::<Option<Vec<f64>>, _>("emotions")?.and_then(|shares| shares.try_into().ok()),
            dominant_emotion: row
                .try_get::<Option<String>, _>("dominant_emotion")?
                .and_then(|emotion| emotion.parse().ok()),
            volatility: row.try_get("volatility")?,
            slope: row.try_get("slope")?,
            peak: row.try_get("peak")?,
            end: row.try_get("end")?,
            coverage: row.try_get("coverage")?,
            pattern: row
                .try_get::<Option<String>, _>("pattern")?
                .and_then(|stored| Pattern::ALL.into_iter().find(|pattern| pattern.as_str() == stored)),
        }),
    };
    Ok(StoredSession {
        external_id: row.try_get("external_id")?,
        local_date: row.try_get("local_date")?,
        tz_valid: row.try_get("tz_valid")?,
        vector,
    })
}

fn turn_of(row: &sqlx::postgres::PgRow) -> Result<StoredTurn, sqlx::Error> {
    let class: Option<String> = row.try_get("class")?;
    let impact = TurnImpact {
        turn_index: row.try_get("turn_index")?,
        role: word(row, "role")?,
        valence: row.try_get("valence")?,
        arousal: row.try_get("arousal")?,
        dominance: row.try_get("dominance")?,
        delta: row.try_get("delta")?,
        impact: row.try_get("impact")?,
        class: class.and_then(|class| match class.as_str() {
            "positive" => Some(Class::Positive),
            "negative" => Some(Class::Negative),
            "neutral" => Some(Class::Neutral),
            _ => None,
        }),
    };
    Ok(StoredTurn { external_id: row.try_get("external_id")?, impact })
}

/// A stored word as one of ours.
fn word<W, I>(row: &sqlx::postgres::PgRow, column: I) -> Result<W, sqlx::Error>
where
    W: std::str::FromStr,
    W::Err: std::error::Error + Send + Sync + 'static,
    I: sqlx::ColumnIndex<sqlx::postgres::PgRow>,
{
    row.try_get::<String, _>(column)?.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
