//! The scope's tables.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, PgConnection, PgPool, Row};

use super::Shard;
use super::series::Point;
use crate::calendar::Zone;

/// A bucket that is due.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Open {
    pub(super) scope: String,
    pub(super) key: i64,
    pub(super) bucket: NaiveDate,
    pub(super) dirty_seq: i64,
}

pub(super) async fn lock_shard(tx: &mut PgConnection, shard: i64) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/lock_shard.sql")).bind(shard).execute(tx).await?;
    Ok(())
}

pub(super) async fn open_buckets(
    tx: &mut PgConnection,
    range: Shard,
    as_of: DateTime<Utc>,
) -> Result<Vec<Open>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/open_buckets.sql")).bind(range.from).bind(range.to).bind(as_of).fetch_all(tx).await
}

/// Locks the people of these buckets; answers with those that are still there, and their zones.
pub(super) async fn lock_subjects(tx: &mut PgConnection, open: &[Open]) -> Result<BTreeMap<i64, Zone>, sqlx::Error> {
    let keys: BTreeSet<i64> = open.iter().map(|bucket| bucket.key).collect();
    let present: Vec<(i64, String)> = sqlx::query_as(include_str!("sql/lock_subjects.sql"))
        .bind(keys.into_iter().collect::<Vec<_>>())
        .fetch_all(tx)
        .await?;
    Ok(present.into_iter().map(|(subject, tz)| (subject, Zone::parse(&tz))).collect())
}

/// Rolls these buckets up from their days; answers with those that changed, in the order of their people and days.
pub(super) async fn roll_up(
    tx: &mut PgConnection,
    open: &[Open],
) -> Result<Vec<(String, i64, NaiveDate)>, sqlx::Error> {
    let (scopes, keys, buckets, seqs) = columns(open);
    sqlx::query_as(include_str!("sql/roll_up.sql")).bind(scopes).bind(keys).bind(buckets).bind(seqs).fetch_all(tx).await
}

pub(super) async fn close_buckets(tx: &mut PgConnection, open: &[Open]) -> Result<(), sqlx::Error> {
    let (scopes, keys, buckets, seqs) = columns(open);
    let close = sqlx::query(include_str!("sql/close_buckets.sql"));
    close.bind(scopes).bind(keys).bind(buckets).bind(seqs).execute(tx).await?;
    Ok(())
}

fn columns(open: &[Open]) -> (Vec<&str>, Vec<i64>, Vec<NaiveDate>, Vec<i64>) {
    (
        open.iter().map(|bucket| bucket.scope.as_str()).collect(),
        open.iter().map(|bucket| bucket.key).collect(),
        open.iter().map(|bucket| bucket.bucket).collect(),
        open.iter().map(|bucket| bucket.dirty_seq).collect(),
    )
}

pub(super) async fn read_series(
    tx: &mut PgConnection,
    since: &BTreeMap<i64, NaiveDate>,
) -> Result<Vec<Point>, sqlx::Error> {
    if since.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(include_str!("sql/read_series.sql"))
        .bind(since.keys().copied().collect::<Vec<_>>())
        .bind(since.values().copied().collect::<Vec<_>>())
        .fetch_all(tx)
        .await?;
    let point = |row: &sqlx::postgres::PgRow| {
        Ok(Point {
            subject_id: row.try_get(0)?,
            monday: row.try_get(1)?,
            valence: row.try_get(2)?,
            delta: row.try_get(3)?,
            ema: row.try_get(4)?,
            z: row.try_get(5)?,
        })
    };
    rows.iter().map(point).collect()
}

pub(super) async fn save_series(tx: &mut PgConnection, points: &[Point]) -> Result<(), sqlx::Error> {
    if points.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("sql/save_series.sql"))
        .bind(points.iter().map(|point| point.subject_id).collect::<Vec<_>>())
        .bind(points.iter().map(|point| point.monday).collect::<Vec<_>>())
        .bind(points.iter().map(|point| point.delta).collect::<Vec<_>>())
        .bind(points.iter().map(|point| point.ema).collect::<Vec<_>>())
        .bind(points.iter().map(|point| point.z).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    Ok(())
}

/// Writes the differences that the changed months bear on; answers with the months whose difference changed.
pub(super) async fn save_month_deltas(
    tx: &mut PgConnection,
    changed: impl Iterator<Item = (i64, NaiveDate)>,
) -> Result<Vec<(i64, NaiveDate)>, sqlx::Error> {
    let (subjects, months): (Vec<i64>, Vec<NaiveDate>) = changed.unzip();
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query_as(include_str!("sql/save_month_deltas.sql")).bind(subjects).bind(months).fetch_all(tx).await
}

/// A week or a month as it stands.
#[derive(Clone, Debug)]
pub struct StoredBucket {
    /// The source's id of the person.
    pub external_id: String,
    /// The first day.
    pub first_day: NaiveDate,
    /// Sessions with a vector, their user turns, excluded sessions, sessions without a word.
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
