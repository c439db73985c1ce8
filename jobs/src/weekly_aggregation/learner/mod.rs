//! Scope `learner`: a shard of learners, in steps that wait for everybody's between them.
//!
//! `measure` takes what each learner's own interactions tell; then half-lives are known. `retain` takes the retention from
//! them; then everyone is ranked. `classify` tells archetype and cohort from the ranks and publishes. Each step goes through
//! the shard in pages, a transaction each, and recomputes from its source: a page that is done again writes equal rows.

mod classify;
mod measure;
mod page;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use windlass::{Client, JobContext, JobError};

pub use measure::week_no;
pub use page::Page;

use super::barrier::Barrier;
use super::global::{Global, Stage};
use super::spectrum::Shard;
use super::{Week, WeeklyAggregation};
use crate::deps::Deps;
use crate::learning::Coefficients;

/// The arguments of the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learner {
    /// Whose.
    pub shard: Shard,
    /// What is done.
    pub step: Step,
    /// For which week.
    pub bucket: Week,
    /// Which run of it; `None`: the schedule's.
    #[serde(default)]
    pub dirty_seq: Option<i64>,
    /// The evidence up to then counts.
    pub as_of: DateTime<Utc>,
}

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// What each learner's own interactions tell.
    Measure,
    /// Retention, from everybody's half-lives.
    Retain,
    /// Archetype and cohort, from everybody's ranks.
    Classify,
}

impl Step {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Measure => "measure",
            Self::Retain => "retain",
            Self::Classify => "classify",
        }
    }

    /// What happens when every shard has done this step.
    fn then(self) -> Stage {
        match self {
            Self::Measure => Stage::HalfLives,
            Self::Retain => Stage::Rank,
            Self::Classify => Stage::Finish,
        }
    }
}

impl Learner {
    pub(super) fn key(&self) -> String {
        let Shard { from, to } = self.shard;
        format!("wka:learner:{}:{from}-{to}:{}:{}", self.step.as_str(), self.bucket, super::sequence(self.dirty_seq))
    }

    pub(super) async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        let by = coefficients(cx.db()).await?;
        let total = u64::try_from(self.shard.to - self.shard.from).unwrap_or_default();
        let mut after = self.shard.from - 1;
        loop {
            let done = u64::try_from(after + 1 - self.shard.from).unwrap_or_default();
            // A worker that lost its lease stops here, before it writes another page.
            cx.progress(done, total, self.step.as_str()).await?;
            let mut tx = cx.db().begin().await?;
            let Some(page) = Page::lock(&mut tx, self.shard, after, self.as_of).await? else { break };
            self.page(&mut tx, &page, &by).await?;
            tx.commit().await?;
            after = page.last();
        }
        let client = Client::new(cx.db().clone());
        let mut tx = cx.db().begin().await?;
        if self.step == Step::Measure {
            leave_half_life_parts(&mut tx, self.shard, self.as_of, &by).await?;
        }
        let barrier =
            Barrier { bucket: self.bucket, run: self.dirty_seq.unwrap_or_default(), step: self.step.as_str() };
        if barrier.pass(&mut tx, self.shard.from).await? {
            let next =
                Global { stage: self.step.then(), bucket: self.bucket, dirty_seq: self.dirty_seq, as_of: self.as_of };
            client.enqueue(&mut *tx, WeeklyAggregation::Global(next)).await?;
        }
        cx.complete(&mut tx).await?;
        Ok(client.commit(tx).await?)
    }

    async fn page(&self, tx: &mut PgConnection, page: &Page, by: &Coefficients) -> Result<(), sqlx::Error> {
        match self.step {
            Step::Measure => {
                let active = measure::page(tx, page, by).await?;
                tracing::debug!(learners = page.ids().len(), active, "measured a page");
                Ok(())
            }
            Step::Retain => retain(tx, page, by).await,
            Step::Classify => {
                let cohorts = classify::cohorts(tx).await?;
                classify::page(tx, page, week_no(self.bucket.monday()), &cohorts, by).await
            }
        }
    }
}

async fn retain(tx: &mut PgConnection, page: &Page, by: &Coefficients) -> Result<(), sqlx::Error> {
    page.bind(include_str!("sql/retain.sql"))
        .bind(page.as_of())
        .bind(by.retention.unknown_half_life_days)
        .execute(tx)
        .await?;
    Ok(())
}

async fn leave_half_life_parts(
    tx: &mut PgConnection,
    shard: Shard,
    as_of: DateTime<Utc>,
    by: &Coefficients,
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/clear_half_life_parts.sql")).bind(as_of).bind(shard.from).execute(&mut *tx).await?;
    sqlx::query(include_str!("sql/add_half_life_parts.sql"))
        .bind(as_of)
        .bind(shard.from)
        .bind(shard.to)
        .bind(as_of - TimeDelta::hours(24 * by.retention.stopped_after_days))
        .execute(tx)
        .await?;
    Ok(())
}

/// The active version of the learners' coefficients.
///
/// # Errors
///
/// The database's; a body that does not decode, which is given up at once.
pub(super) async fn coefficients(db: &PgPool) -> Result<Coefficients, JobError> {
    let body: Option<Json<serde_json::Value>> =
        sqlx::query_scalar(include_str!("sql/read_coefficients.sql")).bind("learning").fetch_optional(db).await?;
    let Some(Json(body)) = body else {
        return Err(JobError::retry("no version of the coefficients \"learning\" is active: activate one"));
    };
    serde_json::from_value(body).map_err(|error| {
        JobError::discard(format!(
            "the active coefficients \"learning\" do not decode: {error}; activate another version"
        ))
    })
}
