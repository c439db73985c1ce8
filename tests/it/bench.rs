//! The bench measures: in a database of its own, which is gone afterwards, and it counts.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgPool};
use windlass::testing::Database;

use crate::embedded::Folder;
use crate::process::toys;
use crate::support::{database, number, until};

const PATIENCE: Duration = Duration::from_secs(30);
/// Connections of the bench's worker processes, and of nobody else.
const WORKERS: &str = "select count(*) from pg_stat_activity where application_name = 'windlass/bench'";

fn bench(database: &Database, args: &[&str]) -> Output {
    let bench = [&["bench"], args, &["--rounds", "1", "--json"]].concat();
    Command::new(toys()).args(bench).env("DATABASE_URL", database.url()).output().unwrap()
}

/// A figure's only round.
fn figure(answer: &Value, name: &str) -> f64 {
    let figures = answer["figures"].as_array().unwrap();
    let figure = figures.iter().find(|figure| figure["name"] == name).unwrap_or_else(|| panic!("{name}: {answer:#}"));
    assert_eq!(figure["rounds"].as_array().unwrap().len(), 1, "{answer:#}");
    figure["median"].as_f64().unwrap()
}

fn answer(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn is_there(database: &Database, name: &str) -> bool {
    assert!(name.starts_with("windlass_bench_"), "{name}");
    let found = "select exists (select from pg_database where datname = $1)";
    sqlx::query_scalar(found).bind(name).fetch_one(database.pool()).await.unwrap()
}

#[tokio::test]
async fn jobs_are_worked_off_each_exactly_once_in_a_database_of_their_own() {
    let database = database().await;
    let answer = answer(&bench(&database, &["drain", "--jobs", "500", "--workers", "2", "--claims", "32"]));
    assert!((figure(&answer, "drain.jobs") - 500.0).abs() < f64::EPSILON);
    assert!(figure(&answer, "drain.rate") > 0.0);
    assert!(answer["postgres"]["fsync"].is_string() && answer["machine"]["cores"].is_number(), "{answer:#}");
    assert!(!is_there(&database, answer["database"].as_str().unwrap()).await);
    let ours = "select (select count(*) from windlass.jobs) + (select count(*) from windlass.history)";
    assert_eq!(number(database.pool(), ours).await, 0);
}

#[tokio::test]
async fn whoever_may_not_create_databases_is_told_what_to_do() {
    let database = database().await;
    let role = format!("nobody_{}", uuid::Uuid::now_v7().simple());
    database.pool().execute(sqlx::raw_sql(AssertSqlSafe(format!("create role {role} login")))).await.unwrap();
    let url = database.url().parse::<PgConnectOptions>().unwrap().username(&role).to_url_lossy().to_string();
    let output =
        Command::new(toys()).args(["bench", "drain", "--jobs", "1"]).env("DATABASE_URL", url).output().unwrap();
    database.pool().execute(sqlx::raw_sql(AssertSqlSafe(format!("drop role {role}")))).await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("alter role {role} createdb")), "{said}");
}

#[tokio::test]
async fn told_to_stop_it_leaves_neither_a_database_nor_a_worker_on_its_own_server() {
    let folder = Folder::new();
    let mut bench = Command::new(toys());
    bench.args(["bench", "steady", "--rate", "20/s", "--time", "600s"]).env_remove("DATABASE_URL");
    bench.env("WINDLASS__EMBEDDED__DATA_DIR", &folder.0).stdout(Stdio::null()).stderr(Stdio::piped());
    let bench = bench.spawn().unwrap();
    let started = Instant::now();
    let server = loop {
        let is_made = fs::read_dir(&folder.0).unwrap().flatten().any(|entry| entry.path().join("lock").exists());
        if is_made && let Ok(db) = PgPool::connect_with(folder.database("postgres")).await {
            break db;
        }
        assert!(started.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    until(&server, WORKERS, PATIENCE, |workers| workers > 0).await;
    let told = Command::new("kill").args(["-INT", &bench.id().to_string()]).status().unwrap();
    assert!(told.success());
    let output = bench.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("stopped before"), "{said}");
    assert_eq!(number(&server, "select count(*) from pg_database where datname like 'windlass%'").await, 0);
    assert_eq!(number(&server, WORKERS).await, 0);
}
