//! Learners and what they did, and rows of another database.

use sqlx::AssertSqlSafe;
use windlass_jobs::backfill::mapping::Mapping;
use windlass_jobs::backfill::source::Source;
use windlass_jobs::backfill::spec::Import;
use windlass_jobs::backfill::state::State;
use windlass_jobs::backfill::target::Target;

use super::support::{HEADER, claims, import, imported, write};
use crate::support::{database, fixtures, folder, number};

#[tokio::test]
async fn learners_and_their_interactions_go_in_once() {
    let database = database().await;
    let db = database.pool();
    let inputs = fixtures("open-a").join("inputs");
    let spec = |target, file: &str| Import { target, ..import(&inputs.join(file)) };
    let status = imported(&database, spec(Target::Learners, "learners.csv")).await;
    assert_eq!((status.state, status.accepted), (State::Done, 45), "{status:?}");
    let status = imported(&database, spec(Target::Interactions, "interactions.csv")).await;
    let rows = i64::try_from(status.rows).unwrap();
    assert_eq!((status.state, status.accepted), (State::Done, rows), "{status:?}");
    assert_eq!(number(db, "select count(*) from insights.interactions").await, rows);
    assert_eq!(number(db, "select count(*) from insights.curriculum where kind = 'domain'").await, 6);
    let exam =
        "select (exam_on - date '2026-01-12')::bigint from insights.learners join insights.subjects using (subject_id)
                 where external_id = 'l000'";
    assert_eq!(number(db, exam).await, 21);

    // In other words the same: nothing is new, and nobody is there twice.
    let same = std::fs::read_to_string(inputs.join("interactions.csv")).unwrap() + "\n";
    let folder = folder("backfill/people");
    let again = Import { target: Target::Interactions, ..import(&write(&folder, "again.csv", &same)) };
    let status = imported(&database, again).await;
    assert_eq!((status.state, status.accepted, status.skipped), (State::Done, 0, rows), "{status:?}");

    // A stranger's, one that was otherwise before, and a length below nothing stay behind.
    let header = same.lines().next().unwrap();
    let mut lines: Vec<String> = same.lines().take(101).map(str::to_owned).collect();
    lines[1] = lines[1].replacen("l000", "nobody", 1).replacen("i000000", "x000000", 1);
    lines[2] = lines[2].replacen(",74", ",75", 1);
    lines[3] = lines[3].rsplit_once(',').unwrap().0.to_owned() + ",-5";
    assert!(header.starts_with("interaction_id,learner_id"));
    let bad = Import { target: Target::Interactions, ..import(&write(&folder, "bad.csv", lines.join("\n"))) };
    let status = imported(&database, bad).await;
    assert_eq!((status.accepted, status.quarantined, status.skipped), (0, 3, 97), "{status:?}");
}

#[tokio::test]
async fn a_table_of_another_database_is_read_and_not_written() {
    let (ours, theirs) = (database().await, database().await);
    let text = claims(1_100);
    let columns: Vec<String> = HEADER.split(',').map(|name| format!("{name} text")).collect();
    let create = format!("create table public.their_claims (no bigint primary key, {})", columns.join(", "));
    sqlx::query(AssertSqlSafe(create)).execute(theirs.pool()).await.unwrap();
    for (line, no) in text.lines().skip(1).zip(9_500..) {
        let cells = line.split(',').map(|cell| format!("'{cell}'")).collect::<Vec<_>>().join(", ");
        let insert = format!("insert into public.their_claims values ({no}, {cells})");
        sqlx::query(AssertSqlSafe(insert)).execute(theirs.pool()).await.unwrap();
    }
    // The name of the variable is this test's own: no other thread reads or writes it.
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_windlass"))
        .args(["backfill", "start", "--postgres", "theirs", "--table", "public.their_claims", "--key", "no"])
        .args(["--mapping", mapping().to_str().unwrap(), "--backup", "snapshot:s1", "--as-of", "2026-01-12"])
        .args(["--chunk-rows", "200", "--json"])
        .env("DATABASE_URL", ours.url())
        .env("WINDLASS_SOURCE_THEIRS", theirs.url())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut worker = crate::support::worker(&ours.url(), &[("WINDLASS_SOURCE_THEIRS", &theirs.url())]);
    let done = "select count(*) from insights.backfill_runs where state in ('done', 'failed')";
    crate::support::until(ours.pool(), done, std::time::Duration::from_mins(1), |n| n == 1).await;
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert_eq!(number(ours.pool(), "select count(*) from insights.claims").await, 1_100);
    assert_eq!(number(ours.pool(), "select count(*) from insights.backfill_chunks").await, 6);

    let unknown = Source::Postgres { dsn: "nowhere".to_owned(), table: "t".to_owned(), key: "id".to_owned() };
    let error = super::support::start(ours.pool(), Import { source: unknown, ..import(&mapping()) }).await.unwrap_err();
    assert!(error.to_string().contains("set WINDLASS_SOURCE_NOWHERE"), "{error}");
}

/// Each column from its like: the key is not among ours.
fn mapping() -> std::path::PathBuf {
    let rules = HEADER.split(',').map(|name| format!("\"{name}\":{{\"column\":\"{name}\"}}"));
    let text = format!("{{{}}}", rules.collect::<Vec<_>>().join(","));
    assert!(serde_json::from_str::<Mapping>(&text).is_ok());
    write(&folder("backfill/mapping"), "mapping.json", text)
}
