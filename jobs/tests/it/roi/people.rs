//! What happens to the books when a person goes, and what models cost a person.

use windlass_jobs::RoiCollection;
use windlass_jobs::roi_collection::Op;

use super::world::World;

const ERASE: &str = "with gone as (update insights.subjects set erased_at = now() where external_id = 'l001' returning subject_id)
                     update insights.roi_entries e set subject_id = null from gone where e.subject_id = gone.subject_id";

/// An erasure keeps the sums: the entries are nobody's then, and collecting them again does not bring the person back.
#[tokio::test]
async fn an_erased_persons_entries_are_nobodys_for_ever() {
    let world = World::new("open-a").await;
    world.run([world.collect("costs"), world.collect("values")]).await;
    let sums = "select (count(*), sum(amount_micros))::text from insights.roi_entries";
    let before: String = world.one(sums).await;
    world.execute(ERASE).await;
    world.run([world.collect("costs"), world.collect("values")]).await;
    assert_eq!(world.one::<String>(sums).await, before);
    world.run(world.rollups().await).await;
    let of = "select count(*) from insights.roi_learner join insights.subjects using (subject_id) where external_id = 'l001'";
    assert_eq!(world.one::<i64>(of).await, 0);
    world.run([RoiCollection { op: Op::Reconcile, ..world.collect("costs") }]).await;
    assert_eq!(world.one::<i64>("select count(*) from insights.alerts where alert_key like 'roi_rec%'").await, 0);
    let unallocated = "select count(*) from insights.roi_entries where subject_id is null";
    assert!(world.one::<i64>(unallocated).await > 5);
}

/// A rollup that is under way when somebody is erased writes nothing of them after the tombstone.
#[tokio::test]
async fn a_tombstone_set_before_the_rollup_saves_is_heeded() {
    let world = World::new("open-a").await;
    world.run([world.collect("costs")]).await;
    world.run(world.rollups().await).await;
    world.execute("delete from insights.roi_learner").await;
    let mut erasing = world.db().begin().await.unwrap();
    let tombstone = "update insights.subjects set erased_at = now() where external_id = 'l001'";
    sqlx::query(tombstone).execute(&mut *erasing).await.unwrap();
    let rollups = world.rollups().await;
    let (ran, ()) = tokio::join!(world.run(rollups), async {
        let patience = std::time::Duration::from_secs(30);
        crate::support::until(world.db(), crate::support::WAITING, patience, |waiting| waiting > 0).await;
        erasing.commit().await.unwrap();
    });
    assert_eq!(ran.len(), 5);
    let of = "select count(*) from insights.roi_learner join insights.subjects using (subject_id) where external_id = 'l001'";
    assert_eq!(world.one::<i64>(of).await, 0);
    assert_eq!(world.one::<i64>("select count(*) from insights.roi_learner").await, 44);
}

/// Settled calls are costs by person and day; what is restated of a day replaces what was booked.
#[tokio::test]
async fn what_models_cost_is_a_cost() {
    let world = World::new("open-a").await;
    world.execute("select insights.make_ledger_months(date '2026-01-05', 0)").await;
    world
        .execute(
            "insert into insights.cost_ledger (day, job_id, attempt, call_seq, subject_id, feature, provider, model, tokens_in,
                    tokens_out, reserved_micros, settled_micros, state, created_at)
             select date '2026-01-05', gen_random_uuid(), 1, n, subject_id, 'test', 'test', 'test', 1, 1, 10,
                    case when n < 3 then 10 end, case when n < 3 then 'settled' else 'reserved' end, now()
               from insights.subjects, generate_series(1, 3) n
              where external_id in ('l001', 'l002')",
        )
        .await;
    let booked =
        "select string_agg(origin_id || coalesce(external_id, '-') || amount_micros, ',' order by origin_id, revision)
                    from insights.roi_entries left join insights.subjects using (subject_id)";
    world.run([world.collect("ledger")]).await;
    let first: String = world.one(booked).await;
    assert!(first.contains("l00120") && first.contains("l00220") && first.starts_with("ledger:2026-01-05:"), "{first}");
    world.run([world.collect("ledger")]).await;
    assert_eq!(world.one::<String>(booked).await, first);

    // Somebody is erased: their cost is nobody's from then on, in the ledger and here.
    world
        .execute(
            "update insights.cost_ledger set subject_id = null
                    where subject_id = (select subject_id from insights.subjects where external_id = 'l001')",
        )
        .await;
    world.execute(ERASE).await;
    for _ in 0..2 {
        world.run([world.collect("ledger")]).await;
        let sums = "select string_agg(external_id || ' ' || micros, ', ' order by external_id) from (
                        select coalesce(external_id, '-') as external_id, sum(amount_micros) as micros
                          from insights.roi_entries left join insights.subjects using (subject_id) group by 1) as s";
        assert_eq!(world.one::<String>(sums).await, "- 20, l002 20");
    }
    world.run([RoiCollection { op: Op::Reconcile, ..world.collect("ledger") }]).await;
    assert_eq!(world.one::<i64>("select count(*) from insights.alerts").await, 0);
}
