//! The job run again, in another order, in pieces and at once: the tables of one clean run.

use chrono::{DateTime, Utc};
use windlass::model::Outcome;
use windlass::{Client, Enqueue, JobExt, WorkerOptions, WorkerPool};
use windlass_jobs::roi_collection::{Entry, Learner, Op, RecordError, Window, record};
use windlass_jobs::{Deps, RoiCollection};

use super::world::{PEOPLE, World, assert_same, tables};

#[tokio::test]
async fn running_every_op_again_changes_nothing() {
    let world = World::new("open-a").await;
    world.run_all().await;
    let once = tables(world.db()).await;
    assert!(once.len() > 50_000);
    let written: i64 = world.one("select count(*) from insights.roi_entries").await;
    for _ in 0..2 {
        world.run([world.readout(), world.job(Op::Calibrate)]).await;
        world.run(world.rollups().await.into_iter().rev()).await;
        world.run([world.collect("values"), world.collect("costs")]).await;
        assert_same(&tables(world.db()).await, &once);
    }
    assert_eq!(world.one::<i64>("select count(*) from insights.roi_entries").await, written);
    let open: i64 = world.one("select count(*) from insights.roi_windows where dirty_seq > computed_seq").await;
    assert_eq!(open, 0, "the same entries again make nothing dirty");
}

/// Entries that come after the rollup dirty its windows, and the dispatch brings them to where one clean run is.
#[tokio::test]
async fn late_entries_bring_a_published_window_up_to_date() {
    let clean = World::new("open-b").await;
    clean.run([clean.collect("costs"), clean.collect("values")]).await;
    clean.run([clean.job(Op::Rollup)]).await;

    let world = World::new("open-b").await;
    world.execute("delete from insights.experiments").await;
    world.run([world.collect("costs")]).await;
    world.run([world.job(Op::Rollup)]).await;
    assert!(tables(world.db()).await != tables(clean.db()).await);
    world.run([world.collect("values")]).await;
    let open: i64 = world.one("select count(*) from insights.roi_windows where dirty_seq > computed_seq").await;
    assert_eq!(open, 5);
    world.execute("update insights.roi_windows set due_at = due_at - interval '1 minute'").await;
    world.run([dispatch()]).await;
    let alerts = "delete from insights.alerts where closed_at is not null";
    world.execute(alerts).await;
    assert_same(&tables(world.db()).await, &tables(clean.db()).await);
    // Nothing is due, so nothing is made of it.
    assert_eq!(world.run([dispatch()]).await.len(), 1);
}

fn dispatch() -> RoiCollection {
    serde_json::from_str(r#"{"op":"dispatch"}"#).unwrap()
}

/// Collections, rollups and calibrations at once, each several times.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_at_once_ends_as_in_order() {
    let clean = World::new("open-a").await;
    clean.run([clean.collect("costs"), clean.collect("values")]).await;
    clean.run([clean.job(Op::Rollup)]).await;

    let world = World::new("open-a").await;
    world.execute("delete from insights.experiments").await;
    let client = Client::new(world.db().clone());
    let mut jobs = Vec::new();
    for round in 0..3 {
        let mut all = vec![world.collect("costs"), world.collect("values"), dispatch()];
        all.splice(1..1, world.rollups().await);
        for job in all {
            let key = format!("{round} {} {:?} {:?}", job.op.as_str(), job.source, job.cohort_id);
            jobs.push(client.enqueue(world.db(), Enqueue::from(job.unique(key))).await.unwrap().id());
        }
    }
    let store = world.database.store();
    let live = store.clone();
    let options = WorkerOptions { default_slots: 8, ..WorkerOptions::default() };
    WorkerPool::new(store, windlass_jobs::registry(), Deps::default())
        .options(options)
        .run(async move {
            while live.unended("roi", &jobs).await.unwrap() > 0 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        })
        .await
        .unwrap();
    world.execute("update insights.roi_windows set due_at = due_at - interval '1 minute'").await;
    world.run([dispatch()]).await;
    world.execute("delete from insights.alerts where closed_at is not null").await;
    assert_same(&tables(world.db()).await, &tables(clean.db()).await);
}

fn entry(id: &str, learner: &str, ts: DateTime<Utc>, amount_micros: i64) -> Entry {
    let learner = Learner::External(learner.to_owned());
    Entry { entry_id: id.to_owned(), learner, ts, category: "tutor".to_owned(), amount_micros }
}

