//! A run's life: its chunks in any order and any number of times, paused, resumed, cancelled, held back.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;
use windlass::testing::{Database, run_one};
use windlass::{Client, JobExt};
use windlass_jobs::backfill::control::{self, ControlError};
use windlass_jobs::backfill::spec::{Pace, Spec};
use windlass_jobs::backfill::state::State;
use windlass_jobs::backfill::{Step, plan};
use windlass_jobs::{Backfill, Deps};

use super::support::{claims, count, import, imported, spec, start, write};
use crate::support::{database, folder, number, run};

const STAGED: &str = "select count(*) from insights.backfill_staging where run_id = $1";
const LIVE: &str = "select count(*) from windlass.jobs";

async fn one(database: &Database) {
    run_one(&database.store(), &windlass_jobs::registry(), Deps::default()).await.unwrap().unwrap();
}

/// Everything that a run leaves, but for ids and times.
pub(super) async fn tables(db: &PgPool) -> String {
    let claims = "select coalesce(string_agg((to_jsonb(c) - 'run_id')::text, '\n' order by claim_id), '') from insights.claims c";
    let bad = "select coalesce(string_agg((to_jsonb(q) - 'run_id' - 'created_at')::text, '\n' order by row_no), '')
                 from insights.backfill_quarantine q";
    let runs = "select string_agg((to_jsonb(r) - 'run_id' - 'created_at' - 'updated_at' - 'started_at' - 'finished_at' - 'spec')::text, '\n')
                  from insights.backfill_runs r";
    let mut all = String::new();
    for sql in [claims, bad, runs] {
        all += &sqlx::query_scalar::<_, String>(sql).fetch_one(db).await.unwrap();
    }
    all
}

fn dirty() -> String {
    claims(1_000).replace("C0000100,S020", "C0000100,S020,too,many").replace("C0000700,", "C0000500,")
}

#[tokio::test]
async fn a_chunk_that_is_delivered_again_changes_nothing() {
    let (clean, again) = (database().await, database().await);
    let path = write(&folder("backfill/again"), "claims.csv", dirty());
    assert_eq!(imported(&clean, import(&path)).await.state, State::Done);

    let db = again.pool();
    let started = start(db, import(&path)).await.unwrap();
    let client = Client::new(db.clone());
    for round in 0..3 {
        one(&again).await;
        for chunk in [Some(0), Some(1), None] {
            let job = Backfill::Step(Step { run_id: started.run_id, chunk });
            client.enqueue(db, job.unique(format!("again {round} {chunk:?}"))).await.unwrap();
        }
    }
    run(&again).await;
    for chunk in [Some(3), None] {
        let job = Backfill::Step(Step { run_id: started.run_id, chunk });
        client.enqueue(db, job.unique(format!("afterwards {chunk:?}"))).await.unwrap();
    }
    run(&again).await;
    assert_eq!(number(db, "select count(*) from windlass.attempts").await, 0);
    assert_eq!(tables(db).await, tables(clean.pool()).await);
    let status = control::status(db, started.run_id).await.unwrap();
    assert_eq!((status.accepted, status.quarantined, status.chunks_done), (998, 2, 10));
}

#[tokio::test]
async fn a_paused_run_begins_no_chunk_and_a_resumed_one_ends_as_if_it_had_never_paused() {
    let (clean, paused) = (database().await, database().await);
    let path = write(&folder("backfill/paused"), "claims.csv", dirty());
    imported(&clean, import(&path)).await;

    let db = paused.pool();
    let run_id = start(db, import(&path)).await.unwrap().run_id;
    one(&paused).await;
    control::pause(db, run_id).await.unwrap();
    let staged = count(db, STAGED, run_id).await;
    run(&paused).await;
    assert_eq!((count(db, STAGED, run_id).await, number(db, LIVE).await), (staged, 0));
    assert_eq!(control::status(db, run_id).await.unwrap().state, State::Paused);
    assert!(matches!(control::pause(db, run_id).await, Err(ControlError::WrongState { .. })));

    // Resumed and paused again before anything ran, twice.
    for _ in 0..2 {
        control::resume(db, run_id).await.unwrap();
        control::pause(db, run_id).await.unwrap();
    }
    control::resume(db, run_id).await.unwrap();
    run(&paused).await;
    assert_eq!(control::status(db, run_id).await.unwrap().state, State::Done);
    assert_eq!(tables(db).await, tables(clean.pool()).await);
}

