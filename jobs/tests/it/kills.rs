//! Workers killed at random, and amid their work, while conversations are being closed: every session is analysed, and the
//! tables are those of an undisturbed run.

use std::process::Child;
use std::time::{Duration, Instant};

use windlass::{Client, JobExt};
use windlass_jobs::WeeklyAggregation;
use windlass_jobs::demo::{Inputs, Loaded};

use crate::control::settle;
use crate::support::{WAITING, close, durable_database, fixtures, loaded, number, run, tables, until};

const KILLS: usize = 20;
const LIVE: &str = "select count(*) from windlass.jobs where queue = 'analysis'";
const ENDED: &str = "select count(*) from windlass.history where queue = 'analysis'";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_killed_twenty_times_leaves_the_tables_of_a_clean_run() {
    let inputs = Inputs::read(&fixtures("open-a").join("inputs")).unwrap();
    let clean = durable_database().await;
    let all = loaded(clean.pool(), &inputs).await;
    close(clean.pool(), &all).await;
    run(&clean).await;

    let database = durable_database().await;
    let db = database.pool();
    let all = loaded(db, &inputs).await;
    let count = i64::try_from(all.sessions.len()).unwrap();
    let shares = all.sessions.chunks(all.sessions.len().div_ceil(KILLS));
    let mut amid = 0;
    for (kill, share) in shares.enumerate() {
        let mut worker = worker(&database.url());
        let share = Loaded { sessions: share.to_vec(), ..all.clone() };
        let closing = tokio::spawn({
            let db = db.clone();
            async move { close(&db, &share).await }
        });
        if kill % 4 == 0 {
            // Amid its work for certain: an analysis has read its session and waits for the lock under which it writes.
            let mut held = db.begin().await.unwrap();
            sqlx::query("select from insights.subjects for update").execute(&mut *held).await.unwrap();
            until(db, WAITING, Duration::from_secs(30), |n| n > 0).await;
            worker.kill().unwrap();
            held.rollback().await.unwrap();
            amid += 1;
        } else {
            // At random: after a spread of times from its start, so that some die before they claim and some after.
            tokio::time::sleep(Duration::from_millis((60 + (kill * 7919) % 190) as u64)).await;
            worker.kill().unwrap();
        }
        worker.wait().unwrap();
        closing.await.unwrap();
    }
    println!("after {KILLS} kills {} of {count} had ended", number(db, ENDED).await);

    let mut last = worker(&database.url());
    let started = Instant::now();
    while number(db, LIVE).await > 0 {
        assert!(started.elapsed() < Duration::from_mins(1), "{} jobs are left", number(db, LIVE).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    last.kill().unwrap();
    last.wait().unwrap();
    assert_eq!(number(db, ENDED).await, count);
    // Each of those kills cost at least one attempt that another had to make good.
    let again = number(db, "select sum(attempt - 1)::bigint from windlass.history where queue = 'analysis'").await;
    println!("{amid} kills struck amid an analysis; {again} attempts were made again");
    assert!(amid > 0 && again >= amid, "{again} of {amid}");
    assert_eq!(number(db, "select count(*) from insights.session_emotions").await, count);
    assert_eq!(tables(db).await, tables(clean.pool()).await);
}

/// Killed amid its aggregations, of which another worker makes the same tables.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_killed_amid_aggregations_leaves_the_tables_of_a_clean_run() {
    let inputs = Inputs::read(&fixtures("open-a").join("inputs")).unwrap();
    let (clean, database) = (durable_database().await, durable_database().await);
    for one in [&clean, &database] {
        let all = loaded(one.pool(), &inputs).await;
        close(one.pool(), &all).await;
        run(one).await;
    }
    settle(&clean).await;

    let db = database.pool();
    let dispatch = WeeklyAggregation::dispatch("2100-01-01T00:00:00Z".parse().unwrap()).unique("killed");
    Client::new(db.clone()).enqueue(db, dispatch).await.unwrap();
    for _ in 0..3 {
        let mut held = db.begin().await.unwrap();
        sqlx::query("select from insights.subjects for update").execute(&mut *held).await.unwrap();
        let mut worker = worker(&database.url());
        until(db, WAITING, Duration::from_secs(30), |n| n > 0).await;
        worker.kill().unwrap();
        worker.wait().unwrap();
        held.rollback().await.unwrap();
    }
    let mut last = worker(&database.url());
    let aggregation = "select count(*) from windlass.jobs where queue = 'aggregation'";
    until(db, aggregation, Duration::from_mins(1), |n| n == 0).await;
    last.kill().unwrap();
    last.wait().unwrap();
    let again = "select max(attempt)::bigint from windlass.history where queue = 'aggregation'";
    assert!(number(db, again).await > 1);
    assert_eq!(tables(db).await, tables(clean.pool()).await);
}

/// A worker whose jobs run again soon after its death.
pub(crate) fn worker(url: &str) -> Child {
    crate::support::worker(url, &[("WINDLASS__WORKER__LEASE_SECONDS", "3"), ("WINDLASS__WORKER__RENEW_SECONDS", "1")])
}
