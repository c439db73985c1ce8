//! Three in the morning, at a terminal: what dies alike is seen, tried with a few, stopped by itself, carried through when it is
//! mended, proved, and written down.

use std::process::{Command, Output};

use serde_json::Value;
use windlass::testing::toys::{Act, Toy, open_gate};
use windlass::testing::{Database, drain, toys};
use windlass::{Client, JobId};

use crate::process::{Worker, toys as program};
use crate::support::database;

const BY: [&str; 4] = ["--by", "ana", "--why", "the gate is open"];

fn windlass(database: &Database, args: &[&str]) -> Output {
    Command::new(program()).args(args).env("DATABASE_URL", database.url()).output().unwrap()
}

fn answer(database: &Database, args: &[&str]) -> Value {
    let output = windlass(database, &[args, &["--json"]].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{args:?}: {text} {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{args:?}: {error} in {text}"))
}

/// What a command prints for people, whatever it ends with.
fn text(database: &Database, args: &[&str]) -> (i32, String) {
    let output = windlass(database, args);
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

async fn die(database: &Database, count: i64, cause: &str) -> Vec<JobId> {
    let client = Client::new(database.pool().clone());
    let jobs = (0..count).map(|number| Toy::new(number, Act::NeedGate(cause.to_owned())));
    let made = client.enqueue_many(database.pool(), jobs).await.unwrap();
    drain(&database.store(), &toys::registry(), ()).await.unwrap();
    made.into_iter().map(|enqueued| enqueued.unwrap().id()).collect()
}

#[tokio::test]
async fn a_group_is_tried_stopped_mended_carried_through_and_proved() {
    let database = database().await;
    die(&database, 12, "token=hunter2hunter2 <b>refused</b>").await;
    die(&database, 2, "bus").await;
    let groups = answer(&database, &["dead", "groups"]);
    assert_eq!(groups.as_array().unwrap().len(), 2);
    let fingerprint = groups[0]["fingerprint"].as_str().unwrap();
    assert_eq!((&groups[0]["open"], &groups[0]["trend"][23]), (&12.into(), &12.into()));
    let (code, said) = text(&database, &["dead", "show", fingerprint]);
    assert!(code == 0 && said.contains("next: windlass replay plan --group"), "{said}");
    assert!(said.contains("token=[hidden] <b>refused</b>") && !said.contains("hunter2"), "{said}");

    let (code, said) = text(&database, &[&["replay", "plan"][..], &BY].concat());
    assert!(code == 2 && said.contains("--everything"), "{said}");
    let plan = [&["replay", "plan", "--group", fingerprint][..], &BY].concat();
    let planned = answer(&database, &plan);
    let id = planned["replay"]["id"].as_str().unwrap().to_owned();
    assert_eq!((&planned["replay"]["letters"], &planned["kinds"][0]["kind"]), (&12.into(), &"toy".into()));
    let start =
        [&["replay", "start", &id, "--canary", "2", "--rate", "600/s", "--concurrency", "50"][..], &BY].concat();
    let (code, said) = text(&database, &start);
    assert!(code == 3 && said.contains("replay 12 letters, 2 first") && said.contains("--yes"), "{said}");
    let worker = Worker::start(&database.url(), &[("WINDLASS_REVISION", "1e5")]);
    let (code, said) = text(&database, &[&start[..], &["--yes", "--watch"]].concat());
    assert!(code == 0 && said.contains("stopped by itself: 2 of 2 canaries died as before"), "{said}");
    let letters = answer(&database, &["dead", "list"]);
    let by_it = letters.as_array().unwrap().iter().filter(|letter| letter["revision"] == "1e5");
    assert_eq!(by_it.count(), 2, "those that the new code failed: {letters}");

    open_gate(database.pool()).await.unwrap();
    assert_eq!(text(&database, &[&["replay", "resume", &id][..], &BY].concat()).0, 0);
    let (code, said) = text(&database, &["replay", "watch", &id]);
    assert!(code == 0 && said.contains("next: windlass replay verify"), "{said}");
    let (code, said) = text(&database, &["replay", "verify", &id]);
    assert!(code == 4 && said.contains("10 of 12 letters ended well") && said.contains("died_same"), "{said}");
    let again = answer(&database, &plan)["replay"]["id"].as_str().unwrap().to_owned();
    let start = [&["replay", "start", &again, "--yes", "--watch", "--rate", "600/s"][..], &BY].concat();
    assert_eq!(text(&database, &start).0, 0);
    assert_eq!(answer(&database, &["replay", "verify", &again])["well"], true);
    drop(worker);

    let actions: Vec<String> = answer(&database, &["audit", "--target", &id])
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|entry| format!("{} {}", entry["actor"].as_str().unwrap(), entry["action"].as_str().unwrap()))
        .collect();
    assert_eq!(actions, ["ana replay.plan", "ana replay.start", "windlass replay.stop", "ana replay.resume"]);
    assert_eq!(answer(&database, &["replay", "list"]).as_array().unwrap().len(), 2);
    assert_eq!(text(&database, &["dead", "groups"]).1.matches("no gate").count(), 1, "one is left");
}

#[tokio::test]
async fn a_letter_is_shown_without_its_words_edited_revealed_and_set_aside() {
    let database = database().await;
    let id = die(&database, 1, "ask ana@example.com").await.remove(0).to_string();
    let shown = answer(&database, &["dead", "show", &id]);
    assert_eq!(shown["args"]["number"], 0);
    assert_eq!(shown["args"]["act"], "object of 1", "only what the kind allows is shown");
    assert_eq!(shown["dead_letter"].get("args"), None);
    assert_eq!(shown["dead_letter"]["revision"], "test");
    assert!(shown["dead_letter"]["error"].as_str().unwrap().contains("ask [hidden]"), "{shown}");

    let folder = std::env::temp_dir().join(format!("windlass-{id}"));
    std::fs::create_dir(&folder).unwrap();
    let patch = folder.join("patch.json");
    let patch_file = patch.to_str().unwrap();
    std::fs::write(&patch, r#"[{"op": "replace", "path": "/number", "value": "seven"}]"#).unwrap();
    let edit = [&["dead", "edit", &id, "--patch", patch_file][..], &BY].concat();
    let (code, said) = text(&database, &edit);
    assert!(code == 1 && said.contains("args/number breaks the schema") && !said.contains("seven"), "{said}");
    std::fs::write(&patch, r#"[{"op": "replace", "path": "/number", "value": 7}]"#).unwrap();
    assert_eq!(answer(&database, &edit)["after"]["number"], 7);
    std::fs::remove_dir_all(&folder).unwrap();
    let reveal = [&["dead", "reveal", &id, "--field", "act.need_gate"][..], &BY].concat();
    assert_eq!(answer(&database, &reveal)["value"], "ask ana@example.com");
    assert_eq!(answer(&database, &["audit", "--actor", "ana"]).as_array().unwrap().len(), 2);

    let fingerprint = shown["dead_letter"]["fingerprint"].as_str().unwrap();
    for (verb, more) in
        [("snooze", &["--for", "2h"][..]), ("assign", &["--to", "ben"]), ("note", &["--text", "x"]), ("resolve", &[])]
    {
        assert_eq!(text(&database, &[&["dead", verb, fingerprint][..], more, &BY].concat()).0, 0, "{verb}");
    }
    let (code, said) = text(&database, &[&["dead", "discard", fingerprint][..], &BY].concat());
    assert!(code == 3 && said.contains("discard its 1 open letters"), "{said}");
    assert_eq!(answer(&database, &[&["dead", "discard", fingerprint, "--yes"][..], &BY].concat())["letters"], 1);
    assert_eq!(answer(&database, &[&["dead", "restore", &id][..], &BY].concat())["changed"], true);
    let (code, said) = text(&database, &["dead", "show", "nonsense"]);
    assert!(code == 2 && said.contains("windlass dead groups"), "{said}");
}
