//! The scope's tables.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, PgConnection, Row};

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
