//! Reading an experiment: which arm a learner is in, and whether the arms differ.

use serde::Serialize;
use sha2::{Digest, Sha256};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The treatment's ROI must be higher by more than this share (1.3, 6.6).
pub const ROI_GAIN: f64 = 0.04;
/// What is too unlikely to be chance.
pub const SIGNIFICANCE: f64 = 0.05;
/// By how much an archetype's share may differ between the arms.
pub const SHARE_DRIFT: f64 = 0.02;
/// An experiment runs so many days at least.
pub const MIN_DAYS: i64 = 7;

/// An arm of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// With the change.
    Treatment,
    /// Without it.
    Control,
}

impl Arm {
    /// A learner's arm: the first 8 bytes, big-endian, of SHA-256 of `experiment:learner` are below 2^63 for treatment
    /// (domain.md 6.6). `learner` is the source's own id. The database computes the same; a test holds the two
    /// together.
    #[must_use]
    pub fn of(experiment: &str, learner: &str) -> Self {
        let hash = Sha256::new().chain_update(experiment).chain_update(":").chain_update(learner).finalize();
        // Below 2^63 means that the first bit is 0.
        if hash[0] < 0x80 { Self::Treatment } else { Self::Control }
    }
}

/// A sample's size, mean and variance (n - 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// How many.
    pub n: i64,
    /// Their mean.
    pub mean: f64,
    /// Their variance; absent for fewer than two.
    pub variance: Option<f64>,
}

/// Welch's test of two means (Welch 1947), two-sided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Welch {
    /// The treatment's mean by the control's, less 1.
    pub delta: f64,
    /// The statistic.
    pub t: f64,
    /// The degrees of freedom.
    pub df: f64,
    /// How likely a difference as large is by chance.
    pub p: f64,
}

/// Compares two means. Absent where an arm has fewer than two, where nothing varies, or where the control's mean is 0.
#[must_use]
pub fn welch(treatment: &Sample, control: &Sample) -> Option<Welch> {
    let part = |sample: &Sample| Some((sample.variance? / float(sample.n), float(sample.n) - 1.0));
    let ((a, a_free), (b, b_free)) = (part(treatment)?, part(control)?);
    let t = (treatment.mean - control.mean) / (a + b).sqrt();
    let df = (a + b).powi(2) / (a.powi(2) / a_free + b.powi(2) / b_free);
    let delta = treatment.mean / control.mean - 1.0;
    let p = 2.0 * StudentsT::new(0.0, 1.0, df).ok()?.cdf(-t.abs());
    [t, df, delta, p].iter().all(|value| value.is_finite()).then_some(Welch { delta, t, df, p })
}

impl Welch {
    /// Whether the treatment is better by enough, and surely enough.
    #[must_use]
    pub fn passes(&self) -> bool {
        !crate::tolerance::at_most(self.delta, ROI_GAIN) && !crate::tolerance::at_least(self.p, SIGNIFICANCE)
    }
}

/// How many of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proportion {
    /// Those that did.
    pub hits: i64,
    /// All.
    pub n: i64,
}

/// A pooled two-proportion test, two-sided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoProportions {
    /// The statistic; below 0 where the treatment's share is lower.
    pub z: f64,
    /// How likely a difference as large is by chance.
    pub p: f64,
}

/// Compares two shares. Absent where an arm is empty, or where all or none did.
#[must_use]
pub fn two_proportions(treatment: Proportion, control: Proportion) -> Option<TwoProportions> {
    let share = |of: Proportion| float(of.hits) / float(of.n);
    let pooled = float(treatment.hits + control.hits) / float(treatment.n + control.n);
    let deviation = (pooled * (1.0 - pooled) * (1.0 / float(treatment.n) + 1.0 / float(control.n))).sqrt();
    let z = (share(treatment) - share(control)) / deviation;
    let p = 2.0 * Normal::new(0.0, 1.0).ok()?.cdf(-z.abs());
    z.is_finite().then_some(TwoProportions { z, p })
}

impl TwoProportions {
    /// Whether the treatment is not worse where fewer is better: no significant difference, or a lower share.
    #[must_use]
    pub fn is_no_worse(&self) -> bool {
        self.p > SIGNIFICANCE || self.z < 0.0
    }
}

/// The largest difference of the groups' shares between the arms; each pair is a group's (treatment, control) count.
/// Absent where an arm is empty.
#[must_use]
pub fn share_drift(groups: &[(i64, i64)]) -> Option<f64> {
    let treatment: i64 = groups.iter().map(|group| group.0).sum();
    let control: i64 = groups.iter().map(|group| group.1).sum();
    (treatment > 0 && control > 0).then(|| {
        let differ = |group: &(i64, i64)| (float(group.0) / float(treatment) - float(group.1) / float(control)).abs();
        groups.iter().map(differ).fold(0.0, f64::max)
    })
}

#[expect(clippy::cast_precision_loss, reason = "learners are fewer than 2^53")]
fn float(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arm_follows_from_the_names_alone() {
        assert_eq!(Arm::of("roi-v2", "l000"), Arm::Control);
        assert_eq!(Arm::of("roi-v2", "l001"), Arm::Treatment);
        let treated = (0..10_000).filter(|n| Arm::of("x", &n.to_string()) == Arm::Treatment).count();
        assert!((4_800..5_200).contains(&treated), "{treated}");
    }

    /// Values by hand; `p` is held by the fixtures.
    #[test]
    fn welch_is_as_by_hand() {
        let (a, b) =
            (Sample { n: 10, mean: 5.0, variance: Some(4.0) }, Sample { n: 20, mean: 4.0, variance: Some(1.0) });
        let test = welch(&a, &b).unwrap();
        assert!((test.t - 1.490_711_984_999_86).abs() < 1e-12);
        assert!((test.df - 11.306_938_775_510_202).abs() < 1e-9);
        assert!((test.delta - 0.25).abs() < 1e-12 && !test.passes());
        let surely = welch(&Sample { n: 100, ..a }, &Sample { n: 100, ..b }).unwrap();
        assert!(surely.passes() && surely.p < 1e-4);
    }

    #[test]
    fn what_cannot_be_tested_is_not() {
        let one = Sample { n: 1, mean: 5.0, variance: None };
        let flat = Sample { n: 9, mean: 5.0, variance: Some(0.0) };
        assert_eq!(welch(&one, &flat), None);
        assert_eq!(welch(&flat, &flat), None);
        assert_eq!(welch(&Sample { variance: Some(1.0), ..flat }, &Sample { mean: 0.0, ..flat }), None);
        for (hits, n) in [(0, 9), (9, 9), (0, 0)] {
            assert_eq!(two_proportions(Proportion { hits, n }, Proportion { hits, n }), None);
        }
        assert_eq!(share_drift(&[(3, 0)]), None);
    }

    #[test]
    fn fewer_losses_are_no_worse_and_significantly_more_are() {
        let test = |treatment, control| {
            two_proportions(Proportion { hits: treatment, n: 1_000 }, Proportion { hits: control, n: 1_000 }).unwrap()
        };
        assert!(test(50, 100).is_no_worse() && test(101, 100).is_no_worse() && !test(150, 100).is_no_worse());
        assert!((test(150, 100).z - 3.380_617_018_914_066).abs() < 1e-9);
        assert!((share_drift(&[(50, 30), (50, 70)]).unwrap() - 0.2).abs() < 1e-12);
    }
}
