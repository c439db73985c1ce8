//! The probability of passing an exam: Bayes, a regression and rules, 40 to 40 to 20 (S2, 3.4; domain specification 4.7).

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::tolerance::at_least;

/// What is known of a learner's preparation.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Modules done, of how many.
    pub modules: (i32, i32),
    /// Practice exams taken.
    pub mock_count: i32,
    /// Days in a row.
    pub streak: i32,
    /// Practice questions answered.
    pub practice_questions: i32,
    /// Days since the preparation began.
    pub prep_days: i32,
    /// `None`: there is no exam.
    pub days_to_exam: Option<i32>,
    /// Share of the course, 0 to 1.
    pub completion: f64,
    /// Hours studied.
    pub study_hours: f64,
    /// Share of right answers, 0 to 1.
    pub accuracy: f64,
    /// Mean score of practice exams, 0 to 1.
    pub mock_avg: f64,
    /// The best of them.
    pub mock_best: f64,
    /// Sessions a week.
    pub active_sessions_per_week: f64,
    /// Minutes a session.
    pub avg_session_min: f64,
    /// Learning velocity.
    pub velocity: f64,
    /// The score aimed at, 0 to 1.
    pub target: f64,
    /// Of each domain.
    pub domains: Vec<Domain>,
}

/// A domain's score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Domain {
    /// Which.
    pub id: i32,
    /// Share of right answers, 0 to 1.
    pub score: f64,
    /// Of how many questions.
    pub questions: i32,
}

/// The features, in the order of their weights.
pub const FEATURES: [&str; 15] = [
    "modules",
    "completion",
    "hours",
    "accuracy",
    "domain_mean",
    "mock",
    "mock_count",
    "streak",
    "active",
    "practice",
    "prep",
    "session_len",
    "velocity",
    "days_left",
    "target_gap",
];

/// The constants, a versioned row of the name `pass`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coefficients {
    /// Of [`FEATURES`].
    pub weights: [f64; 15],
    /// The weighted features at which the regression says one half.
    pub bias: f64,
    /// How steeply it rises.
    pub steepness: f64,
    /// Successes and failures known before: the source's base rate of 70 %.
    pub prior: [f64; 2],
    /// What practice questions weigh.
    pub practice: Practice,
    /// What practice exams weigh.
    pub mocks: Mocks,
    /// Of Bayes, regression and rules.
    pub shares: [f64; 3],
    /// The interval's half width is at least this.
    pub least_half_width: f64,
    /// The share of outcomes that the interval holds.
    pub confidence: f64,
    /// Ready from here on.
    pub ready: f64,
    /// On track from here on.
    pub on_track: f64,
    /// At risk from here on; below, at high risk.
    pub at_risk: f64,
    /// Of single domains.
    pub domain: Domains,
    /// What a plan of the week aims at.
    pub target: f64,
}

/// What practice questions weigh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Practice {
    /// So many questions are one observation.
    pub questions: f64,
    /// At most so many observations.
    pub most: f64,
    /// The accuracy that is as likely a success as not.
    pub at: f64,
    /// How gently that changes.
    pub spread: f64,
}

/// What practice exams weigh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mocks {
    /// Observations in one.
    pub each: f64,
    /// At most so many count.
    pub most: f64,
    /// How gently a score around the target becomes a success.
    pub spread: f64,
}

/// Of single domains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domains {
    /// A domain's score is pulled to the whole accuracy as by so many questions.
    pub prior_questions: f64,
    /// The score that is as likely a success as not.
    pub at: f64,
    /// How gently that changes.
    pub spread: f64,
    /// A strength above this.
    pub strength_above: f64,
    /// A weakness below this.
    pub weakness_below: f64,
}

