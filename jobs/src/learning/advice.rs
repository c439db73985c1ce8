//! What a learner is advised: interventions, recommendations and the hours of a week's plan (S2, 3.3; domain specification
//! 4.8). Codes and ids; the wording is the application's.

use super::pass::{Prediction, Record};
use crate::tolerance::at_least;

/// What is known of a learner's last weeks, beside their [`Record`].
#[derive(Clone, Debug, PartialEq)]
pub struct Recent {
    /// Days since anything was done.
    pub days_idle: i32,
    /// Graded questions of the last 7 days, and of the 21 before.
    pub questions: (i32, i32),
    /// Accuracy in the same windows.
    pub accuracy: (f64, f64),
    /// Days of more than four hours, of the last 7.
    pub long_days: i32,
    /// Hours of the last 7 days.
    pub hours: f64,
    /// Hours a week that were meant.
    pub planned_hours: f64,
    /// Accuracy of hard questions, if there were any.
    pub hard_accuracy: Option<f64>,
    /// The module that comes next.
    pub next_module: Option<String>,
}

/// How much it matters; the order of advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// At once.
    Critical,
    /// Soon.
    High,
    /// This week.
    Medium,
    /// When there is time.
    Low,
}

/// What it is about; the order of advice of one priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Somebody should step in.
    Intervention,
    /// A domain is weak.
    WeakDomain,
    /// Less was done than planned.
    StudySchedule,
    /// Another way to prepare.
    Strategy,
    /// Something to practise with.
    Resource,
    /// What comes next.
    NextAction,
}

impl Priority {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

impl Kind {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intervention => "intervention",
            Self::WeakDomain => "weak_domain",
            Self::StudySchedule => "study_schedule",
            Self::Strategy => "strategy",
            Self::Resource => "resource",
            Self::NextAction => "next_action",
        }
    }
}

/// A piece of advice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Advice {
    /// How much it matters.
    pub priority: Priority,
    /// What it is about.
    pub kind: Kind,
    /// A code, a domain's name or a module's id.
    pub subject: String,
}

/// The interventions that are called for, all of them critical.
#[must_use]
pub fn interventions(record: &Record, recent: &Recent, prediction: &Prediction) -> Vec<&'static str> {
    // Fewer questions say nothing of a change.
    let comparable = recent.questions.0 >= 10 && recent.questions.1 >= 10;
    let fall = recent.accuracy.1 - recent.accuracy.0;
    let soon = record.days_to_exam.is_some_and(|days| (0..=21).contains(&days));
    let overworked = recent.hours > 1.5 * recent.planned_hours + 1e-9 && comparable && fall > 0.0;
    [
        ("low_engagement", recent.days_idle >= 7),
        ("declining_performance", comparable && at_least(fall, 0.10)),
        ("exam_unready", soon && !at_least(prediction.p, 0.70)),
        ("burnout_risk", recent.long_days >= 3 || overworked),
    ]
    .into_iter()
    .filter_map(|(code, called_for)| called_for.then_some(code))
    .collect()
}

