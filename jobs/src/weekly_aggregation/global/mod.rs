//! Scope `global`: what is taken over all learners of a bucket, between the steps of their shards.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use windlass::{Client, JobContext, JobError, JobExt};

use super::barrier::{Barrier, SHARD};
use super::cohort::{self, Cohort};
use super::learner::{Learner, Step, coefficients, week_no};
use super::spectrum::Shard;
use super::{Week, WeeklyAggregation};
use crate::deps::Deps;
use crate::learning::Coefficients;

/// For how long whoever does nothing is away: the label that the risk of churn is judged by.
const JUDGED_AFTER: TimeDelta = TimeDelta::days(28);

/// The arguments of the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Global {
    /// Where the bucket is.
    pub stage: Stage,
    /// Which week.
    pub bucket: Week,
    /// Which run of it; `None`: the schedule's.
    #[serde(default)]
    pub dirty_seq: Option<i64>,
    /// The evidence up to then counts.
    pub as_of: DateTime<Utc>,
}

/// The stages, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Opens the bucket: its shards are measured.
    Open,
    /// The half-lives of capabilities; then retention is taken, shard by shard.
    HalfLives,
    /// Everyone's ranks; then the shards are classified and published.
    Rank,
    /// What is told of all: benchmarks and the summary; and the cohorts' own steps begin.
    Finish,
    /// Four weeks later: how well the risk of churn foretold who left.
    Judge,
}

impl Stage {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::HalfLives => "half_lives",
            Self::Rank => "rank",
            Self::Finish => "finish",
            Self::Judge => "judge",
        }
    }

    /// The steps of the shards that follow.
    fn then(self) -> &'static [Step] {
        match self {
            Self::Open => &[Step::Measure, Step::Forecast],
            Self::HalfLives => &[Step::Retain],
            Self::Rank => &[Step::Classify],
            Self::Finish | Self::Judge => &[],
        }
    }
}

impl Global {
    /// The bucket of a schedule's tick: the week that ended before it.
    #[must_use]
    pub fn of(tick: DateTime<Utc>) -> Self {
        let bucket = Week::of(tick.date_naive() - chrono::Days::new(7));
        Self { stage: Stage::Open, bucket, dirty_seq: None, as_of: tick }
    }

    pub(super) fn key(&self) -> String {
        format!("wka:global:{}:{}:{}", self.stage.as_str(), self.bucket, super::sequence(self.dirty_seq))
    }

    pub(super) async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        let by: Coefficients = coefficients(cx.db(), "learning").await?;
        let client = Client::new(cx.db().clone());
        let mut tx = cx.db().begin().await?;
        match self.stage {
            Stage::HalfLives => half_lives(&mut tx, self.as_of, &by).await?,
            Stage::Rank => rank(&mut tx, self.as_of, &by).await?,
            Stage::Open => {}
            Stage::Finish => {
                cohort::benchmarks(&mut tx, self.as_of, None, &by).await?;
                summarise(&mut tx, self.as_of, &by).await?;
                let next = self.cohorts(&mut tx).await?;
                client.enqueue_many(&mut *tx, next).await?;
                let judge = WeeklyAggregation::Global(Self { stage: Stage::Judge, ..*self });
                client.enqueue(&mut *tx, judge.at(self.as_of + JUDGED_AFTER)).await?;
            }
            Stage::Judge => self.judge(&mut tx).await?,
        }
        for step in self.stage.then() {
            let jobs = self.shards(&mut tx, *step).await?;
            client.enqueue_many(&mut *tx, jobs).await?;
        }
        cx.complete(&mut tx).await?;
        Ok(client.commit(tx).await?)
    }

    /// Opens the shards' step; answers their jobs.
    async fn shards(&self, tx: &mut PgConnection, step: Step) -> Result<Vec<WeeklyAggregation>, sqlx::Error> {
        let Self { bucket, dirty_seq, as_of, .. } = *self;
        let barrier = Barrier { bucket, run: dirty_seq.unwrap_or_default(), step: step.as_str() };
        let shards = barrier.open(tx).await?;
        let job = |from: i64| {
            let shard = Shard { from, to: from.saturating_add(SHARD) };
            WeeklyAggregation::Learner(Learner { shard, step, bucket, dirty_seq, as_of })
        };
        Ok(shards.into_iter().map(job).collect())
    }

    /// The jobs of the cohorts.
    async fn cohorts(&self, tx: &mut PgConnection) -> Result<Vec<WeeklyAggregation>, sqlx::Error> {
        let Self { bucket, dirty_seq, as_of, .. } = *self;
        let job = |key| WeeklyAggregation::Cohort(Cohort { key, bucket, dirty_seq, as_of });
        Ok(cohort::all(tx).await?.into_iter().map(job).collect())
    }

    async fn judge(&self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query(include_str!("sql/judge_churn.sql"))
            .bind(self.as_of)
            .bind(week_no(self.bucket.monday()))
            .bind(self.as_of + JUDGED_AFTER)
            .execute(tx)
            .await?;
        Ok(())
    }
}

async fn summarise(tx: &mut PgConnection, as_of: DateTime<Utc>, by: &Coefficients) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/summarise.sql")).bind(as_of).bind(&by.retention.days).execute(tx).await?;
    Ok(())
}

async fn half_lives(tx: &mut PgConnection, as_of: DateTime<Utc>, by: &Coefficients) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/clear_half_lives.sql")).bind(as_of).execute(&mut *tx).await?;
    sqlx::query(include_str!("sql/add_half_lives.sql")).bind(as_of).bind(by.retention.needs_users).execute(tx).await?;
    Ok(())
}

async fn rank(tx: &mut PgConnection, as_of: DateTime<Utc>, by: &Coefficients) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/rank.sql")).bind(as_of).bind(by.suppress_below).execute(tx).await?;
    Ok(())
}
