//! The learners' scopes over each fixture set: inputs loaded, the jobs run, files written and compared.

mod barrier;
mod edges;

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, PgPool};
use windlass::Client;
use windlass::model::Outcome;
use windlass::testing::Database;
use windlass_jobs::demo::learners::Learners;
use windlass_jobs::weekly_aggregation::Global;
use windlass_jobs::{WeeklyAggregation, learning};

use crate::backfill::support::imported;
use crate::compare;
use crate::support::{database, fixtures, folder, number, run};

const FILES: [&str; 7] = [
    "learner_metrics.jsonl",
    "learner_summary.json",
    "benchmarks.json",
    "matching.json",
    "heatmaps.json",
    "mastery.jsonl",
    "predictions.jsonl",
];

#[tokio::test]
async fn learners_of_open_a_are_as_expected() {
    let (database, set) = loaded("open-a", 1).await;
    run_week(&database, &set, None).await;
    compare_all(&database, &set, "open-a").await;
}

#[tokio::test]
async fn learners_of_open_b_are_as_expected() {
    let (database, set) = loaded("open-b", 1).await;
    run_week(&database, &set, None).await;
    compare_all(&database, &set, "open-b").await;
}

#[tokio::test]
async fn neither_two_shards_nor_two_workers_change_what_comes_out() {
    // The learners' ids go over the border of a shard.
    let (database, set) = loaded("open-a", 9_980).await;
    enqueue(&database, &set, None).await;
    // Each runs what is due, whatever the other is at, until there is nothing left.
    let worker = async || {
        let mut ran = 0;
        while number(database.pool(), "select count(*) from windlass.jobs").await > 0 {
            ran += run(&database).await.len();
        }
        ran
    };
    let (one, other) = tokio::join!(worker(), worker());
    // Five stages of all, four steps of two shards, five cohorts.
    assert_eq!(one + other, 5 + 4 * 2 + 5, "{one} and {other}");
    compare_all(&database, &set, "open-a").await;
    assert_eq!(number(database.pool(), "select sum(remaining) from insights.aggregation_steps").await, 0);
}

#[tokio::test]
async fn running_the_week_again_changes_nothing() {
    let (database, set) = loaded("open-a", 1).await;
    run_week(&database, &set, None).await;
    let first = tables(database.pool()).await;
    run_week(&database, &set, Some(1)).await;
    for (before, after) in first.iter().zip(tables(database.pool()).await) {
        let changed = before.1.lines().zip(after.1.lines()).find(|(before, after)| before != after);
        assert!(*before == after, "{} changed: {changed:?}", before.0);
    }
}

#[tokio::test]
async fn what_comes_late_is_as_if_it_had_been_there_and_what_is_taken_back_as_if_never() {
    let (database, set) = loaded("open-a", 1).await;
    let db = database.pool();
    for statement in [
        "create table late as select * from insights.interactions where abs(hashtext(interaction_id)) % 3 = 0",
        "delete from insights.interactions i using late where late.subject_id = i.subject_id
           and late.interaction_id = i.interaction_id and late.day = i.day",
        // Everybody did what their neighbour does, and others' capabilities, a week earlier.
        "insert into insights.interactions
         select (i.subject_id % 45) + 1, i.day - 7, i.local_date - 7, i.ts - interval '7 days', i.domain, i.capability, i.topic,
                i.objective, i.duration_s, i.correct, 'wrong ' || i.interaction_id, i.difficulty, i.assessment
           from insights.interactions i where i.day > date '2025-11-01'",
    ] {
        sqlx::query(statement).execute(db).await.unwrap();
    }
    run_week(&database, &set, None).await;
    sqlx::query("delete from insights.interactions where interaction_id like 'wrong %'").execute(db).await.unwrap();
    sqlx::query("insert into insights.interactions select * from late").execute(db).await.unwrap();
    run_week(&database, &set, Some(1)).await;
    compare_all(&database, &set, "open-a").await;
}

#[tokio::test]
async fn an_older_week_does_not_overwrite_a_newer_one() {
    let (database, set) = loaded("open-a", 1).await;
    run_week(&database, &set, None).await;
    let newest = tables_of_learners(&database).await;
    let older = set.as_of() - chrono::TimeDelta::days(14);
    let job = WeeklyAggregation::Global(Global::of(older));
    Client::new(database.pool().clone()).enqueue(database.pool(), job).await.unwrap();
    run(&database).await;
    assert!(newest == tables_of_learners(&database).await);
}

