//! A ring wakes whoever has work; the others do not each go and see.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use windlass::model::WorkerOptions;
use windlass::worker::WorkerPool;
use windlass::{Client, Job, JobContext, JobError, Registry, Store};

use crate::support::{database, number};

const QUEUES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
const JOBS: i64 = 100;

/// A job of one queue of many.
#[derive(Serialize, Deserialize)]
struct In<const QUEUE: usize> {
    number: i64,
}

impl<const QUEUE: usize> Job for In<QUEUE> {
    const KIND: &'static str = QUEUES[QUEUE];
    const QUEUE: &'static str = QUEUES[QUEUE];
    type Deps = UnboundedSender<i64>;

    async fn run(&self, cx: &JobContext<Self::Deps>) -> Result<(), JobError> {
        cx.deps().send(self.number).unwrap();
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_idle_queues_those_without_work_are_asked_for_together() {
    let database = database().await;
    let db = PgPool::connect(&database.url()).await.unwrap();
    let (ran, mut numbers) = unbounded_channel();
    let registry = Registry::default().register::<In<0>>().register::<In<1>>().register::<In<2>>().register::<In<3>>();
    let registry = registry.register::<In<4>>().register::<In<5>>().register::<In<6>>().register::<In<7>>();
    let registry = registry.register::<In<8>>().register::<In<9>>().register::<In<10>>().register::<In<11>>();
    let stop = CancellationToken::new();
    // Only a ring wakes anybody.
    let options = WorkerOptions { poll: Duration::from_hours(1), ..WorkerOptions::default() };
    let pool = WorkerPool::new(Store::new(db.clone()), registry, ran).options(options);
    let worker = tokio::spawn(pool.run(stop.clone().cancelled_owned()));
    let client = Client::new(db.clone());
    let commits = "select xact_commit from pg_stat_database where datname = current_database()";
    let before = number(database.pool(), commits).await;
    for number in 0..JOBS {
        client.enqueue(&db, In::<7> { number }).await.unwrap();
        let one = tokio::time::timeout(Duration::from_secs(10), numbers.recv()).await;
        assert_eq!(one.expect("a ring has told of it"), Some(number));
    }
    stop.cancel();
    worker.await.unwrap().unwrap();
    // A connection tells what it did when it ends.
    db.close().await;
    let after = number(database.pool(), commits).await;
    // An enqueue, a ring, two looks, a claim, one more, and a settlement: were each queue to claim at each ring, it would be 2,500.
    assert!(after - before < 12 * JOBS, "{} commits for {JOBS} jobs", after - before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commits_behind_a_younger_job_that_was_claimed_is_found_by_the_poll() {
    let database = database().await;
    let db = PgPool::connect(&database.url()).await.unwrap();
    let (ran, mut numbers) = unbounded_channel();
    let stop = CancellationToken::new();
    let pool = WorkerPool::new(Store::new(db.clone()), Registry::default().register::<In<0>>(), ran);
    let worker = tokio::spawn(pool.run(stop.clone().cancelled_owned()));
    let client = Client::new(db.clone());
    let mut next = async || tokio::time::timeout(Duration::from_secs(10), numbers.recv()).await.expect("it was found");
    client.enqueue(&db, In::<0> { number: 1 }).await.unwrap();
    assert_eq!(next().await, Some(1));
    let mut late = db.begin().await.unwrap();
    client.enqueue(&mut *late, In::<0> { number: 2 }).await.unwrap();
    client.enqueue(&db, In::<0> { number: 3 }).await.unwrap();
    assert_eq!(next().await, Some(3));
    // Nobody is woken for it.
    late.commit().await.unwrap();
    assert_eq!(next().await, Some(2));
    stop.cancel();
    worker.await.unwrap().unwrap();
}
