//! What is said of a batch: counts, quality, gates, and what the data would be with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::claims::audit::{Audit, Counts};
use super::claims::cv::{Certification, CrossValidation};
use super::quality::{Dimensions, Limits, Policy, Quarantine, Strict, Tally};

/// The report of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Rows in the source.
    pub rows_read: u64,
    /// Rows that are good and new.
    pub accepted: u64,
    /// Rows in quarantine.
    pub quarantined: u64,
    /// Good rows that are integrated already, just so.
    pub skipped_identical: u64,
    /// Whether the three add up to what was read.
    pub reconciled: bool,
    /// The four dimensions of quality.
    pub dimensions: Dimensions,
    /// Their weighted mean.
    pub quality_score: f64,
    /// The share of cells that are missing.
    pub missing_share: f64,
    /// How often each reason applies.
    pub reasons: BTreeMap<String, u64>,
    /// Gate 1, strict.
    pub gate1_strict: Strict,
    /// Gate 1, with a quarantine.
    pub gate1_quarantine: Quarantine,
    /// Accepted rows by label.
    pub labels: Counts,
    /// Accepted rows by source.
    pub sources: Counts,
    /// The first rows that were skipped, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub skipped_rows: Option<Vec<i64>>,
    /// What the data would be with the batch.
    #[serde(flatten)]
    pub together: Option<Together>,
    /// Gate 3.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cv: Option<CrossValidation>,
    /// Gate 4.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub certification: Option<Certification>,
}

/// Old and new claims together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Together {
    /// By split and label.
    pub splits: BTreeMap<String, Counts>,
    /// Gate 2.
    pub audit: Audit,
    /// How many there are.
    pub total: u64,
    /// How many of them are not claimable.
    pub non_claimable: u64,
    /// Whether they reach the sizes that were aimed at.
    pub size: Size,
}

/// The sizes that were aimed at: claims, and non-claimable ones among them. They are reported; they never stop a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// 2,000 and 800.
    pub minimum: bool,
    /// 3,000 and 1,200.
    pub optimal: bool,
}

impl Size {
    /// Of so many.
    #[must_use]
    pub const fn of(total: u64, non_claimable: u64) -> Self {
        Self { minimum: total >= 2_000 && non_claimable >= 800, optimal: total >= 3_000 && non_claimable >= 1_200 }
    }
}

impl Batch {
    /// Of a tally of all rows, and how many of them are in already.
    #[must_use]
    pub fn of(tally: &Tally, skipped: u64, limits: &Limits, labels: Counts, sources: Counts) -> Self {
        let accepted = labels.values().sum();
        Self {
            rows_read: tally.rows,
            accepted,
            quarantined: tally.quarantined,
            skipped_identical: skipped,
            reconciled: tally.rows == accepted + tally.quarantined + skipped,
            dimensions: tally.dimensions(),
            quality_score: tally.score(limits),
            missing_share: tally.missing_share(),
            reasons: tally.by_reason().iter().map(|(reason, n)| (reason.as_str().to_owned(), *n)).collect(),
            gate1_strict: tally.strict(limits),
            gate1_quarantine: tally.quarantine(limits),
            labels,
            sources,
            skipped_rows: None,
            together: None,
            cv: None,
            certification: None,
        }
    }

    /// What is said of the batch alone, without what it would be together with what is there.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { skipped_rows: None, together: None, cv: None, certification: None, ..self }
    }

    /// What gate 1 missed under a policy.
    #[must_use]
    pub fn missed(&self, policy: Policy) -> Vec<&'static str> {
        let (strict, quarantine) = (&self.gate1_strict, &self.gate1_quarantine);
        let checks: &[(bool, &str)] = match policy {
            Policy::Strict => &[
                (strict.quality_score, "the quality score is too low"),
                (strict.missing, "too many cells are missing"),
                (strict.duplicates, "rows stand twice or conflict"),
                (strict.dates, "dates are bad"),
                (strict.labels, "labels are bad"),
            ],
            Policy::Quarantine => &[
                (quarantine.quality_score, "the quality score is too low"),
                (quarantine.missing, "too many cells are missing"),
                (quarantine.quarantine_share, "too many rows are in quarantine"),
            ],
        };
        checks.iter().filter(|(passed, _)| !passed).map(|(_, what)| *what).collect()
    }
}
