//! Learners' metrics as lines of JSON, and a bucket's summary.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};

use super::{digits, maybe_digits};
use crate::learning::Archetype;

/// A line of `learner_metrics.jsonl`.
#[derive(Debug, Clone, FromRow, Serialize)]
pub struct LearnerRow {
    learner_id: String,
    cohort_id: Option<String>,
    weeks_observed: i32,
    #[serde(serialize_with = "digits")]
    velocity_raw: f64,
    #[serde(serialize_with = "digits")]
    velocity_ema: f64,
    #[serde(serialize_with = "digits")]
    velocity_next: f64,
    #[sqlx(rename = "adoption_rate")]
    #[serde(serialize_with = "digits")]
    adoption_rate_28d: f64,
    #[serde(serialize_with = "digits")]
    entropy_bits: f64,
    #[serde(serialize_with = "digits")]
    concentration: f64,
    top_domain: Option<String>,
    #[serde(serialize_with = "digits")]
    top_share: f64,
    is_specialist: bool,
    #[serde(serialize_with = "digits")]
    transfer: f64,
    #[serde(serialize_with = "digits")]
    reuse: f64,
    #[serde(serialize_with = "digits")]
    retention_strength: f64,
    #[serde(serialize_with = "digits")]
    momentum: f64,
    #[serde(serialize_with = "digits")]
    churn_risk: f64,
    usage_28d: i32,
    usage_90d: i32,
    #[serde(serialize_with = "by_archetype")]
    scores: Vec<f64>,
    provisional: bool,
    archetype: String,
    #[serde(serialize_with = "digits")]
    confidence: f64,
}

impl LearnerRow {
    /// The newest metrics of a source's learners.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn of_source(db: &PgPool, source: &str) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as(include_str!("sql/learner_metrics.sql")).bind(source).fetch_all(db).await
    }
}

fn by_archetype<S: Serializer>(scores: &[f64], to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(scores.len()))?;
    for (archetype, score) in Archetype::ALL.iter().zip(scores) {
        map.serialize_entry(archetype.as_str(), &super::rounded(*score))?;
    }
    map.end()
}

/// `learner_summary.json`: a bucket in figures.
#[derive(Debug, Clone, Serialize)]
pub struct LearnerSummary {
    n_learners: i32,
    #[serde(serialize_with = "maybe_digits")]
    holdout_accuracy: Option<f64>,
    #[serde(serialize_with = "maybe_digits")]
    holdout_accuracy_naive: Option<f64>,
    #[serde(serialize_with = "maybe_digits")]
    churn_auc: Option<f64>,
    #[serde(serialize_with = "maybe_digits")]
    confident_share: Option<f64>,
    archetypes: BTreeMap<String, i64>,
    half_life: BTreeMap<String, HalfLife>,
    retention: BTreeMap<String, f64>,
}

#[derive(FromRow)]
struct SummaryRow {
    n_learners: i32,
    holdout_accuracy: Option<f64>,
    holdout_accuracy_naive: Option<f64>,
    churn_auc: Option<f64>,
    confident_share: Option<f64>,
    archetypes: Json<BTreeMap<String, i64>>,
    retention: Json<BTreeMap<String, f64>>,
}

#[derive(Debug, Clone, Serialize)]
struct HalfLife {
    #[serde(serialize_with = "maybe_digits")]
    days: Option<f64>,
    method: String,
    n: i32,
}

impl LearnerSummary {
    /// The summary of the bucket that was computed as of `as_of`, if there is one.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn of_bucket(db: &PgPool, as_of: DateTime<Utc>) -> Result<Option<Self>, sqlx::Error> {
        let summary: Option<SummaryRow> =
            sqlx::query_as(include_str!("sql/learner_summary.sql")).bind(as_of).fetch_optional(db).await?;
        let Some(summary) = summary else { return Ok(None) };
        let half_lives: Vec<(String, Option<f64>, String, i32)> =
            sqlx::query_as(include_str!("sql/half_lives.sql")).bind(as_of).fetch_all(db).await?;
        Ok(Some(Self {
            n_learners: summary.n_learners,
            holdout_accuracy: summary.holdout_accuracy,
            holdout_accuracy_naive: summary.holdout_accuracy_naive,
            churn_auc: summary.churn_auc,
            confident_share: summary.confident_share,
            archetypes: summary.archetypes.0,
            half_life: half_lives
                .into_iter()
                .map(|(name, days, method, n)| (name, HalfLife { days, method, n }))
                .collect(),
            retention: summary.retention.0.into_iter().map(|(days, share)| (days, super::rounded(share))).collect(),
        }))
    }
}
