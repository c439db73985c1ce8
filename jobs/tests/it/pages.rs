//! A session of long turns: read in pages that fit into memory, and the same as if it had been read at once.

use std::fs;
use std::time::Duration;

use windlass_jobs::post_session_analysis::{Analysis, Role, read_results};

use crate::support::{close, conversations, database, loaded, number, run, until, worker};

/// A worker that has done little is at about 25 MB. The turns below are 400 MB, and what is scored of them 32 MB.
const MOST_KB: u64 = 64_000;

#[tokio::test]
async fn pages_of_long_turns_add_up_to_the_session() {
    let database = database().await;
    let words = ["I am so happy today! ", "Nothing but fear… ", "Why not? ", "zufrieden, naïvely überrascht. "];
    let turns: Vec<String> = (0..150).map(|n| words[n % 4].repeat(1 + (n * 7919) % 3_000)).collect();
    let turns: Vec<&str> = turns.iter().map(String::as_str).collect();
    let mut analysis = Analysis::new();
    for (index, text) in (0..).zip(&turns) {
        analysis.turn(index, Role::User, text).unwrap();
    }
    let (vector, impacts) = analysis.finish();

    let loaded = loaded(database.pool(), &conversations(&[turns])).await;
    close(database.pool(), &loaded).await;
    run(&database).await;
    let stored = read_results(database.pool(), &loaded.source).await.unwrap();
    assert_eq!(stored.sessions[0].vector.as_ref(), Some(&vector));
    assert!(stored.turns.iter().map(|turn| turn.impact).eq(impacts));
}

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "reads /proc")]
async fn four_hundred_turns_of_a_megabyte_fit_into_memory() {
    let database = database().await;
    let db = database.pool();
    let loaded = loaded(db, &conversations(&[vec![]])).await;
    let fill = "insert into insights.turns (month, subject_id, session_id, turn_index, role, body)
                select '2026-03-01', subject_id, session_id, n, 'user', repeat('\u{1d538}', 250000)
                  from insights.sessions, generate_series(0, 399) as n";
    sqlx::query(fill).execute(db).await.unwrap();
    close(db, &loaded).await;

    let mut worker = worker(&database.url(), &[]);
    until(db, "select count(*) from windlass.history where queue = 'analysis'", Duration::from_mins(1), |n| n == 1)
        .await;
    let status = fs::read_to_string(format!("/proc/{}/status", worker.id())).unwrap();
    worker.kill().unwrap();
    worker.wait().unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    eprintln!("the worker's peak: {peak} kB");
    assert!(peak < MOST_KB, "{peak} kB");
    assert_eq!(number(db, "select n_user_turns::bigint from insights.session_emotions").await, 400);
}