impl Default for Coefficients {
    fn default() -> Self {
        Self {
            weights: [0.06, 0.08, 0.06, 0.16, 0.14, 0.18, 0.05, 0.03, 0.04, 0.05, 0.03, 0.02, 0.04, 0.02, 0.04],
            bias: 0.6,
            steepness: 10.0,
            prior: [7.0, 3.0],
            practice: Practice { questions: 50.0, most: 10.0, at: 0.75, spread: 0.05 },
            mocks: Mocks { each: 5.0, most: 4.0, spread: 0.05 },
            shares: [0.4, 0.4, 0.2],
            least_half_width: 0.05,
            confidence: 0.8,
            ready: 0.8,
            on_track: 0.7,
            at_risk: 0.5,
            domain: Domains {
                prior_questions: 20.0,
                at: 0.75,
                spread: 0.06,
                strength_above: 0.85,
                weakness_below: 0.7,
            },
            target: 0.8,
        }
    }
}

/// A prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Each of [`FEATURES`], 0 to 1.
    pub features: [f64; 15],
    /// The three models' probabilities.
    pub bayes: f64,
    /// See `bayes`.
    pub regression: f64,
    /// See `bayes`.
    pub rules: f64,
    /// The probability.
    pub p: f64,
    /// The interval.
    pub lo: f64,
    /// The interval.
    pub hi: f64,
    /// 1 where all three models say the same.
    pub agreement: f64,
    /// What that means.
    pub status: &'static str,
    /// Shrunk score and probability of each domain, in the record's order.
    pub domains: Vec<(f64, f64)>,
}

/// Predicts from a record.
#[must_use]
pub fn predict(record: &Record, by: &Coefficients) -> Prediction {
    let features = features(record);
    let weighed: f64 = features.iter().zip(by.weights).map(|(feature, weight)| feature * weight).sum();
    let said = [bayes(record, by), sigmoid(by.steepness * (weighed - by.bias)), rules(record) / 100.0];
    let p: f64 = said.iter().zip(by.shares).map(|(said, share)| said * share).sum();
    let half = (normal_quantile(f64::midpoint(1.0, by.confidence)) * deviation(said)).max(by.least_half_width);
    let range = said.iter().copied().fold(f64::MIN, f64::max) - said.iter().copied().fold(f64::MAX, f64::min);
    let status = [(by.ready, "ready"), (by.on_track, "on_track"), (by.at_risk, "at_risk")]
        .into_iter()
        .find(|(from, _)| at_least(p, *from))
        .map_or("high_risk", |(_, status)| status);
    let domains = record.domains.iter().map(|domain| of_domain(domain, record.accuracy, &by.domain)).collect();
    let [bayes, regression, rules] = said;
    let (lo, hi) = ((p - half).clamp(0.0, 1.0), (p + half).clamp(0.0, 1.0));
    Prediction { features, bayes, regression, rules, p, lo, hi, agreement: 1.0 - range, status, domains }
}

fn mock(record: &Record) -> f64 {
    f64::midpoint(record.mock_avg, record.mock_best)
}

/// A share of a whole; nothing of nothing is nothing.
fn share(part: i32, whole: i32) -> f64 {
    if whole > 0 { f64::from(part) / f64::from(whole) } else { 0.0 }
}

fn features(record: &Record) -> [f64; 15] {
    let scores = record.domains.iter().map(|domain| domain.score);
    let known = if record.mock_count > 0 { mock(record) } else { record.accuracy };
    [
        share(record.modules.0, record.modules.1),
        record.completion,
        record.study_hours / 30.0,
        record.accuracy,
        scores.sum::<f64>() / f64::from(u32::try_from(record.domains.len().max(1)).unwrap_or(u32::MAX)),
        mock(record),
        f64::from(record.mock_count) / 3.0,
        f64::from(record.streak) / 14.0,
        record.active_sessions_per_week / 5.0,
        f64::from(record.practice_questions) / 500.0,
        f64::from(record.prep_days) / 60.0,
        1.0 - (record.avg_session_min - 45.0).abs() / 45.0,
        record.velocity / 0.2,
        record.days_to_exam.map_or(1.0, |days| f64::from(days) / 30.0),
        1.0 - (record.target - known).max(0.0) / 0.3,
    ]
    .map(|feature| feature.clamp(0.0, 1.0))
}

