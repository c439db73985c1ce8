//! Scope `learner`: a shard of learners, in steps that wait for everybody's between them.
//!
//! `measure` takes what each learner's own interactions tell; then half-lives are known. `retain` takes the retention from
//! them; then everyone is ranked. `classify` tells archetype and cohort from the ranks and publishes. Each step goes through
//! the shard in pages, a transaction each, and recomputes from its source: a page that is done again writes equal rows.

mod classify;
mod mastery;
mod measure;
mod page;
mod predict;

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use windlass::{Client, JobContext, JobError};

pub use mastery::ALL_DOMAINS;
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
    /// Mastery, pass probability, advice and heatmaps: of each learner alone, beside the other steps.
    Forecast,
}

impl Step {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Measure => "measure",
            Self::Retain => "retain",
            Self::Classify => "classify",
            Self::Forecast => "forecast",
        }
    }

    /// What happens when every shard has done this step.
    fn then(self) -> Option<Stage> {
        match self {
            Self::Measure => Some(Stage::HalfLives),
            Self::Retain => Some(Stage::Rank),
            Self::Classify => Some(Stage::Finish),
            Self::Forecast => None,
        }
    }
}

impl Learner {
    pub(super) fn key(&self) -> String {
        let Shard { from, to } = self.shard;
        format!("wka:learner:{}:{from}-{to}:{}:{}", self.step.as_str(), self.bucket, super::sequence(self.dirty_seq))
    }

    pub(super) async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        let by = Constants::read(cx.db()).await?;
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
            leave_half_life_parts(&mut tx, self.shard, self.as_of, &by.learning).await?;
        }
        let barrier =
            Barrier { bucket: self.bucket, run: self.dirty_seq.unwrap_or_default(), step: self.step.as_str() };
        if barrier.pass(&mut tx, self.shard.from).await?
            && let Some(stage) = self.step.then()
        {
            let Self { bucket, dirty_seq, as_of, .. } = *self;
            let next = Global { stage, bucket, dirty_seq, as_of };
            client.enqueue(&mut *tx, WeeklyAggregation::Global(next)).await?;
        }
        cx.complete(&mut tx).await?;
        Ok(client.commit(tx).await?)
    }

    async fn page(&self, tx: &mut PgConnection, page: &Page, by: &Constants) -> Result<(), sqlx::Error> {
        match self.step {
            Step::Measure => {
                let active = measure::page(tx, page, &by.learning).await?;
                tracing::debug!(learners = page.ids().len(), active, "measured a page");
                Ok(())
            }
            Step::Retain => retain(tx, page, &by.learning).await,
            Step::Classify => {
                let cohorts = classify::cohorts(tx).await?;
                classify::page(tx, page, week_no(self.bucket.monday()), &cohorts, &by.learning).await
            }
            Step::Forecast => {
                mastery::page(tx, page, &by.mastery).await?;
                predict::page(tx, page, &by.pass).await?;
                heatmaps(tx, page).await
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

async fn heatmaps(tx: &mut PgConnection, page: &Page) -> Result<(), sqlx::Error> {
    page.bind(include_str!("sql/draw_heatmaps.sql")).bind(page.as_of()).bind(page.today()).execute(tx).await?;
    Ok(())
}

/// The active versions of the coefficients that the steps need.
struct Constants {
    learning: Coefficients,
    mastery: crate::learning::mastery::Coefficients,
    pass: crate::learning::pass::Coefficients,
}

impl Constants {
    async fn read(db: &PgPool) -> Result<Self, JobError> {
        Ok(Self {
            learning: coefficients(db, "learning").await?,
            mastery: coefficients(db, "mastery").await?,
            pass: coefficients(db, "pass").await?,
        })
    }
}

/// The active version of the coefficients of a name. Bad ones are given up at once: they will not get better.
pub(super) async fn coefficients<C: DeserializeOwned>(db: &PgPool, name: &str) -> Result<C, JobError> {
    let body: Option<Json<serde_json::Value>> =
        sqlx::query_scalar(include_str!("sql/read_coefficients.sql")).bind(name).fetch_optional(db).await?;
    let Some(Json(body)) = body else {
        return Err(JobError::retry(format!("no version of the coefficients {name:?} is active: activate one")));
    };
    serde_json::from_value(body).map_err(|error| {
        JobError::discard(format!(
            "the active version of the coefficients {name:?} does not decode: {error}; activate another"
        ))
    })
}
