//! Injected faults raise their alerts and no others: with the rules' own text, its times shortened, and what Alertmanager holds back
//! held back.

use std::process::Command;
use std::time::Duration;

use sqlx::Executor;
use sqlx::postgres::PgPoolOptions;
use windlass::embedded::{Cluster, Mode};
use windlass::store::Migrations;
use windlass::testing::toys::{Act, Toy, migrations, open_gate, registry};
use windlass::{Client, Store};

use super::SETTINGS;
use super::prometheus::Prometheus;
use crate::embedded::Folder;
use crate::process::Worker;
use crate::support::{database, toys};

/// How long an alert may take, its own patience of up to forty seconds included.
const SOON: Duration = Duration::from_secs(100);

/// A Prometheus that reads these workers, and has nothing to say yet.
fn watch(workers: &[Worker]) -> Prometheus {
    let addresses = workers.iter().map(|worker| worker.address("/metrics"));
    let targets: Vec<_> = ["windlass-worker-1", "windlass-worker-2"].into_iter().zip(addresses).collect();
    let prometheus = Prometheus::start(&targets);
    prometheus.settle(targets.len());
    prometheus.expect_quiet("the start", SOON);
    prometheus
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_with_jobs_and_tables_is_told_and_nothing_else() {
    let database = database().await;
    let workers = [(); 2].map(|()| Worker::start(&database.url(), &SETTINGS));
    let prometheus = watch(&workers);

    let mut open = database.pool().begin().await.unwrap();
    open.execute("select txid_current()").await.unwrap();
    prometheus.expect("a transaction is held open", &["WindlassOldTransaction"], SOON);
    open.rollback().await.unwrap();
    prometheus.expect_quiet("a transaction", SOON);

    // Its statements wait for this until they are given up.
    let mut locked = database.pool().begin().await.unwrap();
    locked.execute("lock table windlass.dead_letter_groups in access exclusive mode").await.unwrap();
    prometheus.expect("the sampler is stopped", &["WindlassSamplerStale"], SOON);
    locked.rollback().await.unwrap();
    prometheus.expect_quiet("the sampler", SOON);

    let failing = tokio::spawn({
        let client = Client::new(database.pool().clone());
        let db = database.pool().clone();
        async move {
            for number in 0.. {
                client.enqueue(&db, Toy::new(number, Act::Fail(1))).await.unwrap();
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    });
    // Their retries, which go well, would outweigh them.
    let forgetting = tokio::spawn({
        let db = database.pool().clone();
        async move {
            loop {
                db.execute("delete from windlass.jobs where failures > 0 and state = 'available'").await.unwrap();
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    });
    prometheus.expect("a kind fails", &["WindlassFailureRatioHigh"], SOON);
    failing.abort();
    prometheus.expect_quiet("a kind that failed", SOON);
    forgetting.abort();

    toys(&database, 300, &Act::WaitForGate).await;
    prometheus.expect("a queue is flooded", &["WindlassOldestReadyTooOld"], SOON);
    open_gate(database.pool()).await.unwrap();
    // What waited starts, too late.
    prometheus.expect_beside(
        "a flood runs off",
        &["WindlassLatencyBudgetFastBurn"],
        &["WindlassOldestReadyTooOld"],
        SOON,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_with_letters_schedules_workers_and_the_database_is_told_and_nothing_else() {
    let folder = Folder::new();
    let mut cluster = Cluster::start(&folder.0, Mode::Durable).unwrap();
    cluster.ensure_database("faults").await.unwrap();
    let db = PgPoolOptions::new().max_connections(3).connect_with(cluster.options("faults")).await.unwrap();
    for one in [Migrations::engine(), migrations()] {
        one.run(&db).await.unwrap();
    }
    let store = Store::new(db.clone());
    store.publish(&registry().published_kinds()).await.unwrap();
    store.turn_history(Duration::from_hours(24)).await.unwrap();
    let mut settings = SETTINGS.to_vec();
    settings.extend([
        ("WINDLASS__SCHEDULES__QUICK__CRON", "* * * * *"),
        ("WINDLASS__SCHEDULES__QUICK__MISSED", "skip"),
        // No fault here is about starting in time, and a busy machine is late for less.
        ("WINDLASS__TELEMETRY__OBJECTIVE_SECONDS", "60"),
    ]);
    let [first, second] = [(); 2].map(|()| Worker::start(&cluster.url("faults"), &settings));
    let workers = [first, second];
    let prometheus = watch(&workers);

    let many = (0..40).map(|number| Toy::new(number, Act::Discard));
    Client::new(db.clone()).enqueue_many(&db, many).await.unwrap();
    prometheus.expect_beside("many die", &["WindlassDeadLetterSpike"], &["WindlassDeadLetters"], SOON);
    // As after an hour in which nobody was there: no tick of it is on record either.
    let away = "begin; update windlass.schedules set fired_to = fired_to - interval '1 hour';
                delete from windlass.schedule_ticks; commit";
    db.execute(away).await.unwrap();
    let letters = ["WindlassDeadLetterSpike", "WindlassDeadLetters"];
    prometheus.expect_beside("ticks are missed", &["WindlassScheduleMissed"], &letters, SOON);
    prometheus.expect_quiet("missed ticks", SOON);

    assert!(Command::new("kill").args(["-QUIT", &folder.postmaster()]).status().unwrap().success());
    prometheus.expect_beside("the database is away", &["WindlassDatabaseAway"], &[], SOON);
    cluster = Cluster::start(&folder.0, Mode::Durable).unwrap();
    prometheus.expect_quiet("the database", SOON);

    let [killed, left] = workers;
    killed.kill();
    prometheus.expect("a worker is killed", &["WindlassTargetDown"], SOON);
    drop((left, cluster));
}
