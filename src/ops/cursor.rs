//! Where a list goes on: after the row that stands at a time and an id.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

/// A row's place, as links carry it: microseconds, a dot, the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Cursor(pub(super) DateTime<Utc>, pub(super) Uuid);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.timestamp_micros(), self.1)
    }
}

impl FromStr for Cursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('.');
        let parsed = parts.and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
        let (micros, id) = parsed.ok_or("no place in a list; follow the link on the page")?;
        Ok(Self(DateTime::from_timestamp_micros(micros).ok_or("no time")?, id))
    }
}

impl TryFrom<String> for Cursor {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_link_carries_is_read_back_and_nothing_else_is() {
        let cursor = Cursor("2026-03-01T12:00:00.123456Z".parse().unwrap(), Uuid::from_u128(7));
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for wrong in ["", ".", "1", "x.y", "1.2", "99999999999999999999.00000000-0000-0000-0000-000000000000"] {
            assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
        }
    }
}
