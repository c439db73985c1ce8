//! A disk that fills up amid a run: nothing half-done stays, and with room again the run ends as if nothing had been.

use windlass::testing::Database;
use windlass_jobs::backfill::control;
use windlass_jobs::backfill::state::State;

use super::support::{claims, import, imported, start, write};
use crate::support::{database, folder, number, run};

/// What Postgres says when it cannot write: 53100, `disk_full`.
const FULL: &str = "create function public.full_disk() returns trigger language plpgsql as
    $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$";

#[tokio::test]
async fn a_disk_that_fills_up_holds_the_run_up_and_loses_nothing() {
    let (clean, full) = (database().await, database().await);
    let path = write(&folder("backfill/full_disk"), "claims.csv", claims(400));
    assert_eq!(imported(&clean, import(&path)).await.state, State::Done);

    let db = full.pool();
    sqlx::query(FULL).execute(db).await.unwrap();
    let run_id = start(db, import(&path)).await.unwrap().run_id;
    for (table, chunks) in [("backfill_staging", 0), ("claims", 4)] {
        let trigger = format!(
            "create trigger full_disk before insert on insights.{table} for each row execute function public.full_disk()"
        );
        sqlx::query(sqlx::AssertSqlSafe(trigger)).execute(db).await.unwrap();
        again(&full).await;
        let status = control::status(db, run_id).await.unwrap();
        assert_eq!((status.state.is_final(), status.chunks_done), (false, chunks), "{status:?}");
        assert_eq!(number(db, "select count(*) from insights.claims").await, 0);
        assert!(number(db, "select count(*) from windlass.attempts where error like '%No space left%'").await > 0);
        assert_eq!(number(db, "select count(*) from windlass.dead_letters").await, 0);
        let gone = format!("drop trigger full_disk on insights.{table}");
        sqlx::query(sqlx::AssertSqlSafe(gone)).execute(db).await.unwrap();
    }
    again(&full).await;
    assert_eq!(control::status(db, run_id).await.unwrap().state, State::Done);
    assert_eq!(super::life::tables(db).await, super::life::tables(clean.pool()).await);
}

/// Runs what is due, and what waits for its retry.
async fn again(database: &Database) {
    sqlx::query("update windlass.jobs set scheduled_at = now()").execute(database.pool()).await.unwrap();
    run(database).await;
}
