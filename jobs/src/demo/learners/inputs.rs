//! What a folder of inputs says of learners, but for the rows that backfill brings in: constants, cohorts, records.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::inputs::{InputError, wrong};
use crate::learners::NewRecord;
use crate::learning::Archetype;
use crate::roi_collection::{Bounds, Multipliers};

/// Over how many days before `as_of` costs and values are taken together.
const WINDOW_DAYS: i64 = 90;

/// What is told of learners beside their rows.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    pub(super) folder: PathBuf,
    pub(super) config: Config,
    pub(super) roi: Option<Roi>,
    pub(super) cohorts: Cohorts,
    pub(super) records: Vec<Record>,
}

/// The constants of `config.json`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Config {
    pub(super) as_of: DateTime<Utc>,
    #[serde(default)]
    pub(super) domains: Vec<String>,
    pub(super) total_domains: i32,
    #[serde(default)]
    pub(super) previous_archetypes: BTreeMap<String, Archetype>,
}

/// Those of costs and values.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Roi {
    multipliers: BTreeMap<Archetype, f64>,
    pub(super) kappa: f64,
    pub(super) cap: f64,
    pub(super) min_n: i64,
    pub(super) experiment: String,
}

/// `cohorts.json`.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Cohorts {
    #[serde(rename = "cohorts")]
    centroids: Vec<Centroid>,
    workflows: Vec<Workflow>,
    #[serde(default)]
    pub(super) capabilities: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Centroid {
    cohort_id: String,
    centroid: [f64; 4],
}

#[derive(Clone, Debug, Deserialize)]
struct Workflow {
    workflow_id: String,
    target: [f64; 4],
}

/// A line of `records.jsonl`; its domains stand in it by name.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Record {
    pub(super) learner_id: String,
    domain_scores: BTreeMap<String, f64>,
    domain_questions: BTreeMap<String, i32>,
    #[serde(flatten)]
    rest: NewRecord,
}

impl Inputs {
    /// Reads them; there are none in a folder without `learners.csv`.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, InputError> {
        if !folder.join("learners.csv").exists() {
            return Ok(None);
        }
        let needed = || wrong("config.json", 1, "there is no such file; learners.csv needs it beside itself");
        let config = json(folder, "config.json")?.ok_or_else(needed)?;
        let has_money = ["costs.csv", "values.csv"].iter().all(|name| folder.join(name).exists());
        let roi = if has_money { json(folder, "config.json")? } else { None };
        let cohorts = json(folder, "cohorts.json")?.unwrap_or_default();
        let records = text(folder, "records.jsonl")?.unwrap_or_default();
        let record = |(line, text): (u64, &str)| {
            serde_json::from_str(text).map_err(|error| {
                let column = error.column();
                wrong("records.jsonl", line, format!("at column {column} this is not the record that is expected"))
            })
        };
        let records = (1..).zip(records.lines()).filter(|(_, line)| !line.trim().is_empty()).map(record);
        let records = records.collect::<Result<_, _>>()?;
        Ok(Some(Self { folder: folder.to_owned(), config, roi, cohorts, records }))
    }
}

impl Config {
    /// The window of costs and values.
    pub(super) fn window(&self) -> Bounds {
        Bounds { start: self.as_of - TimeDelta::days(WINDOW_DAYS), end: self.as_of }
    }
}

impl Roi {
    /// What each archetype is expected to bring; one that is not named brings what it costs.
    pub(super) fn multipliers(&self) -> Result<Multipliers, InputError> {
        let of = |archetype: Archetype| self.multipliers.get(&archetype).copied().unwrap_or(1.0);
        Multipliers::new(Archetype::ALL.map(of)).map_err(|error| wrong("config.json", 1, error.to_string()))
    }
}

impl Cohorts {
    pub(super) fn centroids(&self) -> Vec<(String, [f64; 4])> {
        self.centroids.iter().map(|cohort| (cohort.cohort_id.clone(), cohort.centroid)).collect()
    }

    pub(super) fn targets(&self) -> Vec<(String, [f64; 4])> {
        self.workflows.iter().map(|workflow| (workflow.workflow_id.clone(), workflow.target)).collect()
    }
}

impl Record {
    /// The names of its domains.
    pub(super) fn domains(&self) -> impl Iterator<Item = &String> {
        self.domain_scores.keys()
    }

    /// As it is written, of this person, with the domains' ids.
    pub(super) fn of(
        &self,
        subject_id: i64,
        recorded_at: DateTime<Utc>,
        id: impl Fn(&str) -> Option<i32>,
    ) -> NewRecord {
        let mut record = NewRecord { subject_id, recorded_at, ..self.rest.clone() };
        for (name, score) in &self.domain_scores {
            if let Some(domain) = id(name) {
                record.domains.push(domain);
                record.domain_scores.push(*score);
                record.domain_questions.push(self.domain_questions.get(name).copied().unwrap_or_default());
            }
        }
        record
    }
}

fn text(folder: &Path, name: &str) -> Result<Option<String>, InputError> {
    let path = folder.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(InputError::Unreadable { path, error }),
    }
}

fn json<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Option<T>, InputError> {
    let parse = |text: String| {
        serde_json::from_str(&text).map_err(|error| {
            let line = u64::try_from(error.line()).unwrap_or_default();
            wrong(name, line, format!("not the JSON that is expected: {error}"))
        })
    };
    text(folder, name)?.map(parse).transpose()
}