#[tokio::test]
async fn a_cancelled_run_leaves_nothing_and_lets_another_begin() {
    let database = database().await;
    let db = database.pool();
    let folder = folder("backfill/cancelled");
    let run_id = start(db, import(&write(&folder, "a.csv", claims(500)))).await.unwrap().run_id;
    let busy = start(db, import(&write(&folder, "b.csv", claims(400)))).await.unwrap_err().to_string();
    assert!(busy.contains(&format!("run {run_id} works on claims already and is running")), "{busy}");
    one(&database).await;
    assert_eq!(count(db, STAGED, run_id).await, 100);
    control::cancel(db, run_id).await.unwrap();
    run(&database).await;
    assert_eq!((count(db, STAGED, run_id).await, number(db, LIVE).await), (0, 0));
    assert_eq!(number(db, "select count(*) from insights.claims").await, 0);
    assert!(matches!(control::cancel(db, run_id).await, Err(ControlError::WrongState { .. })));
    assert!(matches!(control::status(db, Uuid::now_v7()).await, Err(ControlError::Unknown(_))));
    assert_eq!(imported(&database, import(&folder.join("b.csv"))).await.state, State::Done);
    // What came to nothing can be begun anew.
    assert!(start(db, import(&folder.join("a.csv"))).await.unwrap().new);
}

#[tokio::test]
async fn a_run_gives_way_and_rests() {
    let database = database().await;
    let db = database.pool();
    let path = write(&folder("backfill/pace"), "claims.csv", claims(300));
    // Nothing that is due may have waited at all: everything holds the run back.
    sqlx::query(
        "insert into windlass.jobs (queue, kind, id, scheduled_at, created_at, max_failures, args)
         values ('elsewhere', 'other', gen_random_uuid(), now() - interval '1 minute', now(), 1, '{}')",
    )
    .execute(db)
    .await
    .unwrap();
    let pace = Pace { queue: "elsewhere".to_owned(), load_per_cpu: 1e9, duty: 0.25, parallel: 1, ..Pace::default() };
    let Spec { op, .. } = spec(import(&path));
    let run_id = plan::plan(db, Spec { op, pace }).await.unwrap().start(db).await.unwrap().run_id;
    run(&database).await;
    let status = control::status(db, run_id).await.unwrap();
    assert_eq!((status.state, status.chunks_done), (State::Running, 0));
    assert_eq!(status.held_back_by.as_deref(), Some("jobs wait in the queue \"elsewhere\""));

    sqlx::query("delete from windlass.jobs where queue = 'elsewhere'").execute(db).await.unwrap();
    sqlx::query("update windlass.jobs set scheduled_at = now()").execute(db).await.unwrap();
    one(&database).await;
    let status = control::status(db, run_id).await.unwrap();
    assert_eq!((status.chunks_done, status.held_back_by), (1, None));
    // A quarter of the time: it rests three times as long as it worked.
    let rest: f64 = sqlx::query_scalar(
        "select extract(epoch from scheduled_at - created_at)::float8 from windlass.jobs where queue = 'backfill'",
    )
    .fetch_one(db)
    .await
    .unwrap();
    let worked = status.working_seconds;
    assert!((rest - 3.0 * worked).abs() < 0.05 + worked, "rests {rest} after {worked}");
    assert!(Duration::from_secs_f64(rest) > Duration::ZERO);
}
