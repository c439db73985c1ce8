//! What one learner cost and brought in a window. Sums of money come in; the ratios go out.

use serde::Serialize;

/// Why a learner has no ROI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Nothing was booked as a cost: there is no ratio, and none is guessed.
    NoCost,
    /// More was refunded than was booked: a ratio would have the wrong sign.
    NetRefund,
}

impl Flag {
    /// Its stored name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCost => "no_cost",
            Self::NetRefund => "net_refund",
        }
    }
}

/// A learner's ratios.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearnerRoi {
    /// Value by cost; absent without a cost.
    pub roi: Option<f64>,
    /// What was gained by cost: `roi - 1`, from exact sums.
    pub net_roi: Option<f64>,
    /// Micro-dollars by capability first used in the window; absent without a cost or a capability.
    pub cost_per_capability: Option<f64>,
    /// Why there is no ROI.
    pub flag: Option<Flag>,
}

/// The ratios of a cost and a value in micro-dollars and a number of capabilities first used (domain.md 6.3).
///
/// The database computes the same in generated columns; a test holds the two together.
#[must_use]
pub fn learner_roi(cost_micros: i64, value_micros: i64, capabilities: i32) -> LearnerRoi {
    let flag = match cost_micros {
        0 => Some(Flag::NoCost),
        ..0 => Some(Flag::NetRefund),
        1.. => None,
    };
    let by_cost = |micros| flag.is_none().then(|| ratio(micros, i128::from(cost_micros)));
    LearnerRoi {
        roi: by_cost(i128::from(value_micros)),
        net_roi: by_cost(i128::from(value_micros) - i128::from(cost_micros)),
        cost_per_capability: (flag.is_none() && capabilities > 0)
            .then(|| ratio(i128::from(cost_micros), i128::from(capabilities))),
        flag,
    }
}

/// A ratio of two exact sums: the only place where money becomes a float.
#[expect(clippy::cast_precision_loss, reason = "a float is asked for, and its 53 bits hold nine billion dollars")]
pub(super) fn ratio(sum: i128, by: i128) -> f64 {
    sum as f64 / by as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_exact_sums() {
        let roi = learner_roi(569_044, 1_080_203, 14);
        assert!((roi.roi.unwrap() - 1.898_276_758_915).abs() < 1e-12);
        assert!((roi.net_roi.unwrap() - 0.898_276_758_915).abs() < 1e-12);
        assert_eq!(roi.cost_per_capability, Some(40_646.0));
        assert_eq!(roi.flag, None);
        assert_eq!(learner_roi(i64::MAX, i64::MIN, 0).net_roi, Some(-2.0));
    }

    #[test]
    fn a_missing_cost_is_never_guessed() {
        for (cost, flag) in [(0, Flag::NoCost), (-5, Flag::NetRefund)] {
            let none = LearnerRoi { roi: None, net_roi: None, cost_per_capability: None, flag: Some(flag) };
            assert_eq!(learner_roi(cost, 100, 3), none);
        }
        assert_eq!(learner_roi(100, 0, 0).cost_per_capability, None);
    }
}
