//! Days, weeks and months read back, for whoever shows them.

use chrono::NaiveDate;
use sqlx::{FromRow, PgPool, Row};

/// A day's sums as they stand.
#[derive(Clone, Debug, FromRow)]
pub struct StoredDay {
    /// The source's id of the person.
    pub external_id: String,
    /// The date.
    pub local_date: NaiveDate,
    /// Sessions with a vector.
    pub n_sessions: i32,
    /// Their user turns.
    pub n_turns: i32,
    /// Excluded sessions.
    pub n_excluded: i32,
    /// Sessions without a word.
    pub n_empty: i32,
    /// Sessions with a positive valence.
    pub n_positive: i32,
    /// The sum of the sessions' weights.
    pub w: f64,
    /// … of weight times valence.
    pub wv: f64,
    /// … of weight times valence squared.
    pub wv2: f64,
    /// … of weight times arousal.
    pub wa: f64,
    /// … of weight times dominance.
    pub wd: f64,
    /// … of weight times volatility.
    pub wvol: f64,
    /// … of weight times the share of each emotion, in the order of `Emotion::ALL`.
    pub emo: Vec<f64>,
    /// Sessions of each pattern, in the order of `Pattern::ALL`.
    pub patterns: Vec<i32>,
    /// The lowest valence of a session; none without an analysed one.
    pub vmin: Option<f64>,
    /// The highest.
    pub vmax: Option<f64>,
}

/// A week or a month as it stands.
#[derive(Clone, Debug)]
pub struct StoredBucket {
    /// The source's id of the person.
    pub external_id: String,
    /// The first day.
    pub first_day: NaiveDate,
    /// Sessions with a vector.
    pub n_sessions: i32,
    /// Their user turns.
    pub n_turns: i32,
    /// Excluded sessions.
    pub n_excluded: i32,
    /// Sessions without a word.
    pub n_empty: i32,
    /// The values; none without an analysed session.
    pub values: Option<Values>,
}

/// What a week or a month is made of.
#[derive(Clone, Debug, FromRow)]
pub struct Values {
    /// The sum of its sessions' weights.
    pub weight: f64,
    /// Mean of the sessions' valences, weighted by their weights; so are arousal, dominance and volatility.
    pub valence: f64,
    /// The standard deviation of the valence between sessions.
    pub valence_sd: f64,
    /// Mean arousal.
    pub arousal: f64,
    /// Mean dominance.
    pub dominance: f64,
    /// Mean volatility within sessions.
    pub volatility: f64,
    /// Shares of the eight emotions, in the order of `Emotion::ALL`.
    pub emotions: Vec<f64>,
    /// The first of the greatest; `none` without any.
    pub dominant_emotion: String,
    /// Shannon's entropy of the shares, 0 to 1.
    pub diversity: f64,
    /// The share of sessions with a positive valence.
    pub positive_share: f64,
    /// The lowest valence of a session.
    pub valence_min: f64,
    /// The highest.
    pub valence_max: f64,
    /// Sessions of each pattern, in the order of `Pattern::ALL`.
    pub patterns: Vec<i32>,
    /// The valence's difference to the bucket before.
    pub valence_delta: Option<f64>,
    /// The weeks' moving average; none for a month.
    #[sqlx(default)]
    pub valence_ema: Option<f64>,
    /// The week's z-score; none for a month.
    #[sqlx(default)]
    pub valence_z: Option<f64>,
}

/// Reads a source's days, in the order of its people and dates.
///
/// # Errors
///
/// The database's.
pub async fn read_days(db: &PgPool, source: &str) -> Result<Vec<StoredDay>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/list_days.sql")).bind(source).fetch_all(db).await
}

/// Reads a source's weeks, in the order of its people and days.
///
/// # Errors
///
/// The database's.
pub async fn read_weeks(db: &PgPool, source: &str) -> Result<Vec<StoredBucket>, sqlx::Error> {
    read(sqlx::query(include_str!("sql/list_weeks.sql")).bind(source).fetch_all(db).await?)
}

/// Reads a source's months, in the order of its people and days.
///
/// # Errors
///
/// The database's.
pub async fn read_months(db: &PgPool, source: &str) -> Result<Vec<StoredBucket>, sqlx::Error> {
    read(sqlx::query(include_str!("sql/list_months.sql")).bind(source).fetch_all(db).await?)
}

fn read(rows: Vec<sqlx::postgres::PgRow>) -> Result<Vec<StoredBucket>, sqlx::Error> {
    let bucket = |row: sqlx::postgres::PgRow| {
        Ok(StoredBucket {
            external_id: row.try_get("external_id")?,
            first_day: row.try_get("first_day")?,
            n_sessions: row.try_get("n_sessions")?,
            n_turns: row.try_get("n_turns")?,
            n_excluded: row.try_get("n_excluded")?,
            n_empty: row.try_get("n_empty")?,
            values: match row.try_get::<Option<f64>, _>("valence")? {
                Some(_) => Some(Values::from_row(&row)?),
                None => None,
            },
        })
    };
    rows.into_iter().map(bucket).collect()
}
