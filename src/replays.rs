//! Replays: bring many dead letters back. The selection is made once and written down; a few go first as canaries; the rest
//! follow at a rate; what dies again stops it. The workers' processes do it, a step at a time, so it outlives whoever began it.
//!
//! ```no_run
//! # async fn example(store: windlass::Store) -> Result<(), windlass::replays::ReplayError> {
//! use windlass::dead_letters::By;
//! use windlass::model::{Pace, ReplayFilter};
//! use windlass::replays;
//!
//! let by = By::new("ana", "the provider is back");
//! let filter = ReplayFilter { fingerprint: Some("v1:0123456789abcdef".into()), ..ReplayFilter::default() };
//! let id = replays::plan(&store, &["analysis".to_owned()], &filter, &by).await?;
//! replays::start(&store, id, Pace::default(), &by).await?;
//! # Ok(())
//! # }
//! ```

use uuid::Uuid;

use crate::model::{By, Pace, ReplayFilter};
use crate::store::{Move, Store, StoreError};

/// Why a replay was not made or not moved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// A value that makes no sense.
    #[error("{field} is {found}; {needed}")]
    Unfit {
        /// Which.
        field: &'static str,
        /// What it is.
        found: String,
        /// What is needed.
        needed: &'static str,
    },
    /// A queue that is not there, or not in reach.
    #[error("queue {name:?} is not there, or not in reach; there are: {known}")]
    NoSuchQueue {
        /// The name asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// The store refused, or was away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Chooses the open letters of these queues that the filter takes, once; nothing moves yet.
///
/// # Errors
///
/// [`ReplayError`].
pub async fn plan(store: &Store, queues: &[String], filter: &ReplayFilter, by: &By) -> Result<Uuid, ReplayError> {
    if let Some(argument) = &filter.argument
        && argument.path.split('.').any(str::is_empty)
    {
        let needed = "names of fields with dots between them are needed";
        return Err(ReplayError::Unfit { field: "where.path", found: format!("{:?}", argument.path), needed });
    }
    let Some(name) = &filter.queue else { return Ok(store.plan_replay(queues, filter, by).await?) };
    if !queues.contains(name) {
        return Err(ReplayError::NoSuchQueue { name: name.clone(), known: queues.join(", ") });
    }
    Ok(store.plan_replay(std::slice::from_ref(name), filter, by).await?)
}

/// Begins: the canaries first.
///
/// # Errors
///
/// [`ReplayError::Unfit`], [`StoreError::WrongState`] where it has begun, [`StoreError::NoSuchReplay`].
pub async fn start(store: &Store, id: Uuid, pace: Pace, by: &By) -> Result<(), ReplayError> {
    let Pace { canary, rate, concurrency, stop_share } = pace;
    let wrong = [
        ("canary", canary < 0, canary.to_string(), "0 or more are needed"),
        ("rate", !(rate > 0.0 && rate <= 10_000.0), rate.to_string(), "more than 0 and at most 10,000 a second"),
        ("concurrency", !(1..=5_000).contains(&concurrency), concurrency.to_string(), "1 to 5,000 are needed"),
        ("stop_share", !(0.0..=1.0).contains(&stop_share), stop_share.to_string(), "a share from 0 to 1 is needed"),
    ];
    if let Some((field, _, found, needed)) = wrong.into_iter().find(|(_, wrong, ..)| *wrong) {
        return Err(ReplayError::Unfit { field, found, needed });
    }
    Ok(store.move_replay(id, Move::Start(pace), by).await?)
}

/// Releases nothing more, until it is resumed.
///
/// # Errors
///
/// As [`start`].
pub async fn pause(store: &Store, id: Uuid, by: &By) -> Result<(), ReplayError> {
    Ok(store.move_replay(id, Move::Pause, by).await?)
}

/// Goes on: after a pause where it was, after a stop of its own with new canaries.
///
/// # Errors
///
/// As [`start`].
pub async fn resume(store: &Store, id: Uuid, by: &By) -> Result<(), ReplayError> {
    Ok(store.move_replay(id, Move::Resume, by).await?)
}

/// Ends it: what is released runs on, what waits stays a letter.
///
/// # Errors
///
/// As [`start`].
pub async fn abort(store: &Store, id: Uuid, by: &By) -> Result<(), ReplayError> {
    Ok(store.move_replay(id, Move::Abort, by).await?)
}
