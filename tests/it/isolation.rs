//! What is stuck, failing or flooded in one queue slows no other.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use windlass::testing::toys::{Act, Hasty, Toy};
use windlass::{Client, Job, JobContext, JobError, Registry, WorkerPool};

use crate::process::Worker;
use crate::support::{database, number, until};

/// Of a queue of its own.
#[derive(Serialize, Deserialize)]
struct Prompt;

impl Job for Prompt {
    const KIND: &'static str = "prompt";
    const QUEUE: &'static str = "prompt";
    type Deps = ();

    async fn run(&self, _: &JobContext<()>) -> Result<(), JobError> {
        Ok(())
    }
}

/// Far above what one takes, far below what waiting behind the others would.
const PROMPT: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_or_flooded_queue_slows_no_other() {
    let database = database().await;
    let db = database.pool();
    let client = Client::new(db.clone());
    let registry = Registry::default().register::<Toy>().register::<Hasty>().register::<Prompt>();
    let worker = tokio::spawn(WorkerPool::new(database.store(), registry, ()).run(std::future::pending()));
    client.enqueue_many(db, (0..100).map(|number| Toy::new(number, Act::Hang))).await.unwrap();
    client.enqueue_many(db, (0..10_000).map(|_| Hasty {})).await.unwrap();
    until(db, "select count(*) from toys.starts", Duration::from_secs(20), |n| n > 0).await;
    let mut slowest = Duration::ZERO;
    for ended in 1..=20 {
        let asked = Instant::now();
        let mut tx = db.begin().await.unwrap();
        client.enqueue(&mut *tx, Prompt).await.unwrap();
        client.commit(tx).await.unwrap();
        until(db, "select count(*) from windlass.history where kind = 'prompt'", PROMPT, |n| n == ended).await;
        slowest = slowest.max(asked.elapsed());
    }
    println!("the slowest of 20 took {slowest:?}");
    assert!(number(db, "select count(*) from windlass.jobs where queue = 'hasty'").await > 0, "the flood was over");
    assert!(number(db, "select count(*) from windlass.jobs where queue = 'toys'").await >= 100, "nothing is stuck");
    worker.abort();
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "reads /proc")]
async fn a_worker_stands_back_for_the_other_processes_of_its_machine() {
    let database = database().await;
    let worker = Worker::start(&database.url(), &[("WINDLASS__WORKER__NICENESS", "7")]);
    // Each thread has its own.
    for task in std::fs::read_dir(format!("/proc/{}/task", worker.id())).unwrap() {
        let stat = std::fs::read_to_string(task.unwrap().path().join("stat")).unwrap();
        // What stands behind the name in brackets begins with the third field; the niceness is the 19th.
        let niceness = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap();
        assert_eq!(niceness, "7", "{stat}");
    }
}
