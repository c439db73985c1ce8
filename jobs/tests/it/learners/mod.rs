//! The learners' scopes over each fixture set: inputs loaded, the jobs run, files written and compared.

mod load;

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use serde::Serialize;
use windlass::Client;
use windlass::testing::Database;
use windlass_jobs::WeeklyAggregation;
use windlass_jobs::results::{LearnerRow, LearnerSummary, write_jsonl};

use crate::compare;
use crate::support::{database, fixtures, folder, run};

#[tokio::test]
async fn learners_of_open_a_are_as_expected() {
    check("open-a").await;
}

#[tokio::test]
async fn learners_of_open_b_are_as_expected() {
    check("open-b").await;
}

async fn check(set: &str) {
    let database = database().await;
    let fixtures = fixtures(set);
    load::load(database.pool(), &fixtures).await;
    let as_of = load::config(&fixtures).as_of;
    weekly(&database, as_of).await;

    let out = folder(&format!("learners/{set}"));
    write(&database, as_of, &out).await;
    let mut failures = Vec::new();
    for file in ["learner_metrics.jsonl", "learner_summary.json"] {
        match compare::files(&fixtures.join("expected").join(file), &out.join(file)) {
            Ok(agreement) => eprintln!("{set}/{file}: {agreement:?}"),
            Err(differences) => failures.push(differences),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The week's jobs, all of them.
async fn weekly(database: &Database, as_of: chrono::DateTime<chrono::Utc>) {
    Client::new(database.pool().clone()).enqueue(database.pool(), WeeklyAggregation::learners(as_of)).await.unwrap();
    let ran = run(database).await;
    assert!(ran.iter().all(|ran| format!("{:?}", ran.outcome).contains("Completed")), "{ran:?}");
}

async fn write(database: &Database, as_of: chrono::DateTime<chrono::Utc>, out: &PathBuf) {
    let db = database.pool();
    let create = |file: &str| BufWriter::new(File::create(out.join(file)).unwrap());
    write_jsonl(create("learner_metrics.jsonl"), LearnerRow::of_source(db, load::SOURCE).await.unwrap()).unwrap();
    let json = |file: &str, value: &dyn erased::Json| value.write(create(file));
    json("learner_summary.json", &LearnerSummary::of_bucket(db, as_of).await.unwrap().unwrap());
}

mod erased {
    use super::Serialize;

    pub(super) trait Json {
        fn write(&self, to: std::io::BufWriter<std::fs::File>);
    }

    impl<T: Serialize> Json for T {
        fn write(&self, to: std::io::BufWriter<std::fs::File>) {
            serde_json::to_writer(to, self).unwrap();
        }
    }
}
