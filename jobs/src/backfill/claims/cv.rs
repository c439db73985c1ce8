//! Gates 3 and 4: an expanding-window cross-validation of the baseline, and whether its figures certify the data.

use serde::{Deserialize, Serialize};

use super::Features;
use super::chance::Chance;
use super::logistic::Logistic;
use crate::tolerance::{at_least, at_most};

/// Folds; one block more stands before the first.
const FOLDS: usize = 5;
/// How much worse than the run before the mean and the deviation may be.
const WORSE: f64 = 0.01;

/// What the cross-validation found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// The accuracy of each fold.
    pub folds: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation (n - 1).
    pub std: f64,
    /// The accuracy of the last fold.
    pub test_accuracy: f64,
    /// The 2.5 % bound of the accuracy over all folds (Efron 1979).
    pub bootstrap_lower: f64,
    /// How likely shuffled labels do as well.
    pub permutation_p: f64,
}

/// Gate 4: green if all five hold. It never stops data.
#[expect(clippy::struct_excessive_bools, reason = "a list of checks, as it is reported")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certification {
    /// The mean is at least 0.94.
    pub cv_mean: bool,
    /// The deviation is at most 0.015.
    pub cv_std: bool,
    /// The bootstrap bound is at least 0.96.
    pub bootstrap_lower: bool,
    /// p is below 0.05.
    pub permutation_p: bool,
    /// The test accuracy is at least 0.98.
    pub test_accuracy: bool,
    /// All of these.
    pub green: bool,
}

impl CrossValidation {
    /// Validates on rows in the order of (event date, claim id): trained on the first blocks, tested on the next. Nothing of
    /// fewer rows than blocks times two.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
    pub fn of(rows: &[Features]) -> Option<Self> {
        let blocks = FOLDS + 1;
        if rows.len() < 2 * blocks {
            return None;
        }
        let cut = |block: usize| rows.len() * block / blocks;
        let (mut folds, mut predicted, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for fold in 1..=FOLDS {
            let (train, test) = (&rows[..cut(fold)], &rows[cut(fold)..cut(fold + 1)]);
            let model = Logistic::fit(train);
            let answers: Vec<bool> = test.iter().map(|row| model.claimable(row)).collect();
            let hits = answers.iter().zip(test).filter(|(answer, row)| **answer == row.claimable).count();
            folds.push(hits as f64 / test.len() as f64);
            predicted.extend(answers);
            labels.extend(test.iter().map(|row| row.claimable));
        }
        let mean = folds.iter().sum::<f64>() / FOLDS as f64;
        let variance = folds.iter().map(|fold| (fold - mean).powi(2)).sum::<f64>() / (FOLDS - 1) as f64;
        let test_accuracy = folds.last().copied().unwrap_or_default();
        let Chance { bootstrap_lower, permutation_p } = Chance::of(&predicted, labels);
        Some(Self { folds, mean, std: variance.sqrt(), test_accuracy, bootstrap_lower, permutation_p })
    }

    /// Gate 3: neither mean nor deviation is worse than the run before by more than 0.01. The first run passes.
    #[must_use]
    pub fn holds_up(&self, before: Option<&Self>) -> bool {
        before.is_none_or(|before| at_least(self.mean, before.mean - WORSE) && at_most(self.std, before.std + WORSE))
    }

    /// Gate 4.
    #[must_use]
    pub fn certification(&self) -> Certification {
        let cv_mean = at_least(self.mean, 0.94);
        let cv_std = at_most(self.std, 0.015);
        let bootstrap_lower = at_least(self.bootstrap_lower, 0.96);
        let permutation_p = !at_least(self.permutation_p, 0.05);
        let test_accuracy = at_least(self.test_accuracy, 0.98);
        let green = cv_mean && cv_std && bootstrap_lower && permutation_p && test_accuracy;
        Certification { cv_mean, cv_std, bootstrap_lower, permutation_p, test_accuracy, green }
    }
}
