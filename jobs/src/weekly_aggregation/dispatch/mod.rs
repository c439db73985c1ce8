//! Scope `dispatch`: what is due becomes jobs. Doing them is the other scopes' affair.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use windlass::{Client, JobContext, JobError};

use super::spectrum::{SHARD, Spectrum, instant};
use super::{Week, WeeklyAggregation};
use crate::deps::Deps;

/// How many jobs one statement enqueues.
const BATCH: usize = 500;

/// The arguments of the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispatch {
    /// What is due by then; a schedule's tick.
    pub as_of: DateTime<Utc>,
}

impl Dispatch {
    pub(super) fn key(&self) -> String {
        format!("wka:dispatch:{}", instant(self.as_of))
    }

    /// Enqueues the jobs in the transaction that ends this one. Their keys name what they do, so that doing this twice makes
    /// nothing twice.
    pub(super) async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        let shards: Vec<(i64, NaiveDate, i64)> =
            sqlx::query_as(include_str!("sql/due_shards.sql")).bind(self.as_of).bind(SHARD).fetch_all(cx.db()).await?;
        let client = Client::new(cx.db().clone());
        let mut tx = cx.db().begin().await?;
        for batch in shards.chunks(BATCH) {
            let jobs = batch.iter().map(|(shard, oldest, fingerprint)| {
                WeeklyAggregation::Spectrum(Spectrum::of_shard(*shard, Week::of(*oldest), *fingerprint, self.as_of))
            });
            client.enqueue_many(&mut *tx, jobs).await?;
        }
        cx.complete(&mut tx).await?;
        client.commit(tx).await?;
        tracing::info!(shards = shards.len(), "dispatched");
        Ok(())
    }
}
