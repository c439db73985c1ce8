//! When a learner will have mastered a domain: the power law of practice (Newell & Rosenbloom 1981), or a logistic curve where
//! it fits better, and inverse prediction for the interval (Draper & Smith; domain specification 4.6).

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::line::Line;
use crate::tolerance::at_least;

/// The constants, a versioned row of the name `mastery`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coefficients {
    /// The accuracy that is mastery.
    pub target: f64,
    /// A day counts with so many graded questions.
    pub day_needs: i32,
    /// A curve is drawn through so many days at least.
    pub points_needed: usize,
    /// An accuracy is cut to this before its logarithm is taken.
    pub clamp: [f64; 2],
    /// A smaller slope is no progress.
    pub least_gain: f64,
    /// More questions are not forecast.
    pub most_questions: i32,
    /// The share of forecasts that the interval holds.
    pub confidence: f64,
    /// The pace is that of so many days.
    pub rate_days: i64,
    /// A plan has so many weeks at most.
    pub plan_weeks: i32,
}

impl Default for Coefficients {
    fn default() -> Self {
        Self {
            target: 0.8,
            day_needs: 3,
            points_needed: 3,
            clamp: [0.02, 0.98],
            least_gain: 0.001,
            most_questions: 5_000,
            confidence: 0.8,
            rate_days: 14,
            plan_weeks: 12,
        }
    }
}

/// A learner's day in a domain. Only graded questions count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Questions.
    pub graded: i32,
    /// Right answers.
    pub correct: i32,
    /// The time they took.
    pub seconds: i64,
    /// Questions within the window of the pace.
    pub recent: i32,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Too few days.
    InsufficientData,
    /// It is mastered.
    Mastered,
    /// The curve does not rise.
    NoProgress,
    /// It will be.
    Forecast,
    /// It will be, after more questions than are forecast.
    Capped,
}

impl Status {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InsufficientData => "insufficient_data",
            Self::Mastered => "mastered",
            Self::NoProgress => "no_progress",
            Self::Forecast => "forecast",
            Self::Capped => "capped",
        }
    }
}

/// The curve that fits best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Errors fall by a power of the questions.
    Power,
    /// The odds rise by a power of the questions.
    Logistic,
}

impl Model {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Power => "power",
            Self::Logistic => "logistic",
        }
    }

    /// Makes a straight line of the curve.
    fn straighten(self, accuracy: f64) -> f64 {
        match self {
            Self::Power => (1.0 - accuracy).ln(),
            Self::Logistic => (accuracy / (1.0 - accuracy)).ln(),
        }
    }

    fn accuracy(self, y: f64) -> f64 {
        match self {
            Self::Power => 1.0 - y.exp(),
            Self::Logistic => 1.0 / (1.0 + (-y).exp()),
        }
    }

    /// How fast accuracy rises along a line of this slope.
    fn gain(self, slope: f64) -> f64 {
        match self {
            Self::Power => -slope,
            Self::Logistic => slope,
        }
    }
}

/// A curve: a straight line over the logarithm of the questions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted {
    /// Of what the line is made.
    pub model: Model,
    /// The line's rise.
    pub slope: f64,
    /// Its height at one question.
    pub intercept: f64,
    /// The curve's accuracy now.
    pub current: f64,
}

/// A learner's forecast for a domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Mastery {
    /// What becomes of it.
    pub status: Status,
    /// Graded questions so far.
    pub n_now: i32,
    /// Days that count.
    pub points: usize,
    /// Graded questions a day.
    pub rate_per_day: f64,
    /// The mean time of one; 0 without one.
    pub sec_per_question: f64,
    /// The curve, where there are days enough for one.
    pub fitted: Option<Fitted>,
    /// What is still needed: as forecast, at best, at worst.
    pub questions: Option<[i32; 3]>,
    /// The same in days at the present pace; `None` at a pace of 0.
    pub days: Option<[f64; 3]>,
    /// The time of the questions.
    pub hours: Option<f64>,
    /// What to do week by week.
    pub plan: Vec<PlannedWeek>,
}

/// A week of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedWeek {
    /// From 1.
    pub week: i32,
    /// Questions to answer.
    pub questions: i32,
    /// The time they will take.
    pub hours: f64,
    /// The accuracy after it.
    pub target_mastery: f64,
}

