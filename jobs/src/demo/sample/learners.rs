//! Forty learners over sixteen weeks, the last four after the day that counts: they tell who left.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;

use super::SEED;
use crate::backfill::claims::splitmix::SplitMix64;

const LEARNERS: u64 = 40;
const COHORTS: u64 = 3;
const DOMAINS: [&str; 4] = ["asking_questions", "taking_action", "navigation", "reporting"];
/// How many capabilities a domain has.
const CAPABILITIES: usize = 6;
/// Weeks of interactions, and how many of them are before the day that counts.
const WEEKS: i64 = 16;
const BEFORE: i64 = 12;
/// The names of a learner's arms are drawn with it.
const EXPERIMENT: &str = "sample-1";

/// The files by name.
pub(super) fn files() -> Vec<(&'static str, String)> {
    let mut learners =
        "learner_id,cohort_id,tz,enrolled_at,hours_per_week,target_score,days_to_exam,declared_cohort\n".to_owned();
    let mut interactions =
        "interaction_id,learner_id,ts,domain,capability,topic,objective,difficulty,assessment_type,correct,duration_s\n"
            .to_owned();
    let header = "entry_id,learner_id,ts,category,amount_micros\n".to_owned();
    let (mut costs, mut values, mut records) = (header.clone(), header, String::new());
    for n in 0..LEARNERS {
        let mut chance = SplitMix64::new(SEED + n);
        let (cohort, zone) = (n % COHORTS, ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"][place(n, 4)]);
        let enrolled = instant(-7 * BEFORE - below(&mut chance, 30), 8);
        // Writing to a string does not fail.
        let _ = writeln!(learners, "l{n:03},c{cohort},{zone},{enrolled},{},0.75,{},c{cohort}", 2 + n % 5, 10 + n % 40);
        practise(&mut interactions, n, &mut chance);
        spend(&mut costs, &mut values, n, &mut chance);
        let _ = writeln!(records, "{}", record(n, &mut chance));
    }
    vec![
        ("config.json", config()),
        ("cohorts.json", cohorts()),
        ("learners.csv", learners),
        ("interactions.csv", interactions),
        ("costs.csv", costs),
        ("values.csv", values),
        ("records.jsonl", records),
    ]
}

/// Every fifth stops some time; whoever is left learns, and the more the longer.
fn practise(to: &mut String, n: u64, chance: &mut SplitMix64) {
    let stops = if n.is_multiple_of(5) { 4 + below(chance, 10) } else { WEEKS };
    let mut count = 0;
    for week in 0..stops {
        for _ in 0..=below(chance, 2) {
            let (day, hour) = (7 * (week - BEFORE) + below(chance, 7), 8 + below(chance, 12));
            for answer in 0..2 + below(chance, 5) {
                let ts = moment(day, hour) + TimeDelta::minutes(answer);
                let domain = if n.is_multiple_of(3) { place(n, DOMAINS.len()) } else { chance.below(DOMAINS.len()) };
                let capability = chance.below(CAPABILITIES.min(2 + usize::try_from(week).unwrap_or_default()));
                let correct = match below(chance, 6) {
                    0 => "",
                    _ if below(chance, 100) < 50 + 3 * week => "1",
                    _ => "0",
                };
                let (name, difficulty) = (DOMAINS[domain], ["easy", "medium", "hard"][chance.below(3)]);
                let _ = writeln!(
                    to,
                    "i{n:03}-{count},l{n:03},{},{name},{name}_{capability},{name}_t{},o{},{difficulty},{},{correct},{}",
                    ts.to_rfc3339_opts(SecondsFormat::Secs, true),
                    chance.below(4),
                    chance.below(3),
                    ["practice", "quiz", "mock"][chance.below(3)],
                    20 + below(chance, 100),
                );
                count += 1;
            }
        }
    }
}

/// Entries of every ten days: most bring more than they cost.
fn spend(costs: &mut String, values: &mut String, n: u64, chance: &mut SplitMix64) {
    for entry in 0..8 {
        let ts = instant(-5 - 10 * entry, 1);
        let cost = 30_000 + below(chance, 50_000);
        let value = cost * (90 + below(chance, 90)) / 100;
        let _ = writeln!(costs, "k{n:03}-{entry},l{n:03},{ts},path,{cost}");
        let _ = writeln!(values, "v{n:03}-{entry},l{n:03},{ts},capability,{value}");
    }
}

fn record(n: u64, chance: &mut SplitMix64) -> serde_json::Value {
    let mut share = |from: i64| decimals(from + below(chance, 35));
    let scores: serde_json::Map<_, _> = DOMAINS.iter().map(|name| ((*name).to_owned(), json!(share(55)))).collect();
    let (accuracy, mock, lately) = (share(55), share(55), share(50));
    let questions: serde_json::Map<_, _> = DOMAINS.iter().map(|name| ((*name).to_owned(), json!(40))).collect();
    json!({
        "learner_id": format!("l{n:03}"), "modules_completed": 20 + n, "modules_total": 60, "completion": share(60),
        "study_hours": 20 + n % 20, "accuracy": accuracy, "domain_scores": scores, "domain_questions": questions,
        "mock_count": n % 4, "mock_avg": mock, "mock_best": mock, "streak": n % 9, "active_sessions_per_week": 1.5,
        "practice_questions": 200 + 10 * n, "prep_days": 50, "avg_session_min": 30, "velocity": 0.1,
        "days_to_exam": 10 + n % 40, "target": 0.75, "days_idle": n % 10, "acc_7d": lately, "n_7d": 20, "acc_prev21d": accuracy,
        "n_prev21d": 60, "hours_7d": n % 8, "target_hours_week": 2 + n % 5, "long_days_7d": n % 4, "hard_accuracy": lately,
        "next_module": format!("m{:02}", n % 20),
    })
}

fn config() -> String {
    json!({
        "as_of": instant(0, 0), "total_domains": DOMAINS.len(), "domains": DOMAINS, "kappa": 50, "cap": 0.1, "min_n": 5,
        "experiment": EXPERIMENT, "previous_archetypes": {},
        "multipliers": {"fast_learner": 1.8, "specialist": 1.6, "power_user": 1.4, "long_term_retainer": 1.5, "generalist": 1.0},
    })
    .to_string()
}

fn cohorts() -> String {
    let spot = |n: i64| [2, 4, 6, 8].map(|tenths| decimals((10 * tenths + 17 * n) % 100));
    let centroids: Vec<_> = (0..)
        .take(place(COHORTS, usize::MAX))
        .map(|n| json!({"cohort_id": format!("c{n}"), "centroid": spot(n)}))
        .collect();
    let workflows: Vec<_> = (0..8).map(|n| json!({"workflow_id": format!("w{n:02}"), "target": spot(3 * n)})).collect();
    let capabilities: Vec<_> =
        DOMAINS.iter().flat_map(|name| (0..CAPABILITIES).map(move |n| format!("{name}_{n}"))).collect();
    json!({"cohorts": centroids, "workflows": workflows, "capabilities": capabilities}).to_string()
}

/// So many days after the day that counts.
fn moment(days: i64, hour: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_465 + days) + TimeDelta::hours(hour) // 2026-01-12
}

fn instant(days: i64, hour: i64) -> String {
    moment(days, hour).to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn decimals(hundredths: i64) -> f64 {
    f64::from(i32::try_from(hundredths).unwrap_or_default()) / 100.0
}

fn place(n: u64, of: usize) -> usize {
    usize::try_from(n).unwrap_or_default() % of
}

fn below(chance: &mut SplitMix64, n: usize) -> i64 {
    i64::try_from(chance.below(n)).unwrap_or_default()
}
