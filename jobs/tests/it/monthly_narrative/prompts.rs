//! Prompts: revisions are added and taken into use by people who say who they are and what for; nothing of the old is lost.

use serde_json::Value;
use windlass_jobs::monthly_narrative::prompt::{PromptError, activate, add, list};

use super::setup::{Stage, good};
use crate::support::{folder, number, windlass};

const TEMPLATE: &str = "Tell this month in other words:\n{contract}";

#[tokio::test]
async fn a_revision_is_added_and_taken_into_use_and_the_old_one_can_come_back() {
    let stage = Stage::new(2, [], good()).await;
    let db = stage.db();
    assert_eq!(add(db, "monthly", TEMPLATE, "ana", "shorter").await.unwrap(), 2);
    stage.tell(1, 1).await;
    stage.run().await;
    assert!(!stage.narrator.requests()[0].prompt.contains("in other words"), "a draft is in nobody's way");

    assert!(activate(db, "monthly", 2, "ben", "the trial went well").await.unwrap());
    assert!(!activate(db, "monthly", 2, "ben", "again").await.unwrap());
    stage.tell(2, 1).await;
    stage.run().await;
    assert!(stage.narrator.requests()[1].prompt.starts_with("Tell this month in other words:\n{\""));
    let told_by = "select prompt_revision::bigint from insights.insights where subject_id = 2";
    assert_eq!(number(db, told_by).await, 2);

    assert!(activate(db, "monthly", 1, "ana", "it went too far").await.unwrap());
    let all = list(db).await.unwrap();
    let seen: Vec<_> = all
        .iter()
        .map(|one| (one.revision, one.status.as_str(), one.activated_by.as_deref(), one.why.as_deref()))
        .collect();
    let back = (1, "active", Some("ana"), Some("it went too far"));
    assert_eq!(seen, [(2, "retired", Some("ben"), Some("the trial went well")), back]);
    assert_eq!(number(db, "select count(*) from insights.prompt_activations").await, 2);
}

#[tokio::test]
async fn what_is_no_prompt_is_refused_with_the_reason() {
    let stage = Stage::new(0, [], good()).await;
    let db = stage.db();
    let long = "word ".repeat(3_000) + "{contract}";
    for (name, template, author, note, said) in [
        ("monthly", "no place", "ana", "x", "{contract} 0 times"),
        ("monthly", "{contract} {contract}", "ana", "x", "{contract} 2 times"),
        ("monthly", long.as_str(), "ana", "x", "leave room"),
        ("Monthly 2", TEMPLATE, "ana", "x", "1 to 16 letters"),
        ("monthly", TEMPLATE, " ", "x", "who does it"),
        ("monthly", TEMPLATE, "ana", "", "what for"),
    ] {
        let error = add(db, name, template, author, note).await.unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    let unknown = activate(db, "monthly", 7, "ana", "x").await.unwrap_err();
    assert!(matches!(unknown, PromptError::Unknown { revision: 7, .. }), "{unknown}");
    assert_eq!(number(db, "select count(*) from insights.prompt_revisions where status = 'active'").await, 1);
}

#[tokio::test]
async fn the_command_line_adds_and_activates() {
    let stage = Stage::new(0, [], good()).await;
    let file = folder("prompts").join("monthly.txt");
    std::fs::write(&file, TEMPLATE).unwrap();
    let url = stage.database.url();
    let run = |args: &[&str]| -> Result<Value, String> {
        let output = windlass(&url, &[&["--json", "prompt"], args].concat());
        if output.status.success() {
            Ok(serde_json::from_slice(&output.stdout).unwrap())
        } else {
            Err(String::from_utf8(output.stderr).unwrap())
        }
    };
    let by = ["--by", "ana", "--why", "shorter"];
    let added = run(&[&["add", "monthly", "--file", file.to_str().unwrap()], &by[..]].concat()).unwrap();
    assert_eq!((&added["revision"], &added["status"]), (&Value::from(2), &Value::from("draft")));
    assert_eq!(run(&[&["activate", "monthly", "2"], &by[..]].concat()).unwrap()["changed"], true);
    assert_eq!(run(&["list"]).unwrap()[0]["status"], "active");
    assert!(run(&[&["activate", "monthly", "9"], &by[..]].concat()).unwrap_err().contains("no revision 9"));
    assert!(run(&["activate", "monthly", "2"]).unwrap_err().contains("--by"));
}
