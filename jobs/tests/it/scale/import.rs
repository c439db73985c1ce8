//! A great many claims, once undisturbed and once with its worker killed again and again: the same tables, and how fast.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use uuid::Uuid;
use windlass_jobs::backfill::control::{self, Status};
use windlass_jobs::backfill::spec::Import;
use windlass_jobs::backfill::state::State;

use super::process::Worker;
use super::{line, setting};
use crate::backfill::support::{HEADER, claim, import, start};
use crate::support::{durable_database, folder};

/// Every so many rows one is bad.
const BAD: usize = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: it takes the machine for minutes"]
async fn an_import_of_many_claims_with_and_without_kills() {
    let (rows, every) = (setting("CLAIMS", 1_000_000_usize), setting("KILL_SECONDS", 10_u64));
    let path = file(&folder("scale"), rows);
    let mut ends = Vec::new();
    for (what, kills) in [("undisturbed", None), ("killed", Some(Duration::from_secs(every)))] {
        let database = durable_database().await;
        let db = database.pool();
        let spec = Import { chunk_rows: 5_000, ..import(&path) };
        let planned = Instant::now();
        let run_id = start(db, spec).await.unwrap().run_id;
        eprintln!("planned in {:.0?}", planned.elapsed());
        let done = run(db, &database.url(), run_id, kills).await;
        let bad = u64::try_from(rows / BAD).unwrap().cast_signed();
        let accepted = i64::try_from(rows).unwrap() - bad;
        assert_eq!(done.status.state, State::Done, "{:?}", done.status);
        assert_eq!((done.status.accepted, done.status.quarantined), (accepted, bad), "{:?}", done.status);
        ends.push(digest(db).await);
        let what = match kills {
            None => format!("{rows} claims, {what}"),
            Some(_) => format!("{rows} claims, worker killed every {every} s ({} times)", done.kills),
        };
        #[expect(clippy::cast_precision_loss, reason = "a report")]
        let rate = rows as f64 / done.seconds;
        line(&what, "≥ 10,000 rows/s", &format!("{rate:.0} rows/s ({:.0} s), counts exact", done.seconds));
        line("memory of the worker", "< 150 MB", &format!("{} MB", done.peak_mb));
    }
    assert_eq!(ends[0], ends[1], "the tables differ");
    line("tables after kills", "as undisturbed", "equal");
}

struct Done {
    status: Status,
    kills: usize,
    /// While a worker was there.
    seconds: f64,
    peak_mb: u64,
}

/// Runs it to its end; a worker is killed after each `kills`, and another one comes.
async fn run(db: &PgPool, url: &str, run_id: Uuid, kills: Option<Duration>) -> Done {
    let (started, mut count, mut peak_mb) = (Instant::now(), 0, 0);
    let mut worker = Worker::start(url);
    let mut born = Instant::now();
    loop {
        let status = control::status(db, run_id).await.unwrap();
        peak_mb = peak_mb.max(worker.peak_mb());
        if status.state.is_final() {
            return Done { status, kills: count, seconds: started.elapsed().as_secs_f64(), peak_mb };
        }
        if kills.is_some_and(|kills| born.elapsed() > kills) {
            eprintln!("killed while {}, {} of {} chunks done", status.state, status.chunks_done, status.chunks);
            drop(worker);
            worker = Worker::start(url);
            (born, count) = (Instant::now(), count + 1);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn file(folder: &Path, rows: usize) -> PathBuf {
    let path = folder.join("claims.csv");
    let mut to = BufWriter::new(std::fs::File::create(&path).unwrap());
    writeln!(to, "{HEADER}").unwrap();
    for n in 0..rows {
        let row = claim(n);
        // One in so many has a label that is none.
        let row = if n % BAD == BAD - 1 { format!("{}maybe", row.trim_end_matches(char::is_alphabetic)) } else { row };
        writeln!(to, "{row}").unwrap();
    }
    to.flush().unwrap();
    path
}

/// Everything that a run leaves, but for ids and times, as hashes.
async fn digest(db: &PgPool) -> Vec<(i64, i64)> {
    let mut all = Vec::new();
    for sql in [
        "select count(*), sum(hashtextextended((to_jsonb(c) - 'run_id')::text, 0)::numeric % 1000000007)::bigint
           from insights.claims c",
        "select count(*), sum(hashtextextended((to_jsonb(q) - 'run_id' - 'created_at')::text, 0)::numeric % 1000000007)::bigint
           from insights.backfill_quarantine q",
        "select count(*), sum(hashtextextended((to_jsonb(r) - 'run_id' - 'created_at' - 'updated_at' - 'started_at' -
                              'finished_at' - 'spec')::text, 0)::numeric % 1000000007)::bigint
           from insights.backfill_runs r",
    ] {
        all.push(sqlx::query_as(sql).fetch_one(db).await.unwrap());
    }
    all
}
