//! Workers killed amid an import: the counts are exact, and the tables are those of an undisturbed one.

use std::time::{Duration, Instant};

use windlass_jobs::backfill::control;
use windlass_jobs::backfill::spec::Import;
use windlass_jobs::backfill::state::State;

use super::support::{claims, import, imported, start, write};
use crate::kills::worker;
use crate::support::{database, durable_database, folder, number};

const DONE: &str = "select count(*) from insights.backfill_chunks where state = 'done'";
const KILLS: i64 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_whose_workers_are_killed_ends_as_an_undisturbed_one() {
    let text = claims(10_000).replace("C0000100,S020", "C0000100,S020,too,many").replace("C0000700,", "C0000500,");
    let path = write(&folder("backfill/kills"), "claims.csv", text);
    let spec = || Import { chunk_rows: 500, ..import(&path) };
    let clean = database().await;
    assert_eq!(imported(&clean, spec()).await.state, State::Done);

    let killed = durable_database().await;
    let db = killed.pool();
    let run_id = start(db, spec()).await.unwrap().run_id;
    let mut done = 0;
    for kill in 1..=KILLS {
        let mut worker = worker(&killed.url());
        // Whatever it is at when it has done some more, it does not finish it.
        let goal = (done + 4).min(17);
        let started = Instant::now();
        while number(db, DONE).await < goal {
            assert!(started.elapsed() < Duration::from_mins(1), "{} chunks are done", number(db, DONE).await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        worker.kill().unwrap();
        worker.wait().unwrap();
        done = number(db, DONE).await;
        println!("kill {kill} after {done} of 20 chunks");
    }
    let mut last = worker(&killed.url());
    let started = Instant::now();
    let status = loop {
        let status = control::status(db, run_id).await.unwrap();
        if status.state.is_final() {
            break status;
        }
        assert!(started.elapsed() < Duration::from_mins(2), "{status:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    last.kill().unwrap();
    last.wait().unwrap();
    assert_eq!((status.state, status.accepted, status.quarantined), (State::Done, 9_998, 2), "{status:?}");
    let rows = "select sum(accepted + quarantined + skipped)::bigint from insights.backfill_chunks";
    assert_eq!(number(db, rows).await, 10_000);
    assert_eq!(super::life::tables(db).await, super::life::tables(clean.pool()).await);
}
