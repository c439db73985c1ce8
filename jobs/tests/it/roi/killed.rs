//! Workers killed amid each step: the tables of an undisturbed run.

use std::time::Duration;

use windlass::{Client, JobExt};
use windlass_jobs::roi_collection::Op;

use super::world::{World, assert_same, tables};
use crate::kills::worker;
use crate::support::{WAITING, durable_database, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_killed_amid_each_step_leaves_the_tables_of_a_clean_run() {
    let clean = World::new("open-a").await;
    clean.run_all().await;

    let world = World::on(durable_database().await, "open-a").await;
    let db = world.db();
    // The workers' own schedules would read the experiment out when they tick.
    world.execute("update insights.experiments set win_start = win_start + interval '99 years', win_end = win_end + interval '99 years'").await;
    // Where each job is when its worker dies: about to book what it has staged, about to save its learners, the cohort, its
    // alert, the multipliers, the readout.
    let rollups = || world.rollups();
    for (held, jobs) in [
        ("select from insights.subjects for update", vec![world.collect("costs")]),
        ("lock table insights.roi_entries in share mode", vec![world.collect("values")]),
        ("select from insights.subjects for update", rollups().await),
        ("lock table insights.roi_cohort in share mode", rollups().await),
        ("lock table insights.alerts in share mode", rollups().await),
        ("lock table insights.calibrations in share mode", vec![world.job(Op::Calibrate)]),
        ("lock table insights.ab_readouts in share mode", vec![world.readout()]),
    ] {
        if held.contains("readouts") {
            world.execute("update insights.experiments set win_start = win_start - interval '99 years', win_end = win_end - interval '99 years'").await;
        }
        let before = tables(db).await;
        let mut lock = db.begin().await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(held)).execute(&mut *lock).await.unwrap();
        let mut dying = worker(&world.database.url());
        let client = Client::new(db.clone());
        for job in jobs {
            client.enqueue(db, job.unique(uuid::Uuid::now_v7().to_string())).await.unwrap();
        }
        until(db, WAITING, Duration::from_secs(30), |n| n > 0).await;
        dying.kill().unwrap();
        dying.wait().unwrap();
        lock.rollback().await.unwrap();
        // What the dead one's connections still did must be over, and must have come to nothing.
        until(db, WAITING, Duration::from_secs(30), |n| n == 0).await;
        if held.contains("roi_entries") {
            assert_same(&tables(db).await, &before);
        }
        let mut next = worker(&world.database.url());
        until(db, "select count(*) from windlass.jobs where queue = 'roi'", Duration::from_mins(1), |n| n == 0).await;
        next.kill().unwrap();
        next.wait().unwrap();
    }
    assert_eq!(world.one::<i64>("select count(*) from windlass.dead_letters").await, 0);
    assert!(world.one::<i64>("select count(*) from windlass.history where attempt > 1").await >= 7);
    assert_same(&tables(db).await, &tables(clean.db()).await);
}
