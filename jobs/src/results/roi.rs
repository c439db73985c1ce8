//! `roi.json`: a window's learners and cohorts, the calibration and the experiment made from it.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use super::rounded;
use crate::alerts::Severity;
use crate::roi_collection::ab::{Arm, TwoProportions, Welch};
use crate::roi_collection::calibration::{Calibrated, Reason};
use crate::roi_collection::learner::Flag;
use crate::roi_collection::{Calibration, CohortRoi, LearnerRoi, Trend, trend};

/// The file.
#[derive(Clone, Debug, Serialize)]
pub struct RoiFile {
    /// The window's first instant.
    #[serde(serialize_with = "instant")]
    pub window_start: DateTime<Utc>,
    /// The first instant after it.
    #[serde(serialize_with = "instant")]
    pub window_end: DateTime<Utc>,
    /// By learner.
    pub learners: Vec<RoiLearnerRow>,
    /// By cohort.
    pub cohorts: BTreeMap<String, RoiCohortRow>,
    /// By archetype.
    pub calibration: BTreeMap<&'static str, CalibrationRow>,
    /// Over all archetypes.
    pub portfolio: PortfolioRow,
    /// The experiment.
    pub ab: AbRow,
}

/// A learner's line.
#[derive(Clone, Debug, Serialize)]
pub struct RoiLearnerRow {
    learner_id: String,
    cost_micros: i64,
    value_micros: i64,
    capabilities: i32,
    roi: Option<f64>,
    net_roi: Option<f64>,
    cost_per_capability_micros: Option<f64>,
    flag: Option<&'static str>,
}

impl RoiLearnerRow {
    /// A learner's sums with their ratios.
    #[must_use]
    pub fn new(learner_id: &str, cost_micros: i64, value_micros: i64, capabilities: i32, roi: &LearnerRoi) -> Self {
        Self {
            learner_id: learner_id.to_owned(),
            cost_micros,
            value_micros,
            capabilities,
            roi: roi.roi.map(rounded),
            net_roi: roi.net_roi.map(rounded),
            cost_per_capability_micros: roi.cost_per_capability.map(rounded),
            flag: roi.flag.map(Flag::as_str),
        }
    }
}

/// A cohort's line.
#[derive(Clone, Debug, Serialize)]
pub struct RoiCohortRow {
    n: i64,
    n_with_roi: i64,
    actual: Option<f64>,
    predicted: Option<f64>,
    variance: Option<f64>,
    mean_learner_roi: Option<f64>,
    alert: Option<&'static str>,
    trajectory: Vec<f64>,
    trend: Option<&'static str>,
}

impl RoiCohortRow {
    /// A cohort of `n` learners with its figures, the mean of its learners' ratios and its last periods.
    #[must_use]
    pub fn new(n: i64, roi: &CohortRoi, mean_learner_roi: Option<f64>, trajectory: &[f64]) -> Self {
        Self {
            n,
            n_with_roi: roi.n_with_roi,
            actual: roi.actual.map(rounded),
            predicted: roi.predicted.map(rounded),
            variance: roi.variance.map(rounded),
            mean_learner_roi: mean_learner_roi.map(rounded),
            alert: roi.severity().map(Severity::as_str),
            trajectory: trajectory.iter().copied().map(rounded).collect(),
            trend: trend(trajectory).map(Trend::as_str),
        }
    }
}

/// An archetype's line.
#[derive(Clone, Debug, Serialize)]
pub struct CalibrationRow {
    n: i64,
    observed: Option<f64>,
    z: f64,
    prior: f64,
    new: f64,
    change: f64,
    capped: bool,
    reason: Option<&'static str>,
}

/// The portfolio's line.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PortfolioRow {
    mean_prior: f64,
    mean_new: f64,
    mean_change: f64,
}

/// A calibration's lines and its portfolio.
#[must_use]
pub fn calibration_rows(calibration: &Calibration) -> (BTreeMap<&'static str, CalibrationRow>, PortfolioRow) {
    let row = |one: &Calibrated| CalibrationRow {
        n: one.n,
        observed: one.observed.map(rounded),
        z: rounded(one.z),
        prior: one.prior,
        new: rounded(one.new),
        change: rounded(one.change()),
        capped: one.capped,
        reason: one.reason.map(Reason::as_str),
    };
    let mean = |of: fn(&Calibrated) -> f64| rounded(calibration.0.iter().map(of).sum::<f64>() / 5.0);
    let portfolio = PortfolioRow {
        mean_prior: mean(|one| one.prior),
        mean_new: mean(|one| one.new),
        mean_change: rounded(calibration.mean_change()),
    };
    (calibration.0.iter().map(|one| (one.archetype.as_str(), row(one))).collect(), portfolio)
}

/// The experiment's part.
#[derive(Clone, Debug, Serialize)]
pub struct AbRow {
    /// Each learner's arm.
    pub arms: BTreeMap<String, Arm>,
    roi: AbRoiRow,
    churn: AbChurnRow,
}

#[derive(Clone, Debug, Serialize)]
struct AbRoiRow {
    n_treatment: i64,
    n_control: i64,
    delta: Option<f64>,
    t: Option<f64>,
    df: Option<f64>,
    p: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
struct AbChurnRow {
    z: Option<f64>,
    p: Option<f64>,
}

impl AbRow {
    /// The arms, how many of each have an ROI, and the tests.
    #[must_use]
    pub fn new(
        arms: BTreeMap<String, Arm>,
        (n_treatment, n_control): (i64, i64),
        roi: Option<Welch>,
        churn: Option<TwoProportions>,
    ) -> Self {
        let roi = AbRoiRow {
            n_treatment,
            n_control,
            delta: roi.map(|test| rounded(test.delta)),
            t: roi.map(|test| rounded(test.t)),
            df: roi.map(|test| rounded(test.df)),
            p: roi.map(|test| rounded(test.p)),
        };
        let churn = AbChurnRow { z: churn.map(|test| rounded(test.z)), p: churn.map(|test| rounded(test.p)) };
        Self { arms, roi, churn }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn instant<S: Serializer>(at: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Secs, true))
}
