//! A month that arguments may leave out.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::month;

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Label(#[serde(with = "month")] NaiveDate);

/// Writes it, or null.
#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
pub(super) fn serialize<S: Serializer>(month: &Option<NaiveDate>, to: S) -> Result<S::Ok, S::Error> {
    month.map(Label).serialize(to)
}

/// Reads it.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
    Ok(Option::<Label>::deserialize(from)?.map(|label| label.0))
}
