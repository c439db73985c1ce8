//! Runs that bring nothing in: compute anew, erase, let age, seed, export.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use windlass::testing::{Database, ManualClock, declare_schedules, drain, fire_schedules, run_one};
use windlass::{JobExt, Priority};
use windlass_jobs::backfill::control;
use windlass_jobs::backfill::plan;
use windlass_jobs::backfill::spec::{Export, Op, Pace, Recompute, Spec};
use windlass_jobs::backfill::state::State;
use windlass_jobs::backfill::target::Target;
use windlass_jobs::control::{ErasureKey, erase};
use windlass_jobs::demo::Inputs;
use windlass_jobs::{Backfill, Deps, WeeklyAggregation};

use super::support::{claims, import, imported, write};
use crate::control::settle;
use crate::support::{close, database, fixtures, folder, loaded, number, run, tables};

async fn begin(database: &Database, op: Op) -> Uuid {
    let spec = Spec { op, pace: Pace::default() };
    plan::plan(database.pool(), spec).await.unwrap().start(database.pool()).await.unwrap().run_id
}

async fn done(database: &Database, run_id: Uuid) -> Value {
    let status = control::status(database.pool(), run_id).await.unwrap();
    assert_eq!(status.state, State::Done, "{status:?}");
    control::report(database.pool(), run_id).await.unwrap().unwrap()
}

/// A database in which the fixtures' people have been analysed, and their weeks aggregated.
async fn analysed() -> Database {
    let database = database().await;
    let loaded = loaded(database.pool(), &Inputs::read(&fixtures("open-a").join("inputs")).unwrap()).await;
    close(database.pool(), &loaded).await;
    settle(&database).await;
    database
}

#[tokio::test]
async fn a_recomputation_dirties_waits_and_changes_nothing_that_was_right() {
    let database = analysed().await;
    let db = database.pool();
    let before = tables(db).await;
    sqlx::query("update insights.spectrum_weekly set valence = 0.123 where status = 'ok'").execute(db).await.unwrap();
    let days = ("2025-01-01".parse().unwrap(), "2027-01-01".parse().unwrap());
    let run_id = begin(&database, Op::Recompute(Recompute { subjects: (0, 1_000_000), days, chunk_subjects: 5 })).await;
    run(&database).await;
    assert_eq!(control::status(db, run_id).await.unwrap().state, State::Validating);
    assert!(number(db, "select count(*) from insights.dirty_buckets where dirty_seq > computed_seq").await > 50);

    let far = "2100-01-01T00:00:00Z".parse().unwrap();
    let client = windlass::Client::new(db.clone());
    client.enqueue(db, WeeklyAggregation::dispatch(far)).await.unwrap();
    run(&database).await;
    sqlx::query("update windlass.jobs set scheduled_at = now()").execute(db).await.unwrap();
    run(&database).await;
    let report = done(&database, run_id).await;
    assert_eq!(report["people"], 13);
    assert_eq!(tables(db).await, before);
}

#[tokio::test]
async fn an_erasure_runs_until_nothing_is_left() {
    let database = analysed().await;
    let db = database.pool();
    let subject_id: i64 =
        sqlx::query_scalar("select min(subject_id) from insights.sessions").fetch_one(db).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let key = ErasureKey::new("a secret of many bytes").unwrap();
    let request_id = erase(&mut tx, &key, subject_id).await.unwrap();
    tx.commit().await.unwrap();
    let people = number(db, "select count(*) from insights.subjects").await;
    let run_id = begin(&database, Op::Erase { request_id }).await;
    run(&database).await;
    assert!(done(&database, run_id).await["removed"].as_u64().unwrap() > 0);
    assert_eq!(number(db, "select count(*) from insights.subjects").await, people - 1);

    let run_id = begin(&database, Op::Erase { request_id: 999 }).await;
    run(&database).await;
    let status = control::status(db, run_id).await.unwrap();
    assert_eq!((status.state, status.failure.as_deref()), (State::Failed, Some("erasure request 999 is unknown")));
}

