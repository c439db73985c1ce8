//! How long it takes with many learners: run by hand, `--run-ignored all -E 'test(roi::volume)' --no-capture`.

use std::time::Instant;

use windlass_jobs::RoiCollection;
use windlass_jobs::roi_collection::Op;

use super::world::{PEOPLE, World};

const LEARNERS: i32 = 20_000;
/// Entries of each learner and side, ten days apart.
const ENTRIES: i32 = 12;

#[tokio::test]
#[ignore = "a measurement: it takes minutes"]
async fn many_learners_are_collected_and_rolled_up() {
    let world = World::new("open-a").await;
    let sql = "with people as (
                   insert into insights.subjects (source, external_id, enrolled_at)
                   select $1, 'n' || n, now() from generate_series(1, $2) as n returning subject_id)
               insert into insights.learners (subject_id, enrolled_at, cohort_id)
               select subject_id, now(), 1 + subject_id % 5 from people";
    sqlx::query(sql).bind(PEOPLE).bind(LEARNERS).execute(world.db()).await.unwrap();
    for (source, side) in [("c", "cost"), ("v", "value")] {
        let sql = format!(
            "create table public.{source} as
             select n * 100 + k as entry_id, 'n' || n as learner_id, timestamptz '2026-01-12 01:00:00Z' - k * interval '10 days' as ts,
                    'tutor' as category, (1000 + n % 977)::bigint as amount_micros
               from generate_series(1, {LEARNERS}) as n, generate_series(0, {ENTRIES} - 1) as k"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(world.db()).await.unwrap();
        let sql = "insert into insights.roi_sources (source, side, format, location, subject_source)
                   values ($1, $2, 'table', $3, $4)";
        let insert = sqlx::query(sql).bind(source).bind(side).bind(format!("public.{source}"));
        insert.bind(PEOPLE).execute(world.db()).await.unwrap();
    }
    world.execute("analyze").await;
    let timed = async |what: &str, jobs: Vec<RoiCollection>| {
        let started = Instant::now();
        world.run(jobs).await;
        println!("{what}: {:?}", started.elapsed());
    };
    timed("collect costs", vec![world.collect("c")]).await;
    timed("collect values", vec![world.collect("v")]).await;
    timed("collect the same again", vec![world.collect("c")]).await;
    timed("five cohorts", world.rollups().await).await;
    timed("five cohorts again", world.rollups().await).await;
    timed("calibrate", vec![world.job(Op::Calibrate)]).await;
    timed("read out", vec![world.readout()]).await;
    timed("reconcile", vec![RoiCollection { op: Op::Reconcile, ..world.collect("c") }]).await;
    assert_eq!(world.one::<i64>("select count(*) from insights.roi_entries").await, 2 * i64::from(LEARNERS * ENTRIES));
}
