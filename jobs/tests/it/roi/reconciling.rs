//! The books against their sources: what differs is told, and never mended in silence.

use std::fmt::Write;
use std::fs;

use windlass::model::Outcome;
use windlass_jobs::RoiCollection;
use windlass_jobs::roi_collection::Op;

use super::world::{PEOPLE, World, assert_same, tables};
use crate::support::folder;

const OPEN: &str = "select coalesce(string_agg(alert_key, ' ' order by alert_key), '') from insights.alerts
                     where closed_at is null and alert_key like 'roi\\_reconcile:%'";

fn reconcile(world: &World, source: &str) -> RoiCollection {
    RoiCollection { op: Op::Reconcile, ..world.collect(source) }
}

#[tokio::test]
async fn a_difference_is_an_alert_until_it_is_gone() {
    let world = World::new("open-a").await;
    world.run([world.collect("costs"), world.collect("values")]).await;
    world.run([reconcile(&world, "costs"), reconcile(&world, "values")]).await;
    assert_eq!(world.one::<String>(OPEN).await, "");

    let lose = "with one as (select source, origin_id from insights.roi_entries where source = 'costs' and ts::date = '2026-01-02' limit 1)
                delete from insights.roi_entries e using one where (e.source, e.origin_id) = (one.source, one.origin_id)";
    world.execute(lose).await;
    world
        .execute(
            "update insights.roi_entries set amount_micros = amount_micros + 1
                    where source = 'costs' and entry_id in (select min(entry_id) from insights.roi_entries
                                                             where source = 'costs' and ts::date = '2025-12-13')",
        )
        .await;
    let before = tables(world.db()).await;
    world.run([reconcile(&world, "costs")]).await;
    assert_eq!(world.one::<String>(OPEN).await, "roi_reconcile:costs:2025-12-13 roi_reconcile:costs:2026-01-02");
    let entries = |text: &str| text.split("-- roi_learner").next().unwrap().to_owned();
    assert_same(&entries(&tables(world.db()).await), &entries(&before));
    let lost = "select (body ->> 'source_count')::bigint - (body ->> 'booked_count')::bigint from insights.alerts
                 where alert_key = 'roi_reconcile:costs:2026-01-02'";
    assert_eq!(world.one::<i64>(lost).await, 1);
    let off = "select (body ->> 'booked_micros')::bigint - (body ->> 'source_micros')::bigint from insights.alerts
                where alert_key = 'roi_reconcile:costs:2025-12-13'";
    assert_eq!(world.one::<i64>(off).await, 1);

    // Another source's comparison closes none of these; a collection mends them, and the next comparison says so.
    world.run([reconcile(&world, "values")]).await;
    assert!(!world.one::<String>(OPEN).await.is_empty());
    world.run([world.collect("costs")]).await;
    world.run([reconcile(&world, "costs")]).await;
    assert_eq!(world.one::<String>(OPEN).await, "");
    assert_eq!(world.one::<i64>("select count(*) from insights.alerts").await, 2);
}

#[tokio::test]
async fn what_was_adjusted_agrees_with_its_source() {
    let world = World::new("open-a").await;
    world.run([world.collect("costs")]).await;
    let file = folder("roi-adjusted").join("costs.csv");
    let given: String = world.one("select location from insights.roi_sources where source = 'costs'").await;
    let changed = fs::read_to_string(given).unwrap().replace("l001,2026-01-02T01:00:00Z", "l002,2026-01-03T01:00:00Z");
    fs::write(&file, changed.replace(",path,7", ",path,8")).unwrap();
    let sql = "update insights.roi_sources set location = $1 where source = 'costs'";
    sqlx::query(sql).bind(file.to_str().unwrap()).execute(world.db()).await.unwrap();
    world.run([reconcile(&world, "costs")]).await;
    assert!(!world.one::<String>(OPEN).await.is_empty());
    world.run([world.collect("costs")]).await;
    assert!(world.one::<i64>("select count(*) from insights.roi_entries where revision > 0").await > 3);
    world.run([reconcile(&world, "costs")]).await;
    assert_eq!(world.one::<String>(OPEN).await, "");
}

