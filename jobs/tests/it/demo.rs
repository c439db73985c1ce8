//! The demo as a person runs it: the program, a folder of conversations, a folder of results.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::compare;
use crate::support::{database, fixtures, folder, number, windlass};

#[tokio::test]
async fn the_demo_of_open_a_writes_the_expected_files() {
    check("open-a").await;
}

#[tokio::test]
async fn the_demo_of_open_b_writes_the_expected_files() {
    check("open-b").await;
}

async fn check(set: &str) {
    let database = database().await;
    let (first, second) = (folder(&format!("demo/{set}/first")), folder(&format!("demo/{set}/second")));
    for out in [&first, &second] {
        let output = demo(&database.url(), &fixtures(set).join("inputs"), out);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut files = 0;
    for expected in fs::read_dir(fixtures(set).join("expected")).unwrap() {
        let expected = expected.unwrap().path();
        let file = expected.file_name().unwrap().to_str().unwrap();
        let agreement =
            compare::files(&expected, &first.join(file)).unwrap_or_else(|differences| panic!("{file}: {differences}"));
        assert!(agreement.rows > 0 || expected.extension().is_some_and(|is| is == "json"), "{file} has no rows");
        assert_eq!(fs::read(first.join(file)).unwrap(), fs::read(second.join(file)).unwrap(), "{file} differs");
        files += 1;
    }
    assert_eq!(files, 22);
}

fn demo(url: &str, inputs: &Path, out: &Path) -> Output {
    windlass(url, &["demo", "--inputs", inputs.to_str().unwrap(), "--out", out.to_str().unwrap()])
}

/// What a newcomer sees: conversations, learners, costs and claims, by all five kinds.
#[tokio::test]
async fn the_demo_without_inputs_shows_all_five_kinds() {
    let database = database().await;
    for _ in 0..2 {
        let output = windlass(&database.url(), &["--json", "demo"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((said["learners"].as_u64(), said["entries"].as_u64()), (Some(40), Some(640)), "{said}");
        assert_eq!((said["claims"].as_u64(), said["claims_quarantined"].as_u64()), (Some(645), Some(4)), "{said}");
        assert_eq!(said["learners_left_alone"], false);
        let kinds = "select count(distinct kind) from windlass.history where outcome = 'completed'";
        assert_eq!(number(database.pool(), kinds).await, 5);
    }
    assert_eq!(number(database.pool(), "select count(*) from insights.learners").await, 40);
    let known = "select count(*) from insights.learner_summaries where churn_auc is not null";
    assert_eq!(number(database.pool(), known).await, 1);
}

/// Results are taken over all learners, and a demo removes those of the demo before: never anybody else's.
#[tokio::test]
async fn a_database_with_learners_of_its_own_is_left_alone() {
    let database = database().await;
    let db = database.pool();
    for sql in [
        "insert into insights.subjects (subject_id, source, external_id, enrolled_at) values (7, 'app', 'p', now())",
        "insert into insights.cohorts (name) values ('their own')",
        "insert into insights.learners (subject_id, enrolled_at, cohort_id) select 7, now(), cohort_id from insights.cohorts",
        "insert into insights.curriculum (kind, name) values ('domain', 'their own')",
    ] {
        sqlx::query(sql).execute(db).await.unwrap();
    }
    let theirs = "select (select count(*) from insights.learners where subject_id = 7)
                       + (select count(*) from insights.cohorts where name = 'their own')
                       + (select count(*) from insights.curriculum where name = 'their own')";
    let refused = demo(&database.url(), &fixtures("open-a").join("inputs"), &folder("demo/others"));
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("learners, sources of costs or multipliers of its own") && said.contains("nothing was"),
        "{said}"
    );
    assert_eq!(number(db, "select count(*) from insights.sessions").await, 0);
    assert_eq!(number(db, theirs).await, 3);

    let output = windlass(&database.url(), &["--json", "demo"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((said["learners_left_alone"].as_bool(), said["learners"].as_u64()), (Some(true), None), "{said}");
    assert!(number(db, "select count(*) from insights.session_emotions").await > 50);
    assert_eq!(number(db, theirs).await, 3);
    assert_eq!(number(db, "select count(*) from insights.learners").await, 1);
}

#[tokio::test]
async fn a_bad_line_is_named_and_nothing_is_loaded() {
    let database = database().await;
    assert!(windlass(&database.url(), &["migrate"]).status.success());
    let inputs = folder("demo/bad");
    for file in ["users.csv", "sessions.csv", "turns.jsonl"] {
        fs::copy(fixtures("open-a").join("inputs").join(file), inputs.join(file)).unwrap();
    }
    let turns = fs::read_to_string(inputs.join("turns.jsonl")).unwrap();
    let mut lines: Vec<&str> = turns.lines().collect();
    let cut = &lines[700][..lines[700].len() - 9];
    lines[700] = cut;
    fs::write(inputs.join("turns.jsonl"), lines.join("\n")).unwrap();

    let output = demo(&database.url(), &inputs, &inputs.join("out"));
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("turns.jsonl, line 701: the line ends in the middle of its JSON; nothing was loaded"),
        "{said}"
    );
    assert_eq!(number(database.pool(), "select count(*) from insights.subjects").await, 0);

    let missing = demo(&database.url(), &inputs.join("nowhere"), &inputs.join("out"));
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&missing.stderr).contains("the folder needs sessions.csv, users.csv and turns.jsonl")
    );
}

#[tokio::test]
async fn a_database_that_is_not_there_is_an_error_that_hides_the_password() {
    let output = windlass("postgres://someone:hunter2@127.0.0.1:9/nothing", &["jobs", "list"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("failed to connect to postgres://someone@127.0.0.1:9/nothing"), "{said}");
    assert!(said.contains("check DATABASE_URL") && !said.contains("hunter2"), "{said}");
    let output = windlass("mysql://u:hunter2@h/d", &["jobs", "list"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("is no Postgres URL") && !said.contains("hunter2"), "{said}");
}
