//! What a cohort cost and brought, against what its archetypes let expect.

use super::learner::ratio;
use super::{Archetype, Multipliers};
use crate::alerts::Severity;
use crate::tolerance::at_most;

/// Above this |variance| a cohort is worth a look (1.2, 6.3).
pub const WARNING: f64 = 0.10;
/// Above this one it is worth a call.
pub const CRITICAL: f64 = 0.15;
/// Of fewer learners with a cost no alert is made: one of them could make it alone.
pub const ALERT_MIN_N: i64 = 5;
/// How many weeks back from a window's end its trend looks for periods with a cost: the whole weeks of 90 days.
pub const TREND_WEEKS: i32 = 12;

/// The learners of one archetype in a cohort that have a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// What they are.
    pub archetype: Archetype,
    /// How many.
    pub n: i64,
    /// What they cost, in micro-dollars.
    pub cost_micros: i64,
    /// What they brought, in micro-dollars.
    pub value_micros: i64,
}

/// A cohort's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CohortRoi {
    /// How many learners have a cost.
    pub n_with_roi: i64,
    /// Sum of values by sum of costs; absent without a cost.
    pub actual: Option<f64>,
    /// The multipliers, weighted by cost; absent without a cost or without multipliers.
    pub predicted: Option<f64>,
    /// `actual / predicted - 1`.
    pub variance: Option<f64>,
}

/// A cohort's figures from its learners with a cost (domain.md 6.3): ratios of sums, not means of ratios.
#[must_use]
pub fn cohort_roi(shares: &[Share], multipliers: Option<&Multipliers>) -> CohortRoi {
    let cost: i128 = shares.iter().map(|share| i128::from(share.cost_micros)).sum();
    let value: i128 = shares.iter().map(|share| i128::from(share.value_micros)).sum();
    let actual = (cost > 0).then(|| ratio(value, cost));
    let predicted = multipliers.filter(|_| cost > 0).map(|multipliers| {
        // In the archetypes' order, so that the sum is the same to the last bit.
        let mut ordered: Vec<&Share> = shares.iter().collect();
        ordered.sort_unstable_by_key(|share| share.archetype as usize);
        let weighted = |share: &Share| ratio(i128::from(share.cost_micros), cost) * multipliers.of(share.archetype);
        ordered.into_iter().map(weighted).sum::<f64>()
    });
    CohortRoi {
        n_with_roi: shares.iter().map(|share| share.n).sum(),
        actual,
        predicted,
        variance: actual.zip(predicted).map(|(actual, predicted)| actual / predicted - 1.0),
    }
}

impl CohortRoi {
    /// Whether, and how loudly, to say that the cohort is off. Exactly 10 % is not above 10 %.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        let off = self.variance.filter(|_| self.n_with_roi >= ALERT_MIN_N)?.abs();
        match off {
            off if !at_most(off, CRITICAL) => Some(Severity::Critical),
            off if !at_most(off, WARNING) => Some(Severity::Warning),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(archetype: Archetype, n: i64, cost_micros: i64, value_micros: i64) -> Share {
        Share { archetype, n, cost_micros, value_micros }
    }

    fn multipliers() -> Multipliers {
        Multipliers::new([1.8, 1.6, 1.4, 1.5, 1.0]).unwrap()
    }

    #[test]
    fn sums_are_divided_not_ratios_averaged() {
        let shares = [share(Archetype::Generalist, 1, 300, 300), share(Archetype::FastLearner, 1, 100, 400)];
        let roi = cohort_roi(&shares, Some(&multipliers()));
        assert_eq!(roi.actual, Some(1.75));
        assert!((roi.predicted.unwrap() - 1.2).abs() < 1e-12);
        assert!((roi.variance.unwrap() - (1.75 / 1.2 - 1.0)).abs() < 1e-12);
        assert_eq!(roi.severity(), None, "two learners alert nobody");
    }

    #[test]
    fn an_alert_is_above_its_threshold_not_at_it() {
        let severity = |value_micros| {
            cohort_roi(&[share(Archetype::Generalist, 5, 1_000_000, value_micros)], Some(&multipliers())).severity()
        };
        assert_eq!(severity(1_100_000), None);
        assert_eq!(severity(1_100_001), Some(Severity::Warning));
        assert_eq!(severity(1_150_000), Some(Severity::Warning));
        assert_eq!(severity(1_150_001), Some(Severity::Critical));
        assert_eq!(severity(899_999), Some(Severity::Warning));
        assert_eq!(severity(849_999), Some(Severity::Critical));
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert_eq!(cohort_roi(&[], Some(&multipliers())), CohortRoi::default());
        let unpredicted = cohort_roi(&[share(Archetype::Generalist, 9, 100, 300)], None);
        assert_eq!((unpredicted.actual, unpredicted.predicted, unpredicted.severity()), (Some(3.0), None, None));
    }
}