/// From a learner's days in their order; `hours_per_week` is what they mean to study.
#[must_use]
pub fn forecast(days: &[Day], hours_per_week: Option<f64>, by: &Coefficients) -> Mastery {
    let n_now: i32 = days.iter().map(|day| day.graded).sum();
    let recent: i32 = days.iter().map(|day| day.recent).sum();
    let seconds = days.iter().map(|day| real(day.seconds)).sum::<f64>();
    let points = points(days, by);
    let rate_per_day = f64::from(recent) / real(by.rate_days);
    let sec_per_question = if n_now > 0 { seconds / f64::from(n_now) } else { 0.0 };
    let mut mastery = Mastery {
        status: Status::InsufficientData,
        n_now,
        points: points.len(),
        rate_per_day,
        sec_per_question,
        fitted: None,
        questions: None,
        days: None,
        hours: None,
        plan: Vec::new(),
    };
    let Some(curve) = Curve::fit(&points, by) else { return mastery };
    let current = curve.accuracy(n_now);
    mastery.fitted =
        Some(Fitted { model: curve.model, slope: curve.line.slope, intercept: curve.line.intercept(), current });
    if at_least(current, by.target) {
        mastery.status = Status::Mastered;
        (mastery.questions, mastery.days, mastery.hours) = (Some([0; 3]), Some([0.0; 3]), Some(0.0));
    } else if curve.model.gain(curve.line.slope) <= by.least_gain {
        mastery.status = Status::NoProgress;
    } else {
        let (x, margin) = curve.reaches(by);
        let needed = |x: f64| (x.exp() - f64::from(n_now)).ceil().clamp(0.0, f64::from(by.most_questions));
        let found = [needed(x), needed(x - margin), needed(x + margin)];
        mastery.status = if found[0] < f64::from(by.most_questions) { Status::Forecast } else { Status::Capped };
        mastery.questions = Some(found.map(whole));
        mastery.days = (rate_per_day > 0.0).then(|| found.map(|questions| questions / rate_per_day));
        mastery.hours = Some(found[0] * sec_per_question / 3600.0);
        mastery.plan = plan(&curve, &mastery, whole(found[0]), hours_per_week, by);
    }
    mastery
}

/// The logarithm of the questions so far and the accuracy, of each day that counts.
fn points(days: &[Day], by: &Coefficients) -> Vec<(f64, f64)> {
    let mut so_far = 0;
    let mut points = Vec::new();
    for day in days {
        so_far += day.graded;
        if day.graded >= by.day_needs {
            let accuracy = f64::from(day.correct) / f64::from(day.graded);
            points.push((f64::from(so_far).ln(), accuracy.clamp(by.clamp[0], by.clamp[1])));
        }
    }
    points
}

struct Curve<'a> {
    model: Model,
    line: Line,
    points: &'a [(f64, f64)],
}

impl<'a> Curve<'a> {
    /// The one of the two curves with the smaller squared error of accuracy.
    fn fit(points: &'a [(f64, f64)], by: &Coefficients) -> Option<Self> {
        if points.len() < by.points_needed.max(2) {
            return None;
        }
        let curve = |model: Model| {
            let line = Line::through(points.iter().map(move |(x, accuracy)| (*x, model.straighten(*accuracy))))?;
            Some(Self { model, line, points })
        };
        let (power, logistic) = (curve(Model::Power)?, curve(Model::Logistic)?);
        Some(if power.error() <= logistic.error() { power } else { logistic })
    }

    fn error(&self) -> f64 {
        self.points.iter().map(|(x, accuracy)| (accuracy - self.model.accuracy(self.line.at(*x))).powi(2)).sum()
    }

    fn accuracy(&self, questions: i32) -> f64 {
        self.model.accuracy(self.line.at(f64::from(questions).ln()))
    }

    /// The logarithm of the questions at which the target is reached, and half the width of its interval.
    fn reaches(&self, by: &Coefficients) -> (f64, f64) {
        let Line { slope, mean_x, sxx, .. } = self.line;
        let x = (self.model.straighten(by.target) - self.line.intercept()) / slope;
        let m = real(i64::try_from(self.points.len()).unwrap_or(i64::MAX));
        let squares: f64 =
            self.points.iter().map(|(x, accuracy)| (self.model.straighten(*accuracy) - self.line.at(*x)).powi(2)).sum();
        let error = (squares / (m - 2.0) * (1.0 / m + (x - mean_x).powi(2) / sxx)).sqrt() / slope.abs();
        // Without a degree of freedom (two points, by configuration) nothing is known of the error.
        let t = StudentsT::new(0.0, 1.0, m - 2.0).map_or(0.0, |t| t.inverse_cdf(f64::midpoint(1.0, by.confidence)));
        (x, if error.is_finite() { t * error } else { 0.0 })
    }
}

