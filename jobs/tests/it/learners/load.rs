//! A fixture set's learners, put into the tables as an application would.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use chrono::{DateTime, Days, Utc};
use serde::Deserialize;
use serde_json::Value;
use sqlx::PgPool;
use windlass_jobs::calendar::{Zone, week_start};
use windlass_jobs::learners::{self, Item, NewInteraction, NewLearner, NewRecord};
use windlass_jobs::sessions::{NewSubject, open_subjects};

pub(crate) const SOURCE: &str = "fixtures";

#[derive(Deserialize)]
pub(crate) struct Config {
    pub(crate) as_of: DateTime<Utc>,
    domains: Vec<String>,
    total_domains: i32,
    previous_archetypes: HashMap<String, String>,
}

#[derive(Clone, Deserialize)]
struct LearnerLine {
    learner_id: String,
    cohort_id: String,
    tz: String,
    enrolled_at: DateTime<Utc>,
    hours_per_week: Option<f64>,
    target_score: Option<f64>,
    days_to_exam: Option<i64>,
    declared_cohort: Option<String>,
}

#[derive(Deserialize)]
struct InteractionLine {
    interaction_id: String,
    learner_id: String,
    ts: DateTime<Utc>,
    domain: String,
    capability: String,
    topic: String,
    objective: String,
    difficulty: String,
    assessment_type: String,
    correct: Option<u8>,
    duration_s: i32,
}

#[derive(Deserialize)]
struct Cohorts {
    cohorts: Vec<Centroid>,
    workflows: Vec<Workflow>,
    capabilities: Vec<String>,
}

#[derive(Deserialize)]
struct Centroid {
    cohort_id: String,
    centroid: [f64; 4],
}

#[derive(Deserialize)]
struct Workflow {
    workflow_id: String,
    target: [f64; 4],
}

pub(crate) fn config(set: &Path) -> Config {
    json(&set.join("inputs/config.json"))
}

/// Loads everything; answers the learners' ids.
pub(crate) async fn load(db: &PgPool, set: &Path) -> HashMap<String, i64> {
    let inputs = set.join("inputs");
    let config = config(set);
    let mut tx = db.begin().await.unwrap();
    let learners: Vec<LearnerLine> = csv(&inputs.join("learners.csv"));
    let people: Vec<NewSubject> = learners
        .iter()
        .map(|line| NewSubject { external_id: line.learner_id.clone(), zone: Zone::parse(&line.tz) })
        .collect();
    let ids = open_subjects(&mut tx, SOURCE, &people).await.unwrap();
    let ids: HashMap<String, i64> = learners.iter().map(|line| line.learner_id.clone()).zip(ids).collect();

    let cohorts: Cohorts = json(&inputs.join("cohorts.json"));
    let centroids: Vec<_> = cohorts.cohorts.into_iter().map(|cohort| (cohort.cohort_id, cohort.centroid)).collect();
    learners::add_cohorts(&mut tx, &centroids).await.unwrap();
    let workflows: Vec<_> = cohorts.workflows.into_iter().map(|flow| (flow.workflow_id, flow.target)).collect();
    learners::add_workflows(&mut tx, &workflows).await.unwrap();
    let new: Vec<NewLearner> = learners.iter().map(|line| new_learner(line, ids[&line.learner_id], &config)).collect();
    learners::enrol(&mut tx, &new).await.unwrap();

    let zones: HashMap<&str, Zone> =
        learners.iter().map(|line| (line.learner_id.as_str(), Zone::parse(&line.tz))).collect();
    let lines: Vec<InteractionLine> = csv(&inputs.join("interactions.csv"));
    let domains = learners::add_items(&mut tx, Item::Domain, &config.domains).await.unwrap();
    let capabilities = learners::add_items(&mut tx, Item::Capability, &cohorts.capabilities).await.unwrap();
    let topics = items(&mut tx, Item::Topic, lines.iter().map(|line| &line.topic)).await;
    let objectives = items(&mut tx, Item::Objective, lines.iter().map(|line| &line.objective)).await;
    let done: Vec<NewInteraction> = lines
        .into_iter()
        .map(|line| NewInteraction {
            subject_id: ids[&line.learner_id],
            interaction_id: line.interaction_id,
            ts: line.ts,
            zone: zones[line.learner_id.as_str()],
            domain: domains[&line.domain],
            capability: capabilities[&line.capability],
            topic: Some(topics[&line.topic]),
            objective: Some(objectives[&line.objective]),
            difficulty: Some(line.difficulty),
            assessment: Some(line.assessment_type),
            correct: line.correct.map(|correct| correct == 1),
            duration_s: line.duration_s,
        })
        .collect();
    assert_eq!(learners::add_interactions(&mut tx, &done).await.unwrap(), done.len() as u64);
    let records = records(&inputs.join("records.jsonl"), &config, &ids, &domains);
    learners::record(&mut tx, &records).await.unwrap();
    remember(&mut tx, &config, &ids).await;
    tx.commit().await.unwrap();
    ids
}

