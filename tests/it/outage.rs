//! A database that is away, or ends connections, ends no worker; work that was finished meanwhile is settled.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use windlass::embedded::{Cluster, Mode};
use windlass::store::Migrations;
use windlass::{Client, Job, JobContext, JobError, Registry, Store, WorkerError, WorkerPool};

use crate::embedded::Folder;
use crate::support::{database, number, until};

const RUNNING: &str = "select count(*) from windlass.jobs where state = 'running'";
const ENDED: &str = "select count(*) from windlass.history where outcome = 'completed' and attempt = 1";
const JOBS: i64 = 8;

/// Waits to be let go, and needs no database.
#[derive(Serialize, Deserialize)]
struct Apart;

struct Gate {
    open: Semaphore,
    begun: AtomicI64,
    done: AtomicI64,
}

impl Job for Apart {
    const KIND: &'static str = "apart";
    type Deps = Arc<Gate>;

    async fn run(&self, cx: &JobContext<Arc<Gate>>) -> Result<(), JobError> {
        cx.deps().begun.fetch_add(1, Ordering::SeqCst);
        cx.deps().open.acquire().await.unwrap().forget();
        cx.deps().done.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// A worker with jobs in its hands.
async fn working(db: &PgPool) -> (Arc<Gate>, JoinHandle<Result<(), WorkerError>>) {
    let gate = Arc::new(Gate { open: Semaphore::new(0), begun: AtomicI64::new(0), done: AtomicI64::new(0) });
    let registry = Registry::<Arc<Gate>>::default().register::<Apart>();
    let pool = WorkerPool::new(Store::new(db.clone()), registry, Arc::clone(&gate));
    let worker = tokio::spawn(pool.run(std::future::pending()));
    let client = Client::new(db.clone());
    for _ in 0..JOBS {
        client.enqueue(db, Apart).await.unwrap();
    }
    until(db, RUNNING, Duration::from_secs(20), |n| n == JOBS).await;
    reached(&gate.begun).await;
    (gate, worker)
}

async fn reached(count: &AtomicI64) {
    let patience = Instant::now();
    while count.load(Ordering::SeqCst) < JOBS {
        assert!(patience.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_finished_while_the_database_is_away_is_settled_when_it_is_back() {
    let folder = Folder::new();
    let cluster = Cluster::start(&folder.0, Mode::Durable).unwrap();
    cluster.ensure_database("outage").await.unwrap();
    let db = PgPool::connect_with(cluster.options("outage")).await.unwrap();
    Migrations::engine().run(&db).await.unwrap();
    let (gate, worker) = working(&db).await;

    // As `pg_ctl stop -m immediate` does.
    let server = folder.postmaster();
    assert!(Command::new("kill").args(["-QUIT", &server]).status().unwrap().success());
    let patience = Instant::now();
    while sqlx::query("select 1").execute(&db).await.is_ok() {
        assert!(patience.elapsed() < Duration::from_secs(10), "the server did not go");
    }
    gate.open.add_permits(JOBS.try_into().unwrap());
    reached(&gate.done).await;

    let again = Cluster::start(&folder.0, Mode::Durable).unwrap();
    until_back(&db).await;
    until(&db, ENDED, Duration::from_secs(30), |n| n == JOBS).await;
    assert_eq!(gate.begun.load(Ordering::SeqCst), JOBS, "one ran again");
    // The worker has outlived it.
    Client::new(db.clone()).enqueue(&db, Apart).await.unwrap();
    gate.open.add_permits(1);
    until(&db, ENDED, Duration::from_secs(30), |n| n == JOBS + 1).await;
    assert!(!worker.is_finished());
    worker.abort();
    drop((cluster, again));
}

async fn until_back(db: &PgPool) {
    let patience = Instant::now();
    while sqlx::query("select 1").execute(db).await.is_err() {
        assert!(patience.elapsed() < Duration::from_secs(20), "the server did not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_connections_are_ended_keeps_its_jobs_and_its_lease() {
    let database = database().await;
    let db = PgPool::connect(&database.url()).await.unwrap();
    let (gate, worker) = working(&db).await;
    let lease = "select extract(epoch from lease_until)::bigint from windlass.workers";
    let before = number(database.pool(), lease).await;
    let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()";
    assert!(number(database.pool(), end).await >= 3, "the pool's, the lease's and the listener's");
    until(database.pool(), lease, Duration::from_secs(20), |until| until > before).await;
    gate.open.add_permits(JOBS.try_into().unwrap());
    until(database.pool(), ENDED, Duration::from_secs(20), |n| n == JOBS).await;
    assert_eq!(gate.begun.load(Ordering::SeqCst), JOBS, "one ran again");
    assert!(!worker.is_finished());
    worker.abort();
}
