//! A cohort's window from its entries: its learners, its figures, its alert.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{FromRow, PgConnection, PgPool};

use super::cohort::{CohortRoi, Share, TREND_WEEKS, cohort_roi};
use super::learner::ratio;
use super::trend::{self, Trend, trend};
use super::window::Bounds;
use super::{Archetype, calibrations};
use crate::alerts::{self, Alert};

/// A cohort's sums of one archetype.
#[derive(FromRow)]
struct Sums {
    archetype: String,
    n: i64,
    n_with_roi: i64,
    cost_micros: i64,
    value_micros: i64,
    sum_of_ratios: f64,
}

/// A cohort's window, computed.
pub(super) struct CohortWindow {
    pub(super) n: i64,
    pub(super) cost_micros: i64,
    pub(super) value_micros: i64,
    pub(super) roi: CohortRoi,
    pub(super) mean_learner_roi: Option<f64>,
    pub(super) trajectory: Vec<f64>,
}

/// Opens a window, so that entries from now on mark it, and answers the sequence that its computation will cover.
///
/// Committed before anything is read: an entry that is booked meanwhile raises the sequence.
pub(super) async fn open(db: &PgPool, cohort_id: i32, window: &Bounds) -> Result<i64, sqlx::Error> {
    if let Some(seq) = read_seq(db, cohort_id, window).await? {
        return Ok(seq);
    }
    let mut tx = db.begin().await?;
    sqlx::query(include_str!("sql/hold_windows.sql")).execute(&mut *tx).await?;
    let open = sqlx::query(include_str!("sql/open_window.sql")).bind(cohort_id);
    open.bind(window.start).bind(window.end).execute(&mut *tx).await?;
    tx.commit().await?;
    read_seq(db, cohort_id, window).await?.ok_or(sqlx::Error::RowNotFound)
}

async fn read_seq(db: &PgPool, cohort_id: i32, window: &Bounds) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/read_seq.sql"))
        .bind(cohort_id)
        .bind(window.start)
        .bind(window.end)
        .fetch_optional(db)
        .await
}

/// Computes a cohort's window anew and publishes it with its alert, unless a newer computation has been published.
pub(super) async fn rebuild(
    tx: &mut PgConnection,
    cohort_id: i32,
    window: &Bounds,
    seq: i64,
) -> Result<(), RollupError> {
    let learners = sqlx::query(include_str!("sql/rebuild_learners.sql")).bind(cohort_id);
    learners.bind(window.start).bind(window.end).bind(seq).execute(&mut *tx).await?;
    let published = calibrations::of_window(tx, cohort_id, window).await?;
    let computed = compute(tx, cohort_id, window, published.as_ref().map(|(_, multipliers)| multipliers)).await?;
    let version = published.map(|(version, _)| version);
    let saved: Option<i32> = sqlx::query_scalar(include_str!("sql/save_cohort.sql"))
        .bind(cohort_id)
        .bind(window.start)
        .bind(window.end)
        .bind(computed.n)
        .bind(computed.roi.n_with_roi)
        .bind(computed.cost_micros)
        .bind(computed.value_micros)
        .bind(computed.roi.actual)
        .bind(computed.roi.predicted)
        .bind(computed.roi.variance)
        .bind(computed.mean_learner_roi)
        .bind(&computed.trajectory)
        .bind(trend(&computed.trajectory).map(Trend::as_str))
        .bind(computed.roi.severity().map(alerts::Severity::as_str))
        .bind(version)
        .bind(seq)
        .fetch_optional(&mut *tx)
        .await?;
    if saved.is_some() {
        alert(tx, cohort_id, window, &computed.roi).await?;
        let close = sqlx::query(include_str!("sql/close_window.sql")).bind(cohort_id);
        close.bind(window.start).bind(window.end).bind(seq).execute(tx).await?;
    }
    Ok(())
}

/// Why a window was not computed.
#[derive(Debug, thiserror::Error)]
pub(super) enum RollupError {
    /// The stored multipliers.
    #[error(transparent)]
    Multipliers(#[from] calibrations::MultipliersError),
    /// The database's.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

async fn compute(
    tx: &mut PgConnection,
    cohort_id: i32,
    window: &Bounds,
    multipliers: Option<&super::Multipliers>,
) -> Result<CohortWindow, sqlx::Error> {
    let sums: Vec<Sums> = sqlx::query_as(include_str!("sql/sum_cohort.sql"))
        .bind(cohort_id)
        .bind(window.start)
        .bind(window.end)
        .fetch_all(&mut *tx)
        .await?;
    let shares = sums.iter().map(share).collect::<Result<Vec<_>, _>>()?;
    let roi = cohort_roi(&shares, multipliers);
    let sum_of_ratios: f64 = sums.iter().map(|sums| sums.sum_of_ratios).sum();
    Ok(CohortWindow {
        n: sums.iter().map(|sums| sums.n).sum(),
        cost_micros: shares.iter().map(|share| share.cost_micros).sum(),
        value_micros: shares.iter().map(|share| share.value_micros).sum(),
        mean_learner_roi: mean(sum_of_ratios, roi.n_with_roi),
        roi,
        trajectory: trajectory(tx, cohort_id, window.end).await?,
    })
}

fn share(sums: &Sums) -> Result<Share, sqlx::Error> {
    let archetype: Archetype = sums.archetype.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Share { archetype, n: sums.n_with_roi, cost_micros: sums.cost_micros, value_micros: sums.value_micros })
}

#[expect(clippy::cast_precision_loss, reason = "learners are fewer than 2^53")]
fn mean(sum: f64, n: i64) -> Option<f64> {
    (n > 0).then(|| sum / n as f64)
}

async fn trajectory(tx: &mut PgConnection, cohort_id: i32, end: DateTime<Utc>) -> Result<Vec<f64>, sqlx::Error> {
    let weeks: Vec<(i64, i64)> = sqlx::query_as(include_str!("sql/list_periods.sql"))
        .bind(cohort_id)
        .bind(end)
        .bind(TREND_WEEKS)
        .fetch_all(tx)
        .await?;
    let last = weeks.len().saturating_sub(trend::PERIODS);
    Ok(weeks[last..].iter().map(|(value, cost)| ratio(i128::from(*value), i128::from(*cost))).collect())
}

/// One open alert of a cohort and window, which is closed when the cohort is back within bounds.
async fn alert(tx: &mut PgConnection, cohort_id: i32, window: &Bounds, roi: &CohortRoi) -> Result<(), sqlx::Error> {
    let (start, end) = (window.start.to_rfc3339(), window.end.to_rfc3339());
    // With its start: a week and a month may end at the same moment, and neither may close the other's.
    let key = format!("roi:{cohort_id}:{start}:{end}");
    let Some(severity) = roi.severity() else { return alerts::close(tx, &[key]).await };
    let body = json!({
        "cohort_id": cohort_id, "start": start, "end": end, "learners": roi.n_with_roi,
        "actual": roi.actual, "predicted": roi.predicted, "variance": roi.variance,
    });
    alerts::raise(tx, &[Alert { key, severity, body }]).await
}
