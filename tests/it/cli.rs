//! The commands as a person or a script types them: answers, JSON, exit codes, and errors that name the next command.

use std::fs::File;
use std::io::pipe;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use windlass::testing::toys::{Act, Toy, registry};
use windlass::testing::{declare_schedules, drain};
use windlass::{Registry, Schedule};

use crate::process::{Worker, toys};
use crate::support::{database, number, until};

fn windlass(url: &str, args: &[&str]) -> Output {
    Command::new(toys()).args(args).env("DATABASE_URL", url).output().unwrap()
}

/// The JSON answer of a command that must succeed.
fn answer(url: &str, args: &[&str]) -> Value {
    let output = windlass(url, &[args, &["--json"]].concat());
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The error and exit code of a command that must fail.
fn refusal(url: &str, args: &[&str]) -> (i32, String) {
    let output = windlass(url, args);
    assert!(output.stdout.is_empty(), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test]
async fn a_job_is_enqueued_seen_buried_shown_and_replayed() {
    let database = database().await;
    let url = database.url();
    let enqueue = ["enqueue", "toy", "--args", r#"{"number": 1, "act": "discard"}"#, "--key", "k"];
    let first = answer(&url, &enqueue);
    assert_eq!(first["created"], true);
    let again = answer(&url, &enqueue);
    assert_eq!((&again["created"], &again["id"]), (&Value::Bool(false), &first["id"]));

    let id = first["id"].as_str().unwrap();
    let listed = answer(&url, &["jobs", "list", "--kind", "toy"]);
    assert_eq!(listed[0]["id"], id);
    assert_eq!(answer(&url, &["jobs", "show", id])["job"]["summary"]["queue"], "toys");

    drain(&database.store(), &registry(), ()).await.unwrap();
    assert_eq!(answer(&url, &["dead", "list"])[0]["reason"], "discarded");
    let shown = answer(&url, &["dead", "show", id]);
    assert_eq!(shown["attempts"][0]["error"], "told to give up");
    let text = String::from_utf8(windlass(&url, &["jobs", "show", id]).stdout).unwrap();
    assert!(text.contains(&format!("next: windlass dead replay {id} --by")), "{text}");

    let replay = ["dead", "replay", id, "--by", "ana", "--why", "provider is back"];
    let made = answer(&url, &replay)["job"].as_str().unwrap().to_owned();
    let (code, said) = refusal(&url, &replay);
    assert_eq!(code, 1);
    assert!(said.contains(&format!("was replayed by ana already, as job {made}")), "{said}");

    assert_eq!(answer(&url, &["jobs", "cancel", &made])["ended"], true);
    assert_eq!(answer(&url, &["jobs", "show", &made])["ended"]["outcome"], "cancelled");
    let (code, said) = refusal(&url, &["jobs", "cancel", &made]);
    assert!(code == 1 && said.contains("windlass jobs list"), "{said}");
}

#[tokio::test]
async fn arguments_come_from_files_and_pipes_too() {
    let database = database().await;
    let file = std::env::temp_dir().join(format!("windlass-args-{}.json", uuid::Uuid::now_v7()));
    std::fs::write(&file, r#"{"number": 2, "act": {"fail": 1}}"#).unwrap();
    let args = format!("@{}", file.display());
    assert_eq!(answer(&database.url(), &["enqueue", "toy", "--args", &args, "--after", "2h"])["created"], true);
    std::fs::remove_file(&file).unwrap();
    let listed = windlass(&database.url(), &["jobs", "list"]);
    assert!(String::from_utf8(listed.stdout).unwrap().contains("scheduled"));
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_to_do_and_its_own_exit_code() {
    let database = database().await;
    let url = database.url();
    for (args, code, says) in [
        (&["enqueue", "nope", "--args", "{}"][..], 1, "this program knows: blocking, hasty, toy"),
        (&["enqueue", "toy", "--args", "{"], 1, "--args is no JSON"),
        (&["enqueue", "toy", "--args", "@/nowhere"], 1, "failed to read the arguments from /nowhere"),
        (&["enqueue", "toy", "--args", r#"{"number": "x"}"#], 1, "arguments of kind \"toy\""),
        (&["enqueue", "toy", "--args", "{}", "--after", "soon"], 2, "is no duration"),
        (&["jobs", "show", "12"], 2, "no job id"),
        (&["jobs", "show", "01a1fd17-cbaf-7276-ba18-184802d431d1"], 1, "no job 01a1fd17"),
        (&["dead", "show", "01a1fd17-cbaf-7276-ba18-184802d431d1"], 1, "windlass dead list"),
        (&["worker", "--queues", "nope"], 1, "this program's kinds use: blocking, hasty, toys"),
        (&["jobs", "reschedule", "01a1fd17-cbaf-7276-ba18-184802d431d1", "--priority", "9"], 2, "9 is not in 1..=4"),
        (&["queue", "pause", "nope", "--by", "ana", "--why", "x"], 1, "no queue \"nope\" is known"),
        (&["nonsense"], 2, "unrecognized subcommand"),
        (&["jobs", "list", "--limit", "0"], 2, "0 is not in 1..=10000"),
    ] {
        let (found, said) = refusal(&url, args);
        assert_eq!(found, code, "{args:?}: {said}");
        assert!(said.contains(says), "{args:?} should say {says}: {said}");
    }
    let json = windlass(&url, &["enqueue", "nope", "--args", "{}", "--json"]);
    let error: Value = serde_json::from_slice(&json.stderr).unwrap();
    assert!(error["error"].as_str().unwrap().contains("unknown kind"));
}

#[tokio::test]
async fn the_doctor_names_an_old_schema_and_the_command_that_mends_it() {
    let database = database().await;
    let url = database.url();
    let healthy = windlass(&url, &["doctor"]);
    assert!(healthy.status.success(), "{}", String::from_utf8_lossy(&healthy.stdout));
    sqlx::query("delete from windlass.migrations where version > 1").execute(database.pool()).await.unwrap();
    let sick = windlass(&url, &["doctor"]);
    assert_eq!(sick.status.code(), Some(1));
    let said = String::from_utf8(sick.stdout).unwrap();
    assert!(said.contains("run `windlass migrate`"), "{said}");
    let (code, said) = refusal(&url, &["worker"]);
    assert!(code == 1 && said.contains("run `windlass migrate`"), "{said}");
}

/// What a command does whose answers, complaints, or both go to a pipe that nobody reads.
fn unread(url: &str, args: &[&str]) -> Output {
    let closed = || Stdio::from(pipe().unwrap().1);
    Command::new(toys()).args(args).env("DATABASE_URL", url).stdout(closed()).stderr(closed()).output().unwrap()
}

#[tokio::test]
async fn a_closed_pipe_ends_a_command_quietly_and_changes_neither_its_work_nor_its_exit_code() {
    let database = database().await;
    let url = database.url();
    for (args, code) in [
        (&["enqueue", "toy", "--args", r#"{"number": 1, "act": "succeed"}"#][..], 0),
        (&["jobs", "list"], 0),
        (&["jobs", "list", "--json"], 0),
        (&["dead", "list"], 0),
        (&["config", "show"], 0),
        (&["doctor"], 0),
        (&["--help"], 0),
        (&["nonsense"], 2),
        (&["jobs", "show", "01a1fd17-cbaf-7276-ba18-184802d431d1"], 1),
    ] {
        assert_eq!(unread(&url, args).status.code(), Some(code), "{args:?}");
    }
    assert_eq!(answer(&url, &["jobs", "list"]).as_array().unwrap().len(), 1);

    // `windlass jobs list | head -0`: nothing is said of the reader that went.
    let output = Command::new(toys())
        .args(["jobs", "list"])
        .env("DATABASE_URL", &url)
        .stdout(pipe().unwrap().1)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "writes to /dev/full")]
async fn an_answer_that_cannot_be_written_is_an_error() {
    let database = database().await;
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output =
        Command::new(toys()).args(["jobs", "list"]).env("DATABASE_URL", database.url()).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("failed to write the answer: No space left"), "{said}");
}

/// Runs so many jobs that block their thread, on two threads; the exit code of the process that is told to stop.
async fn blocked(jobs: i64) -> Option<i32> {
    let database = database().await;
    let settings = [("WINDLASS__WORKER__SHUTDOWN_SECONDS", "1"), ("TOKIO_WORKER_THREADS", "2")];
    let worker = Worker::start(&database.url(), &settings);
    for _ in 0..jobs {
        answer(&database.url(), &["enqueue", "blocking", "--args", "{}"]);
    }
    let running = "select count(*) from windlass.jobs where state = 'running'";
    until(database.pool(), running, Duration::from_secs(20), |n| n > 0).await;
    // Time to get from the claim into the handler, for as many of them as there are threads.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let told = Instant::now();
    worker.signal("TERM");
    let code = worker.wait().code();
    // A second of patience, five for what is aborted, ten for the farewell, and what a busy machine needs.
    assert!(told.elapsed() < Duration::from_secs(20), "{:?}", told.elapsed());
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, jobs, "none is lost");
    code
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_blocks_its_thread_does_not_keep_the_process_alive() {
    assert_eq!(blocked(1).await, Some(0), "handed back and shut down in order");
}

#[tokio::test(flavor = "multi_thread")]
async fn handlers_that_block_every_thread_do_not_either() {
    assert_eq!(blocked(8).await, Some(1), "ended as it stood");
}

fn in_berlin() -> Registry<()> {
    let nightly = Schedule::new("nightly", "30 2 * * *", Toy::new(1, Act::Succeed)).zone("Europe/Berlin");
    registry().schedule(nightly)
}

#[tokio::test]
async fn schedules_are_listed_held_and_triggered() {
    let database = database().await;
    let url = database.url();
    let none = String::from_utf8(windlass(&url, &["schedule", "list"]).stdout).unwrap();
    assert!(none.contains("no schedules"), "{none}");
    declare_schedules(&database.store(), &in_berlin()).await.unwrap();

    let listed = answer(&url, &["schedule", "list"]);
    assert_eq!((&listed[0]["name"], &listed[0]["standing"]), (&"nightly".into(), &"active".into()));
    let next = answer(&url, &["schedule", "next", "nightly", "--count", "400"]);
    let ticks = next["ticks"].as_array().unwrap();
    assert_eq!(ticks.len(), 400);
    for tick in ticks {
        let local = tick["local"].as_str().unwrap();
        // At the jump in spring the clock shows 03:00.
        assert!(local.contains("T02:30:00+0") || local.contains("T03:00:00+02:00"), "{local}");
    }
    let text = String::from_utf8(windlass(&url, &["schedule", "next", "nightly"]).stdout).unwrap();
    assert!(text.contains("Europe/Berlin") && text.contains("UTC"), "{text}");

    answer(&url, &["schedule", "pause", "nightly"]);
    assert_eq!(answer(&url, &["schedule", "list"])[0]["standing"], "paused");
    assert!(answer(&url, &["schedule", "resume", "nightly"])["was_paused_at"].is_string());
    assert!(answer(&url, &["schedule", "resume", "nightly"])["was_paused_at"].is_null());

    let (code, said) = refusal(&url, &["schedule", "trigger", "nightly"]);
    assert!(code == 1 && said.contains("this program does not declare schedule \"nightly\""), "{said}");
    let trigger = Command::new(toys())
        .args(["schedule", "trigger", "nightly", "--json"])
        .env("DATABASE_URL", &url)
        .env("WINDLASS__SCHEDULES__NIGHTLY__CRON", "30 2 * * *")
        .env("WINDLASS__SCHEDULES__NIGHTLY__KIND", "toy")
        .env("WINDLASS__SCHEDULES__NIGHTLY__ARGS", r#"{number=1, act="succeed"}"#)
        .output()
        .unwrap();
    let made: Value = serde_json::from_slice(&trigger.stdout).unwrap();
    assert_eq!(answer(&url, &["jobs", "list"])[0]["id"], made["job"]);
    let listed = answer(&url, &["schedule", "list"]);
    assert_eq!((&listed[0]["last_outcome"], &listed[0]["last_job"]), (&"triggered".into(), &made["job"]));
    let text = String::from_utf8(windlass(&url, &["schedule", "list"]).stdout).unwrap();
    assert!(text.contains("nightly") && text.contains("30 2 * * *") && text.contains("triggered"), "{text}");

    let audit = answer(&url, &["audit", "--target", "nightly"]);
    let actions: Vec<&str> = audit.as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["schedule.trigger", "schedule.resume", "schedule.resume", "schedule.pause"]);
    assert_eq!(audit[0]["after"]["job"], made["job"]);

    for command in ["next", "pause", "resume", "trigger"] {
        let (code, said) = refusal(&url, &["schedule", command, "nigthly"]);
        assert_eq!(code, 1);
        assert!(said.contains("there are nightly") && said.contains("windlass schedule list"), "{said}");
    }
}

#[tokio::test]
async fn at_one_look_a_script_sees_what_top_shows() {
    let database = database().await;
    let url = database.url();
    for act in ["\"discard\"", "\"discard\"", "{\"snooze\": 600}"] {
        answer(&url, &["enqueue", "toy", "--args", &format!(r#"{{"number": 1, "act": {act}}}"#)]);
    }
    drain(&database.store(), &registry(), ()).await.unwrap();
    answer(&url, &["enqueue", "toy", "--args", r#"{"number": 2, "act": "succeed"}"#]);
    answer(&url, &["queue", "pause", "hasty", "--by", "ana", "--why", "a try"]);
    let seen = answer(&url, &["top"]);
    let queue = |name: &str| seen["queues"].as_array().unwrap().iter().find(|queue| queue["name"] == name).unwrap();
    let toys = queue("toys");
    assert_eq!(
        [&toys["ready"], &toys["scheduled"], &toys["dead"]],
        [&1, &1, &2].map(|n: &i32| Value::from(*n)).each_ref()
    );
    assert_eq!(queue("hasty")["paused_by"], "ana");
    assert_eq!(
        (&seen["causes"][0]["open"], &seen["causes"][0]["reason"]),
        (&Value::from(2), &Value::from("discarded"))
    );
    // Where nobody looks at a screen it prints once and ends.
    let text = String::from_utf8(windlass(&url, &["top"]).stdout).unwrap();
    for part in ["1 due, 0 running, 0 workers", "toys", "discarded", "ana"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
