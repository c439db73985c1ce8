//! A job that kills its worker is found out; whoever was in its company is not blamed.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use windlass::testing::Database;
use windlass::testing::toys::{Act, open_gate};

use crate::process::{self, Worker};
use crate::support::{durable_database, number, toy, toys, until};

/// Short, so that a death costs seconds; and room for everything at once, so that everything is suspected.
const SETTINGS: [(&str, &str); 6] = [
    ("WINDLASS__WORKER__LEASE_SECONDS", "3"),
    ("WINDLASS__WORKER__RENEW_SECONDS", "1"),
    ("WINDLASS__WORKER__DEFAULT_SLOTS", "64"),
    ("WINDLASS__WORKER__SHUTDOWN_SECONDS", "1"),
    ("WINDLASS__TELEMETRY__METRICS_ADDRESS", "127.0.0.1:0"),
    ("WINDLASS__TELEMETRY__LOG_FORMAT", "json"),
];
const LIVE: &str = "select count(*) from windlass.jobs";
const STARTS: &str = "select count(*) from toys.starts";
const KILLED: &str = "select count(*) from windlass.dead_letters where reason = 'worker_killed'";
const CHILDREN: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and application_name = 'windlass/run-suspect'";
/// What would be held against anybody but the killers.
const BLAMED: &str = "select (select coalesce(sum(failures), 0) from windlass.history)
    + (select count(*) from windlass.attempts where reason <> 'worker_killed')";

/// A worker that is started again whenever it dies, as a service is.
struct Service {
    url: String,
    worker: Child,
    deaths: usize,
}

impl Service {
    fn start(url: String) -> Self {
        Self { worker: Self::worker(&url), url, deaths: 0 }
    }

