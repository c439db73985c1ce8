//! Scope `dispatch`: what is due becomes jobs. Doing them is the other scopes' affair.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use windlass::{Client, JobContext, JobError};

use super::spectrum::{SHARD, Spectrum};
use super::{Week, WeeklyAggregation};
use crate::calendar::instant_label;
use crate::deps::Deps;

/// How many jobs one statement enqueues.
const BATCH: usize = 500;

/// Of what is due 99.5 % is to be aggregated within 6 hours; before that somebody has to know.
const LAG_AT_RISK: TimeDelta = TimeDelta::hours(4);

/// The arguments of the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispatch {
    /// What is due by then; a schedule's tick.
    pub as_of: DateTime<Utc>,
}

impl Dispatch {
    pub(super) fn key(&self) -> String {
        format!("wka:dispatch:{}", instant_label(self.as_of))
    }

    /// Enqueues the jobs in the transaction that ends this one. Their keys name what they do, so that doing this twice makes
    /// nothing twice.
    pub(super) async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        let shards: Vec<(i64, NaiveDate, i64, DateTime<Utc>)> =
            sqlx::query_as(include_str!("sql/due_shards.sql")).bind(self.as_of).bind(SHARD).fetch_all(cx.db()).await?;
        let client = Client::new(cx.db().clone());
        let mut tx = cx.db().begin().await?;
        for batch in shards.chunks(BATCH) {
            let jobs = batch.iter().map(|(shard, oldest, fingerprint, _)| {
                WeeklyAggregation::Spectrum(Spectrum::of_shard(*shard, Week::of(*oldest), *fingerprint, self.as_of))
            });
            client.enqueue_many(&mut *tx, jobs).await?;
        }
        cx.complete(&mut tx).await?;
        client.commit(tx).await?;
        let due_since = shards.iter().map(|(.., due_since)| *due_since).min();
        // Who asks for what will be due is not late.
        let lag = due_since.map_or(TimeDelta::zero(), |since| self.as_of.min(Utc::now()) - since);
        if lag > LAG_AT_RISK {
            tracing::warn!(
                shards = shards.len(),
                lag_seconds = lag.num_seconds(),
                "the weekly aggregation is late: look at queue `aggregation` and at its dead letters"
            );
        } else {
            tracing::info!(shards = shards.len(), lag_seconds = lag.num_seconds(), "dispatched");
        }
        Ok(())
    }
}
