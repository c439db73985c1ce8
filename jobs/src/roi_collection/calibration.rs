//! Multipliers that learn from what was observed, slowly: credibility shrinkage (Bühlmann 1967).

use super::learner::ratio;
use super::multipliers::BadMultiplier;
use super::{Archetype, Multipliers, Share};
use crate::tolerance::{at_least, at_most};

/// A calibration activates itself only where no multiplier changes by more than this share (6.4).
pub const AUTOMATIC_CHANGE: f64 = 0.10;

/// How careful a calibration is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// The learners at which what was observed weighs as much as what was believed.
    pub kappa: f64,
    /// By which share of itself a multiplier may change, at most.
    pub cap: f64,
    /// With fewer learners an archetype's multiplier stays.
    pub min_n: i64,
}

/// Why a multiplier stayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Too few learners.
    MinN,
}

impl Reason {
    /// Its stored name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MinN => "min_n",
        }
    }
}

/// One archetype's new multiplier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibrated {
    /// Whose.
    pub archetype: Archetype,
    /// Learners with a cost.
    pub n: i64,
    /// Sum of values by sum of costs; absent where the multiplier stayed.
    pub observed: Option<f64>,
    /// The weight of what was observed: n / (n + kappa).
    pub z: f64,
    /// The multiplier before.
    pub prior: f64,
    /// The multiplier after.
    pub new: f64,
    /// Whether the cap cut it.
    pub capped: bool,
    /// Why it stayed.
    pub reason: Option<Reason>,
}

impl Calibrated {
    /// By which share of itself it changes.
    #[must_use]
    pub fn change(&self) -> f64 {
        self.new / self.prior - 1.0
    }
}

/// All five, in the archetypes' order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration(pub [Calibrated; 5]);

/// The five multipliers from the learners with a cost of each archetype (domain.md 6.4).
#[must_use]
pub fn calibrate(prior: &Multipliers, observed: &[Share], terms: &Terms) -> Calibration {
    Calibration(Archetype::ALL.map(|archetype| {
        let of = || observed.iter().filter(move |share| share.archetype == archetype);
        let n = of().map(|share| share.n).sum();
        let cost: i128 = of().map(|share| i128::from(share.cost_micros)).sum();
        let value: i128 = of().map(|share| i128::from(share.value_micros)).sum();
        let prior = prior.of(archetype);
        if n < terms.min_n || cost <= 0 {
            let reason = Some(Reason::MinN);
            return Calibrated { archetype, n, observed: None, z: 0.0, prior, new: prior, capped: false, reason };
        }
        let observed = ratio(value, cost);
        let z = credibility(n, terms.kappa);
        let shrunk = z * observed + (1.0 - z) * prior;
        let new = shrunk.clamp(prior * (1.0 - terms.cap), prior * (1.0 + terms.cap));
        let capped = !(at_least(shrunk, new) && at_most(shrunk, new));
        Calibrated { archetype, n, observed: Some(observed), z, prior, new, capped, reason: None }
    }))
}

#[expect(clippy::cast_precision_loss, reason = "learners are fewer than 2^53")]
fn credibility(n: i64, kappa: f64) -> f64 {
    n as f64 / (n as f64 + kappa)
}

impl Calibration {
    /// The new multipliers.
    ///
    /// # Errors
    ///
    /// [`BadMultiplier`]: one fell to 0 or below, as a cap of the whole prior would allow.
    pub fn multipliers(&self) -> Result<Multipliers, BadMultiplier> {
        Multipliers::new(self.0.map(|one| one.new))
    }

    /// The mean of the five changes (1.6): not the change of the means.
    #[must_use]
    pub fn mean_change(&self) -> f64 {
        self.0.iter().map(Calibrated::change).sum::<f64>() / 5.0
    }

    /// Whether it may take effect without a person: no change above 10 %, and the cohorts' mean |variance| of the last
    /// window falls. A variance that could not be computed is no improvement.
    #[must_use]
    pub fn activates(&self, variance_before: Option<f64>, variance_after: Option<f64>) -> bool {
        let small = self.0.iter().all(|one| at_most(one.change().abs(), AUTOMATIC_CHANGE));
        let better = variance_before.zip(variance_after).is_some_and(|(before, after)| !at_least(after, before));
        small && better
    }
}

/// The mean |variance| of the cohorts that are large enough for an alert.
#[must_use]
pub fn mean_variance(cohorts: &[super::CohortRoi]) -> Option<f64> {
    let large = cohorts.iter().filter(|cohort| cohort.n_with_roi >= super::cohort::ALERT_MIN_N);
    let (sum, n) =
        large.filter_map(|cohort| cohort.variance).fold((0.0, 0.0), |(sum, n), off| (sum + off.abs(), n + 1.0));
    (n > 0.0).then(|| sum / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms { kappa: 50.0, cap: 0.1, min_n: 30 };

    fn prior() -> Multipliers {
        Multipliers::new([1.8, 1.6, 1.4, 1.5, 1.0]).unwrap()
    }

    fn share(archetype: Archetype, n: i64, cost_micros: i64, value_micros: i64) -> Share {
        Share { archetype, n, cost_micros, value_micros }
    }

    #[test]
    fn few_learners_move_little_and_fewer_than_enough_nothing() {
        let observed = [share(Archetype::FastLearner, 50, 100, 190), share(Archetype::Specialist, 29, 100, 900)];
        let calibration = calibrate(&prior(), &observed, &TERMS);
        let [fast, specialist, ..] = calibration.0;
        assert!((fast.new - 1.85).abs() < 1e-12 && (fast.z - 0.5).abs() < 1e-12 && !fast.capped);
        assert_eq!((specialist.new, specialist.observed, specialist.reason), (1.6, None, Some(Reason::MinN)));
        assert!((calibration.mean_change() - (1.85 / 1.8 - 1.0) / 5.0).abs() < 1e-12);
    }

    #[test]
    fn the_cap_cuts_both_ways() {
        let observed = [share(Archetype::Generalist, 5_000, 100, 900), share(Archetype::PowerUser, 5_000, 100, 0)];
        let calibration = calibrate(&prior(), &observed, &TERMS);
        let [_, _, power, _, generalist] = calibration.0;
        assert!(power.capped && (power.new - 1.26).abs() < 1e-12);
        assert!(generalist.capped && (generalist.new - 1.1).abs() < 1e-12);
        let uncapped = [share(Archetype::Generalist, 50, 100, 120)];
        assert!(!calibrate(&prior(), &uncapped, &TERMS).0[4].capped, "just at the cap is not cut");
    }

    #[test]
    fn it_activates_only_when_small_and_better() {
        let small = calibrate(&prior(), &[share(Archetype::Generalist, 50, 100, 110)], &TERMS);
        assert!(small.activates(Some(0.2), Some(0.1)));
        assert!(!small.activates(Some(0.1), Some(0.1)));
        assert!(!small.activates(None, Some(0.1)));
        let large =
            calibrate(&prior(), &[share(Archetype::Generalist, 5_000, 100, 120)], &Terms { cap: 0.15, ..TERMS });
        assert!(!large.activates(Some(0.2), Some(0.1)));
        assert!(
            calibrate(&prior(), &[share(Archetype::PowerUser, 50, 100, 0)], &Terms { cap: 1.0, ..TERMS })
                .multipliers()
                .is_ok()
        );
    }
}
