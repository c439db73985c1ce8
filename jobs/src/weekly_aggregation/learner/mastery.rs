//! When the learners of a page will have mastered each domain, and all of them together.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use serde::Serialize;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};

use super::page::Page;
use crate::learning::mastery::{Coefficients, Day, Mastery, PlannedWeek, forecast};

/// Stands for all domains.
pub const ALL_DOMAINS: i32 = 0;

#[derive(FromRow)]
struct DayRow {
    subject_id: i64,
    domain: i32,
    local_date: NaiveDate,
    graded: i32,
    correct: i32,
    seconds: i64,
    recent: i32,
    hours: Option<f64>,
}

impl DayRow {
    fn day(&self) -> Day {
        Day { graded: self.graded, correct: self.correct, seconds: self.seconds, recent: self.recent }
    }
}

#[derive(Serialize)]
struct Row {
    subject_id: i64,
    domain: i32,
    n_now: i32,
    points: usize,
    questions: Option<i32>,
    questions_lo: Option<i32>,
    questions_hi: Option<i32>,
    rate_per_day: f64,
    sec_per_question: f64,
    slope: Option<f64>,
    intercept: Option<f64>,
    current: Option<f64>,
    days: Option<f64>,
    days_lo: Option<f64>,
    days_hi: Option<f64>,
    hours: Option<f64>,
    status: &'static str,
    model: Option<&'static str>,
    plan: Vec<PlannedWeek>,
}

impl Row {
    fn new(subject_id: i64, domain: i32, mastery: Mastery) -> Self {
        Self {
            subject_id,
            domain,
            n_now: mastery.n_now,
            points: mastery.points,
            questions: mastery.questions.map(|[questions, ..]| questions),
            questions_lo: mastery.questions.map(|[_, low, _]| low),
            questions_hi: mastery.questions.map(|[.., high]| high),
            rate_per_day: mastery.rate_per_day,
            sec_per_question: mastery.sec_per_question,
            slope: mastery.fitted.map(|fitted| fitted.slope),
            intercept: mastery.fitted.map(|fitted| fitted.intercept),
            current: mastery.fitted.map(|fitted| fitted.current),
            days: mastery.days.map(|[days, ..]| days),
            days_lo: mastery.days.map(|[_, low, _]| low),
            days_hi: mastery.days.map(|[.., high]| high),
            hours: mastery.hours,
            status: mastery.status.as_str(),
            model: mastery.fitted.map(|fitted| fitted.model.as_str()),
            plan: mastery.plan,
        }
    }
}

/// Forecasts a page of learners. A domain without a graded question has no row.
pub(super) async fn page(tx: &mut PgConnection, page: &Page, by: &Coefficients) -> Result<(), sqlx::Error> {
    let rows = page
        .bind(include_str!("sql/read_days.sql"))
        .bind(page.as_of())
        .bind(page.as_of() - TimeDelta::hours(24 * by.rate_days))
        .fetch_all(&mut *tx)
        .await?;
    let rows: Vec<DayRow> = rows.iter().map(DayRow::from_row).collect::<Result<_, _>>()?;
    let mut forecasts = Vec::new();
    for learner in rows.chunk_by(|a, b| a.subject_id == b.subject_id) {
        of_learner(learner, by, &mut forecasts);
    }
    sqlx::query(include_str!("sql/save_mastery.sql"))
        .bind(page.as_of())
        .bind(Json(&forecasts))
        .execute(&mut *tx)
        .await?;
    page.bind(include_str!("sql/clear_mastery.sql"))
        .bind(page.as_of())
        .bind(forecasts.iter().map(|row| row.subject_id).collect::<Vec<_>>())
        .bind(forecasts.iter().map(|row| row.domain).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    Ok(())
}

fn of_learner(rows: &[DayRow], by: &Coefficients, to: &mut Vec<Row>) {
    let (id, hours) = (rows[0].subject_id, rows[0].hours);
    let mut all: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    for domain in rows.chunk_by(|a, b| a.domain == b.domain) {
        let days: Vec<Day> = domain.iter().map(DayRow::day).collect();
        to.push(Row::new(id, domain[0].domain, forecast(&days, hours, by)));
        for row in domain {
            let day = all.entry(row.local_date).or_default();
            day.graded += row.graded;
            day.correct += row.correct;
            day.seconds += row.seconds;
            day.recent += row.recent;
        }
    }
    let days: Vec<Day> = all.into_values().collect();
    to.push(Row::new(id, ALL_DOMAINS, forecast(&days, hours, by)));
}
