//! The tables read back as `roi.json`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{FromRow, PgPool, Row};

use super::ab::{Arm, TwoProportions, Welch};
use super::calibration::{Calibrated, Calibration, Reason};
use super::learner::{Flag, LearnerRoi};
use super::window::Bounds;
use super::{Archetype, CohortRoi};
use crate::results::{AbRow, RoiCohortRow, RoiFile, RoiLearnerRow, calibration_rows};

#[derive(FromRow)]
struct LearnerLine {
    external_id: String,
    cost_micros: i64,
    value_micros: i64,
    capabilities: i32,
    roi: Option<f64>,
    net_roi: Option<f64>,
    cost_per_capability: Option<f64>,
    flag: Option<String>,
}

/// Reads what was published of a window, its calibration and an experiment, of the people of one source.
///
/// # Errors
///
/// The database's; [`sqlx::Error::RowNotFound`] where the window has not been calibrated.
pub async fn read_roi(
    db: &PgPool,
    subject_source: &str,
    window: &Bounds,
    experiment: &str,
) -> Result<RoiFile, sqlx::Error> {
    let learners: Vec<LearnerLine> = sqlx::query_as(include_str!("sql/report_learners.sql"))
        .bind(subject_source)
        .bind(window.start)
        .bind(window.end)
        .fetch_all(db)
        .await?;
    let arms = learners.iter().map(|line| (line.external_id.clone(), Arm::of(experiment, &line.external_id))).collect();
    let (calibration, portfolio) = calibration_rows(&calibration(db, window).await?);
    Ok(RoiFile {
        window_start: window.start,
        window_end: window.end,
        learners: learners.iter().map(learner).collect(),
        cohorts: cohorts(db, window).await?,
        calibration,
        portfolio,
        ab: readout(db, arms, experiment, window.end).await?,
    })
}

fn learner(line: &LearnerLine) -> RoiLearnerRow {
    let flag = [Flag::NoCost, Flag::NetRefund].into_iter().find(|flag| Some(flag.as_str()) == line.flag.as_deref());
    let LearnerLine { roi, net_roi, cost_per_capability, .. } = *line;
    let ratios = LearnerRoi { roi, net_roi, cost_per_capability, flag };
    RoiLearnerRow::new(&line.external_id, line.cost_micros, line.value_micros, line.capabilities, &ratios)
}

async fn cohorts(db: &PgPool, window: &Bounds) -> Result<BTreeMap<String, RoiCohortRow>, sqlx::Error> {
    let rows =
        sqlx::query(include_str!("sql/report_cohorts.sql")).bind(window.start).bind(window.end).fetch_all(db).await?;
    let cohort = |row: sqlx::postgres::PgRow| {
        let roi = CohortRoi {
            n_with_roi: row.try_get("n_with_roi")?,
            actual: row.try_get("actual")?,
            predicted: row.try_get("predicted")?,
            variance: row.try_get("variance")?,
        };
        let trajectory: Vec<f64> = row.try_get("trajectory")?;
        let line = RoiCohortRow::new(row.try_get("n")?, &roi, row.try_get("mean_learner_roi")?, &trajectory);
        Ok((row.try_get("name")?, line))
    };
    rows.into_iter().map(cohort).collect()
}

async fn calibration(db: &PgPool, window: &Bounds) -> Result<Calibration, sqlx::Error> {
    let rows = sqlx::query(include_str!("sql/report_calibration.sql"))
        .bind(window.start)
        .bind(window.end)
        .fetch_all(db)
        .await?;
    let of = |archetype: Archetype| {
        let row = rows.iter().find(|row| row.try_get::<&str, _>("archetype").ok() == Some(archetype.as_str()));
        let row = row.ok_or(sqlx::Error::RowNotFound)?;
        let reason: Option<String> = row.try_get("reason")?;
        Ok::<_, sqlx::Error>(Calibrated {
            archetype,
            n: row.try_get("n")?,
            observed: row.try_get("observed")?,
            z: row.try_get("z")?,
            prior: row.try_get("prior")?,
            new: row.try_get("new")?,
            capped: row.try_get("capped")?,
            reason: reason.filter(|reason| reason == Reason::MinN.as_str()).map(|_| Reason::MinN),
        })
    };
    let [a, b, c, d, e] = Archetype::ALL;
    Ok(Calibration([of(a)?, of(b)?, of(c)?, of(d)?, of(e)?]))
}

async fn readout(
    db: &PgPool,
    arms: BTreeMap<String, Arm>,
    experiment: &str,
    end: DateTime<Utc>,
) -> Result<AbRow, sqlx::Error> {
    let results: BTreeMap<String, Value> = sqlx::query_as(include_str!("sql/report_readouts.sql"))
        .bind(experiment)
        .bind(end)
        .fetch_all(db)
        .await
        .map(|rows: Vec<(String, Value)>| rows.into_iter().collect())?;
    let figure = |metric: &str, name: &str| results.get(metric).and_then(|result| result.get(name));
    let float = |metric, name| figure(metric, name).and_then(Value::as_f64);
    let count = |name| figure("roi", name).and_then(Value::as_i64).unwrap_or(0);
    let roi = (|| {
        Some(Welch {
            delta: float("roi", "delta")?,
            t: float("roi", "t")?,
            df: float("roi", "df")?,
            p: float("roi", "p")?,
        })
    })();
    let churn = (|| Some(TwoProportions { z: float("churn", "z")?, p: float("churn", "p")? }))();
    Ok(AbRow::new(arms, (count("n_treatment"), count("n_control")), roi, churn))
}
