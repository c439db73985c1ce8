//! Operators: pause and resume, limit, cancel, and change what waits. Each is written into the audit by the transaction that does it.

use chrono::{DateTime, Datelike, Utc};
use serde_json::json;

use crate::dead_letters::By;
use crate::model::{JobId, Keep, Limits, Priority};
use crate::store::{Deed, Store, StoreError, Target};
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
/// control::resume(&store, Target::Queue("analysis"), &By::new("ana", "it is back")).await
/// # }
/// ```
pub async fn pause(store: &Store, target: Target<'_>, by: &By) -> Result<(), ControlError> {
    let (who, why) = by.signed().map_err(ControlError::Unsigned)?;
    let mut tx = store.db().begin().await.map_err(StoreError::from)?;
    store.set_paused(&mut tx, target, Some((who, why))).await?;
    store.note_in(&mut tx, by, deed_on(target, "queue.pause", "kind.pause")).await?;
    Ok(tx.commit().await.map_err(StoreError::from)?)
}

/// Resumes it.
///
/// # Errors
///
/// As [`pause`].
pub async fn resume(store: &Store, target: Target<'_>, by: &By) -> Result<(), ControlError> {
    let mut tx = store.db().begin().await.map_err(StoreError::from)?;
    store.set_paused(&mut tx, target, None).await?;
    store.note_in(&mut tx, by, deed_on(target, "queue.resume", "kind.resume")).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Bell::new(store.db().clone()).ring_and_wait().await;
    Ok(())
}

fn deed_on<'a>(target: Target<'a>, queue: &'a str, kind: &'a str) -> Deed<'a> {
    match target {
        Target::Queue(name) => Deed { queue: Some(name), ..Deed::new(queue, name) },
        Target::Kind(name) => Deed::new(kind, name),
    }
}

/// Limits a queue over the whole fleet: how many run at once, never more; how many start in a time.
///
/// # Errors
///
/// [`ControlError::Unfit`] for a limit below 1, [`StoreError::NoSuchQueue`], [`ControlError::Unsigned`].
pub async fn limit(store: &Store, queue: &str, limits: Limits, by: &By) -> Result<(), ControlError> {
    let rate = limits.rate.map(|(jobs, _)| jobs);
    let seconds = limits.rate.map(|(_, seconds)| seconds);
    for (field, value) in [("max_running", limits.max_running), ("rate", rate), ("rate seconds", seconds)] {
        if let Some(value) = value.filter(|value| *value < 1) {
            return Err(ControlError::Unfit { field, found: value.to_string(), needed: "at least 1 is needed" });
        }
    }
    let after = json!({ "max_running": limits.max_running, "rate": rate, "seconds": seconds });
    let deed = Deed { queue: Some(queue), after: Some(after), ..Deed::new("queue.limit", queue) };
    let mut tx = store.db().begin().await.map_err(StoreError::from)?;
    store.limit_queue(&mut tx, queue, limits).await?;
    store.note_in(&mut tx, by, deed).await?;
    Ok(tx.commit().await.map_err(StoreError::from)?)
}

/// Says what is remembered of a queue's jobs.
///
/// # Errors
///
/// [`StoreError::NoSuchQueue`], [`ControlError::Unsigned`].
pub async fn keep(store: &Store, queue: &str, keep: Keep, by: &By) -> Result<(), ControlError> {
    let deed = Deed { queue: Some(queue), after: Some(json!(keep)), ..Deed::new("queue.keep", queue) };
    let mut tx = store.db().begin().await.map_err(StoreError::from)?;
    store.keep_queue(&mut tx, queue, keep).await?;
    store.note_in(&mut tx, by, deed).await?;
    Ok(tx.commit().await.map_err(StoreError::from)?)
}

/// Ends a waiting job unrun (`true`), or asks a running one to stop (`false`): its worker hears of it within seconds.
///
/// # Errors
///
/// [`StoreError::NoSuchJob`], [`ControlError::Unsigned`].
pub async fn cancel(store: &Store, id: JobId, by: &By) -> Result<bool, ControlError> {
    let mut tx = store.db().begin().await.map_err(StoreError::from)?;
    let ended = store.cancel(&mut tx, id).await?;
    let deed = Deed { after: Some(json!({ "ended": ended })), ..Deed::new("job.cancel", &id) };
    store.note_in(&mut tx, by, deed).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(ended)
}

/// Gives a waiting job another time or priority.
///
/// # Errors
///
/// [`ControlError::Unfit`] for a time that no calendar of ours reaches, [`StoreError::Running`], [`StoreError::NoSuchJob`],
/// [`ControlError::Unsigned`].
pub async fn reschedule(
    store: &Store,
    id: JobId,
    at: Option<DateTime<Utc>>,
    priority: Option<Priority>,
    by: &By,
) -> Result<(), ControlError> {
    if let Some(time) = at.filter(|time| !(1970..=9999).contains(&time.year())) {
        let found = format!("in the year {}", time.year());
        return Err(ControlError::Unfit { field: "time", found, needed: "a year between 1970 and 9999 is needed" });
    }
    let after = json!({ "at": at, "priority": priority.map(Priority::number) });
    let mut tx = store.db().begin().await.map_err(StoreError::from)?;
    store.reschedule(&mut tx, id, at, priority).await?;
    store.note_in(&mut tx, by, Deed { after: Some(after), ..Deed::new("job.reschedule", &id) }).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Bell::new(store.db().clone()).ring_and_wait().await;
    Ok(())
}
