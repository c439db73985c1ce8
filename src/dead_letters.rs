//! Operators: look at dead letters and bring them back.

use crate::model::JobId;
use crate::store::{Store, StoreError};
use crate::wake::Bell;

/// Who does something to a dead letter, and what for. Both are kept on the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    who: String,
    why: String,
}

/// Why a letter was not replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// A replay is done by a named person, for a stated reason.
    #[error("a replay needs {0}: `windlass dead replay <ID> --by <NAME> --why <REASON>`")]
    Unsigned(&'static str),
    /// The store refused, or was away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl By {
    /// `who`, because of `why`.
    #[must_use]
    pub fn new(who: impl Into<String>, why: impl Into<String>) -> Self {
        Self { who: who.into(), why: why.into() }
    }

    /// The name and the reason; or what is missing.
    pub(crate) fn signed(&self) -> Result<(&str, &str), &'static str> {
        for (text, what) in [(&self.who, "a name"), (&self.why, "a reason")] {
            if text.trim().is_empty() || text.contains('\0') {
                return Err(what);
            }
        }
        Ok((self.who.trim(), self.why.trim()))
    }
}

/// Makes a new job of a dead letter, once. The letter stays as the record of what happened.
///
/// # Errors
///
/// [`ReplayError::Unsigned`] when `by` lacks a name or a reason; [`StoreError::AlreadyReplayed`] tells by whom.
///
/// ```no_run
/// # async fn example(db: sqlx::PgPool, id: windlass::JobId) -> Result<(), windlass::dead_letters::ReplayError> {
/// use windlass::dead_letters::{self, By};
/// let again = dead_letters::replay(&windlass::Store::new(db), id, By::new("ana", "provider is back")).await?;
/// # Ok(())
/// # }
/// ```
pub async fn replay(store: &Store, id: JobId, by: By) -> Result<JobId, ReplayError> {
    let (who, why) = by.signed().map_err(ReplayError::Unsigned)?;
    let again = JobId::new();
    store.replay(id, again, who, why).await?;
    Bell::new(store.db().clone()).ring_and_wait().await;
    Ok(again)
}
