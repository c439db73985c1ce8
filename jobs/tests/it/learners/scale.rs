//! How fast the week's shards are, over learners that a seed makes up. Run it with `--ignored --nocapture`, built for release;
//! `LEARNERS` says how many, `WORKERS` how many at once.

use std::collections::BTreeMap;
use std::env;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use windlass::Client;
use windlass::testing::{Database, run_one};
use windlass_jobs::learners::{self, Item};
use windlass_jobs::{Deps, WeeklyAggregation};

use crate::support::{database, number};

const AS_OF: &str = "2026-03-02T02:00:00Z";
const SEED: i64 = 20_261_121;
const BATCH: i64 = 20_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes, and the machine"]
async fn a_week_of_made_up_learners() {
    let setting = |name: &str, default: i64| env::var(name).map_or(default, |value| value.parse().unwrap());
    let (learners, workers) = (setting("LEARNERS", 100_000), setting("WORKERS", 2));
    let database = database().await;
    let started = Instant::now();
    make_up(database.pool(), learners).await;
    let interactions = number(database.pool(), "select count(*) from insights.interactions").await;
    eprintln!("{learners} learners and {interactions} interactions made up in {:.0?}", started.elapsed());

    let job = WeeklyAggregation::learners(AS_OF.parse().unwrap());
    Client::new(database.pool().clone()).enqueue(database.pool(), job).await.unwrap();
    let started = Instant::now();
    let done = run_all(&database, workers).await;
    let whole = started.elapsed();
    eprintln!("{:<12} {:>5} {:>10} {:>16}", "step", "jobs", "seconds", "learners/minute");
    for (step, times) in &done {
        let seconds = times.iter().map(Duration::as_secs_f64).sum::<f64>();
        // As many at once as there are workers.
        #[expect(clippy::cast_precision_loss, reason = "a report")]
        let rate = learners as f64 * workers as f64 / seconds * 60.0;
        eprintln!("{step:<12} {:>5} {seconds:>10.1} {rate:>16.0}", times.len());
    }
    eprintln!("all of it with {workers} workers: {:.1} s", whole.as_secs_f64());
    let published = number(database.pool(), "select count(*) from insights.learner_metrics").await;
    assert_eq!(published, learners);
}

/// Runs everything; answers how long each job of a step took.
async fn run_all(database: &Database, workers: i64) -> BTreeMap<String, Vec<Duration>> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..workers {
        let (store, db) = (database.store(), database.pool().clone());
        tasks.spawn(async move {
            let mut times: Vec<(String, Duration)> = Vec::new();
            let registry = windlass_jobs::registry();
            // The judgement of the churn waits four weeks; nothing else waits.
            while number(&db, "select count(*) from windlass.jobs where scheduled_at <= now()").await > 0 {
                let started = Instant::now();
                if let Some(ran) = run_one(&store, &registry, Deps::default()).await.unwrap() {
                    let args: serde_json::Value = serde_json::from_str(&ran.claim.args).unwrap();
                    let step = args["step"].as_str().or(args["stage"].as_str()).unwrap_or("cohort");
                    times.push((step.to_owned(), started.elapsed()));
                }
            }
            times
        });
    }
    let mut all: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
    for (step, time) in tasks.join_all().await.into_iter().flatten() {
        all.entry(step).or_default().push(time);
    }
    all
}

/// Learners with a few sessions each over the last weeks: the same for the same seed.
async fn make_up(db: &PgPool, learners: i64) {
    let mut connection = db.acquire().await.unwrap();
    let names = |kind: &str, n: i32| (0..n).map(|i| format!("{kind}{i:02}")).collect::<Vec<_>>();
    for (item, names) in [
        (Item::Domain, names("d", 6)),
        (Item::Capability, names("c", 48)),
        (Item::Topic, names("t", 48)),
        (Item::Objective, names("o", 8)),
    ] {
        learners::add_items(&mut connection, item, &names).await.unwrap();
    }
    let spot = |i: i32| [0.2, 0.4, 0.6, 0.8].map(|x: f64| (x + 0.17 * f64::from(i)).fract());
    let cohorts: Vec<_> = (0..5).map(|i| (format!("cohort {i}"), spot(i))).collect();
    learners::add_cohorts(&mut connection, &cohorts).await.unwrap();
    let workflows: Vec<_> = (0..12).map(|i| (format!("workflow {i}"), spot(3 * i))).collect();
    learners::add_workflows(&mut connection, &workflows).await.unwrap();
    sqlx::query("select insights.make_month($1::timestamptz::date - 14 * back) from generate_series(0, 8) as t (back)")
        .bind(AS_OF.parse::<chrono::DateTime<chrono::Utc>>().unwrap())
        .execute(&mut *connection)
        .await
        .unwrap();
    for first in (1..=learners).step_by(usize::try_from(BATCH).unwrap()) {
        for statement in [include_str!("sql/make_learners.sql"), include_str!("sql/make_interactions.sql")] {
            sqlx::query(statement)
                .bind(first)
                .bind((first + BATCH - 1).min(learners))
                .bind(AS_OF.parse::<chrono::DateTime<chrono::Utc>>().unwrap())
                .bind(SEED)
                .execute(&mut *connection)
                .await
                .unwrap();
        }
    }
    for table in ["subjects", "learners", "interactions"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("vacuum analyze insights.{table}"))).execute(db).await.unwrap();
    }
}