    fn worker(url: &str) -> Child {
        let mut worker = Command::new(process::toys());
        worker.args(["worker", "--database-url", url]).envs(SETTINGS).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Goes on until a query's number is as wanted.
    async fn until(&mut self, db: &PgPool, sql: &'static str, wanted: impl Fn(i64) -> bool) {
        self.go_on(db, sql, wanted, usize::MAX).await;
    }

    /// Goes on until the worker has died so often.
    async fn until_deaths(&mut self, db: &PgPool, deaths: usize) {
        self.go_on(db, LIVE, |_| false, deaths).await;
    }

    async fn go_on(&mut self, db: &PgPool, sql: &'static str, wanted: impl Fn(i64) -> bool, deaths: usize) {
        let patience = Instant::now();
        while self.deaths < deaths && !wanted(number(db, sql).await) {
            if let Some(status) = self.worker.try_wait().unwrap() {
                assert!(killed(status), "{status}");
                self.deaths += 1;
                self.worker = Self::worker(&self.url);
            }
            let found = number(db, sql).await;
            assert!(patience.elapsed() < Duration::from_secs(90), "{found}, {} deaths: {sql}", self.deaths);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.worker.kill();
        let _ = self.worker.wait();
    }
}

/// Not by an exit code: the worker has not ended itself in order.
fn killed(status: ExitStatus) -> bool {
    status.code().is_none()
}

/// A toy whose worker was lost twice.
async fn suspect(database: &Database, number: i64, act: Act) {
    toy(database, number, act).await;
    sqlx::query("update windlass.jobs set crashes = 2").execute(database.pool()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_its_worker_is_convicted_and_its_company_is_not() {
    let database = durable_database().await;
    let db = database.pool();
    toys(&database, 25, &Act::WaitForGate).await;
    toy(&database, 1_000, Act::Abort).await;
    toys(&database, 25, &Act::WaitAndSucceed).await;
    let mut service = Service::start(database.url());
    service.until_deaths(db, 2).await;
    // Everybody was there both times. Now they may end, each in its turn.
    let suspected = number(db, "select count(*) from windlass.jobs where crashes >= 1").await;
    assert_eq!(suspected, 51, "in flight together");
    open_gate(db).await.unwrap();
    service.until(db, LIVE, |n| n == 0).await;

    assert_eq!(service.deaths, 2, "the third was a child's");
    assert_eq!(service.worker.try_wait().unwrap(), None, "it lives");
    assert_eq!(number(db, "select count(*) from windlass.history where outcome = 'completed'").await, 50);
    assert_eq!(number(db, "select count(*) from toys.effects").await, 25);
    assert_eq!(number(db, BLAMED).await, 0);
    assert_eq!(number(db, "select count(*) from windlass.dead_letters").await, 1);
    let (reason, error, crashes): (String, String, i32) =
        sqlx::query_as("select reason, error, crashes from windlass.dead_letters").fetch_one(db).await.unwrap();
    assert_eq!((reason.as_str(), crashes), ("worker_killed", 2));
    assert!(error.contains("SIGABRT"), "{error}");
    // The worker goes on as ever, and nobody else runs in a child.
    toy(&database, 2_000, Act::Succeed).await;
    service.until(db, LIVE, |n| n == 0).await;
    let apart = sqlx::query_scalar::<_, bool>("select pid <> $1 from toys.starts where number = 2000")
        .bind(i64::from(service.worker.id()))
        .fetch_one(db)
        .await
        .unwrap();
    assert!(!apart);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_that_kill_their_worker_are_all_convicted_and_nobody_else() {
    let database = durable_database().await;
    let db = database.pool();
    for killer in 0..3 {
        toys(&database, 10, &Act::Complete).await;
        toy(&database, 1_000 + killer, Act::Abort).await;
        toys(&database, 5, &Act::WaitForGate).await;
    }
    let mut service = Service::start(database.url());
    service.until_deaths(db, 2).await;
    open_gate(db).await.unwrap();
    service.until(db, LIVE, |n| n == 0).await;
    assert!(service.deaths <= 6, "at most two each: {}", service.deaths);
    assert_eq!(number(db, KILLED).await, 3);
    assert_eq!(number(db, "select count(*) from windlass.dead_letters").await, 3);
    assert_eq!(number(db, "select count(*) from toys.effects").await, 45);
    assert_eq!(number(db, BLAMED).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspect_runs_in_a_child_and_is_cleared_when_it_ends() {
    let database = durable_database().await;
    let db = database.pool();
    for (number, act) in [Act::Complete, Act::Succeed, Act::Fail(1), Act::Snooze(600)].into_iter().enumerate() {
        suspect(&database, i64::try_from(number).unwrap(), act).await;
    }
    let worker = Worker::start(&database.url(), &SETTINGS);
    until(db, STARTS, Duration::from_secs(30), |n| n == 4).await;
    // The last that began has ended too.
    let unended = "select count(*) from windlass.jobs where state = 'running' or scheduled_at <= now()";
    until(db, unended, Duration::from_secs(30), |n| n == 0).await;
    let apart = sqlx::query_scalar::<_, i64>("select count(distinct pid) from toys.starts where pid <> $1")
        .bind(worker.id())
        .fetch_one(db)
        .await
        .unwrap();
    assert_eq!(apart, 4, "each in a process of its own");
    until(db, LIVE, Duration::from_secs(30), |n| n == 2).await;
    assert_eq!(number(db, "select sum(crashes) from windlass.jobs").await, 0, "cleared");
    assert_eq!(number(db, "select sum(failures) from windlass.jobs").await, 1, "the one that failed");
    assert_eq!(number(db, "select count(*) from windlass.history where outcome = 'completed'").await, 2);
    assert_eq!(number(db, "select count(*) from toys.effects").await, 1);
    assert_eq!(number(db, "select count(*) from windlass.dead_letters").await, 0);
    assert!((worker.metric("windlass_worker_child_exits_total", "\"ok\"") - 4.0).abs() < 0.1);
    let lines = worker.lines().concat();
    assert!(lines.contains("suspected of killing its workers"), "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspect_that_takes_all_memory_is_convicted() {
    let database = durable_database().await;
    let db = database.pool();
    suspect(&database, 1, Act::Hoard).await;
    suspect(&database, 2, Act::Complete).await;
    let limited = [&SETTINGS[..], &[("WINDLASS__WORKER__SUSPECT_MEMORY_MEGABYTES", "256")]].concat();
    let worker = Worker::start(&database.url(), &limited);
    until(db, LIVE, Duration::from_secs(30), |n| n == 0).await;
    assert_eq!(number(db, KILLED).await, 1);
    assert_eq!(number(db, "select count(*) from toys.effects where number = 2").await, 1, "it has enough");
    assert!((worker.metric("windlass_worker_child_exits_total", "\"crash\"") - 1.0).abs() < 0.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspects_child_dies_with_its_worker() {
    let database = durable_database().await;
    let db = database.pool();
    // One whose handler blocks its thread, too: the child must not need it.
    for act in [Act::WaitForGate, Act::Block(60_000)] {
        sqlx::query("delete from toys.starts").execute(db).await.unwrap();
        suspect(&database, 1, act).await;
        let worker = Worker::start(&database.url(), &SETTINGS);
        until(db, STARTS, Duration::from_secs(30), |n| n == 1).await;
        assert!(number(db, CHILDREN).await > 0);
        worker.kill();
        until(db, CHILDREN, Duration::from_secs(5), |n| n == 0).await;
        sqlx::query("delete from windlass.jobs").execute(db).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspect_that_cannot_finish_before_a_shutdown_is_handed_back() {
    let database = durable_database().await;
    let db = database.pool();
    suspect(&database, 1, Act::WaitForGate).await;
    suspect(&database, 2, Act::WaitForGate).await;
    let worker = Worker::start(&database.url(), &SETTINGS);
    until(db, STARTS, Duration::from_secs(30), |n| n == 1).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(number(db, STARTS).await, 1, "one at a time");
    let told = Instant::now();
    worker.signal("TERM");
    assert!(worker.wait().success());
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
    assert_eq!(number(db, CHILDREN).await, 0);
    let waiting = "select count(*) from windlass.jobs where state = 'available' and failures = 0 and crashes = 2";
    assert_eq!(number(db, waiting).await, 2, "still suspects, and not blamed");
}
