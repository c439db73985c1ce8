//! Turns months that are due into jobs, gives back what nobody settled, and makes the ledger's months. Telling is `tell`'s.

use chrono::{DateTime, Months, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use windlass::{Client, JobContext, JobError, JobExt};

use super::store::{self, Due};
use super::tell::{Criticality, PROMPT, Tell};
use super::{MonthlyNarrative, optional_month};
use crate::calendar::Zone;
use crate::deps::Deps;

/// How many jobs one transaction enqueues.
const BATCH: i64 = 1_000;
/// How long after a month's end, in its person's zone, its text is due at the earliest.
const AFTER_THE_END: TimeDelta = TimeDelta::hours(6);
/// Over how long texts are spread.
const SPREAD: TimeDelta = TimeDelta::hours(18);
/// When a month that has its job is looked at again, should the job be lost.
const AGAIN: TimeDelta = TimeDelta::hours(24);

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
        let month = self.month.map_or_else(|| "all".to_owned(), crate::calendar::month_label);
        format!("mnr:dispatch:{month}:{}", self.as_of.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    /// A page of people a transaction. A job's key names what it does, so that a page that is done twice makes nothing twice.
    pub(super) async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        let ledger = cx.deps().narration.ledger(cx.db());
        ledger.make_months().await?;
        let released = ledger.release_stale().await?;
        let prompt = store::prompt(cx.db(), PROMPT).await?.map_or(0, |prompt| prompt.revision);
        let client = Client::new(cx.db().clone());
        let (mut after, mut jobs) = ((i64::MIN, NaiveDate::MIN), 0);
        loop {
            let page = store::due_months(cx.db(), self.as_of, self.month, after, BATCH).await?;
            let Some(last) = page.last() else { break };
            after = (last.subject_id, last.month);
            jobs += page.len();
            let at: Vec<_> = page.iter().map(due_at).collect();
            let again: Vec<_> = at.iter().map(|&at| at.max(self.as_of) + AGAIN).collect();
            let mut tx = cx.db().begin().await?;
            let tell = |(due, at): (&Due, &DateTime<Utc>)| {
                MonthlyNarrative::Tell(Tell {
                    subject_id: due.subject_id,
                    month: due.month,
                    dirty_seq: due.dirty_seq,
                    prompt_revision: prompt,
                    criticality: Criticality::default(),
                    force: false,
                })
                .at(*at)
            };
            client.enqueue_many(&mut *tx, page.iter().zip(&at).map(tell)).await?;
            store::put_off(&mut tx, &page, &again).await?;
            client.commit(tx).await?;
        }
        tracing::info!(jobs, released, "dispatched");
        Ok(())
    }
}

/// When a month's text is due: some hours after the month's end where the person is, spread by id.
fn due_at(due: &Due) -> DateTime<Utc> {
    let end = Zone::parse(&due.tz).day_start(due.month + Months::new(1));
    end + AFTER_THE_END + spread(due.subject_id)
}

/// The same share of the spread for the same person, and an even one over people (SplitMix64, Steele, Lea & Flood 2014).
fn spread(subject_id: i64) -> TimeDelta {
    let mut z = subject_id.cast_unsigned().wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let seconds = (z ^ (z >> 31)) % SPREAD.num_seconds().unsigned_abs();
    TimeDelta::seconds(seconds.cast_signed())
}
