//! An ISO week as arguments name it: `2026-W47`.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::calendar::{parse_week, week_label, week_start};

/// An ISO week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Week(NaiveDate);

impl Week {
    /// The week of a date.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        Self(week_start(date))
    }

    /// Its first day.
    #[must_use]
    pub fn monday(self) -> NaiveDate {
        self.0
    }
}

/// There is no such week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no ISO week; one is written like 2026-W47, and a year has 52 of them or 53")]
pub struct NoWeek;

impl TryFrom<String> for Week {
    type Error = NoWeek;

    fn try_from(label: String) -> Result<Self, NoWeek> {
        parse_week(&label).map(Self).ok_or(NoWeek)
    }
}

impl From<Week> for String {
    fn from(week: Week) -> Self {
        week.to_string()
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&week_label(self.0))
    }
}
