//! The weekly aggregation: weeks and months from days, against the fixtures, in any order and in any number of pieces.

use std::fs::File;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgPool;
use windlass::model::Outcome;
use windlass::testing::Database;
use windlass::{Client, JobExt};
use windlass_jobs::WeeklyAggregation;
use windlass_jobs::demo::{Inputs, Loaded};
use windlass_jobs::results::{MonthRow, WeekRow, write_jsonl};
use windlass_jobs::weekly_aggregation::spectrum::{read_months, read_weeks};

use crate::compare;
use crate::support::{close, database, fixtures, folder, loaded, run};

#[derive(Deserialize)]
struct Exclusion {
    session_id: String,
    excluded_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Reset {
    user_id: String,
    reset_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Session {
    session_id: String,
    deleted: i32,
}

fn rows<T: for<'de> Deserialize<'de>>(set: &str, file: &str) -> Vec<T> {
    let mut reader = csv::Reader::from_path(fixtures(set).join("inputs").join(file)).unwrap();
    reader.deserialize().collect::<Result<_, _>>().unwrap()
}

/// What people asked for, before anything is analysed.
async fn wishes(db: &PgPool, set: &str) {
    for Exclusion { session_id, excluded_at } in rows(set, "exclusions.csv") {
        let sql = "update insights.sessions set excluded_at = $2 where external_id = $1";
        sqlx::query(sql).bind(session_id).bind(excluded_at).execute(db).await.unwrap();
    }
    for Reset { user_id, reset_at } in rows(set, "resets.csv") {
        let sql = "update insights.subjects set reset_at = $2 where external_id = $1";
        sqlx::query(sql).bind(user_id).bind(reset_at).execute(db).await.unwrap();
    }
    for session in rows::<Session>(set, "sessions.csv").into_iter().filter(|session| session.deleted == 1) {
        let sql = "update insights.sessions set deleted_at = now() where external_id = $1";
        sqlx::query(sql).bind(session.session_id).execute(db).await.unwrap();
    }
}

/// Runs what is due, and then everything that has become dirty, due or not.
async fn aggregate(database: &Database) {
    all_well(database).await;
    let client = Client::new(database.pool().clone());
    let far = "2100-01-01T00:00:00Z".parse().unwrap();
    let dispatch = WeeklyAggregation::dispatch(far).unique(uuid::Uuid::now_v7().to_string());
    client.enqueue(database.pool(), dispatch).await.unwrap();
    all_well(database).await;
}

/// Runs what is due, all of which must end well.
async fn all_well(database: &Database) {
    let ran = run(database).await;
    let errors: Vec<String> =
        sqlx::query_scalar("select error from windlass.attempts").fetch_all(database.pool()).await.unwrap();
    assert!(ran.iter().all(|ran| ran.outcome == Outcome::Completed), "{errors:?}");
}

async fn check(db: &PgPool, loaded: &Loaded, set: &str, file: &str) {
    let written = folder(&format!("weekly/{set}/{file}")).join(file);
    let to = File::create(&written).unwrap();
    if file.starts_with("week") {
        let weeks = read_weeks(db, &loaded.source).await.unwrap();
        write_jsonl(to, weeks.iter().map(WeekRow::new)).unwrap();
    } else {
        let months = read_months(db, &loaded.source).await.unwrap();
        write_jsonl(to, months.iter().map(MonthRow::new)).unwrap();
    }
    let agreement = compare::files(&fixtures(set).join("expected").join(file), &written)
        .unwrap_or_else(|differences| panic!("{set}: {differences}"));
    eprintln!("{set} {file}: {agreement:?}");
}

#[tokio::test]
async fn the_weeks_and_months_of_both_sets_are_as_expected() {
    for set in ["open-a", "open-b"] {
        let database = database().await;
        let db = database.pool();
        let loaded = loaded(db, &Inputs::read(&fixtures(set).join("inputs")).unwrap()).await;
        wishes(db, set).await;
        close(db, &loaded).await;
        aggregate(&database).await;
        check(db, &loaded, set, "weekly.jsonl").await;
        check(db, &loaded, set, "monthly.jsonl").await;
    }
}
