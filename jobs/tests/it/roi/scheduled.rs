//! The schedules' jobs: each makes one for every source or cohort, over the window of its tick.

use windlass_jobs::RoiCollection;
use windlass_jobs::roi_collection::{Op, Window, schedules};

use super::world::World;

const JOBS: &str = "select string_agg(args ->> 'op' || ' ' || coalesce(args ->> 'source', args ->> 'cohort_id') || ' '
                           || (args #>> '{window,start}') || ' ' || (args #>> '{window,end}'), E'\\n' order by args::text)
                      from windlass.jobs";

#[tokio::test]
async fn a_tick_makes_a_job_of_each_source_as_far_back_as_it_may_be_late() {
    let world = World::new("open-a").await;
    world.execute("update insights.roi_sources set lookback_days = 2, enabled = source <> 'values'").await;
    world
        .execute(
            "update insights.coefficients set body = body || '{\"book_zone\": \"Europe/Berlin\"}' where name = 'roi'",
        )
        .await;
    let tick = "2026-03-30T03:00:00Z".parse().unwrap();
    let store = world.database.store();
    let client = windlass::Client::new(world.db().clone());
    for op in [Op::Collect, Op::Reconcile] {
        client.enqueue(world.db(), RoiCollection::of(op, Window::days_before(tick, 1))).await.unwrap();
    }
    for _ in 0..2 {
        windlass::testing::run_one(&store, &windlass_jobs::registry(), windlass_jobs::Deps::default()).await.unwrap();
    }
    // In Berlin the 29th of March has 23 hours.
    let expected = ["collect costs", "collect ledger", "reconcile costs", "reconcile ledger"]
        .map(|job| format!("{job} 2026-03-27T23:00:00Z 2026-03-29T22:00:00Z"));
    let mut made: Vec<String> = world.one::<String>(JOBS).await.lines().map(str::to_owned).collect();
    made.sort();
    assert_eq!(made, expected);
    assert_eq!(schedules().len(), 6);
}

#[tokio::test]
async fn the_weeks_and_months_rollup_is_of_every_cohort() {
    let world = World::new("open-a").await;
    world.run([world.collect("costs"), world.collect("values")]).await;
    let tick = "2026-01-12T05:00:00Z".parse().unwrap();
    world.run([RoiCollection::of(Op::Rollup, Window::week_before(tick))]).await;
    world.run([RoiCollection::of(Op::Rollup, Window::month_before(tick))]).await;
    let rows = "select string_agg(distinct win_start::date || '..' || win_end::date, ' ') from insights.roi_cohort";
    assert_eq!(world.one::<String>(rows).await, "2025-12-01..2026-01-01 2026-01-05..2026-01-12");
    assert_eq!(world.one::<i64>("select count(*) from insights.roi_cohort").await, 10);
    // A month's trend is of the weeks before its end, also those before its start.
    let periods =
        "select min(cardinality(trajectory))::bigint from insights.roi_cohort where win_start = '2025-12-01Z'";
    assert!(world.one::<i64>(periods).await > 4);
}
