//! A network that falls silent: nothing is lost, nothing runs twice, and a worker that is cut off stops its own jobs
//! before anybody else starts them.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use windlass::testing::toys::{Act, registry};
use windlass::{Client, Job, JobContext, JobError, Policy, Registry, Store, WorkerOptions, WorkerPool};

use crate::process::Worker;
use crate::proxy::{Network, Proxy};
use crate::support::{database, durable_database, number, toys, until};

const LIVE: &str = "select count(*) from windlass.jobs";
const RUNNING: &str = "select count(*) from windlass.jobs where state = 'running'";

fn pool(url: &str) -> Store {
    let options = sqlx::postgres::PgPoolOptions::new().max_connections(8).acquire_timeout(Duration::from_secs(3));
    Store::new(options.connect_lazy(url).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_answer_is_lost_gives_its_jobs_back() {
    let database = database().await;
    let proxy = Proxy::start(&database.url()).await;
    toys(&database, 4, &Act::Succeed).await;
    // What a claim brings are the toys' arguments.
    proxy.set(Network::DeafTo("\"act\""));
    let worker = tokio::spawn(WorkerPool::new(pool(proxy.url()), registry(), ()).run(std::future::pending()));
    until(database.pool(), RUNNING, Duration::from_secs(10), |n| n == 4).await;
    proxy.set(Network::Up);
    until(database.pool(), LIVE, Duration::from_secs(40), |n| n == 0).await;
    let again = "select count(*) from windlass.history where attempt = 2 and failures = 0 and outcome = 'completed'";
    assert_eq!(number(database.pool(), again).await, 4);
    let sessions = "select count(*) from windlass.workers where condemned_at is null";
    assert_eq!(number(database.pool(), sessions).await, 1);
    worker.abort();
}

/// Says when it runs, in this process's own memory.
#[derive(Serialize, Deserialize)]
struct Watched;

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(Instant, &'static str)>>>);

impl Seen {
    fn note(&self, what: &'static str) {
        self.0.lock().unwrap().push((Instant::now(), what));
    }

    fn when(&self, what: &str) -> Option<Instant> {
        self.0.lock().unwrap().iter().find(|(_, seen)| *seen == what).map(|(when, _)| *when)
    }
}

struct Gone(Seen);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.note("gone");
    }
}

impl Job for Watched {
    const KIND: &'static str = "watched";
    const QUEUE: &'static str = "toys";
    const POLICY: Policy = Policy { timeout: Duration::from_mins(5), ..Policy::DEFAULT };
    type Deps = Seen;

    async fn run(&self, cx: &JobContext<Seen>) -> Result<(), JobError> {
        cx.deps().note("here");
        let _gone = Gone(cx.deps().clone());
        std::future::pending().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_cut_off_stops_its_jobs_before_anybody_else_starts_them() {
    let database = database().await;
    let proxy = Proxy::start(&database.url()).await;
    let options = WorkerOptions { lease: Duration::from_secs(4), renew: Duration::from_secs(1), ..Default::default() };
    let (cut, other) = (Seen::default(), Seen::default());
    let registry = Registry::<Seen>::default().register::<Watched>();
    let client = Client::new(database.pool().clone());
    client.enqueue(database.pool(), Watched).await.unwrap();
    let first = WorkerPool::new(pool(proxy.url()), registry.clone(), cut.clone()).options(options.clone());
    let first = tokio::spawn(first.run(std::future::pending()));
    until(database.pool(), RUNNING, Duration::from_secs(20), |n| n == 1).await;

    proxy.set(Network::Silent);
    let second = WorkerPool::new(pool(&database.url()), registry, other.clone()).options(options);
    let second = tokio::spawn(second.run(std::future::pending()));
    let patience = Instant::now();
    while other.when("here").is_none() {
        assert!(patience.elapsed() < Duration::from_secs(20), "the other worker never started the job");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(cut.when("gone").unwrap() < other.when("here").unwrap(), "two of them ran at once");

    // The network comes back, and so does the worker, as another session; no dead connection holds it up.
    second.abort();
    proxy.set(Network::Up);
    cut.0.lock().unwrap().clear();
    let patience = Instant::now();
    while cut.when("here").is_none() {
        assert!(patience.elapsed() < Duration::from_secs(40), "the first worker never came back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    first.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_cut_off_and_cannot_stop_its_jobs_ends_itself() {
    let database = durable_database().await;
    let proxy = Proxy::start(&database.url()).await;
    let lease = [("WINDLASS__WORKER__LEASE_SECONDS", "4"), ("WINDLASS__WORKER__RENEW_SECONDS", "1")];
    toys(&database, 1, &Act::Block(600_000)).await;
    let cut = Worker::start(proxy.url(), &lease);
    until(database.pool(), "select count(*) from toys.starts", Duration::from_secs(20), |n| n == 1).await;
    proxy.set(Network::Silent);
    let silent = Instant::now();
    let status = tokio::task::spawn_blocking(move || cut.wait()).await.unwrap();
    assert!(!status.success(), "{status}");
    assert!(silent.elapsed() < Duration::from_secs(4), "it ended after its lease: {:?}", silent.elapsed());
    assert_eq!(number(database.pool(), "select count(*) from toys.starts").await, 1);
}

/// More jobs that block their threads than the runtime has threads, for two leases: nothing else can run in this worker,
/// and yet its lease is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_longer_than_the_lease_runs_once_even_if_it_blocks_every_thread() {
    let database = durable_database().await;
    toys(&database, 3, &Act::Block(7_000)).await;
    let lease = [
        ("WINDLASS__WORKER__LEASE_SECONDS", "3"),
        ("WINDLASS__WORKER__RENEW_SECONDS", "1"),
        ("TOKIO_WORKER_THREADS", "2"),
    ];
    let blocked = Worker::start(&database.url(), &lease);
    let other = Worker::start(&database.url(), &[lease[0], lease[1], ("WINDLASS__WORKER__QUEUES", "[\"hasty\"]")]);
    until(database.pool(), LIVE, Duration::from_mins(1), |n| n == 0).await;
    assert_eq!(number(database.pool(), "select count(*) from windlass.history where attempt = 1").await, 3);
    assert_eq!(number(database.pool(), "select count(*) from toys.starts").await, 3);
    drop((blocked, other));
}
