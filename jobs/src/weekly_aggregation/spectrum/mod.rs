//! Scope `spectrum`: people's days into their weeks and months, and the weeks into a series.
//!
//! One transaction for a shard, set-based: what is due of its people's buckets is rolled up from the days, and each series goes
//! forward from the earliest week that changed. `series` is the arithmetic, `store` the SQL.

mod read;
pub mod series;
mod store;

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use windlass::{JobContext, JobError};

pub use read::{StoredBucket, StoredDay, Values, read_days, read_months, read_weeks};

use super::Week;
use crate::buckets::{Dirt, Scope};
use crate::calendar::Zone;
use crate::deps::Deps;
use crate::outbox::{self, Message, Topic};

/// How many people are one shard.
pub const SHARD: i64 = 1_000;

/// The arguments of the scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Args", into = "Args")]
pub struct Spectrum {
    /// Whose buckets.
    pub people: People,
    /// The oldest of them.
    pub bucket: Week,
    /// Which state of them: of one bucket its sequence, of a shard a fingerprint of all sequences.
    pub dirty_seq: Option<i64>,
    /// What was due then is aggregated, whenever that happens.
    pub as_of: DateTime<Utc>,
}

/// Whose buckets are aggregated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// One person.
    One(i64),
    /// Those whose id is in this range.
    Shard(Shard),
}

/// A range of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// The first.
    pub from: i64,
    /// The one after the last.
    pub to: i64,
}

/// The arguments as they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Args {
    #[serde(default)]
    shard: Option<Shard>,
    #[serde(default)]
    key: Option<i64>,
    bucket: Week,
    #[serde(default)]
    dirty_seq: Option<i64>,
    as_of: DateTime<Utc>,
}

/// Neither one person nor a range of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("takes either key, a person, or shard, a range of at most {SHARD} people beginning at a multiple of it")]
pub struct Nobody;

impl TryFrom<Args> for Spectrum {
    type Error = Nobody;

    fn try_from(Args { shard, key, bucket, dirty_seq, as_of }: Args) -> Result<Self, Nobody> {
        let people = match (key, shard) {
            (Some(key), None) => People::One(key),
            (None, Some(shard))
                if shard.from < shard.to
                    && shard_of(shard.from) == shard.from
                    && shard_of(shard.to - 1) == shard.from =>
            {
                People::Shard(shard)
            }
            _ => return Err(Nobody),
        };
        Ok(Self { people, bucket, dirty_seq, as_of })
    }
}

impl From<Spectrum> for Args {
    fn from(Spectrum { people, bucket, dirty_seq, as_of }: Spectrum) -> Self {
        let (shard, key) = match people {
            People::One(key) => (None, Some(key)),
            People::Shard(shard) => (Some(shard), None),
        };
        Self { shard, key, bucket, dirty_seq, as_of }
    }
}

/// The first id of a person's shard.
fn shard_of(subject_id: i64) -> i64 {
    subject_id - subject_id.rem_euclid(SHARD)
}

impl Spectrum {
    /// The work of a shard, named by its first id.
    pub(super) fn of_shard(from: i64, bucket: Week, dirty_seq: i64, as_of: DateTime<Utc>) -> Self {
        let people = People::Shard(Shard { from, to: from.saturating_add(SHARD) });
        Self { people, bucket, dirty_seq: Some(dirty_seq), as_of }
    }

    pub(super) fn key(&self) -> String {
        let people = match self.people {
            People::One(key) => key.to_string(),
            People::Shard(Shard { from, to }) => format!("{from}-{to}"),
        };
        let seq = self.dirty_seq.map_or_else(|| "sched".to_owned(), |seq| seq.to_string());
        format!("wka:spectrum:{people}:{}:{seq}", self.bucket)
    }

    pub(super) fn subject(&self) -> Option<String> {
        match self.people {
            People::One(key) => Some(key.to_string()),
            People::Shard(_) => None,
        }
    }

