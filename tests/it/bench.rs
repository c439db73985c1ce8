//! The bench measures: in a database of its own, which is gone afterwards, and it counts.

use std::process::{Command, Output};

use serde_json::Value;
use windlass::testing::Database;

use crate::process::toys;
use crate::support::{database, number};

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
