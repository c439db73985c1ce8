//! Endings reach the tables whatever stands in the way of one of them.

use std::time::Duration;

use sqlx::Executor;
use windlass::testing::toys::{Act, open_gate, registry};
use windlass::{WorkerError, WorkerOptions, WorkerPool};

use crate::support::{database, number, toys, until};

const STARTS: &str = "select count(*) from toys.starts";
const ENDED: &str = "select count(*) from windlass.history";

#[tokio::test(flavor = "multi_thread")]
async fn an_ending_whose_row_is_locked_holds_up_no_other() {
    let database = database().await;
    toys(&database, 6, &Act::WaitAndSucceed).await;
    let worker = tokio::spawn(WorkerPool::new(database.store(), registry(), ()).run(std::future::pending()));
    until(database.pool(), STARTS, Duration::from_secs(20), |n| n == 6).await;

    // Somebody looks at a running job and goes to lunch.
    let mut lunch = database.pool().begin().await.unwrap();
    lunch.execute("select from windlass.jobs where args ->> 'number' = '3' for update").await.unwrap();
    open_gate(database.pool()).await.unwrap();
    until(database.pool(), ENDED, Duration::from_secs(20), |n| n == 5).await;
    toys(&database, 5, &Act::Succeed).await;
    until(database.pool(), ENDED, Duration::from_secs(20), |n| n == 10).await;
    lunch.rollback().await.unwrap();
    until(database.pool(), ENDED, Duration::from_secs(20), |n| n == 11).await;
    worker.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_endings_whose_rows_are_locked_hold_up_no_other() {
    let database = database().await;
    let options = WorkerOptions { default_slots: 40, ..WorkerOptions::default() };
    toys(&database, 40, &Act::WaitAndSucceed).await;
    let pool = WorkerPool::new(database.store(), registry(), ()).options(options);
    let worker = tokio::spawn(pool.run(std::future::pending()));
    until(database.pool(), STARTS, Duration::from_secs(20), |n| n == 40).await;
    let mut lunch = database.pool().begin().await.unwrap();
    lunch.execute("select from windlass.jobs where (args ->> 'number')::int < 30 for update").await.unwrap();
    open_gate(database.pool()).await.unwrap();
    // One after the other they would take a minute.
    until(database.pool(), ENDED, Duration::from_secs(10), |n| n == 10).await;
    toys(&database, 5, &Act::Succeed).await;
    until(database.pool(), ENDED, Duration::from_secs(10), |n| n == 15).await;
    lunch.rollback().await.unwrap();
    until(database.pool(), ENDED, Duration::from_secs(20), |n| n == 45).await;
    worker.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ending_that_cannot_be_stored_is_buried_and_the_others_are_stored() {
    let database = database().await;
    let db = database.pool();
    db.execute("alter table windlass.history add constraint unlucky check (kind <> 'toy' or failures < 1)")
        .await
        .unwrap();
    toys(&database, 5, &Act::Succeed).await;
    db.execute("update windlass.jobs set failures = 1, attempt = 1 where args ->> 'number' = '2'").await.unwrap();
    let worker = tokio::spawn(WorkerPool::new(database.store(), registry(), ()).run(std::future::pending()));
    until(db, "select count(*) from windlass.jobs", Duration::from_secs(20), |n| n == 0).await;
    assert_eq!(number(db, ENDED).await, 4);
    let buried = "select count(*) from windlass.dead_letters where error = 'its ending could not be stored'";
    assert_eq!(number(db, buried).await, 1);
    worker.abort();
}

/// A stream of short jobs keeps claims and settlements busy until the last moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_in_a_stream_of_short_jobs_loses_and_doubles_none() {
    let database = database().await;
    let db = database.pool();
    let count = 4_000;
    toys(&database, count, &Act::Complete).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let pool = WorkerPool::new(database.store(), registry(), ());
    let worker: tokio::task::JoinHandle<Result<(), WorkerError>> =
        tokio::spawn(pool.run(async { drop(stopped.await) }));
    until(db, ENDED, Duration::from_secs(20), |n| n > 100).await;
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(10), worker).await.unwrap().unwrap().unwrap();
    assert_eq!(number(db, "select count(*) from windlass.jobs where state = 'running'").await, 0);
    assert_eq!(number(db, "select coalesce(sum(failures + crashes), 0) from windlass.jobs").await, 0);
    let live = number(db, "select count(*) from windlass.jobs").await;
    assert!(live > 0, "it was stopped in the middle");
    assert_eq!(live + number(db, ENDED).await, count);
    assert_eq!(number(db, "select count(*) from toys.effects").await, number(db, ENDED).await);
}
