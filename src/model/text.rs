//! Text of a size, and text that is JSON.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// JSON as the database keeps it, never decoded: it may be deeper than a decoder goes, or hold a number that none knows.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct RawJson(String);

impl RawJson {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone()).map_err(serde::ser::Error::custom)?.serialize(to)
    }
}

impl fmt::Display for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Cuts `text` to at most `limit` characters, saying so, and drops NULs, which Postgres cannot store.
#[must_use]
pub fn cut(text: &str, limit: usize) -> String {
    let clean = text.chars().filter(|c| *c != '\0');
    let mut kept: String = clean.clone().take(limit).collect();
    if clean.count() > limit {
        kept = kept.chars().take(limit.saturating_sub(2)).collect();
        kept.push_str(" …");
    }
    kept
}

/// Bytes as hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{cut, hex};

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        assert_eq!(cut("short", 10), "short");
        assert_eq!(cut("exactly 10", 10), "exactly 10");
        assert_eq!(cut("more than ten", 10), "more tha …");
        assert_eq!(cut("nul\0nul", 10), "nulnul");
    }

    #[test]
    fn a_byte_is_two_hex_digits() {
        assert_eq!(hex(&[0, 10, 255]), "000aff");
    }
}
