//! Turns months that are due into jobs, gives back what nobody settled, and makes the ledger's months. Telling is `tell`'s.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use windlass::{Client, JobContext, JobError};

use super::store::{self, Due};
use super::tell::{Criticality, PROMPT, Tell};
use super::{MonthlyNarrative, optional_month};
use crate::calendar::{instant_label, month_label};
use crate::deps::Deps;

/// How many jobs one transaction enqueues.
const BATCH: i64 = 1_000;
/// When a month that has its job is looked at again. What makes it dirty once more meanwhile waits no longer than that.
const AGAIN: TimeDelta = TimeDelta::hours(1);

/// The arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispatch {
    /// Only this month; all if absent.
    #[serde(with = "optional_month", default)]
    pub month: Option<NaiveDate>,
    /// What is due by then; a schedule's tick.
    pub as_of: DateTime<Utc>,
}

impl Dispatch {
    pub(super) fn key(&self) -> String {
        let month = self.month.map_or_else(|| "all".to_owned(), month_label);
        format!("mnr:dispatch:{month}:{}", instant_label(self.as_of))
    }

    /// A page of people a transaction. A job's key names what it does, so that a page that is done twice makes nothing twice.
    pub(super) async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        let ledger = cx.deps().narration.ledger(cx.db());
        ledger.make_months().await?;
        let released = ledger.release_stale().await?;
        let prompt = store::prompt(cx.db(), PROMPT).await?.map_or(0, |prompt| prompt.revision);
        let client = Client::new(cx.db().clone());
        let (mut after, mut jobs) = (None, 0);
        loop {
            let page = store::due_months(cx.db(), self.as_of, self.month, after, BATCH).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.subject_id, last.month));
            jobs += page.len();
            let mut tx = cx.db().begin().await?;
            let tell = |due: &Due| {
                MonthlyNarrative::Tell(Tell {
                    subject_id: due.subject_id,
                    month: due.month,
                    dirty_seq: due.dirty_seq,
                    prompt_revision: prompt,
                    criticality: Criticality::default(),
                    force: false,
                })
            };
            client.enqueue_many(&mut *tx, page.iter().map(tell)).await?;
            store::put_off(&mut tx, &page, self.as_of + AGAIN).await?;
            client.commit(tx).await?;
        }
        tracing::info!(jobs, released, "dispatched");
        Ok(())
    }
}
