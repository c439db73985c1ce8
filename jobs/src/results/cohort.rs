//! Benchmarks, ranks and cohorts as JSON.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};

use super::{digits, maybe_digits, rounded};

/// `benchmarks.json`: how cohorts do, and where each learner stands.
#[derive(Debug, Clone, Serialize)]
pub struct Benchmarks {
    #[serde(rename = "benchmarks")]
    of_cohorts: BTreeMap<String, BTreeMap<String, Benchmark>>,
    ranks: BTreeMap<String, BTreeMap<String, Option<f64>>>,
    performance: BTreeMap<String, Performance>,
}

#[derive(Debug, Clone, Serialize)]
struct Benchmark {
    n: i32,
    suppressed: bool,
    #[serde(flatten)]
    told: Option<Told>,
}

#[derive(Debug, Clone, Serialize)]
struct Told {
    #[serde(serialize_with = "digits")]
    mean: f64,
    #[serde(serialize_with = "digits")]
    sd: f64,
    #[serde(serialize_with = "digits")]
    p25: f64,
    #[serde(serialize_with = "digits")]
    p50: f64,
    #[serde(serialize_with = "digits")]
    p75: f64,
    #[serde(serialize_with = "digits")]
    p90: f64,
}

#[derive(FromRow)]
struct BenchmarkRow {
    cohort: String,
    metric: String,
    n: i32,
    suppressed: bool,
    mean: Option<f64>,
    sd: Option<f64>,
    p25: Option<f64>,
    p50: Option<f64>,
    p75: Option<f64>,
    p90: Option<f64>,
}

impl BenchmarkRow {
    fn told(&self) -> Option<Told> {
        let Self { mean, sd, p25, p50, p75, p90, .. } = *self;
        // A group of one that is not suppressed, by configuration, has no deviation.
        Some(Told { mean: mean?, sd: sd.unwrap_or_default(), p25: p25?, p50: p50?, p75: p75?, p90: p90? })
    }
}

#[derive(Debug, Clone, Serialize)]
struct Performance {
    #[serde(serialize_with = "maybe_digits")]
    accuracy: Option<f64>,
    #[serde(serialize_with = "digits")]
    hours: f64,
    questions: i32,
    streak: i32,
}

#[derive(FromRow)]
struct PerformanceRow {
    learner_id: String,
    accuracy: Option<f64>,
    hours: f64,
    questions: i32,
    streak: i32,
    percentiles: Json<BTreeMap<String, Option<f64>>>,
}

impl Benchmarks {
    /// Of the bucket that was computed as of `as_of`, with a source's learners.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn of_bucket(db: &PgPool, source: &str, as_of: DateTime<Utc>) -> Result<Self, sqlx::Error> {
        let rows: Vec<BenchmarkRow> =
            sqlx::query_as(include_str!("sql/benchmarks.sql")).bind(as_of).fetch_all(db).await?;
        let learners: Vec<PerformanceRow> =
            sqlx::query_as(include_str!("sql/performance.sql")).bind(source).bind(as_of).fetch_all(db).await?;
        let mut benchmarks: BTreeMap<String, BTreeMap<String, Benchmark>> = BTreeMap::new();
        for row in rows {
            let told = row.told();
            let benchmark = Benchmark { n: row.n, suppressed: row.suppressed, told };
            benchmarks.entry(row.cohort).or_default().insert(row.metric, benchmark);
        }
        let (mut ranks, mut performance) = (BTreeMap::new(), BTreeMap::new());
        for row in learners {
            let PerformanceRow { learner_id, accuracy, hours, questions, streak, percentiles } = row;
            let of = percentiles.0.into_iter().map(|(metric, rank)| (metric, rank.map(rounded))).collect();
            ranks.insert(learner_id.clone(), of);
            performance.insert(learner_id, Performance { accuracy, hours, questions, streak });
        }
        Ok(Self { of_cohorts: benchmarks, ranks, performance })
    }
}

/// `matching.json`: who fits which cohort, and what cohorts are advised.
#[derive(Debug, Clone, Serialize)]
pub struct Matching {
    matches: BTreeMap<String, Match>,
    mapping_errors: i32,
    cohorts: BTreeMap<String, Cohort>,
}

#[derive(Debug, Clone, Serialize)]
struct Match {
    cohort_id: String,
    #[serde(serialize_with = "maybe_digits")]
    score: Option<f64>,
    how: String,
}

#[derive(Debug, Clone, Default, Serialize)]
struct Cohort {
    n: i32,
    workflows: Vec<Workflow>,
    gaps: Vec<Gap>,
}

#[derive(Debug, Clone, Serialize)]
struct Workflow {
    workflow_id: String,
    #[serde(serialize_with = "digits")]
    score: f64,
}

#[derive(Debug, Clone, Serialize)]
struct Gap {
    capability: String,
    #[serde(rename = "adoption_gap", serialize_with = "digits")]
    adoption: f64,
    #[serde(rename = "accuracy_gap", serialize_with = "digits")]
    accuracy: f64,
    #[serde(serialize_with = "digits")]
    severity: f64,
}

impl Matching {
    /// Of the bucket that was computed as of `as_of`, with a source's learners.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn of_bucket(db: &PgPool, source: &str, as_of: DateTime<Utc>) -> Result<Self, sqlx::Error> {
        let matches: Vec<(String, String, Option<f64>, String)> =
            sqlx::query_as(include_str!("sql/matches.sql")).bind(source).fetch_all(db).await?;
        let mapping_errors: Option<i32> =
            sqlx::query_scalar(include_str!("sql/mapping_errors.sql")).bind(as_of).fetch_optional(db).await?;
        let one = |(learner_id, cohort_id, score, how)| (learner_id, Match { cohort_id, score, how });
        Ok(Self {
            matches: matches.into_iter().map(one).collect(),
            mapping_errors: mapping_errors.unwrap_or_default(),
            cohorts: cohorts(db, as_of).await?,
        })
    }
}

async fn cohorts(db: &PgPool, as_of: DateTime<Utc>) -> Result<BTreeMap<String, Cohort>, sqlx::Error> {
    let sizes: Vec<(String, i32)> =
        sqlx::query_as(include_str!("sql/cohort_sizes.sql")).bind(as_of).fetch_all(db).await?;
    let workflows: Vec<(String, String, f64)> =
        sqlx::query_as(include_str!("sql/cohort_workflows.sql")).bind(as_of).fetch_all(db).await?;
    let gaps: Vec<(String, String, f64, f64, f64)> =
        sqlx::query_as(include_str!("sql/cohort_gaps.sql")).bind(as_of).fetch_all(db).await?;
    let mut cohorts: BTreeMap<String, Cohort> =
        sizes.into_iter().map(|(name, n)| (name, Cohort { n, ..Cohort::default() })).collect();
    for (cohort, workflow_id, score) in workflows {
        cohorts.entry(cohort).or_default().workflows.push(Workflow { workflow_id, score });
    }
    for (cohort, capability, adoption, accuracy, severity) in gaps {
        let gap = Gap { capability, adoption, accuracy, severity };
        cohorts.entry(cohort).or_default().gaps.push(gap);
    }
    Ok(cohorts)
}
