//! Operators: pause and resume, limit, cancel, and change what waits.

use chrono::{DateTime, Datelike, Utc};

use crate::dead_letters::By;
use crate::model::{JobId, Limits, Priority};
use crate::store::{Store, StoreError, Target};
use crate::wake::Bell;

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// It is done by a named person, for a stated reason.
    #[error("a pause needs {0}: `--by <NAME> --why <REASON>`")]
    Unsigned(&'static str),
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
    /// The store refused, or was away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Pauses a queue or a kind, fleet-wide within two seconds. What runs, runs on.
///
/// # Errors
///
/// [`ControlError::Unsigned`]; [`StoreError::NoSuchQueue`] and [`StoreError::NoSuchKind`] name the ones there are.
///
/// ```no_run
/// # async fn example(store: windlass::Store) -> Result<(), windlass::control::ControlError> {
/// use windlass::control;
/// use windlass::dead_letters::By;
/// use windlass::store::Target;
/// control::pause(&store, Target::Queue("analysis"), &By::new("ana", "the model is down")).await?;
/// control::resume(&store, Target::Queue("analysis")).await
/// # }
/// ```
pub async fn pause(store: &Store, target: Target<'_>, by: &By) -> Result<(), ControlError> {
    let (who, why) = by.signed().map_err(ControlError::Unsigned)?;
    Ok(store.set_paused(target, Some((who, why))).await?)
}

/// Resumes it.
///
/// # Errors
///
/// As [`pause`].
pub async fn resume(store: &Store, target: Target<'_>) -> Result<(), ControlError> {
    store.set_paused(target, None).await?;
    Bell::new(store.db().clone()).ring_and_wait().await;
    Ok(())
}

/// Limits a queue over the whole fleet: how many run at once, never more; how many start in a time.
///
/// # Errors
///
/// [`ControlError::Unfit`] for a limit below 1, [`StoreError::NoSuchQueue`].
pub async fn limit(store: &Store, queue: &str, limits: Limits) -> Result<(), ControlError> {
    let rate = limits.rate.map(|(jobs, _)| jobs);
    let seconds = limits.rate.map(|(_, seconds)| seconds);
    for (field, value) in [("max_running", limits.max_running), ("rate", rate), ("rate seconds", seconds)] {
        if let Some(value) = value.filter(|value| *value < 1) {
            return Err(ControlError::Unfit { field, found: value.to_string(), needed: "at least 1 is needed" });
        }
    }
    Ok(store.limit_queue(queue, limits).await?)
}

/// Ends a waiting job unrun (`true`), or asks a running one to stop (`false`): its worker hears of it within seconds.
///
/// # Errors
///
/// [`StoreError::NoSuchJob`].
pub async fn cancel(store: &Store, id: JobId) -> Result<bool, ControlError> {
    Ok(store.cancel(id).await?)
}

/// Gives a waiting job another time or priority.
///
/// # Errors
///
/// [`ControlError::Unfit`] for a time that no calendar of ours reaches, [`StoreError::Running`], [`StoreError::NoSuchJob`].
pub async fn reschedule(
    store: &Store,
    id: JobId,
    at: Option<DateTime<Utc>>,
    priority: Option<Priority>,
) -> Result<(), ControlError> {
    if let Some(time) = at.filter(|time| !(1970..=9999).contains(&time.year())) {
        let found = format!("in the year {}", time.year());
        return Err(ControlError::Unfit { field: "time", found, needed: "a year between 1970 and 9999 is needed" });
    }
    store.reschedule(id, at, priority).await?;
    Bell::new(store.db().clone()).ring_and_wait().await;
    Ok(())
}
