//! A month as arguments write it: `2026-10`.

use chrono::NaiveDate;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use crate::calendar::{month_label, parse_month};

/// Writes a month.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
pub(super) fn serialize<S: Serializer>(month: &NaiveDate, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&month_label(*month))
}

/// Reads one. What was written instead is not repeated.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveDate, D::Error> {
    let label = String::deserialize(from)?;
    parse_month(&label).ok_or_else(|| D::Error::custom("no month; one is written like 2026-10"))
}