#[tokio::test]
async fn what_is_too_old_goes_and_what_is_not_stays() {
    let database = database().await;
    let db = database.pool();
    for sql in [
        "select insights.make_month(d::date) from unnest(array[now() - interval '14 months', now() - interval '8 months', now()]) as t (d)",
        "insert into insights.spectrum_daily (subject_id, local_date, n_sessions, n_turns, n_excluded, n_empty, n_positive, w, wv,
                                              wv2, wa, wd, wvol, emo, patterns)
         select s, now() - make_interval(months => m), 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, array_fill(0.0::float8, array[8]), array_fill(0, array[7])
           from unnest(array[1, 25000]) s, unnest(array[1, 26]) m",
        "insert into insights.subjects (subject_id, source, external_id, enrolled_at)
         select s, 'test', s::text, now() from unnest(array[1, 25000]) s",
        "insert into insights.backfill_quarantine (run_id, row_no, created_at, reasons, raw_sha256, raw)
         select gen_random_uuid(), d, now() - make_interval(days => d), '{bad_date}', 'x', 'x' from unnest(array[1, 31]) d",
        "select insights.make_ledger_months((now() - make_interval(months => m))::date, 0) from unnest(array[83, 86]) m",
    ] {
        sqlx::query(sql).execute(db).await.unwrap();
    }
    let run_id = begin(&database, Op::Retention).await;
    run(&database).await;
    let report = done(&database, run_id).await;
    let months = |of: &str| report[of].as_array().map(Vec::len);
    assert_eq!((months("months_of_turns"), months("months_of_impacts")), (Some(2), Some(1)), "{report}");
    assert_eq!(months("months_of_ledger"), Some(1), "{report}");
    assert_eq!((report["days"].as_u64(), report["raw_rows"].as_u64()), (Some(2), Some(1)), "{report}");
    assert_eq!(number(db, "select count(*) from pg_inherits where inhparent = 'insights.turns'::regclass").await, 1);
    assert_eq!(
        number(db, "select count(*) from pg_inherits where inhparent = 'insights.turn_impacts'::regclass").await,
        2
    );
    assert_eq!(number(db, "select count(*) from insights.spectrum_daily").await, 2);
    assert_eq!(number(db, "select count(*) from insights.backfill_quarantine where raw is not null").await, 1);
    assert_eq!(number(db, "select count(*) from insights.backfill_quarantine").await, 2);
}

#[tokio::test]
async fn retention_begins_each_day_unless_it_runs_already() {
    let database = database().await;
    let (db, clock) = (database.pool(), ManualClock::at("2026-03-09T00:00:00Z".parse().unwrap()));
    let (store, registry) = (database.store().at(clock.clone()), windlass_jobs::registry());
    declare_schedules(&store, &registry).await.unwrap();
    let runs = "select count(*) from insights.backfill_runs where state = 'done'";
    for day in 1..=2 {
        clock.turn(chrono::TimeDelta::days(1));
        let fired = fire_schedules(&store, &registry).await.unwrap();
        assert!(fired.iter().any(|(name, _)| name == "retention"), "{fired:?}");
        sqlx::query("delete from windlass.jobs where kind <> 'backfill'").execute(db).await.unwrap();
        drain(&store, &registry, Deps::default()).await.unwrap();
        // What a job enqueues is due by the server's clock.
        run(&database).await;
        assert_eq!(number(db, runs).await, day);
    }
    // One that was started by hand has not come to its end; nor will it, once its step is lost.
    let by_hand = begin(&database, Op::Retention).await;
    let client = windlass::Client::new(db.clone());
    for (day, is_lost) in [(12, true), (13, false)] {
        let dispatch = Backfill::dispatch(format!("2026-03-{day}T03:30:00Z").parse().unwrap());
        client.enqueue(db, dispatch.priority(Priority::High)).await.unwrap();
        run_one(&database.store(), &registry, Deps::default()).await.unwrap().unwrap();
        assert_eq!(number(db, "select count(*) from insights.backfill_runs").await, 3);
        assert_eq!(number(db, "select count(*) from windlass.jobs").await, 1, "its step");
        if is_lost {
            for table in ["unique_keys", "jobs"] {
                sqlx::query(sqlx::AssertSqlSafe(format!("delete from windlass.{table}"))).execute(db).await.unwrap();
            }
        }
    }
    run(&database).await;
    done(&database, by_hand).await;
}

#[tokio::test]
async fn seeding_leaves_the_work_to_the_learners_own_week() {
    let database = database().await;
    let run_id = begin(&database, Op::SeedBenchmarks).await;
    run_one(&database.store(), &windlass_jobs::registry(), Deps::default()).await.unwrap().unwrap();
    done(&database, run_id).await;
    let jobs = "select count(*) from windlass.jobs where kind = 'weekly_aggregation'";
    assert_eq!(number(database.pool(), jobs).await, 1);
}

#[tokio::test]
async fn an_export_is_whole_and_the_same_each_time() {
    let database = database().await;
    let folder = folder("backfill/export");
    imported(&database, import(&write(&folder, "claims.csv", claims(4_500)))).await;
    // What another attempt has left behind is none of it.
    fs::write(folder.join("second.jsonl.part"), "half a li").unwrap();
    let mut hashes = Vec::new();
    for name in ["first.jsonl", "second.jsonl"] {
        let path = folder.join(name);
        let run_id = begin(&database, Op::Export(Export { target: Target::Claims, path: path.clone() })).await;
        run(&database).await;
        let report = done(&database, run_id).await;
        let text = fs::read_to_string(&path).unwrap();
        let hash = Sha256::digest(&text).iter().fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
        assert_eq!((report["rows"].as_u64(), report["sha256"].as_str()), (Some(4_500), Some(hash.as_str())));
        assert_eq!(text.lines().count(), 4_500);
        assert!(!Path::new(&format!("{}.part", path.display())).exists());
        hashes.push(hash);
    }
    assert_eq!(hashes[0], hashes[1]);
    let nowhere = Op::Export(Export { target: Target::Claims, path: folder.join("nowhere/x.jsonl") });
    let spec = Spec { op: nowhere, pace: Pace::default() };
    assert!(plan::plan(database.pool(), spec).await.unwrap_err().to_string().contains("is not there"));
}