#[tokio::test]
async fn finances_totals_are_compared_by_day_and_category() {
    let world = World::new("open-a").await;
    world.run([world.collect("costs"), world.collect("values")]).await;
    let totals: Vec<(String, String, i64)> = sqlx::query_as(
        "select ts::date::text, category, sum(amount_micros)::bigint from insights.roi_entries where side = 'cost'
          group by 1, 2 order by 1, 2",
    )
    .fetch_all(world.db())
    .await
    .unwrap();
    let file = folder("roi-finance").join("finance.csv");
    let write = |more: i64| {
        let mut text = "day,category,total_micros\n".to_owned();
        for (place, (day, category, total)) in totals.iter().enumerate() {
            writeln!(text, "{day},{category},{}", if place == 3 { total + more } else { *total }).unwrap();
        }
        fs::write(&file, text).unwrap();
    };
    let sql =
        "insert into insights.roi_sources (source, side, format, location) values ('finance', 'finance', 'csv', $1)";
    sqlx::query(sql).bind(file.to_str().unwrap()).execute(world.db()).await.unwrap();
    write(0);
    world.run([reconcile(&world, "finance")]).await;
    assert_eq!(world.one::<String>(OPEN).await, "");
    write(1);
    world.run([reconcile(&world, "finance")]).await;
    let (day, category, _) = &totals[3];
    assert_eq!(world.one::<String>(OPEN).await, format!("roi_reconcile:finance:{day}:{category}"));
    write(0);
    world.run([reconcile(&world, "finance")]).await;
    assert_eq!(world.one::<String>(OPEN).await, "");
    assert_eq!(world.try_run([world.collect("finance")]).await[0].outcome, Outcome::Buried);
}

#[tokio::test]
async fn bad_rows_are_left_out_and_told_and_too_many_refuse_the_file() {
    let world = World::new("open-a").await;
    let file = folder("roi-bad").join("costs.csv");
    let write = |bad: usize| {
        let mut text = "entry_id,learner_id,ts,category,amount_micros\n".to_owned();
        for n in 0..40 {
            let amount = if n < bad { "a secret" } else { "5" };
            writeln!(text, "k{n},l001,2026-01-05T10:00:00Z,tutor,{amount}").unwrap();
        }
        fs::write(&file, text + "k39,l001,2026-01-05T10:00:00Z,tutor,6\n").unwrap();
    };
    let sql = "insert into insights.roi_sources (source, side, format, location, subject_source)
               values ('bad', 'cost', 'csv', $1, $2)";
    sqlx::query(sql).bind(file.to_str().unwrap()).bind(PEOPLE).execute(world.db()).await.unwrap();
    write(2);
    let dead = world.try_run([world.collect("bad")]).await;
    assert_eq!(dead[0].outcome, Outcome::Buried);
    let letter = world.database.store().dead_letter(dead[0].claim.id).await.unwrap();
    assert!(letter.error.contains("3 of 41") && letter.error.contains("duplicate_id"), "{}", letter.error);
    assert!(!letter.error.contains("secret"), "{}", letter.error);
    assert_eq!(world.one::<i64>("select count(*) from insights.roi_entries").await, 0);

    write(1);
    world.run([world.collect("bad")]).await;
    let sums = "select (count(*), sum(amount_micros))::text from insights.roi_entries";
    assert_eq!(world.one::<String>(sums).await, "(39,195)");
    let told = "select body ->> 'bad_rows' from insights.alerts where alert_key = 'roi_collect:bad:bad_rows' and closed_at is null";
    assert_eq!(world.one::<String>(told).await, r#"{"bad_amount": 1, "duplicate_id": 1}"#);
    world.run([reconcile(&world, "bad")]).await;
    assert_eq!(world.one::<String>(OPEN).await, "roi_reconcile:bad:2026-01-05 roi_reconcile:bad:bad_rows");
}
