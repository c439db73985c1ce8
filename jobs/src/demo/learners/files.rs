//! The learners' results as files, under the fixtures' names and formats.

use std::path::Path;

use serde::de::DeserializeOwned;
use sqlx::PgPool;
use sqlx::types::Json;
use windlass::cli::CliError;

use super::super::file;
use super::Learners;
use crate::learning::{Coefficients, pass};
use crate::results::{Benchmarks, LearnerRow, LearnerSummary, MasteryRow, Matching, PredictionRow, heatmaps};

/// Of how many learners heatmaps are drawn.
const DRAWN: i64 = 6;

pub(super) async fn write(learners: &Learners, db: &PgPool, out: &Path) -> Result<(), CliError> {
    let (source, as_of) = (learners.people.as_str(), learners.as_of());
    let by: Coefficients = active(db, "learning").await?;
    let passing: pass::Coefficients = active(db, "pass").await?;
    file::lines(out, "learner_metrics.jsonl", LearnerRow::of_source(db, source).await?)?;
    file::json(out, "learner_summary.json", &LearnerSummary::of_bucket(db, as_of).await?)?;
    file::json(out, "benchmarks.json", &Benchmarks::of_bucket(db, source, as_of).await?)?;
    file::json(out, "matching.json", &Matching::of_bucket(db, source, as_of).await?)?;
    file::json(out, "heatmaps.json", &heatmaps(db, source, DRAWN, as_of, by.suppress_below).await?)?;
    file::lines(out, "mastery.jsonl", MasteryRow::of_source(db, source).await?)?;
    file::lines(out, "predictions.jsonl", PredictionRow::of_source(db, source, as_of, &passing).await?)?;
    Ok(())
}

async fn active<C: DeserializeOwned + Send + Unpin + 'static>(db: &PgPool, name: &str) -> Result<C, sqlx::Error> {
    let body: Json<C> = sqlx::query_scalar(include_str!("sql/read_active.sql")).bind(name).fetch_one(db).await?;
    Ok(body.0)
}