/// The mean of a beta distribution after the practice and the practice exams.
fn bayes(record: &Record, by: &Coefficients) -> f64 {
    let [mut passed, mut failed] = by.prior;
    let mut observe = |observations: f64, success: f64| {
        passed += observations * success;
        failed += observations * (1.0 - success);
    };
    let practice = (f64::from(record.practice_questions) / by.practice.questions).min(by.practice.most);
    observe(practice, sigmoid((record.accuracy - by.practice.at) / by.practice.spread));
    let mocks = by.mocks.each * f64::from(record.mock_count).min(by.mocks.most);
    observe(mocks, sigmoid((mock(record) - record.target) / by.mocks.spread));
    passed / (passed + failed)
}

/// Points of 100.
fn rules(record: &Record) -> f64 {
    let fit = |holds: bool, points: f64| if holds { points } else { 0.0 };
    fit(at_least(share(record.modules.0, record.modules.1), 0.8), 20.0)
        + fit(at_least(record.accuracy, 0.75), 20.0)
        + fit(record.mock_count >= 2, 15.0)
        + fit(record.mock_count > 0 && at_least(record.mock_best, record.target), 20.0)
        + fit(record.streak >= 5, 5.0)
        + fit(at_least(record.study_hours, 20.0), 10.0)
        + fit(!record.domains.is_empty() && record.domains.iter().all(|domain| at_least(domain.score, 0.7)), 10.0)
}

fn of_domain(domain: &Domain, accuracy: f64, by: &Domains) -> (f64, f64) {
    let n = f64::from(domain.questions);
    let shrunk = (n * domain.score + by.prior_questions * accuracy) / (n + by.prior_questions);
    (shrunk, sigmoid((shrunk - by.at) / by.spread))
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The standard deviation (n - 1) of three values.
fn deviation(values: [f64; 3]) -> f64 {
    let mean = values.iter().sum::<f64>() / 3.0;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 2.0).sqrt()
}

fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            modules: (8, 10),
            mock_count: 0,
            streak: 0,
            practice_questions: 0,
            prep_days: 0,
            days_to_exam: Some(30),
            completion: 0.5,
            study_hours: 0.0,
            accuracy: 0.75,
            mock_avg: 0.0,
            mock_best: 0.0,
            active_sessions_per_week: 0.0,
            avg_session_min: 45.0,
            velocity: 0.0,
            target: 0.75,
            domains: vec![Domain { id: 1, score: 0.75, questions: 20 }],
        }
    }

    fn predicted(record: &Record) -> Prediction {
        predict(record, &Coefficients::default())
    }

    #[test]
    fn without_evidence_bayes_says_the_base_rate() {
        assert!((predicted(&record()).bayes - 0.7).abs() < 1e-12);
    }

    #[test]
    fn evidence_at_the_edge_counts_half() {
        let practised = Record { practice_questions: 500, ..record() };
        assert!((predicted(&practised).bayes - 12.0 / 20.0).abs() < 1e-12);
        let mocked = Record { mock_count: 9, mock_avg: 0.75, mock_best: 0.75, ..record() };
        assert!((predicted(&mocked).bayes - 17.0 / 30.0).abs() < 1e-12);
    }

    #[test]
    fn rules_add_up_to_a_hundred() {
        let all = Record { mock_count: 2, mock_best: 0.75, streak: 5, study_hours: 20.0, ..record() };
        assert!((rules(&all) - 100.0).abs() < 1e-12);
        assert!((rules(&record()) - 50.0).abs() < 1e-12);
    }

    #[test]
    fn the_weights_of_the_features_sum_up_to_one() {
        assert!((Coefficients::default().weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_at_all_is_still_a_probability() {
        let nothing = Record { modules: (0, 0), domains: Vec::new(), days_to_exam: None, accuracy: 0.0, ..record() };
        let nothing = predicted(&nothing);
        assert!((0.0..=1.0).contains(&nothing.p) && nothing.lo <= nothing.p && nothing.p <= nothing.hi);
        assert_eq!(nothing.status, "high_risk");
    }

    #[test]
    fn a_domain_is_pulled_to_the_whole() {
        let (shrunk, p) =
            of_domain(&Domain { id: 1, score: 0.95, questions: 20 }, 0.55, &Coefficients::default().domain);
        assert!((shrunk - 0.75).abs() < 1e-12 && (p - 0.5).abs() < 1e-12);
    }
}
