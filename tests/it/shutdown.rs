//! A worker that is told to stop finishes what it can and hands back the rest, without using up an attempt.

use std::time::{Duration, Instant};

use windlass::testing::toys::{Act, open_gate};

use crate::process::Worker;
use crate::support::{database, number, toys, until};

const STARTS: &str = "select count(*) from toys.starts";

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_finish_is_handed_back_in_the_time_given() {
    let database = database().await;
    toys(&database, 20, &Act::Hang).await;
    let worker = Worker::start(&database.url(), &[("WINDLASS__WORKER__SHUTDOWN_SECONDS", "1")]);
    until(database.pool(), STARTS, Duration::from_secs(20), |n| n == 8).await;
    let told = Instant::now();
    worker.signal("TERM");
    assert!(worker.wait().success());
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
    let waiting = "select count(*) from windlass.jobs where state = 'available' and failures = 0 and crashes = 0";
    assert_eq!(number(database.pool(), waiting).await, 20);
    assert_eq!(number(database.pool(), "select count(*) from windlass.workers").await, 0);
    assert_eq!(number(database.pool(), "select count(*) from windlass.attempts").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_finish_does_and_nothing_new_is_begun() {
    let database = database().await;
    toys(&database, 20, &Act::WaitForGate).await;
    let worker = Worker::start(&database.url(), &[]);
    until(database.pool(), STARTS, Duration::from_secs(20), |n| n == 8).await;
    worker.signal("TERM");
    // Prefetched jobs are handed back at once; only those in slots stay.
    until(database.pool(), "select count(*) from windlass.jobs where state = 'running'", Duration::from_secs(5), |n| {
        n == 8
    })
    .await;
    open_gate(database.pool()).await.unwrap();
    assert!(worker.wait().success());
    assert_eq!(number(database.pool(), "select count(*) from toys.effects").await, 8);
    assert_eq!(number(database.pool(), STARTS).await, 8);
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs where failures = 0").await, 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_hands_back_at_once_what_runs() {
    let database = database().await;
    toys(&database, 20, &Act::Hang).await;
    let worker = Worker::start(&database.url(), &[("WINDLASS__WORKER__SHUTDOWN_SECONDS", "600")]);
    until(database.pool(), STARTS, Duration::from_secs(20), |n| n == 8).await;
    let told = Instant::now();
    worker.signal("TERM");
    while !worker.lines().iter().any(|line| line.contains("shutting down")) {
        assert!(told.elapsed() < Duration::from_secs(10), "the first signal was not heard");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    worker.signal("INT");
    assert!(worker.wait().success());
    assert!(told.elapsed() < Duration::from_secs(20), "{:?}", told.elapsed());
    let waiting = "select count(*) from windlass.jobs where state = 'available' and failures = 0 and crashes = 0";
    assert_eq!(number(database.pool(), waiting).await, 20);
}
