//! What the tests share: a database with the jobs' tables, conversations, and the tables as text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, PgPool};
use windlass::cli::Terminal;
use windlass::testing::{Database, Ran, drain};
use windlass::{Client, JobId};
use windlass_jobs::calendar::Zone;
use windlass_jobs::demo::{Conversation, Inputs, Loaded, Said, load};
use windlass_jobs::post_session_analysis::Role;
use windlass_jobs::{Deps, sessions};

/// How many connections wait for a lock that another holds.
pub(crate) const WAITING: &str = "select count(*) from pg_stat_activity
                                   where datname = current_database() and wait_event_type = 'Lock'";

/// A database with the jobs' tables, as `windlass migrate` leaves it.
pub(crate) async fn database() -> Database {
    published(Database::new(vec![windlass_jobs::migrations()]).await.unwrap()).await
}

/// The same on a server that keeps what it committed.
pub(crate) async fn durable_database() -> Database {
    published(Database::durable(vec![windlass_jobs::migrations()]).await.unwrap()).await
}

async fn published(database: Database) -> Database {
    database.store().publish(&windlass_jobs::registry().published_kinds()).await.unwrap();
    database
}

/// A fixture set's folder.
pub(crate) fn fixtures(set: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(set)
}

/// An empty folder of a test's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Conversations of one person on one day, one user turn a text.
pub(crate) fn conversations(texts: &[Vec<&str>]) -> Inputs {
    let zone = Zone::parse("Europe/Berlin");
    let conversation = |(n, texts): (usize, &Vec<&str>)| Conversation {
        external_id: format!("s{n}"),
        person: 0,
        started_at: Some(format!("2026-03-01T{:02}:00:00Z", n % 20).parse().unwrap()),
        ended_at: None,
        ingested_at: None,
        zone,
        turns: (0..)
            .zip(texts)
            .map(|(index, text)| Said { index, role: Role::User, text: (*text).to_owned(), human_valence: None })
            .collect(),
    };
    Inputs {
        people: vec![("p".to_owned(), zone)],
        conversations: texts.iter().enumerate().map(conversation).collect(),
        ..Inputs::default()
    }
}

/// Loads conversations and leaves them open.
pub(crate) async fn loaded(db: &PgPool, inputs: &Inputs) -> Loaded {
    load(db, inputs, &Terminal::default()).await.unwrap()
}

/// Closes them all, in one transaction each.
pub(crate) async fn close(db: &PgPool, loaded: &Loaded) -> Vec<JobId> {
    let client = Client::new(db.clone());
    let mut jobs = Vec::new();
    for session in &loaded.sessions {
        let mut tx = db.begin().await.unwrap();
        let job = sessions::close(&mut tx, &client, session.subject_id, session.session_id, session.ended_at);
        jobs.push(job.await.unwrap().id());
        client.commit(tx).await.unwrap();
    }
    jobs
}

/// Runs what is due.
pub(crate) async fn run(database: &Database) -> Vec<Ran> {
    drain(&database.store(), &windlass_jobs::registry(), Deps::default()).await.unwrap()
}

/// The result tables as text, row by row, without the ids and times that differ from run to run.
pub(crate) async fn tables(db: &PgPool) -> String {
    let mut all = String::new();
    for (table, order) in [("session_emotions", "s.external_id"), ("turn_impacts", "s.external_id, t.turn_index")] {
        let select = format!(
            "select coalesce(string_agg(p.external_id || ' ' || s.external_id || ' ' ||
                       (to_jsonb(t) - 'computed_at' - 'session_id' - 'subject_id')::text, E'\n'
                       order by p.external_id, {order}), '')
               from insights.{table} t join insights.sessions s using (subject_id, session_id)
               join insights.subjects p using (subject_id)"
        );
        all += &sqlx::query_scalar::<_, String>(AssertSqlSafe(select)).fetch_one(db).await.unwrap();
    }
    for (table, order) in
        [("spectrum_daily", "local_date"), ("spectrum_weekly", "monday"), ("spectrum_monthly", "month")]
    {
        let select = format!(
            "select coalesce(string_agg(p.external_id || ' ' ||
                       (to_jsonb(t) - 'subject_id' - 'computed_at' - 'computed_seq')::text, E'\n'
                       order by p.external_id, t.{order}), '')
               from insights.{table} t join insights.subjects p using (subject_id)"
        );
        all += &sqlx::query_scalar::<_, String>(AssertSqlSafe(select)).fetch_one(db).await.unwrap();
    }
    all
}

/// A single number.
pub(crate) async fn number(db: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
}

/// Waits until a query's number is as wanted; says what it was otherwise.
pub(crate) async fn until(db: &PgPool, sql: &'static str, patience: Duration, wanted: impl Fn(i64) -> bool) {
    let started = Instant::now();
    loop {
        let found = number(db, sql).await;
        if wanted(found) {
            return;
        }
        assert!(started.elapsed() < patience, "{sql} was still {found} after {patience:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Runs the program on a database.
pub(crate) fn windlass(url: &str, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_windlass"))
        .args(args)
        .env("DATABASE_URL", url)
        .env("WINDLASS__TELEMETRY__METRICS_ADDRESS", "")
        .output()
        .unwrap()
}

/// Starts a worker process on a database, with these variables beside.
pub(crate) fn worker(url: &str, variables: &[(&str, &str)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_windlass"))
        .arg("worker")
        .env("DATABASE_URL", url)
        .env("WINDLASS__TELEMETRY__METRICS_ADDRESS", "")
        .envs(variables.iter().copied())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
