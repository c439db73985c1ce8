//! Every statement of the engine is served by an index: no sequential scan of a table that grows, and no sort on the hot path.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use windlass::store::STATEMENTS;

use crate::support::database;

/// Tables that stay small whatever the load.
const SMALL: [&str; 5] = ["workers", "queues", "kinds", "history_default", "schedules"];
/// Statements that may sort: what they sort is their own batch, a handful, or a person's page.
const MAY_SORT: [&str; 18] = [
    "count_outcomes",
    "enqueue",
    "gauge_queue",
    "list_attempts",
    "list_dead_letters",
    "list_history_days",
    "list_jobs",
    "list_queues",
    "list_schedules",
    "list_versions",
    "prune_dead_letters",
    "prune_expired_keys",
    "prune_old_keys",
    "publish",
    "show_history",
    "show_kinds",
    "show_queues",
    "show_upkeep",
];

#[tokio::test]
async fn no_statement_scans_or_sorts_a_table_that_grows() {
    let database = database().await;
    fill(&database).await;
    let mut connection = database.pool().acquire().await.unwrap();
    connection.execute("set plan_cache_mode = force_generic_plan").await.unwrap();
    let mut wrong = Vec::new();
    for (name, sql) in STATEMENTS {
        let plan = plan(&mut connection, name, sql).await;
        let mut nodes = Vec::new();
        collect(&plan[0]["Plan"], &mut nodes);
        for node in nodes {
            let kind = node["Node Type"].as_str().unwrap();
            let table = node["Relation Name"].as_str().unwrap_or_default();
            if kind == "Seq Scan" && !SMALL.contains(&table) && !table.starts_with("pg_") {
                wrong.push(format!("{name}: sequential scan of {table}"));
            }
            if kind.contains("Sort") && !MAY_SORT.contains(name) {
                wrong.push(format!("{name}: {kind} by {}", node["Sort Key"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Enough rows of every state for the planner to care.
async fn fill(database: &windlass::testing::Database) {
    database.pool().execute(include_str!("fill.sql")).await.unwrap();
}

async fn plan(connection: &mut PgConnection, name: &str, sql: &str) -> Value {
    sqlx::raw_sql(AssertSqlSafe(format!("prepare {name} as {sql}"))).execute(&mut *connection).await.unwrap();
    let count: i32 = sqlx::query_scalar(
        "select coalesce(array_length(parameter_types, 1), 0) from pg_prepared_statements where name = $1",
    )
    .bind(name)
    .fetch_one(&mut *connection)
    .await
    .unwrap();
    let nulls = vec!["null"; usize::try_from(count).unwrap()].join(", ");
    let call = if count == 0 { name.to_owned() } else { format!("{name}({nulls})") };
    let explain = format!("explain (format json) execute {call}");
    sqlx::query_scalar(AssertSqlSafe(explain)).fetch_one(connection).await.unwrap()
}

fn collect<'a>(node: &'a Value, nodes: &mut Vec<&'a Value>) {
    nodes.push(node);
    for child in node["Plans"].as_array().into_iter().flatten() {
        collect(child, nodes);
    }
}
