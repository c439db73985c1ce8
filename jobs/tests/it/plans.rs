//! The statements of the hot paths are served by an index: none reads a table that grows from its beginning to its end. Planned for any
//! arguments, on empty tables where nothing but the lack of an index makes a scan.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::support::database;

/// Folders of `src/` whose every statement is planned: what a session, a bucket, a month, a wish or a scrape costs.
const HOT: [&str; 13] = [
    "alerts/sql",
    "buckets/sql",
    "control/sql",
    "control/erasure/sql",
    "http/sql",
    "monthly_narrative/sql",
    "monthly_narrative/ledger/sql",
    "outbox/sql",
    "post_session_analysis/sql",
    "sessions/sql",
    "telemetry/sql",
    "weekly_aggregation/dispatch/sql",
    "weekly_aggregation/spectrum/sql",
];
/// Tables that stay small however many people there are, and however long.
const SMALL: [&str; 4] = ["providers", "spend", "prompt_revisions", "alerts"];
#[tokio::test]
async fn no_hot_statement_reads_a_table_that_grows_from_end_to_end() {
    let database = database().await;
    let db = database.pool();
    // As in any running system: this month's partitions, and those of the ledger.
    db.execute("select insights.make_month('2026-03-01'), insights.make_month('2026-04-01')").await.unwrap();
    let mut connection = db.acquire().await.unwrap();
    connection.execute("set plan_cache_mode = force_generic_plan; set enable_seqscan = off").await.unwrap();
    let (mut wrong, mut planned) = (Vec::new(), 0);
    for folder in HOT {
        let folder_path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
        for file in fs::read_dir(folder_path).unwrap().map(|entry| entry.unwrap().path()) {
            let name = format!("{folder}/{}", file.file_stem().unwrap().to_str().unwrap());
            planned += 1;
            match plan(&mut connection, &fs::read_to_string(&file).unwrap()).await {
                Ok(plan) => wrong.extend(unbounded(&plan).iter().map(|what| format!("{name}: {what}"))),
                Err(error) => wrong.push(format!("{name}: {error}")),
            }
        }
    }
    assert!(planned > 80, "{planned}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    // What it is looked for would be found.
    let all = plan(&mut connection, "select 1 from insights.sessions where started_at > $1").await.unwrap();
    assert_eq!(unbounded(&all), ["Seq Scan of sessions without a bound"]);
}

/// What reads a table that grows, and says not where to begin.
fn unbounded(plan: &Value) -> Vec<String> {
    let mut nodes = Vec::new();
    collect(&plan[0]["Plan"], &mut nodes);
    let scan = |node: &&Value| {
        let (kind, table) = (node["Node Type"].as_str()?, node["Relation Name"].as_str()?);
        let bounded = node.get("Index Cond").or(node.get("TID Cond")).is_some() || kind == "Bitmap Heap Scan";
        let grows = !table.starts_with("pg_") && !SMALL.contains(&table);
        (kind.ends_with("Scan") && grows && !bounded).then(|| format!("{kind} of {table} without a bound"))
    };
    nodes.iter().filter_map(scan).collect()
}

async fn plan(connection: &mut PgConnection, sql: &str) -> Result<Value, sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(format!("prepare planned as {sql}"))).execute(&mut *connection).await?;
    let count: i32 = sqlx::query_scalar(
        "select coalesce(array_length(parameter_types, 1), 0) from pg_prepared_statements where name = 'planned'",
    )
    .fetch_one(&mut *connection)
    .await?;
    let nulls = vec!["null"; usize::try_from(count).unwrap()].join(", ");
    let call = if count == 0 { "planned".to_owned() } else { format!("planned({nulls})") };
    let explain = format!("explain (format json) execute {call}");
    let plan = sqlx::query_scalar(AssertSqlSafe(explain)).persistent(false).fetch_one(&mut *connection).await?;
    connection.execute("deallocate planned").await?;
    Ok(plan)
}

fn collect<'a>(node: &'a Value, nodes: &mut Vec<&'a Value>) {
    nodes.push(node);
    for child in node["Plans"].as_array().into_iter().flatten() {
        collect(child, nodes);
    }
}
