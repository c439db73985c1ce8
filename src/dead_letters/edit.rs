//! Gives a letter other arguments before it is replayed.

use json_patch::{Patch, PatchOperation};
use serde_json::Value;

use crate::admission::{Admission, AdmitError};
use crate::model::{By, DeadLetter, JobId};
use crate::store::{Store, StoreError};

/// Why a letter was not edited.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The patch is no JSON Patch.
    #[error("the patch is no JSON Patch (RFC 6902): {0}")]
    NoPatch(String),
    /// The patch does not fit the arguments.
    #[error("the patch does not fit the arguments: step {0} of it")]
    Unfit(usize),
    /// A step that would carry a value out of a hidden field into one that is shown, or tell whether a guess at one is right.
    #[error(
        "step {0} of the patch is none of add, remove and replace, which cannot bring to light what is hidden; say the value"
    )]
    Reveals(usize),
    /// The arguments are too deep, or hold a number that no decoder takes.
    #[error("the letter's arguments cannot be read, so they cannot be edited")]
    Unreadable,
    /// What it makes is no argument of the kind.
    #[error(transparent)]
    Admit(#[from] AdmitError),
    /// The store refused, or was away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an edit would make of a letter.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The letter as it is.
    pub letter: DeadLetter,
    /// Its arguments as they are.
    pub before: Value,
    /// As they would be.
    pub after: Value,
}

/// What a JSON Patch would make of a letter that was edited `edits` times until now, checked by the kind's schema. Nothing is
/// changed.
///
/// # Errors
///
/// [`EditError`]; [`StoreError::EditedMeanwhile`] where somebody was faster.
pub async fn preview(store: &Store, id: JobId, edits: i32, patch: &Value) -> Result<Edited, EditError> {
    let steps: Patch = serde_json::from_value(patch.clone()).map_err(|error| EditError::NoPatch(error.to_string()))?;
    let reveals = |step: &PatchOperation| {
        matches!(step, PatchOperation::Copy(_) | PatchOperation::Move(_) | PatchOperation::Test(_))
    };
    if let Some(place) = steps.iter().position(reveals) {
        return Err(EditError::Reveals(place + 1));
    }
    let letter = store.dead_letter(id).await?;
    if letter.edits != edits {
        return Err(StoreError::EditedMeanwhile(id).into());
    }
    let before: Value = serde_json::from_str(letter.args.as_str()).map_err(|_| EditError::Unreadable)?;
    let mut after = before.clone();
    // Its own message quotes the values.
    json_patch::patch(&mut after, &steps).map_err(|error| EditError::Unfit(error.operation + 1))?;
    Admission::new(store.clone()).check(&letter.kind, &after).await?;
    Ok(Edited { letter, before, after })
}

/// Applies a JSON Patch to the arguments of an open letter that was edited `edits` times until now, and checks what it makes by
/// the kind's schema. The patch and the old arguments are kept. Says how often it was edited by then.
///
/// # Errors
///
/// [`EditError`]; [`StoreError::EditedMeanwhile`] where somebody was faster.
///
/// ```no_run
/// # async fn example(store: windlass::Store, id: windlass::JobId) -> Result<(), windlass::dead_letters::EditError> {
/// use windlass::dead_letters::{By, edit};
/// let patch = serde_json::json!([{"op": "replace", "path": "/week", "value": "2026-W07"}]);
/// edit(&store, id, 0, patch, &By::new("ana", "the week was wrong")).await?;
/// # Ok(())
/// # }
/// ```
pub async fn edit(store: &Store, id: JobId, edits: i32, patch: Value, by: &By) -> Result<i32, EditError> {
    let Edited { letter, after, .. } = preview(store, id, edits, &patch).await?;
    Ok(store.edit_letter(&letter, &after, &patch, by).await?)
}
