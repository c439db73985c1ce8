//! Alerts of cohorts: one a cohort and window, brought up to date, closed when it is over.

use windlass_jobs::RoiCollection;
use windlass_jobs::roi_collection::Op;

use super::world::{PEOPLE, World};

const OPEN: &str = "select coalesce(string_agg(severity, ',' order by alert_key), '') from insights.alerts
                     where closed_at is null and alert_key like 'roi:%'";
const COUNT: &str = "select count(*) from insights.alerts";

/// A cohort of open-a's c3, alone, with an archetype whose multiplier is 1.
async fn world(learners: i32) -> (World, RoiCollection) {
    let world = World::new("open-a").await;
    let db = world.db();
    world.execute("update insights.learner_metrics set archetype = 'generalist'").await;
    let sql = "update insights.learners l set cohort_id = (select cohort_id from insights.cohorts where name = 'c3')
                 from (select subject_id from insights.learners order by subject_id limit $1) as few
                where l.subject_id = few.subject_id";
    world.execute("update insights.learners set cohort_id = null").await;
    sqlx::query(sql).bind(learners).execute(db).await.unwrap();
    for (source, side) in [("c", "cost"), ("v", "value")] {
        let sql = "insert into insights.roi_sources (source, side, format, location, subject_source)
                   values ($1, $2, 'table', $3, $4)";
        let table = format!("public.{source}");
        sqlx::query(sql).bind(source).bind(side).bind(&table).bind(PEOPLE).execute(db).await.unwrap();
        let sql = format!(
            "create table {table} as
             select subject_id as entry_id, external_id as learner_id, timestamptz '2026-01-05 10:00:00Z' as ts,
                    'tutor' as category, 1000000::bigint as amount_micros
               from insights.subjects"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(db).await.unwrap();
    }
    let cohort: i32 = world.one("select cohort_id from insights.cohorts where name = 'c3'").await;
    let rollup = RoiCollection { cohort_id: Some(cohort), ..world.job(Op::Rollup) };
    (world, rollup)
}

/// Sets what every learner brought, and computes the window.
async fn brought(world: &World, rollup: &RoiCollection, micros: i64) {
    sqlx::query("update public.v set amount_micros = $1").bind(micros).execute(world.db()).await.unwrap();
    world.run([world.collect("c"), world.collect("v")]).await;
    world.run([rollup.clone()]).await;
}

#[tokio::test]
async fn an_alert_is_opened_brought_up_to_date_and_closed() {
    let (world, rollup) = world(5).await;
    for (micros, open, count) in [
        (1_100_000, "", 0),
        (1_100_001, "warning", 1),
        (1_150_001, "critical", 1),
        (1_120_000, "warning", 1),
        (1_000_000, "", 1),
        (899_999, "warning", 2),
        (0, "critical", 2),
    ] {
        for _ in 0..2 {
            brought(&world, &rollup, micros).await;
            assert_eq!(
                (world.one::<String>(OPEN).await.as_str(), world.one::<i64>(COUNT).await),
                (open, count),
                "{micros}"
            );
        }
    }
    let figures = "select (body ->> 'variance')::float8 from insights.alerts where closed_at is null";
    assert!((world.one::<f64>(figures).await + 1.0).abs() < 1e-12);
}

#[tokio::test]
async fn four_learners_alert_nobody() {
    let (world, rollup) = world(4).await;
    brought(&world, &rollup, 9_000_000).await;
    assert_eq!(world.one::<i64>(COUNT).await, 0);
    let row = "select (n, n_with_roi, variance, alert)::text from insights.roi_cohort";
    assert_eq!(world.one::<String>(row).await, "(4,4,8,)");
}

/// No learner, no cost, or a cost that was refunded: rows without ratios, and no alert.
#[tokio::test]
async fn cohorts_without_learners_or_cost_have_no_ratio() {
    let (world, rollup) = world(0).await;
    world.run([rollup.clone()]).await;
    let row =
        "select (n, n_with_roi, cost_micros, actual, predicted, variance, mean_learner_roi, trend, trajectory)::text
                 from insights.roi_cohort";
    assert_eq!(world.one::<String>(row).await, "(0,0,0,,,,,,{})");

    world
        .execute(
            "update insights.learners set cohort_id = (select min(cohort_id) from insights.cohorts where name = 'c3')",
        )
        .await;
    world.run([rollup.clone()]).await;
    let flags = "select string_agg(distinct flag || coalesce(roi::text, '-'), ',') from insights.roi_learner";
    assert_eq!(world.one::<String>(flags).await, "no_cost-");
    world.execute("insert into public.c select -entry_id, learner_id, ts, 'refund', -1000001 from public.c").await;
    brought(&world, &rollup, 9).await;
    assert_eq!(world.one::<String>(flags).await, "net_refund-");
    assert_eq!(world.one::<i64>("select n_with_roi from insights.roi_cohort").await, 0);
    assert_eq!(world.one::<i64>(COUNT).await, 0);
}