fn new_learner(line: &LearnerLine, subject_id: i64, config: &Config) -> NewLearner {
    let today = Zone::parse(&line.tz).local_date(config.as_of);
    NewLearner {
        subject_id,
        enrolled_at: line.enrolled_at,
        cohort: Some(line.cohort_id.clone()),
        exam_on: line.days_to_exam.map(|days| today + chrono::TimeDelta::days(days)),
        hours_per_week: line.hours_per_week,
        target_score: line.target_score,
        declared_cohort: line.declared_cohort.clone(),
    }
}

async fn items(tx: &mut sqlx::PgConnection, item: Item, names: impl Iterator<Item = &String>) -> HashMap<String, i32> {
    let names: Vec<String> = names.collect::<BTreeSet<_>>().into_iter().cloned().collect();
    learners::add_items(tx, item, &names).await.unwrap()
}

/// The set's own constants, and the archetypes of the weeks before.
async fn remember(tx: &mut sqlx::PgConnection, config: &Config, ids: &HashMap<String, i64>) {
    sqlx::query("update insights.coefficients set active = false where name = 'learning'")
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query(
        "insert into insights.coefficients (name, version, active, note, body)
         select name, 2, true, 'of the fixtures', jsonb_set(body, '{total_domains}', to_jsonb($1::int))
           from insights.coefficients where name = 'learning' and version = 1",
    )
    .bind(config.total_domains)
    .execute(&mut *tx)
    .await
    .unwrap();
    let before = week_start(config.as_of.date_naive()) - Days::new(14);
    for (learner, archetype) in &config.previous_archetypes {
        sqlx::query(
            "insert into insights.learner_metrics_history
             values ($1, ($2 - date '1970-01-05') / 7, 0, 0, 0, 0, 0, $3)",
        )
        .bind(ids[learner])
        .bind(before)
        .bind(archetype)
        .execute(&mut *tx)
        .await
        .unwrap();
    }
}

pub(crate) fn json<T: for<'de> Deserialize<'de>>(path: &Path) -> T {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn csv<T: for<'de> Deserialize<'de>>(path: &Path) -> Vec<T> {
    csv::Reader::from_path(path).unwrap().into_deserialize().collect::<Result<_, _>>().unwrap()
}

/// The records' lines; a domain stands in them by name.
fn records(path: &Path, config: &Config, ids: &HashMap<String, i64>, domains: &HashMap<String, i32>) -> Vec<NewRecord> {
    let of_line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let mut record: NewRecord = serde_json::from_value(line.clone()).unwrap();
        record.subject_id = ids[line["learner_id"].as_str().unwrap()];
        record.recorded_at = config.as_of;
        for (name, score) in line["domain_scores"].as_object().unwrap() {
            record.domains.push(domains[name]);
            record.domain_scores.push(score.as_f64().unwrap());
            record.domain_questions.push(line["domain_questions"][name].as_i64().unwrap().try_into().unwrap());
        }
        record
    };
    fs::read_to_string(path).unwrap().lines().map(of_line).collect()
}