    pub(super) async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        let mut tx = cx.db().begin().await?;
        let range = match self.people {
            People::One(key) => Shard { from: key, to: key.saturating_add(1) },
            People::Shard(shard) => shard,
        };
        let done = aggregate(&mut tx, range, self.as_of).await?;
        cx.complete(&mut tx).await?;
        tx.commit().await?;
        if done.changed > 0 {
            outbox::notify(cx.db(), Topic::WeeklyReady).await;
        }
        tracing::info!(buckets = done.buckets, changed = done.changed, "aggregated");
        Ok(())
    }
}

/// What an aggregation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aggregated {
    /// How many buckets were due.
    pub buckets: usize,
    /// How many of them have another content than before.
    pub changed: usize,
}

/// Aggregates what is due of these people's buckets at `as_of`, on the caller's transaction. The range lies in one shard.
///
/// # Errors
///
/// The database's.
pub async fn aggregate(tx: &mut PgConnection, range: Shard, as_of: DateTime<Utc>) -> Result<Aggregated, sqlx::Error> {
    store::lock_shard(tx, shard_of(range.from)).await?;
    let open = store::open_buckets(tx, range, as_of).await?;
    if open.is_empty() {
        return Ok(Aggregated::default());
    }
    let present = store::lock_subjects(tx, &open).await?;
    // Nothing is written about who is erased; what is left of them is deleted by the erasure.
    let wanted: Vec<_> = open.iter().filter(|bucket| present.contains_key(&bucket.key)).cloned().collect();
    let changed = store::roll_up(tx, &wanted).await?;

    // Also of a week whose content is what it was: a series is right again after whatever was done to it.
    let mut since: BTreeMap<i64, NaiveDate> = BTreeMap::new();
    for week in wanted.iter().filter(|bucket| bucket.scope == Scope::Week.as_str()) {
        // They come in the order of their days.
        since.entry(week.key).or_insert(week.bucket);
    }
    let weeks = store::read_series(tx, &since).await?;
    store::save_series(tx, &series::recomputed(&since, &weeks)).await?;
    let months = wanted.iter().filter(|bucket| bucket.scope == Scope::Month.as_str());
    let next = store::save_month_deltas(tx, months.map(|month| (month.key, month.bucket))).await?;

    // A month's text tells of its numbers and of its weeks, of those whose Thursday lies in it.
    let mut dirt = Dirt::new();
    for (scope, subject_id, day) in &changed {
        let day = if *scope == Scope::Week.as_str() { *day + Days::new(3) } else { *day };
        add(&mut dirt, &present, *subject_id, day);
    }
    for (subject_id, month) in next {
        add(&mut dirt, &present, subject_id, month);
    }
    dirt.write(tx).await?;
    outbox::add(tx, Topic::WeeklyReady, &weeks_ready(&changed, &wanted)).await?;
    store::close_buckets(tx, &open).await?;
    Ok(Aggregated { buckets: open.len(), changed: changed.len() })
}

/// What is told of the weeks that changed; a sequence is announced once.
fn weeks_ready(changed: &[(String, i64, NaiveDate)], of: &[store::Open]) -> Vec<Message> {
    let seqs: BTreeMap<_, _> = of
        .iter()
        .filter(|open| open.scope == Scope::Week.as_str())
        .map(|open| ((open.key, open.bucket), open.dirty_seq))
        .collect();
    let message = |&(_, subject_id, bucket): &(String, i64, NaiveDate)| {
        seqs.get(&(subject_id, bucket)).map(|&version| Message { subject_id, bucket, version })
    };
    changed.iter().filter(|of| of.0 == Scope::Week.as_str()).filter_map(message).collect()
}

fn add(dirt: &mut Dirt, zones: &BTreeMap<i64, Zone>, subject_id: i64, day: NaiveDate) {
    if let Some(zone) = zones.get(&subject_id) {
        dirt.add(Scope::Narrative, subject_id, *zone, day);
    }
}
