//! Shows one field that is not shown otherwise; and writes down to whom.

use serde_json::{Value, json};

use crate::model::{By, JobId};
use crate::store::{Deed, Store, StoreError};

/// A field of a letter's arguments, names with dots between them; nothing where there is none. That it was looked at is written
/// into the audit first, what it holds is not.
///
/// # Errors
///
/// [`StoreError::NoSuchLetter`], [`StoreError::Unsigned`], [`StoreError::Database`].
pub async fn reveal(store: &Store, id: JobId, field: &str, by: &By) -> Result<Option<Value>, StoreError> {
    let letter = store.dead_letter(id).await?;
    let deed =
        Deed { queue: Some(&letter.queue), after: Some(json!({ "field": field })), ..Deed::new("letter.reveal", &id) };
    store.note(by, deed).await?;
    let args: Option<Value> = serde_json::from_str(letter.args.as_str()).ok();
    Ok(args.and_then(|args| field.split('.').try_fold(&args, |value, name| value.get(name)).cloned()))
}