/// A changed entry is a further revision that holds the difference; sums are what the source says now.
#[tokio::test]
async fn what_a_source_changes_is_booked_as_a_difference() {
    let world = World::new("open-a").await;
    let sql = "insert into insights.roi_sources (source, side, format, subject_source) values ('app', 'cost', 'recorded', $1)";
    sqlx::query(sql).bind(PEOPLE).execute(world.db()).await.unwrap();
    let (monday, tuesday) = ("2026-01-05T10:00:00Z".parse().unwrap(), "2026-02-06T10:00:00Z".parse().unwrap());
    let rows = "select coalesce(string_agg(entry_id || ' ' || coalesce(external_id, '-') || ' ' || month || ' ' || amount_micros,
                       ', ' order by revision), '')
                  from insights.roi_entries left join insights.subjects using (subject_id)";
    for (change, expected) in [
        (entry("k", "l001", monday, 100), "k l001 2026-01-01 100"),
        (entry("k", "l001", monday, 100), ""),
        (entry("k", "l001", monday, 80), "k#1 l001 2026-01-01 -20"),
        (entry("k", "l001", tuesday, 80), "k#2 l001 2026-01-01 -80, k#3 l001 2026-02-01 80"),
        (entry("k", "l002", tuesday, 90), "k#4 l001 2026-02-01 -80, k#5 l002 2026-02-01 90"),
        (entry("k", "l002", tuesday, 0), "k#6 l002 2026-02-01 -90"),
        (entry("k", "nobody", tuesday, 0), "k#7 - 2026-02-01 0"),
        (entry("k", "l002", tuesday, 0), "k#8 l002 2026-02-01 0"),
    ] {
        let before: String = world.one(rows).await;
        for _ in 0..2 {
            let mut tx = world.db().begin().await.unwrap();
            record(&mut tx, "app", std::slice::from_ref(&change)).await.unwrap();
            tx.commit().await.unwrap();
        }
        let after: String = world.one(rows).await;
        assert_eq!(after.strip_prefix(&before).unwrap().trim_start_matches(", "), expected, "after {change:?}");
    }
}

#[tokio::test]
async fn an_entry_of_nobody_is_kept_and_counted() {
    let world = World::new("open-a").await;
    let sql = "insert into insights.roi_sources (source, side, format, subject_source) values ('app', 'cost', 'recorded', $1)";
    sqlx::query(sql).bind(PEOPLE).execute(world.db()).await.unwrap();
    world.execute("update insights.subjects set erased_at = now() where external_id = 'l003'").await;
    let at = "2026-01-05T10:00:00Z".parse().unwrap();
    let mut entries = vec![entry("a", "l001", at, 1), entry("b", "l003", at, 2), entry("c", "stranger", at, 3)];
    entries.push(Entry { learner: Learner::Nobody, ..entry("d", "", at, 4) });
    let mut tx = world.db().begin().await.unwrap();
    let booked = record(&mut tx, "app", &entries).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((booked.new, booked.unallocated), (4, 3));
    let sums = "select string_agg(origin_id || (subject_id is null), ',' order by origin_id) from insights.roi_entries";
    assert_eq!(world.one::<String>(sums).await, "afalse,btrue,ctrue,dtrue");

    let refused = record(&mut *world.db().acquire().await.unwrap(), "app", &[entry("e", "l001", at, -1)]).await;
    assert!(matches!(refused, Err(RecordError::Bad { place: 0, .. })), "{refused:?}");
}

#[tokio::test]
async fn wrong_arguments_are_dead_letters_at_once() {
    let world = World::new("open-a").await;
    let day = "2026-01-05".parse().unwrap();
    let empty = Window::days(day, day);
    let plain = RoiCollection { window: None, ..world.job(Op::Rollup) };
    let wrong = [
        plain.clone(),
        RoiCollection { op: Op::Collect, ..plain.clone() },
        RoiCollection { op: Op::AbReadout, ..plain },
        RoiCollection::of(Op::Calibrate, empty),
        world.collect("unheard-of"),
        RoiCollection { cohort_id: Some(-7), ..world.job(Op::Rollup) },
        RoiCollection { experiment: Some("unplanned".to_owned()), ..world.readout() },
    ];
    let ran = world.try_run(wrong).await;
    assert!(ran.iter().all(|ran| ran.outcome == Outcome::Buried), "{ran:?}");
    assert_eq!(ran.len(), 7);
    assert_eq!(world.one::<i64>("select count(*) from insights.roi_windows").await, 0);
}
