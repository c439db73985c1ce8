//! What rows can be imported into. A target is its columns and four statements: which rows are in already, how the good ones
//! go in, what went in, and how it is taken out again.

pub mod learning;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::claims;
use super::table::Table;

/// The targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Claims, with gates 2 to 4.
    Claims,
    /// Learners: people with a cohort and goals.
    Learners,
    /// What learners did.
    Interactions,
}

/// A word that names no target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no target; they are claims, learners and interactions")]
pub struct UnknownTarget;

/// The statements of a target. `$1` is the run.
#[derive(Clone, Copy, Debug)]
pub struct Statements {
    /// Marks staged rows that are in already: equal ones as skipped, others as conflicting (bit 10).
    pub mark_existing: &'static str,
    /// What must be there before rows go in, as the months of a partitioned table.
    pub prepare: Option<&'static str>,
    /// Takes over good rows of the chunks from `$2` to `$3`.
    pub integrate: &'static str,
    /// How many rows the run brought, and the sum of their amounts; and the same of its good staged rows.
    pub count: &'static str,
    /// Takes out what the run brought; absent where what was there before cannot be had back.
    pub revert: Option<&'static str>,
    /// A page of the table as JSON lines after key `$1`, `$2` rows at most: key, line.
    pub export: Option<&'static str>,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Claims, Self::Learners, Self::Interactions];

    /// As stored and written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.table().name
    }

    /// Its columns.
    #[must_use]
    pub const fn table(self) -> &'static Table {
        match self {
            Self::Claims => &claims::TABLE,
            Self::Learners => &learning::LEARNERS,
            Self::Interactions => &learning::INTERACTIONS,
        }
    }

    pub(super) const fn statements(self) -> Statements {
        match self {
            Self::Claims => Statements {
                mark_existing: include_str!("../sql/claims_mark_existing.sql"),
                prepare: None,
                integrate: include_str!("../sql/claims_integrate.sql"),
                count: include_str!("../sql/claims_count.sql"),
                revert: Some(include_str!("../sql/claims_revert.sql")),
                export: Some(include_str!("../sql/claims_export.sql")),
            },
            Self::Learners => learning::LEARNERS_STATEMENTS,
            Self::Interactions => learning::INTERACTIONS_STATEMENTS,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Target {
    type Err = UnknownTarget;

    fn from_str(word: &str) -> Result<Self, UnknownTarget> {
        Self::ALL.into_iter().find(|target| target.as_str() == word).ok_or(UnknownTarget)
    }
}
