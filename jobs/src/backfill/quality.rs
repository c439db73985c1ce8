//! How good a batch is, and whether it may go on: gate 1.
//!
//! Four dimensions, 0 to 1 (DAMA): completeness, validity, uniqueness, consistency, weighted 0.35, 0.30, 0.20 and 0.15.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::reason::{Reason, Reasons};
use crate::tolerance::{at_least, at_most};

/// Sums over the raw rows of a batch.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Rows.
    pub rows: u64,
    /// Cells: rows times columns.
    pub cells: u64,
    /// Cells that are missing; all cells of a malformed row.
    pub missing: u64,
    /// Different ids.
    pub distinct: u64,
    /// Rows that stay in quarantine.
    pub quarantined: u64,
    invalid: u64,
    inconsistent: u64,
    by_reason: BTreeMap<Reason, u64>,
}

/// What decides whether a batch with bad rows goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Bad rows stay in quarantine, the rest goes on, if the bad ones are at most 5 %.
    #[default]
    Quarantine,
    /// One duplicate, bad date or bad label stops the batch.
    Strict,
}

impl Policy {
    /// As stored and written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quarantine => "quarantine",
            Self::Strict => "strict",
        }
    }
}

/// The limits of gate 1, from configuration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The least quality score.
    pub quality: f64,
    /// Missing cells must be fewer, as a share.
    pub missing: f64,
    /// The most rows in quarantine, as a share.
    pub quarantined: f64,
    /// The weights of completeness, validity, uniqueness and consistency.
    pub weights: [f64; 4],
}

impl Default for Limits {
    fn default() -> Self {
        Self { quality: 0.9, missing: 0.05, quarantined: 0.05, weights: [0.35, 0.30, 0.20, 0.15] }
    }
}

/// The four dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dimensions {
    /// The share of cells that are there.
    pub completeness: f64,
    /// The share of rows that are right by themselves.
    pub validity: f64,
    /// Different ids by rows.
    pub uniqueness: f64,
    /// The share of rows that agree with time, and with other rows.
    pub consistency: f64,
}

/// Gate 1 under the policy `strict`.
#[expect(clippy::struct_excessive_bools, reason = "a list of checks, as it is reported")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strict {
    /// The score reaches its limit.
    pub quality_score: bool,
    /// Few enough cells are missing.
    pub missing: bool,
    /// No row stands twice, or under an id that is taken.
    pub duplicates: bool,
    /// No date is bad.
    pub dates: bool,
    /// No label is bad.
    pub labels: bool,
    /// All of these.
    pub pass: bool,
}

/// Gate 1 under the policy `quarantine`.
#[expect(clippy::struct_excessive_bools, reason = "a list of checks, as it is reported")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// The score reaches its limit.
    pub quality_score: bool,
    /// Few enough cells are missing.
    pub missing: bool,
    /// Few enough rows are in quarantine.
    pub quarantine_share: bool,
    /// All of these.
    pub pass: bool,
}

impl Tally {
    /// Counts `rows` rows with these reasons.
    pub fn add(&mut self, reasons: Reasons, rows: u64) {
        self.rows += rows;
        if !reasons.is_empty() {
            self.quarantined += rows;
        }
        self.invalid += if reasons.any_of(Reasons::INVALID) { rows } else { 0 };
        self.inconsistent += if reasons.any_of(Reasons::INCONSISTENT) { rows } else { 0 };
        for reason in reasons.iter() {
            *self.by_reason.entry(reason).or_default() += rows;
        }
    }

    /// How often each reason applies; those that never do are left out.
    #[must_use]
    pub fn by_reason(&self) -> &BTreeMap<Reason, u64> {
        &self.by_reason
    }

    /// The four dimensions; all 1 without a row.
    #[must_use]
    pub fn dimensions(&self) -> Dimensions {
        Dimensions {
            completeness: 1.0 - self.missing_share(),
            validity: 1.0 - share(self.invalid, self.rows),
            uniqueness: if self.rows == 0 { 1.0 } else { share(self.distinct, self.rows) },
            consistency: 1.0 - share(self.inconsistent, self.rows),
        }
    }

    /// The share of cells that are missing.
    #[must_use]
    pub fn missing_share(&self) -> f64 {
        share(self.missing, self.cells)
    }

    /// The weighted mean of the dimensions.
    #[must_use]
    pub fn score(&self, limits: &Limits) -> f64 {
        let Dimensions { completeness, validity, uniqueness, consistency } = self.dimensions();
        [completeness, validity, uniqueness, consistency].iter().zip(limits.weights).map(|(d, w)| d * w).sum()
    }

    /// Gate 1, strict.
    #[must_use]
    pub fn strict(&self, limits: &Limits) -> Strict {
        let none = |reasons: &[Reason]| !reasons.iter().any(|reason| self.by_reason.contains_key(reason));
        let quality_score = at_least(self.score(limits), limits.quality);
        let missing = !at_least(self.missing_share(), limits.missing);
        let duplicates = none(&[Reason::DupExact, Reason::DupConflict, Reason::ConflictsExisting]);
        let dates = none(&[Reason::BadDate, Reason::FutureDate, Reason::DateOrder]);
        let labels = none(&[Reason::BadLabel]);
        let pass = quality_score && missing && duplicates && dates && labels;
        Strict { quality_score, missing, duplicates, dates, labels, pass }
    }

    /// Gate 1, with a quarantine.
    #[must_use]
    pub fn quarantine(&self, limits: &Limits) -> Quarantine {
        let quality_score = at_least(self.score(limits), limits.quality);
        let missing = !at_least(self.missing_share(), limits.missing);
        let quarantine_share = at_most(share(self.quarantined, self.rows), limits.quarantined);
        Quarantine { quality_score, missing, quarantine_share, pass: quality_score && missing && quarantine_share }
    }
}

/// A part of a whole, 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_nothing_is_perfect_and_a_share_at_its_limit_passes() {
        let limits = Limits::default();
        assert!((Tally::default().score(&limits) - 1.0).abs() < 1e-12);
        let mut tally = Tally { cells: 1_000, distinct: 100, missing: 49, ..Tally::default() };
        tally.add(Reasons::default(), 95);
        tally.add(Reasons::of(&[Reason::DateOrder]), 5);
        assert!(tally.quarantine(&limits).pass);
        assert_eq!((tally.strict(&limits).dates, tally.strict(&limits).pass), (false, false));
        tally.missing = 50;
        assert!(!tally.quarantine(&limits).missing);
    }
}
