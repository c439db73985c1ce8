//! Real workers under one fault after another: nothing is lost, nothing is accepted twice. `make chaos` prints the table.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::process::Command;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use windlass::embedded::{Cluster, Mode};
use windlass::store::Migrations;
use windlass::testing::toys::{Act, Toy, migrations, registry};
use windlass::{Client, Store};

use crate::embedded::Folder;
use crate::process::Worker;
use crate::proxy::{Network, Proxy};

const SETTINGS: [(&str, &str); 3] = [
    ("WINDLASS__WORKER__LEASE_SECONDS", "3"),
    ("WINDLASS__WORKER__RENEW_SECONDS", "1"),
    ("WINDLASS__WORKER__DEFAULT_SLOTS", "32"),
];
const PATIENCE: Duration = Duration::from_mins(2);
/// In each, a part of the jobs comes, and a fault meets it.
const ROUNDS: i64 = 5;
const LONGER_THAN_A_LEASE: Duration = Duration::from_secs(6);
const TERMINATIONS: usize = 10;
const TERMINATE: &str = "select count(pg_terminate_backend(pid)) from (
    select pid from pg_stat_activity
     where datname = current_database() and application_name like 'windlass%' order by random() limit 4) few";
/// Still to be tried; others may wait for their retry.
const UNTRIED: &str = "select count(*) from windlass.jobs where failures = 0";
const ENDED: &str =
    "select count(*) from (select id from windlass.history union select id from windlass.dead_letters) t";
const TWICE: &str = "select (select count(*) from windlass.history) + (select count(*) from windlass.dead_letters)
    - (select count(*) from (select id from windlass.history union select id from windlass.dead_letters) t)
    + (select count(*) - count(distinct number) from toys.effects)";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Kill,
    Freeze,
    Terminate,
    Restart,
    Silence,
}

impl Fault {
    fn words(self) -> &'static str {
        match self {
            Self::Kill => "a worker is killed (`kill -9`)",
            Self::Freeze => "a worker is frozen for longer than its lease",
            Self::Terminate => "workers' connections are ended by the server",
            Self::Restart => "Postgres is stopped at once and started again",
            Self::Silence => "a worker's network falls silent and comes back",
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes long: make chaos"]
async fn no_fault_loses_a_job_or_accepts_one_twice() {
    let jobs = std::env::var("CHAOS_JOBS").ok().map_or(10_000, |number| number.parse().unwrap());
    println!("| fault | jobs | faults | seconds | lost | accepted twice | dead letters | leases lost | rescued |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for fault in [Fault::Kill, Fault::Freeze, Fault::Terminate, Fault::Restart, Fault::Silence] {
        under(fault, jobs).await;
    }
}

async fn under(fault: Fault, jobs: i64) {
    let folder = Folder::new();
    let mut cluster = Cluster::start(&folder.0, Mode::Durable).unwrap();
    cluster.ensure_database("chaos").await.unwrap();
    let db = PgPoolOptions::new().max_connections(3).connect_with(cluster.options("chaos")).await.unwrap();
    for one in [Migrations::engine(), migrations()] {
        one.run(&db).await.unwrap();
    }
    Store::new(db.clone()).publish(&registry().published_kinds()).await.unwrap();

    let direct = cluster.url("chaos");
    let proxy = Proxy::start(&direct).await;
    let url = if fault == Fault::Silence { proxy.url() } else { &direct };
    let mut workers = vec![Worker::start(url, &SETTINGS), Worker::start(&direct, &SETTINGS)];
    let (started, mut faults, mut lost_leases, mut rescued) = (Instant::now(), 0, 0.0, 0.0);
    for round in 0..ROUNDS {
        // Half of them end through the settlement, the other half in their own transaction.
        let act = |n| if n % 2 == 0 { Act::Complete } else { Act::Succeed };
        let (first, next) = (round * jobs / ROUNDS, (round + 1) * jobs / ROUNDS);
        Client::new(db.clone()).enqueue_many(&db, (first..next).map(|n| Toy::new(n, act(n)))).await.unwrap();
        until(&db, ENDED, |ended| ended > first + (next - first) / 10).await;
        match fault {
            Fault::Kill => {
                let killed = workers.remove(0);
                lost_leases += killed.metric("windlass_leases_lost_total", "toys");
                rescued += killed.metric("windlass_jobs_rescued_total", "toys");
                killed.kill();
                workers.push(Worker::start(&direct, &SETTINGS));
            }
            Fault::Freeze => {
                let frozen = &workers[0];
                frozen.signal("STOP");
                tokio::time::sleep(LONGER_THAN_A_LEASE).await;
                frozen.signal("CONT");
            }
            Fault::Terminate => {
                for _ in 0..TERMINATIONS {
                    faults += ask(&db, TERMINATE).await;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            Fault::Restart => {
                let server = folder.postmaster();
                assert!(Command::new("kill").args(["-QUIT", &server]).status().unwrap().success());
                cluster = Cluster::start(&folder.0, Mode::Durable).unwrap();
            }
            Fault::Silence => {
                proxy.set(Network::Silent);
                tokio::time::sleep(LONGER_THAN_A_LEASE).await;
                proxy.set(Network::Up);
            }
        }
        faults += i64::from(fault != Fault::Terminate);
        until(&db, UNTRIED, |left| left == 0).await;
    }
    until(&db, "select count(*) from windlass.jobs", |left| left == 0).await;
    let seconds = started.elapsed().as_secs_f64();
    // A worker that has ended cannot be asked: that fails here.
    for worker in &workers {
        lost_leases += worker.metric("windlass_leases_lost_total", "toys");
        rescued += worker.metric("windlass_jobs_rescued_total", "toys");
    }
    let lost = jobs - ask(&db, ENDED).await;
    let dead = ask(&db, "select count(*) from windlass.dead_letters").await;
    let twice = ask(&db, TWICE).await;
    println!(
        "| {} | {jobs} | {faults} | {seconds:.0} | {lost} | {twice} | {dead} | {lost_leases} | {rescued} |",
        fault.words()
    );
    assert_eq!((lost, twice), (0, 0), "{fault:?}");
    drop((workers, cluster));
}

/// Waits for a number.
async fn until(db: &PgPool, sql: &'static str, is_so: impl Fn(i64) -> bool) {
    let started = Instant::now();
    loop {
        let found = ask(db, sql).await;
        if is_so(found) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{sql} is still {found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A number, however often the server goes away meanwhile.
async fn ask(db: &PgPool, sql: &'static str) -> i64 {
    let started = Instant::now();
    loop {
        match sqlx::query_scalar(sql).fetch_one(db).await {
            Ok(number) => return number,
            Err(error) => {
                // Class 57: the server ends, starts or ends us.
                let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
                assert!(code.is_none_or(|code| code.starts_with("57")), "{sql}");
                assert!(started.elapsed() < PATIENCE, "{sql}");
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
