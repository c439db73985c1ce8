//! What people say of groups: not now, mine, known, gone, not needed.

use chrono::{DateTime, Utc};

use crate::model::{By, GroupState, JobId};
use crate::store::{GroupChange, SetAside, Store, StoreError};

/// So many letters are set aside in one statement.
const AT_ONCE: i64 = 10_000;

/// A group, in the queues that somebody may reach.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The queues.
    pub queues: &'a [String],
    /// The group.
    pub fingerprint: &'a str,
}

/// Lets a group be until then, whatever dies of it.
///
/// # Errors
///
/// [`StoreError::NoSuchGroup`], [`StoreError::Unsigned`], [`StoreError::Database`].
pub async fn snooze(store: &Store, group: Scope<'_>, until: DateTime<Utc>, by: &By) -> Result<(), StoreError> {
    say(store, group, (GroupState::Snoozed, Some(until)), "group.snooze", by).await
}

/// Says that the cause is gone. The next death of it opens the group again.
///
/// # Errors
///
/// As [`snooze`].
pub async fn resolve(store: &Store, group: Scope<'_>, by: &By) -> Result<(), StoreError> {
    say(store, group, (GroupState::Resolved, None), "group.resolve", by).await
}

/// Says who sees to it; an empty name: nobody.
///
/// # Errors
///
/// As [`snooze`].
pub async fn assign(store: &Store, group: Scope<'_>, to: &str, by: &By) -> Result<(), StoreError> {
    let change = GroupChange { assignee: Some(to.trim().to_owned()), ..GroupChange::default() };
    each(store, group, &change, "group.assign", by).await
}

/// Says what is known of it; an empty text: nothing.
///
/// # Errors
///
/// As [`snooze`].
pub async fn note(store: &Store, group: Scope<'_>, text: &str, by: &By) -> Result<(), StoreError> {
    let change = GroupChange { note: Some(text.trim().to_owned()), ..GroupChange::default() };
    each(store, group, &change, "group.note", by).await
}

/// Sets the open letters aside that are there now; they are kept as long as others, and [`restore`] takes them back. Calls
/// `progress` with how many are done, and stops when it says `false`. Says how many it set aside.
///
/// # Errors
///
/// As [`snooze`].
pub async fn discard(
    store: &Store,
    group: Scope<'_>,
    by: &By,
    mut progress: impl FnMut(i64) -> bool + Send,
) -> Result<i64, StoreError> {
    set_aside(store, group, SetAside::Discard, by, &mut progress).await
}

/// Takes back what was set aside.
///
/// # Errors
///
/// As [`snooze`].
pub async fn restore(
    store: &Store,
    group: Scope<'_>,
    by: &By,
    mut progress: impl FnMut(i64) -> bool + Send,
) -> Result<i64, StoreError> {
    set_aside(store, group, SetAside::Restore, by, &mut progress).await
}

/// Sets one letter aside; says whether it was open.
///
/// # Errors
///
/// [`StoreError::NoSuchLetter`], [`StoreError::Unsigned`], [`StoreError::Database`].
pub async fn discard_one(store: &Store, id: JobId, by: &By) -> Result<bool, StoreError> {
    one(store, SetAside::Discard, id, by).await
}

/// Takes one letter back; says whether it was set aside.
///
/// # Errors
///
/// As [`discard_one`].
pub async fn restore_one(store: &Store, id: JobId, by: &By) -> Result<bool, StoreError> {
    one(store, SetAside::Restore, id, by).await
}

async fn one(store: &Store, what: SetAside, id: JobId, by: &By) -> Result<bool, StoreError> {
    let letter = store.dead_letter(id).await?;
    let group = (letter.queue.as_str(), letter.fingerprint.as_str());
    Ok(store.set_aside(what, group, Some(id), (letter.died_at, 1), by).await? > 0)
}

async fn set_aside(
    store: &Store,
    group: Scope<'_>,
    what: SetAside,
    by: &By,
    progress: &mut (dyn FnMut(i64) -> bool + Send),
) -> Result<i64, StoreError> {
    let state = match what {
        SetAside::Discard => GroupState::Discarded,
        SetAside::Restore => GroupState::Open,
    };
    let mut done = 0;
    for found in store.group(group.queues, group.fingerprint).await? {
        let of = (found.queue.as_str(), group.fingerprint);
        // What dies from here on is not what somebody has seen.
        let until = found.last_died_at;
        loop {
            let some = store.set_aside(what, of, None, (until, AT_ONCE), by).await?;
            done += some;
            if some == 0 {
                let change = GroupChange { state: Some((state, None)), ..GroupChange::default() };
                let action = if what == SetAside::Discard { "group.discard" } else { "group.restore" };
                store.change_group(&found.queue, group.fingerprint, &change, action, by).await?;
                break;
            }
            if !progress(done) {
                return Ok(done);
            }
        }
    }
    Ok(done)
}

async fn say(
    store: &Store,
    group: Scope<'_>,
    state: (GroupState, Option<DateTime<Utc>>),
    action: &str,
    by: &By,
) -> Result<(), StoreError> {
    each(store, group, &GroupChange { state: Some(state), ..GroupChange::default() }, action, by).await
}

async fn each(store: &Store, group: Scope<'_>, change: &GroupChange, action: &str, by: &By) -> Result<(), StoreError> {
    for found in store.group(group.queues, group.fingerprint).await? {
        store.change_group(&found.queue, group.fingerprint, change, action, by).await?;
    }
    Ok(())
}
