//! A week of a great many learners: how fast the shards are, what it takes, and whether one learner can be read meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use windlass::Client;
use windlass_jobs::WeeklyAggregation;

use super::made_up::make_up;
use super::process::Worker;
use super::{line, setting};
use crate::support::{durable_database, number};

const AS_OF: [&str; 2] = ["2026-03-02T02:00:00Z", "2026-03-09T02:00:00Z"];
const LEFT: &str = "select count(*) from windlass.jobs where scheduled_at <= now() and queue = 'aggregation'";
/// What a person's page asks for.
const READS: [&str; 3] = [
    "select count(m.archetype) from insights.learner_metrics m where m.subject_id = $1 and m.percentiles is not null",
    "select count(*) from (select * from insights.learner_week where subject_id = $1 order by week_no desc limit 12) w",
    "select count(*) from insights.recommendations where subject_id = $1 and resolved_at is null",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: it takes the machine, for the better part of an hour"]
async fn a_week_of_made_up_learners() {
    let learners = setting("LEARNERS", 1_000_000);
    let database = durable_database().await;
    let db = database.pool();
    let [first, next] = AS_OF.map(|as_of| as_of.parse::<DateTime<Utc>>().unwrap());
    let started = Instant::now();
    make_up(db, learners, next).await;
    let interactions = number(db, "select count(*) from insights.interactions").await;
    eprintln!("{learners} learners and {interactions} interactions made up in {:.0?}", started.elapsed());

    let worker = Worker::start(&database.url());
    for (what, as_of) in [("first week", first), ("week after", next)] {
        let (seconds, mut reads) = week(db, as_of, learners).await;
        let published = "select count(*) from insights.learner_metrics";
        assert!(number(db, published).await > learners / 10 * 9);
        #[expect(clippy::cast_precision_loss, reason = "a report")]
        let rate = learners as f64 / seconds * 60.0;
        reads.sort_unstable();
        let at = |share: usize| reads[(reads.len() - 1) * share / 1000].as_secs_f64() * 1e3;
        line(
            &format!("{learners} learners, {what}: all steps of all shards"),
            "≥ 100,000 learners/min",
            &format!("{rate:.0} learners/min ({seconds:.0} s)"),
        );
        line(
            "one learner read meanwhile",
            "p99 < 50 ms",
            &format!("p50 {:.1} ms, p99 {:.1} ms, {} reads", at(500), at(990), reads.len()),
        );
    }
    line("memory of the worker", "< 300 MB", &format!("{} MB", worker.peak_mb()));
    assert_eq!(number(db, "select count(*) from windlass.dead_letters").await, 0);
}

/// Runs a week; answers its seconds, and how long each read of one learner took meanwhile.
async fn week(db: &PgPool, as_of: DateTime<Utc>, learners: i64) -> (f64, Vec<Duration>) {
    let done = AtomicBool::new(false);
    let started = Instant::now();
    let client = Client::new(db.clone());
    client.enqueue(db, WeeklyAggregation::learners(as_of)).await.unwrap();
    let wait = async {
        while number(db, LEFT).await > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        done.store(true, Ordering::Relaxed);
        started.elapsed().as_secs_f64()
    };
    let (seconds, reads) = tokio::join!(wait, read(db, learners, &done));
    steps(db, as_of).await;
    (seconds, reads)
}

/// Reads one learner after another, fifty a second, until it is over.
async fn read(db: &PgPool, learners: i64, done: &AtomicBool) -> Vec<Duration> {
    let (mut times, mut tick) = (Vec::new(), tokio::time::interval(Duration::from_millis(20)));
    while !done.load(Ordering::Relaxed) {
        tick.tick().await;
        let place = i64::try_from(times.len()).unwrap();
        let (learner, sql) = (place * 7_919 % learners + 1, READS[times.len() % READS.len()]);
        let asked = Instant::now();
        sqlx::query_scalar::<_, i64>(sql).bind(learner).fetch_one(db).await.unwrap();
        times.push(asked.elapsed());
    }
    times
}

/// When each step's last shard was done, after the first.
async fn steps(db: &PgPool, as_of: DateTime<Utc>) {
    let rows: Vec<(String, i64, f64)> = sqlx::query_as(
        "select step, count(*), extract(epoch from max(done_at) - min(min(done_at)) over ())::float8
           from insights.aggregation_shards where bucket = date_trunc('week', $1::timestamptz at time zone 'UTC')::date - 7
          group by step order by 3",
    )
    .bind(as_of)
    .fetch_all(db)
    .await
    .unwrap();
    for (step, shards, seconds) in rows {
        eprintln!("{step:<10} {shards:>5} shards done by {seconds:>7.1} s");
    }
}
