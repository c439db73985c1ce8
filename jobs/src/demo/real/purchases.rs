//! Purchases of real people as what learners do: how long they stay, by the learners' week.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Days, Utc};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgPool;
use sqlx::types::Json;
use windlass::cli::CliError;

use super::super::inputs::csv_lines;
use super::super::learners::{SOURCE, constants, fresh};
use super::super::{imports, wait};
use crate::backfill::mapping::{Mapping, Rule};
use crate::backfill::spec::Import;
use crate::backfill::target::Target;
use crate::calendar::Zone;
use crate::learners::{self, NewLearner};
use crate::sessions::{NewSubject, open_subjects};
use crate::weekly_aggregation::{Global, WeeklyAggregation};

/// Its name.
pub(super) const FILE: &str = "cdnow.csv";
/// Whoever has bought nothing for so many days has stopped: as specified, and as shops see it.
const GAPS: [i32; 2] = [21, 90];
/// After how many days it is asked who is still there.
const RETENTION: [i32; 5] = [30, 60, 90, 180, 365];

/// The figures.
#[derive(Debug, Serialize)]
pub(super) struct PurchaseFigures {
    customers: usize,
    purchases: usize,
    half_life_gap21: (Option<f64>, String),
    half_life_gap90: (Option<f64>, String),
    retention: BTreeMap<String, f64>,
    mean_reuse: f64,
}

#[derive(Deserialize)]
struct Purchase {
    learner_id: String,
    ts: DateTime<Utc>,
}

pub(super) async fn run(folder: &Path, db: &PgPool, bar: &ProgressBar) -> Result<PurchaseFigures, CliError> {
    let path = folder.join(FILE);
    let purchases: Vec<Purchase> =
        csv_lines(FILE, &fs::read_to_string(&path)?)?.into_iter().map(|(_, purchase)| purchase).collect();
    let mut first: BTreeMap<&str, DateTime<Utc>> = BTreeMap::new();
    for purchase in &purchases {
        let known = first.entry(&purchase.learner_id).or_insert(purchase.ts);
        *known = purchase.ts.min(*known);
    }
    let last = purchases.iter().map(|purchase| purchase.ts).max().unwrap_or_default();
    let as_of = Zone::parse("UTC").day_start(last.date_naive() + Days::new(1));
    let people = format!("{SOURCE}{}", uuid::Uuid::now_v7());
    enrol(db, &people, &first).await?;
    let import = imports::of_people(Target::Interactions, path, as_of, &people);
    let import = Import { mapping: mapping(), ..import };
    imports::through(db, import, bar).await?;

    let [mut half_life_gap21, mut half_life_gap90] = [(None, String::new()), (None, String::new())];
    for (gap, half_life) in GAPS.into_iter().zip([&mut half_life_gap21, &mut half_life_gap90]) {
        let retention = json!({ "retention": { "stopped_after_days": gap, "days": RETENTION } });
        let mut tx = db.begin().await?;
        let before = constants::adopt(&mut tx, &[("learning", retention)]).await?;
        tx.commit().await?;
        let run = Some(Utc::now().timestamp_millis());
        wait::through(db, [WeeklyAggregation::Global(Global { dirty_seq: run, ..Global::of(as_of) })]).await?;
        *half_life = sqlx::query_as(include_str!("sql/half_life.sql")).bind(as_of).fetch_one(db).await?;
        before.put_back(db).await?;
    }
    let (Json(retention), mean_reuse) =
        sqlx::query_as(include_str!("sql/retention.sql")).bind(as_of).fetch_one(db).await?;
    let (customers, purchases) = (first.len(), purchases.len());
    Ok(PurchaseFigures { customers, purchases, half_life_gap21, half_life_gap90, retention, mean_reuse })
}

/// Whoever bought is a learner since then.
async fn enrol(db: &PgPool, people: &str, first: &BTreeMap<&str, DateTime<Utc>>) -> Result<(), CliError> {
    let zone = Zone::parse("UTC");
    let mut tx = db.begin().await?;
    fresh::clear(&mut tx).await?;
    let subjects: Vec<_> = first.keys().map(|id| NewSubject { external_id: (*id).to_owned(), zone }).collect();
    let ids = open_subjects(&mut tx, people, &subjects).await?;
    let new = first.values().zip(ids).map(|(enrolled_at, subject_id)| NewLearner {
        subject_id,
        enrolled_at: *enrolled_at,
        cohort: None,
        exam_on: None,
        hours_per_week: None,
        target_score: None,
        declared_cohort: None,
    });
    learners::enrol(&mut tx, &new.collect::<Vec<_>>()).await?;
    Ok(tx.commit().await?)
}

/// A purchase as an interaction that took no time.
fn mapping() -> Mapping {
    let column = |name: &str| Rule { column: Some(name.to_owned()), ..Rule::default() };
    let constant = |text: &str| Rule { constant: Some(text.to_owned()), ..Rule::default() };
    let rules = [
        ("interaction_id", column("interaction_id")),
        ("learner_id", column("learner_id")),
        ("ts", column("ts")),
        ("domain", constant("purchase")),
        ("capability", column("capability")),
        ("duration_s", constant("0")),
    ];
    Mapping(rules.map(|(name, rule)| (name.to_owned(), rule)).into())
}

impl PurchaseFigures {
    pub(super) fn said(&self) -> String {
        format!("{} purchases of {} people", self.purchases, self.customers)
    }
}
