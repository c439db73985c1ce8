//! Starts what is due each day: retention. The run it starts is like one that somebody starts by hand.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use windlass::{Client, JobContext, JobError};

use super::plan::{PlanError, start_retention};
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
        let started = match start_retention(&mut tx, &client).await {
            Ok(run_id) => Some(run_id),
            // Yesterday's, or one that was started by hand: it does the same.
            Err(PlanError::Busy { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        cx.complete(&mut tx).await?;
        client.commit(tx).await?;
        if let Some(run_id) = started {
            tracing::info!(%run_id, "retention begins");
        }
        Ok(())
    }
}
