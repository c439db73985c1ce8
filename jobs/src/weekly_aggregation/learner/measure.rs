//! What each learner's own interactions tell: uses and weeks are rebuilt from them, and the measures from those.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Serialize;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};

use super::page::Page;
use crate::learning::Coefficients;
use crate::learning::velocity::{self, Velocity};

/// A week of a learner, as it is read and stored.
#[derive(FromRow)]
struct WeekRow {
    subject_id: i64,
    week_no: i32,
    interactions: i32,
    new_capabilities: i32,
    graded: i32,
    correct: i32,
    seconds: i64,
}

/// What SQL knows of a learner.
#[derive(FromRow, Serialize)]
struct Counted {
    subject_id: i64,
    last_use: DateTime<Utc>,
    usage_28d: i32,
    usage_90d: i32,
    questions: i32,
    streak: i32,
    top_domain: Option<i32>,
    is_specialist: bool,
    adoption_rate: f64,
    entropy_bits: f64,
    concentration: f64,
    top_share: f64,
    transfer: f64,
    reuse: f64,
    hours: f64,
    accuracy: Option<f64>,
}

/// A row of the measures.
#[derive(Serialize)]
struct Measured {
    #[serde(flatten)]
    counted: Counted,
    weeks_observed: usize,
    velocity_raw: f64,
    velocity_ema: f64,
    velocity_next: f64,
    momentum: f64,
    holdout_actual: Option<f64>,
    holdout_forecast: Option<f64>,
    holdout_naive: Option<f64>,
}

impl Measured {
    fn new(counted: Counted, velocity: &Velocity) -> Self {
        Self {
            counted,
            weeks_observed: velocity.emas.len(),
            velocity_raw: velocity.raw,
            velocity_ema: velocity.ema,
            velocity_next: velocity.next,
            momentum: velocity.momentum,
            holdout_actual: velocity.holdout.map(|held| held.actual),
            holdout_forecast: velocity.holdout.map(|held| held.forecast),
            holdout_naive: velocity.holdout.map(|held| held.naive),
        }
    }
}

/// The number of a date's week: Mondays since 1970-01-05, as `learner_week` counts them.
#[must_use]
pub fn week_no(date: NaiveDate) -> i32 {
    let days = (date - NaiveDate::default()).num_days() - 4; // 1970-01-01 was a Thursday
    i32::try_from(days.div_euclid(7)).unwrap_or(i32::MAX)
}

/// Measures a page of learners; answers how many of them are active.
pub(super) async fn page(tx: &mut PgConnection, page: &Page, by: &Coefficients) -> Result<usize, sqlx::Error> {
    page.bind(include_str!("sql/rebuild_usage.sql")).bind(page.as_of()).execute(&mut *tx).await?;
    let velocities = weeks(tx, page, by).await?;
    let counted = count(tx, page, by).await?;
    let active: Vec<i64> = counted.iter().map(|learner| learner.subject_id).collect();
    let measured: Vec<Measured> = counted
        .into_iter()
        .filter_map(|learner| velocities.get(&learner.subject_id).map(|velocity| Measured::new(learner, velocity)))
        .collect();
    sqlx::query(include_str!("sql/save_measures.sql"))
        .bind(page.as_of())
        .bind(Json(&measured))
        .execute(&mut *tx)
        .await?;
    page.bind(include_str!("sql/clear_measures.sql")).bind(page.as_of()).bind(&active).execute(tx).await?;
    Ok(measured.len())
}

/// Rebuilds the page's weeks with their averages; answers each learner's velocity.
async fn weeks(tx: &mut PgConnection, page: &Page, by: &Coefficients) -> Result<HashMap<i64, Velocity>, sqlx::Error> {
    let rows = page.bind(include_str!("sql/read_weeks.sql")).bind(page.as_of()).fetch_all(&mut *tx).await?;
    let rows: Vec<WeekRow> = rows.iter().map(WeekRow::from_row).collect::<Result<_, _>>()?;
    let now: HashMap<i64, i32> = page.ids().iter().copied().zip(page.today().iter().map(|day| week_no(*day))).collect();

    let (mut emas, mut velocities) = (Vec::with_capacity(rows.len()), HashMap::with_capacity(page.ids().len()));
    for learner in rows.chunk_by(|a, b| a.subject_id == b.subject_id) {
        let id = learner[0].subject_id;
        let weeks: Vec<velocity::Week> = learner
            .iter()
            .map(|row| velocity::Week {
                number: row.week_no,
                interactions: row.interactions,
                new_capabilities: row.new_capabilities,
            })
            .collect();
        let now = now.get(&id).copied().unwrap_or(learner[learner.len() - 1].week_no);
        if let Some(velocity) = velocity::of(&weeks, now, &by.velocity) {
            emas.extend_from_slice(&velocity.emas);
            velocities.insert(id, velocity);
        }
    }
    save_weeks(tx, page, &rows, &emas).await?;
    Ok(velocities)
}

async fn save_weeks(tx: &mut PgConnection, page: &Page, rows: &[WeekRow], emas: &[f64]) -> Result<(), sqlx::Error> {
    let ids: Vec<i64> = rows.iter().map(|row| row.subject_id).collect();
    let numbers: Vec<i32> = rows.iter().map(|row| row.week_no).collect();
    sqlx::query(include_str!("sql/save_weeks.sql"))
        .bind(&ids)
        .bind(&numbers)
        .bind(rows.iter().map(|row| row.interactions).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.new_capabilities).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.graded).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.correct).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.seconds).collect::<Vec<_>>())
        .bind(emas)
        .execute(&mut *tx)
        .await?;
    page.bind(include_str!("sql/clear_weeks.sql")).bind(&ids).bind(&numbers).execute(tx).await?;
    Ok(())
}

async fn count(tx: &mut PgConnection, page: &Page, by: &Coefficients) -> Result<Vec<Counted>, sqlx::Error> {
    let since = |days: i64| page.as_of() - TimeDelta::hours(24 * days);
    let domains: i32 = match by.total_domains {
        Some(domains) => domains,
        None => sqlx::query_scalar(include_str!("sql/count_domains.sql")).fetch_one(&mut *tx).await?,
    };
    sqlx::query(include_str!("sql/no_nested_loops.sql")).execute(&mut *tx).await?;
    let rows = page
        .bind(include_str!("sql/measure.sql"))
        .bind(page.as_of())
        .bind(page.today())
        .bind(since(by.windows.usage_days))
        .bind(since(by.windows.affinity_days))
        .bind(since(by.windows.adopted_days))
        .bind(since(by.windows.before_days))
        .bind(domains)
        .bind(by.specialist.entropy_below)
        .bind(by.specialist.share_above)
        .bind(by.retention.reuse_half_life_days)
        .bind(by.retention.reuse_cap)
        .fetch_all(&mut *tx)
        .await?;
    sqlx::query(include_str!("sql/nested_loops_again.sql")).execute(tx).await?;
    rows.iter().map(Counted::from_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_are_counted_from_a_monday_in_1970() {
        for (date, number) in [("1970-01-05", 0), ("1970-01-11", 0), ("1970-01-04", -1), ("2026-01-12", 2923)] {
            assert_eq!(week_no(date.parse().unwrap()), number, "{date}");
        }
    }
}
