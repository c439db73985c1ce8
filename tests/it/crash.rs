//! A worker that dies or freezes loses nothing, and changes nothing when it comes back.

use std::time::{Duration, Instant};

use windlass::testing::toys::{Act, open_gate};

use crate::process::Worker;
use crate::support::{durable_database, number, toys, until};

const RUNNING: &str = "select count(*) from windlass.jobs where state = 'running'";
const LIVE: &str = "select count(*) from windlass.jobs";
const EFFECTS: &str = "select count(*) from toys.effects";
const DISTINCT_EFFECTS: &str = "select count(distinct number) from toys.effects";
const RESTARTED: &str = "select count(distinct number) from toys.starts where attempt = 2";
/// Each polls the gate: a machine of two cores has its hands full with them.
const IN_FLIGHT: i64 = 500;

/// The lease is the default's 15 s: the promise is about it.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_workers_jobs_run_again_within_twenty_seconds() {
    let database = durable_database().await;
    toys(&database, IN_FLIGHT, &Act::WaitForGate).await;
    let all = [("WINDLASS__WORKER__DEFAULT_SLOTS", "500"), ("WINDLASS__WORKER__PREFETCH", "0")];
    let first = Worker::start(&database.url(), &all);
    until(database.pool(), "select count(*) from toys.starts", Duration::from_secs(20), |n| n == IN_FLIGHT).await;
    let second = Worker::start(&database.url(), &all);
    let killed = Instant::now();
    first.kill();
    until(database.pool(), RESTARTED, Duration::from_secs(20), |n| n == IN_FLIGHT).await;
    println!("500 jobs ran again {:.1} s after the kill", killed.elapsed().as_secs_f64());
    assert!(killed.elapsed() < Duration::from_secs(20));

    open_gate(database.pool()).await.unwrap();
    until(database.pool(), LIVE, Duration::from_secs(20), |n| n == 0).await;
    assert_eq!(number(database.pool(), EFFECTS).await, IN_FLIGHT);
    assert_eq!(number(database.pool(), DISTINCT_EFFECTS).await, IN_FLIGHT);
    assert_eq!(number(database.pool(), "select sum(failures) from windlass.history").await, 0);
    drop(second);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_worker_that_wakes_up_changes_nothing() {
    let database = durable_database().await;
    let lease = [("WINDLASS__WORKER__LEASE_SECONDS", "3"), ("WINDLASS__WORKER__RENEW_SECONDS", "1")];
    toys(&database, 8, &Act::WaitForGate).await;
    let frozen = Worker::start(&database.url(), &lease);
    until(database.pool(), "select count(*) from toys.starts", Duration::from_secs(20), |n| n == 8).await;
    frozen.signal("STOP");
    let other = Worker::start(&database.url(), &lease);
    until(database.pool(), RESTARTED, Duration::from_secs(20), |n| n == 8).await;
    open_gate(database.pool()).await.unwrap();
    until(database.pool(), LIVE, Duration::from_secs(20), |n| n == 0).await;

    let digest = "select (coalesce(sum(hashtextextended(t::text, 0)), 0) % 1000000007)::bigint
                    from (select h::text as t from windlass.history h union all select e::text from toys.effects e) t";
    let before = number(database.pool(), digest).await;
    frozen.signal("CONT");
    let patience = Instant::now();
    while frozen.metric("windlass_leases_lost_total", "toys") < 8.0 {
        assert!(patience.elapsed() < Duration::from_secs(20), "lost leases were not counted");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(number(database.pool(), digest).await, before);
    assert_eq!(number(database.pool(), EFFECTS).await, 8);
    assert_eq!(number(database.pool(), RUNNING).await, 0);

    // And it works again, under a new session.
    other.kill();
    toys(&database, 1, &Act::Complete).await;
    until(database.pool(), EFFECTS, Duration::from_secs(20), |n| n == 9).await;
    drop(frozen);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_killed_again_and_again_leave_every_effect_once() {
    let database = durable_database().await;
    let lease = [
        ("WINDLASS__WORKER__LEASE_SECONDS", "3"),
        ("WINDLASS__WORKER__RENEW_SECONDS", "1"),
        ("WINDLASS__WORKER__DEFAULT_SLOTS", "32"),
    ];
    let count = 3_000;
    toys(&database, count, &Act::Complete).await;
    for kill in 1..=5 {
        let worker = Worker::start(&database.url(), &lease);
        let target = count * kill / 8;
        until(database.pool(), EFFECTS, Duration::from_mins(1), |n| n >= target).await;
        worker.kill();
    }
    let last = Worker::start(&database.url(), &lease);
    until(database.pool(), LIVE, Duration::from_mins(1), |n| n == 0).await;
    assert_eq!(number(database.pool(), EFFECTS).await, count);
    assert_eq!(number(database.pool(), DISTINCT_EFFECTS).await, count);
    assert_eq!(number(database.pool(), "select count(*) from windlass.dead_letters").await, 0);
    drop(last);
}