/// All advice, the most pressing first. `names` gives the name of each of the record's domains.
#[must_use]
pub fn recommendations(
    record: &Record,
    recent: &Recent,
    interventions: &[&'static str],
    name: impl Fn(i32) -> String,
) -> Vec<Advice> {
    let advice = |priority, kind, subject: &str| Advice { priority, kind, subject: subject.to_owned() };
    let mut all: Vec<Advice> =
        interventions.iter().map(|code| advice(Priority::Critical, Kind::Intervention, code)).collect();
    for domain in &record.domains {
        if !at_least(domain.score, 0.70) {
            let priority = if at_least(domain.score, 0.60) { Priority::Medium } else { Priority::High };
            all.push(advice(priority, Kind::WeakDomain, &name(domain.id)));
        }
    }
    if record.days_to_exam.is_some_and(|days| days <= 30) && record.mock_count < 2 {
        all.push(advice(Priority::High, Kind::Strategy, "take_mock_exam"));
    }
    if !at_least(recent.hours, 0.5 * recent.planned_hours) {
        all.push(advice(Priority::Medium, Kind::StudySchedule, "below_planned_hours"));
    }
    if recent.hard_accuracy.is_some_and(|accuracy| !at_least(accuracy, 0.5)) {
        all.push(advice(Priority::Low, Kind::Resource, "hard_questions"));
    }
    all.push(advice(
        Priority::Low,
        Kind::NextAction,
        recent.next_module.as_deref().filter(|module| !module.is_empty()).unwrap_or("review"),
    ));
    all.sort_unstable();
    all
}

/// The planned hours of each domain, in the record's order: half hours by largest remainder over what each lacks to the target;
/// evenly where none lacks anything. Of equal remainders the smaller name comes first.
#[must_use]
pub fn hours(record: &Record, planned_hours: f64, target: f64, name: impl Fn(i32) -> String) -> Vec<f64> {
    let lacks: Vec<f64> = record.domains.iter().map(|domain| (target - domain.score).max(0.0)).collect();
    let total: f64 = lacks.iter().sum();
    let units = (planned_hours * 2.0 + 1e-9).floor().max(0.0);
    let even = f64::from(u32::try_from(lacks.len().max(1)).unwrap_or(u32::MAX));
    let shares = lacks.iter().map(|lack| if total > 1e-9 { units * lack / total } else { units / even });
    let mut halves: Vec<(f64, f64)> = shares.map(|share| ((share + 1e-9).floor(), share)).collect();
    let mut order: Vec<usize> = (0..halves.len()).collect();
    let remainder = |place: usize| ((halves[place].1 - halves[place].0) * 1e9).round();
    order.sort_by(|a, b| {
        let names = || name(record.domains[*a].id).cmp(&name(record.domains[*b].id));
        remainder(*b).total_cmp(&remainder(*a)).then_with(names)
    });
    let mut left = units - halves.iter().map(|(whole, _)| whole).sum::<f64>();
    for place in order {
        if left < 0.5 {
            break;
        }
        halves[place].0 += 1.0;
        left -= 1.0;
    }
    halves.into_iter().map(|(halves, _)| halves / 2.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::pass::{Coefficients, Domain, predict};

    fn record(scores: &[f64]) -> Record {
        Record {
            modules: (1, 10),
            mock_count: 2,
            streak: 0,
            practice_questions: 0,
            prep_days: 0,
            days_to_exam: Some(60),
            completion: 0.1,
            study_hours: 1.0,
            accuracy: 0.5,
            mock_avg: 0.5,
            mock_best: 0.5,
            active_sessions_per_week: 1.0,
            avg_session_min: 20.0,
            velocity: 0.1,
            target: 0.7,
            domains: (0..).zip(scores).map(|(id, score)| Domain { id, score: *score, questions: 10 }).collect(),
        }
    }

    fn recent() -> Recent {
        Recent {
            days_idle: 0,
            questions: (10, 10),
            accuracy: (0.7, 0.7),
            long_days: 0,
            hours: 4.0,
            planned_hours: 4.0,
            hard_accuracy: None,
            next_module: None,
        }
    }

    fn called_for(record: &Record, recent: &Recent) -> Vec<&'static str> {
        interventions(record, recent, &predict(record, &Coefficients::default()))
    }

    #[test]
    fn each_intervention_fires_at_its_edge_and_not_before() {
        let record = record(&[0.9]);
        assert!(called_for(&record, &recent()).is_empty());
        for (recent, expected) in [
            (Recent { days_idle: 7, ..recent() }, "low_engagement"),
            // 0.7 - 0.6 is a little less than 0.1, and counts.
            (Recent { accuracy: (0.6, 0.7), ..recent() }, "declining_performance"),
            (Recent { long_days: 3, ..recent() }, "burnout_risk"),
            (Recent { hours: 6.1, accuracy: (0.69, 0.7), ..recent() }, "burnout_risk"),
        ] {
            assert_eq!(called_for(&record, &recent), [expected]);
        }
        for quiet in [
            Recent { days_idle: 6, ..recent() },
            Recent { accuracy: (0.6, 0.7), questions: (9, 10), ..recent() },
            Recent { hours: 6.0, accuracy: (0.69, 0.7), ..recent() },
            Recent { hours: 6.1, ..recent() },
        ] {
            assert!(called_for(&record, &quiet).is_empty(), "{quiet:?}");
        }
        let soon = Record { days_to_exam: Some(21), ..record };
        assert_eq!(called_for(&soon, &recent()), ["exam_unready"]);
    }

    #[test]
    fn advice_stands_in_its_order() {
        let record = Record { days_to_exam: Some(30), mock_count: 1, ..record(&[0.69, 0.59, 0.70]) };
        let recent = Recent { hours: 1.9, hard_accuracy: Some(0.4), ..recent() };
        let all = recommendations(&record, &recent, &["low_engagement"], |id| format!("d{id}"));
        let subjects: Vec<&str> = all.iter().map(|advice| advice.subject.as_str()).collect();
        let expected =
            ["low_engagement", "d1", "take_mock_exam", "d0", "below_planned_hours", "hard_questions", "review"];
        assert_eq!(subjects, expected);
    }

    #[test]
    fn half_hours_go_to_what_lacks_most_and_add_up() {
        let name = |id: i32| format!("d{id}");
        assert_eq!(hours(&record(&[0.7, 0.6, 0.9]), 3.0, 0.8, name), [1.0, 2.0, 0.0]);
        assert_eq!(hours(&record(&[0.9, 0.9]), 1.5, 0.8, name), [1.0, 0.5]);
        assert!(hours(&record(&[]), 4.0, 0.8, name).is_empty());
    }
}