#[tokio::test]
async fn nobody_erased_is_measured_and_nobody_at_all_is_no_failure() {
    let empty = database().await;
    let job = WeeklyAggregation::learners("2026-01-12T06:00:00Z".parse().unwrap());
    Client::new(empty.pool().clone()).enqueue(empty.pool(), job).await.unwrap();
    assert_eq!(run(&empty).await.len(), 1);

    let (database, set) = loaded("open-a", 1).await;
    let db = database.pool();
    sqlx::query("update insights.subjects set erased_at = now() where external_id <> 'l001'")
        .execute(db)
        .await
        .unwrap();
    run_week(&database, &set, None).await;
    for table in ["learner_metrics", "learner_measures", "learner_ranks", "cohort_members", "pass_predictions"] {
        let select = format!("select count(*) from insights.{table} where subject_id <> 2");
        let others: i64 = sqlx::query_scalar(AssertSqlSafe(select)).fetch_one(db).await.unwrap();
        assert_eq!(others, 0, "{table}");
    }
    assert_eq!(number(db, "select count(*) from insights.learner_metrics").await, 1);
    // One user is too few for a half-life, and one learner for a benchmark.
    assert_eq!(number(db, "select count(*) from insights.half_lives where method <> 'none'").await, 0);
    assert_eq!(number(db, "select count(*) from insights.benchmarks where not suppressed").await, 0);
}

#[tokio::test]
async fn the_migrated_coefficients_are_the_defaults() {
    let database = database().await;
    let body = async |name: &str| -> serde_json::Value {
        sqlx::query_scalar("select body from insights.coefficients where name = $1 and active")
            .bind(name)
            .fetch_one(database.pool())
            .await
            .unwrap()
    };
    let read = serde_json::from_value::<learning::Coefficients>;
    assert_eq!(read(body("learning").await).unwrap(), learning::Coefficients::default());
    let read = serde_json::from_value::<learning::mastery::Coefficients>;
    assert_eq!(read(body("mastery").await).unwrap(), learning::mastery::Coefficients::default());
    let read = serde_json::from_value::<learning::pass::Coefficients>;
    assert_eq!(read(body("pass").await).unwrap(), learning::pass::Coefficients::default());
}

/// A database with a set's learners, the first of them with this id.
async fn loaded(set: &str, first_id: i64) -> (Database, Learners) {
    let set = Learners::read(&fixtures(set).join("inputs")).unwrap().unwrap();
    (loaded_from(&set, first_id).await, set)
}

/// A database with these learners, the first of them with this id.
async fn loaded_from(set: &Learners, first_id: i64) -> Database {
    let database = database().await;
    let db = database.pool();
    sqlx::query("select setval(pg_get_serial_sequence('insights.subjects', 'subject_id'), $1, false)")
        .bind(first_id)
        .execute(db)
        .await
        .unwrap();
    let _ = set.prepare(db).await.unwrap();
    for import in set.imports() {
        assert_eq!(imported(&database, import).await.quarantined, 0);
    }
    set.complete(db).await.unwrap();
    database
}

async fn enqueue(database: &Database, set: &Learners, dirty_seq: Option<i64>) {
    let week = Global { dirty_seq, ..Global::of(set.as_of()) };
    let client = Client::new(database.pool().clone());
    client.enqueue(database.pool(), WeeklyAggregation::Global(week)).await.unwrap();
}

/// The week's jobs, all of them.
async fn run_week(database: &Database, set: &Learners, dirty_seq: Option<i64>) {
    enqueue(database, set, dirty_seq).await;
    let ran = run(database).await;
    assert!(ran.len() > 10 && ran.iter().all(|ran| matches!(ran.outcome, Outcome::Completed)), "{ran:?}");
}

/// Writes all files and compares them with a set's.
async fn compare_all(database: &Database, learners: &Learners, set: &str) {
    let out = write(database.pool(), learners).await;
    let mut failures = Vec::new();
    for file in FILES {
        match compare::files(&fixtures(set).join("expected").join(file), &out.join(file)) {
            Ok(agreement) => eprintln!("{file}: {agreement:?}"),
            Err(differences) => failures.push(differences),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What there is one of for each learner.
async fn tables_of_learners(database: &Database) -> String {
    let mut all = String::new();
    for table in ["learner_metrics", "learner_measures", "capability_usage", "learner_week", "mastery_predictions"] {
        all += &text(database.pool(), table).await;
    }
    all
}

/// Every table that the week writes.
async fn tables(db: &PgPool) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for table in [
        "capability_usage",
        "learner_week",
        "learner_measures",
        "half_life_parts",
        "half_lives",
        "learner_ranks",
        "learner_metrics",
        "learner_metrics_history",
        "cohort_members",
        "benchmarks",
        "cohort_positions",
        "cohort_workflows",
        "cohort_gaps",
        "learner_summaries",
        "heatmaps",
        "mastery_predictions",
        "pass_predictions",
        "recommendations",
    ] {
        let rows = text(db, table).await;
        assert!(!rows.is_empty(), "{table} is empty");
        all.push((table, rows));
    }
    all
}

/// A table as text, without the time at which it was computed.
async fn text(db: &PgPool, table: &str) -> String {
    let select = format!(
        "select coalesce(string_agg(row, E'\n' order by row), '')
           from (select (to_jsonb(t) - 'computed_at')::text collate \"C\" as row from insights.{table} t) as t"
    );
    sqlx::query_scalar(AssertSqlSafe(select)).fetch_one(db).await.unwrap()
}

/// Writes all files; answers their folder.
async fn write(db: &PgPool, learners: &Learners) -> PathBuf {
    let out = folder(&format!("learners/{}", learners.people().replace(':', "-")));
    learners.write(db, &out).await.unwrap();
    out
}
