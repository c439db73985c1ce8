//! The command line: what is planned changes nothing, what is started is seen through, what is wrong is said.

use serde_json::Value;
use windlass::testing::Database;

use super::support::{claims, write};
use crate::support::{database, folder, number, run, windlass};

fn json(database: &Database, args: &[&str]) -> Value {
    let output = windlass(&database.url(), &[&["backfill"], args, &["--json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(database: &Database, args: &[&str]) -> String {
    let output = windlass(&database.url(), &[&["backfill"], args].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_run_is_planned_started_seen_through_and_taken_back() {
    let database = database().await;
    let db = database.pool();
    let path = write(&folder("backfill/cli"), "claims.csv", claims(1_000));
    let words =
        ["--csv", path.to_str().unwrap(), "--backup", "snapshot:s1", "--as-of", "2026-01-12", "--chunk-rows", "300"];
    let with = |name| [&[name], &words[..]].concat();

    let outline = json(&database, &with("plan"));
    assert_eq!((&outline["rows"], &outline["chunks"]), (&1_000.into(), &4.into()));
    assert!(text(&database, &with("plan")).contains("nothing has been changed"));
    assert_eq!(number(db, "select count(*) from insights.backfill_runs").await, 0);
    assert!(text(&database, &["status"]).contains("no runs yet"));

    let started = json(&database, &with("start"));
    let run_id = started["run_id"].as_str().unwrap().to_owned();
    assert_eq!(json(&database, &["pause", &run_id])["state"], "paused");
    assert_eq!(json(&database, &["resume", &run_id])["state"], "running");
    let early = windlass(&database.url(), &["backfill", "report", &run_id]);
    assert!(String::from_utf8_lossy(&early.stderr).contains("have not been judged yet"));
    run(&database).await;
    let status = json(&database, &["watch", &run_id]);
    assert_eq!((&status["state"], &status["accepted"]), (&"done".into(), &1_000.into()));
    assert!(text(&database, &["status", &run_id]).contains("rows/s of working time"));
    assert!(text(&database, &["status"]).contains(&run_id));
    let report = text(&database, &["report", &run_id]);
    assert!(report.contains("gate 1") && report.contains("quarantine passes") && report.contains("gate 3"), "{report}");
    assert_eq!(json(&database, &with("start"))["new"], false);
    assert!(text(&database, &with("plan")).contains("of the same source and mapping"));

    json(&database, &["revert", &run_id]);
    assert_eq!(number(db, "select count(*) from insights.claims").await, 0);
    let again = windlass(&database.url(), &["backfill", "revert", &run_id]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("only a run that is done can be reverted"));
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let database = database().await;
    let path = write(&folder("backfill/cli_wrong"), "claims.csv", claims(100));
    let path = path.to_str().unwrap();
    for (args, expected) in [
        (vec!["start", "--csv", path], "no backup: an import needs one"),
        (vec!["start", "--backup", "snapshot:s"], "name a source: --csv FILE"),
        (vec!["start", "--csv", path, "--backup", "snapshot:s", "--duty", "0"], "the duty is a share of the time"),
        (vec!["start", "--csv", path, "--backup", "snapshot:s", "--as-of", "soon"], "\"soon\" is no instant"),
        (vec!["start", "--csv", "/nowhere", "--backup", "snapshot:s"], "failed to read /nowhere"),
        (vec!["plan", "--csv", path, "--backup", "snapshot:s", "--mapping", path], "is no mapping"),
        (vec!["status", "0199a2b4-0000-7000-8000-000000000000"], "there is no run 0199a2b4"),
    ] {
        let output = windlass(&database.url(), &[&["backfill"], &args[..]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(expected), "{args:?}: {said}");
    }
    assert_eq!(number(database.pool(), "select count(*) from insights.backfill_runs").await, 0);
}
