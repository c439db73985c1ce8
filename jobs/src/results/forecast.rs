//! Mastery forecasts, pass probabilities and advice as lines of JSON.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};

use super::{digits, maybe_digits, rounded};
use crate::learning::mastery::PlannedWeek;
use crate::learning::pass::Coefficients;

/// A line of `mastery.jsonl`.
#[derive(Debug, Clone, FromRow, Serialize)]
pub struct MasteryRow {
    learner_id: String,
    domain: String,
    n_now: i32,
    points: i32,
    model: Option<String>,
    #[serde(serialize_with = "maybe_digits", skip_serializing_if = "Option::is_none")]
    slope: Option<f64>,
    #[serde(serialize_with = "maybe_digits", skip_serializing_if = "Option::is_none")]
    intercept: Option<f64>,
    #[serde(serialize_with = "maybe_digits")]
    current: Option<f64>,
    questions_needed: Option<i32>,
    questions_lo: Option<i32>,
    questions_hi: Option<i32>,
    #[serde(serialize_with = "maybe_digits")]
    days: Option<f64>,
    #[serde(serialize_with = "maybe_digits")]
    days_lo: Option<f64>,
    #[serde(serialize_with = "maybe_digits")]
    days_hi: Option<f64>,
    #[serde(serialize_with = "maybe_digits")]
    hours: Option<f64>,
    status: String,
    #[serde(serialize_with = "digits")]
    rate_per_day: f64,
    #[serde(serialize_with = "digits")]
    sec_per_question: f64,
    plan: Json<Vec<PlannedWeek>>,
}

impl MasteryRow {
    /// Every domain of a source's learners, and the whole.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn of_source(db: &PgPool, source: &str) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as(include_str!("sql/mastery.sql")).bind(source).fetch_all(db).await
    }
}

/// A line of `predictions.jsonl`.
#[derive(Debug, Clone, Serialize)]
pub struct PredictionRow {
    learner_id: String,
    features: BTreeMap<String, f64>,
    #[serde(serialize_with = "digits")]
    bayes: f64,
    #[serde(serialize_with = "digits")]
    regression: f64,
    #[serde(serialize_with = "digits")]
    rules: f64,
    #[serde(serialize_with = "digits")]
    p: f64,
    #[serde(serialize_with = "digits")]
    lo: f64,
    #[serde(serialize_with = "digits")]
    hi: f64,
    #[serde(serialize_with = "digits")]
    agreement: f64,
    status: String,
    domains: BTreeMap<String, OfDomain>,
    strengths: Vec<String>,
    weaknesses: Vec<String>,
    interventions: Vec<String>,
    recommendations: Vec<Advice>,
    hours: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, Serialize)]
struct OfDomain {
    #[serde(serialize_with = "digits")]
    shrunk: f64,
    #[serde(serialize_with = "digits")]
    p: f64,
}

#[derive(Debug, Clone, Serialize)]
struct Advice {
    priority: String,
    #[serde(rename = "type")]
    kind: String,
    subject: String,
}

#[derive(FromRow)]
struct Stored {
    learner_id: String,
    subject_id: i64,
    features: Json<BTreeMap<String, f64>>,
    bayes: f64,
    regression: f64,
    rules: f64,
    p: f64,
    lo: f64,
    hi: f64,
    agreement: f64,
    status: String,
    domains: Json<BTreeMap<String, StoredDomain>>,
    interventions: Vec<String>,
}

#[derive(Deserialize)]
struct StoredDomain {
    score: f64,
    shrunk: f64,
    p: f64,
    hours: f64,
}

impl PredictionRow {
    /// The predictions that were made for a source's learners as of `as_of`. Strengths and weaknesses are told by `by`.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn of_source(
        db: &PgPool,
        source: &str,
        as_of: DateTime<Utc>,
        by: &Coefficients,
    ) -> Result<Vec<Self>, sqlx::Error> {
        let rows: Vec<Stored> =
            sqlx::query_as(include_str!("sql/predictions.sql")).bind(source).bind(as_of).fetch_all(db).await?;
        let advised: Vec<(i64, String, String, String)> =
            sqlx::query_as(include_str!("sql/advice.sql")).bind(source).fetch_all(db).await?;
        let mut advice: BTreeMap<i64, Vec<Advice>> = BTreeMap::new();
        for (id, priority, kind, subject) in advised {
            advice.entry(id).or_default().push(Advice { priority, kind, subject });
        }
        Ok(rows
            .into_iter()
            .map(|row| {
                let recommendations = advice.remove(&row.subject_id).unwrap_or_default();
                Self::new(row, recommendations, by)
            })
            .collect())
    }

    fn new(row: Stored, recommendations: Vec<Advice>, by: &Coefficients) -> Self {
        let domains = row.domains.0;
        let named = |holds: &dyn Fn(f64) -> bool| {
            domains.iter().filter(|(_, domain)| holds(domain.score)).map(|(name, _)| name.clone()).collect()
        };
        let strengths = named(&|score| score > by.domain.strength_above + 1e-9);
        let weaknesses = named(&|score| score < by.domain.weakness_below - 1e-9);
        Self {
            learner_id: row.learner_id,
            features: row.features.0.into_iter().map(|(name, value)| (name, rounded(value))).collect(),
            bayes: row.bayes,
            regression: row.regression,
            rules: row.rules,
            p: row.p,
            lo: row.lo,
            hi: row.hi,
            agreement: row.agreement,
            status: row.status,
            strengths,
            weaknesses,
            interventions: row.interventions,
            recommendations,
            hours: domains.iter().map(|(name, domain)| (name.clone(), domain.hours)).collect(),
            domains: domains
                .into_iter()
                .map(|(name, domain)| (name, OfDomain { shrunk: domain.shrunk, p: domain.p }))
                .collect(),
        }
    }
}
