//! Scope `cohort`: how one cohort does, what it may be advised, and what its members lack.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use windlass::{JobContext, JobError};

use super::Week;
use super::learner::coefficients;
use crate::deps::Deps;
use crate::learning::Coefficients;

/// The arguments of the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cohort {
    /// Which cohort.
    pub key: i32,
    /// Which week.
    pub bucket: Week,
    /// Which run of it; `None`: the schedule's.
    #[serde(default)]
    pub dirty_seq: Option<i64>,
    /// The evidence up to then counts.
    pub as_of: DateTime<Utc>,
}

impl Cohort {
    pub(super) fn key(&self) -> String {
        format!("wka:cohort:{}:{}:{}", self.key, self.bucket, super::sequence(self.dirty_seq))
    }

    pub(super) async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        let by: Coefficients = coefficients(cx.db(), "learning").await?;
        let mut tx = cx.db().begin().await?;
        benchmarks(&mut tx, self.as_of, Some(self.key), &by).await?;
        self.advise(&mut tx, &by).await?;
        cx.complete(&mut tx).await?;
        Ok(tx.commit().await?)
    }

    async fn advise(&self, tx: &mut PgConnection, by: &Coefficients) -> Result<(), sqlx::Error> {
        let bound = |statement: &'static str| sqlx::query(statement).bind(self.as_of).bind(self.key);
        bound(include_str!("sql/position.sql")).execute(&mut *tx).await?;
        bound(include_str!("sql/clear_workflows.sql")).execute(&mut *tx).await?;
        bound(include_str!("sql/add_workflows.sql")).bind(by.workflows).execute(&mut *tx).await?;
        bound(include_str!("sql/clear_gaps.sql")).execute(&mut *tx).await?;
        bound(include_str!("sql/add_gaps.sql")).bind(by.gaps).bind(by.target_accuracy).execute(tx).await?;
        Ok(())
    }
}

/// The cohorts there are.
pub(super) async fn all(tx: &mut PgConnection) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/list_cohorts.sql")).fetch_all(tx).await
}

/// The benchmarks of a cohort, or of everybody.
pub(super) async fn benchmarks(
    tx: &mut PgConnection,
    as_of: DateTime<Utc>,
    cohort: Option<i32>,
    by: &Coefficients,
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/benchmarks.sql"))
        .bind(as_of)
        .bind(cohort)
        .bind(by.suppress_below)
        .execute(tx)
        .await?;
    Ok(())
}
