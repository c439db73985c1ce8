//! The fixtures' entries, learners and interactions as rows.

use std::collections::BTreeMap;
use std::fs;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value;
use windlass_jobs::learning::Archetype;
use windlass_jobs::roi_collection::{Multipliers, calibration};

use crate::support::fixtures;

/// The constants of a set.
#[derive(Deserialize)]
pub(crate) struct Config {
    pub(crate) as_of: DateTime<Utc>,
    pub(crate) multipliers: BTreeMap<String, f64>,
    pub(crate) kappa: f64,
    pub(crate) cap: f64,
    pub(crate) min_n: i64,
    pub(crate) experiment: String,
}

impl Config {
    pub(crate) fn read(set: &str) -> Self {
        let text = fs::read_to_string(fixtures(set).join("inputs/config.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn start(&self) -> DateTime<Utc> {
        self.as_of - TimeDelta::days(90)
    }

    pub(crate) fn multipliers(&self) -> Multipliers {
        Multipliers::new(Archetype::ALL.map(|archetype| self.multipliers[archetype.as_str()])).unwrap()
    }

    pub(crate) fn terms(&self) -> calibration::Terms {
        calibration::Terms { kappa: self.kappa, cap: self.cap, min_n: self.min_n }
    }
}

#[derive(Clone, Deserialize)]
pub(crate) struct Entry {
    pub(crate) learner_id: String,
    pub(crate) ts: DateTime<Utc>,
    pub(crate) amount_micros: i64,
}

#[derive(Deserialize)]
pub(crate) struct Learner {
    pub(crate) learner_id: String,
    pub(crate) cohort_id: String,
}

#[derive(Deserialize)]
pub(crate) struct Interaction {
    pub(crate) learner_id: String,
    pub(crate) ts: DateTime<Utc>,
    pub(crate) capability: String,
}

pub(crate) fn rows<T: for<'de> Deserialize<'de>>(set: &str, file: &str) -> Vec<T> {
    let mut reader = csv::Reader::from_path(fixtures(set).join("inputs").join(file)).unwrap();
    reader.deserialize().collect::<Result<_, _>>().unwrap()
}

/// Each learner's archetype, as weekly aggregation tells it.
pub(crate) fn archetypes(set: &str) -> BTreeMap<String, Archetype> {
    let text = fs::read_to_string(fixtures(set).join("expected/learner_metrics.jsonl")).unwrap();
    let of = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        (row["learner_id"].as_str().unwrap().to_owned(), row["archetype"].as_str().unwrap().parse().unwrap())
    };
    text.lines().map(of).collect()
}
