//! Workers killed at random while conversations are being closed: every session is analysed, and the tables are those of an
//! undisturbed run.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use windlass_jobs::demo::Inputs;

use crate::support::{close, durable_database, fixtures, loaded, number, run, tables};

const KILLS: u64 = 20;
const LIVE: &str = "select count(*) from windlass.jobs";
const ENDED: &str = "select count(*) from windlass.history";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_killed_twenty_times_leaves_the_tables_of_a_clean_run() {
    let inputs = Inputs::read(&fixtures("open-a").join("inputs")).unwrap();
    let clean = durable_database().await;
    let all = loaded(clean.pool(), &inputs).await;
    close(clean.pool(), &all).await;
    run(&clean).await;

    let database = durable_database().await;
    let db = database.pool();
    let all = loaded(db, &inputs).await;
    let count = i64::try_from(all.sessions.len()).unwrap();
    let closing = tokio::spawn({
        let (db, mut all) = (db.clone(), all.clone());
        async move {
            // A load that lasts as long as the killing: each kill is followed by a share of the sessions.
            let sessions = std::mem::take(&mut all.sessions);
            for share in sessions.chunks(sessions.len().div_ceil(usize::try_from(KILLS).unwrap())) {
                all.sessions = share.to_vec();
                close(&db, &all).await;
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        }
    });
    for kill in 1..=KILLS {
        let mut worker = worker(&database.url());
        // At random: after a spread of times from its start, so that some die before they claim and some amid their work.
        tokio::time::sleep(Duration::from_millis(60 + (kill * 7919) % 190)).await;
        worker.kill().unwrap();
        worker.wait().unwrap();
    }
    closing.await.unwrap();
    println!("after {KILLS} kills {} of {count} had ended", number(db, ENDED).await);

    let mut last = worker(&database.url());
    let started = Instant::now();
    while number(db, LIVE).await > 0 {
        assert!(started.elapsed() < Duration::from_mins(1), "{} jobs are left", number(db, LIVE).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    last.kill().unwrap();
    last.wait().unwrap();
    assert_eq!(number(db, ENDED).await, count);
    assert_eq!(number(db, "select count(*) from insights.session_emotions").await, count);
    assert_eq!(tables(db).await, tables(clean.pool()).await);
}

fn worker(url: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_windlass"))
        .arg("worker")
        .env("DATABASE_URL", url)
        .env("WINDLASS__TELEMETRY__METRICS_ADDRESS", "")
        .env("WINDLASS__WORKER__LEASE_SECONDS", "3")
        .env("WINDLASS__WORKER__RENEW_SECONDS", "1")
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
