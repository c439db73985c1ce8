//! Operators: look at dead letters, change what is said of them, and bring one back. Many at once are a replay's: [`crate::replays`].

#[cfg(feature = "http")]
mod edit;
mod groups;
#[cfg(feature = "http")]
mod reveal;

#[cfg(feature = "http")]
pub use edit::{EditError, Edited, edit, preview};
pub use groups::{Scope, assign, discard, discard_one, note, resolve, restore, restore_one, snooze};
#[cfg(feature = "http")]
pub use reveal::reveal;

pub use crate::model::By;
use crate::model::JobId;
use crate::store::{Store, StoreError};
use crate::wake::Bell;

/// Makes a new job of a dead letter, once. The letter stays as the record of what happened.
///
/// # Errors
///
/// [`StoreError::Unsigned`] when `by` lacks a name or a reason; [`StoreError::AlreadyReplayed`] tells by whom.
///
/// ```no_run
/// # async fn example(db: sqlx::PgPool, id: windlass::JobId) -> Result<(), windlass::StoreError> {
/// use windlass::dead_letters::{self, By};
/// let again = dead_letters::replay(&windlass::Store::new(db), id, &By::new("ana", "provider is back")).await?;
/// # Ok(())
/// # }
/// ```
pub async fn replay(store: &Store, id: JobId, by: &By) -> Result<JobId, StoreError> {
    let again = JobId::new();
    store.replay(id, again, by).await?;
    Bell::new(store.db().clone()).ring_and_wait().await;
    Ok(again)
}