fn plan(curve: &Curve<'_>, mastery: &Mastery, needed: i32, hours: Option<f64>, by: &Coefficients) -> Vec<PlannedWeek> {
    let hours = hours.unwrap_or_default();
    if mastery.sec_per_question <= 0.0 {
        return Vec::new();
    }
    let each = whole((hours * 3600.0 / mastery.sec_per_question).floor().clamp(0.0, f64::from(by.most_questions)));
    let (mut left, mut done, mut weeks) = (needed, mastery.n_now, Vec::new());
    while each > 0 && left > 0 && weeks.len() < usize::try_from(by.plan_weeks).unwrap_or_default() {
        let questions = left.min(each);
        left -= questions;
        done += questions;
        weeks.push(PlannedWeek {
            week: i32::try_from(weeks.len()).unwrap_or(i32::MAX).saturating_add(1),
            questions,
            hours: f64::from(questions) * mastery.sec_per_question / 3600.0,
            target_mastery: curve.accuracy(done),
        });
    }
    weeks
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to a number of questions, which is an i32")]
fn whole(questions: f64) -> i32 {
    questions as i32
}

#[expect(clippy::cast_precision_loss, reason = "seconds, days and points are far below 2^53")]
fn real(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(graded: i32, correct: i32) -> Day {
        Day { graded, correct, seconds: 60 * i64::from(graded), recent: graded }
    }

    fn of(days: &[Day]) -> Mastery {
        forecast(days, Some(1.0), &Coefficients::default())
    }

    #[test]
    fn two_days_are_too_few_and_small_days_do_not_count() {
        let mastery = of(&[day(10, 5), day(2, 1), day(10, 6)]);
        assert_eq!((mastery.status, mastery.points, mastery.n_now), (Status::InsufficientData, 2, 22));
        assert_eq!(of(&[]).status, Status::InsufficientData);
    }

    #[test]
    fn errors_that_fall_by_a_power_are_forecast_exactly() {
        // 1 - accuracy is 12 / n: 0.5 after 24, 0.375 after 32, 0.25 after 48; 0.2, mastery, after 60.
        let mastery = of(&[day(24, 12), day(8, 5), day(16, 12)]);
        assert_eq!((mastery.status, mastery.fitted.unwrap().model), (Status::Forecast, Model::Power));
        let [questions, low, high] = mastery.questions.unwrap();
        // Twelve, or one more where rounding lifts it; the points lie on the curve, and so does the interval.
        assert!((12..=13).contains(&questions) && (12..=questions).contains(&low) && high <= 13, "{mastery:?}");
        assert_eq!(mastery.plan.iter().map(|week| week.questions).sum::<i32>(), questions);
        assert!(mastery.plan.last().unwrap().target_mastery >= 0.8 - 1e-9);
    }

    #[test]
    fn what_does_not_rise_has_no_forecast_and_what_is_high_is_mastered() {
        assert_eq!(of(&[day(10, 6), day(10, 5), day(10, 4)]).status, Status::NoProgress);
        let mastered = of(&[day(10, 8), day(10, 9), day(10, 9)]);
        assert_eq!((mastered.status, mastered.questions), (Status::Mastered, Some([0; 3])));
    }

    #[test]
    fn slow_progress_is_capped_and_its_plan_ends() {
        let mastery = of(&[day(100, 40), day(100, 40), day(100, 41)]);
        assert_eq!(mastery.status, Status::Capped);
        assert_eq!((mastery.questions.unwrap()[0], mastery.plan.len()), (5_000, 12));
        assert_eq!(mastery.plan[0].questions, 60);
    }

    #[test]
    fn without_a_pace_there_are_no_days_and_without_time_no_plan() {
        let days = [day(10, 5), day(6, 4), day(4, 3)].map(|day| Day { recent: 0, ..day });
        let mastery = forecast(&days, None, &Coefficients::default());
        assert_eq!((mastery.days, mastery.plan.len()), (None, 0));
        assert!(mastery.hours.unwrap() > 0.0);
    }
}
