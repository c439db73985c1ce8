//! Starts what is due each day: retention. The run it starts is like one that somebody starts by hand.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use windlass::{Client, JobContext, JobError};

use super::plan::{PlanError, start_retention};
use super::{Backfill, Step};
use crate::calendar::instant_label;
use crate::deps::Deps;

/// The arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispatch {
    /// A schedule's tick.
    pub as_of: DateTime<Utc>,
}

impl Dispatch {
    pub(super) fn key(&self) -> String {
        format!("bkf:dispatch:{}", instant_label(self.as_of))
    }

    pub(super) async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        let client = Client::new(cx.db().clone());
        let mut tx = cx.db().begin().await?;
        let (run_id, how) = match start_retention(&mut tx, &client).await {
            Ok(run_id) => (run_id, "retention begins"),
            // Yesterday's, or one that was started by hand: it does the same. Its step may have died; while that lives, this one is it.
            Err(PlanError::Busy { run_id, .. }) => {
                client.enqueue(&mut *tx, Backfill::Step(Step { run_id, chunk: None })).await?;
                (run_id, "retention goes on")
            }
            Err(error) => return Err(error.into()),
        };
        cx.complete(&mut tx).await?;
        client.commit(tx).await?;
        tracing::info!(%run_id, "{how}");
        Ok(())
    }
}
