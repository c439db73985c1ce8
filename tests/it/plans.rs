//! Every statement of the engine is served by an index: no sequential scan of a table that grows, and no sort on the hot path.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use windlass::store::STATEMENTS;

use crate::support::database;

/// Tables that stay small whatever the load.
const SMALL: [&str; 8] = [
    "workers",
    "queues",
    "kinds",
    "history_default",
    "schedules",
    "tokens",
    // One row a cause, and what happened within seconds.
    "dead_letter_groups",
    "dead_letter_tallies",
];
/// Statements that may sort: what they sort is their own batch, a handful, or a person's page.
const MAY_SORT: [&str; 45] = [
    "choose_letters",
    "collect_replay_items",
    "complete",
    "condemn_workers",
    "count_outcomes",
    "create_groups",
    "discard_dead_letters",
    "enqueue",
    "fold_tallies",
    "gauge_letters",
    "gauge_queues",
    "gauge_replays",
    "gauge_running",
    "gauge_tables",
    "judge_replay",
    "list_attempts",
    "list_audit",
    "list_dead_letters",
    "list_flow",
    "list_groups",
    "list_history_days",
    "list_jobs",
    "list_new_groups",
    "list_published_kinds",
    "list_queues",
    "list_replay_items",
    "list_replay_queues",
    "list_schedules",
    "list_tokens",
    "list_trends",
    "list_versions",
    "list_workers",
    "mark_replay_items",
    "prune_dead_letters",
    "prune_expired_keys",
    "prune_old_keys",
    "prune_replays",
    "publish",
    "replay_dead_letters",
    "settle",
    "show_history",
    "show_kinds",
    "show_queues",
    "show_trend",
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
    let held = "select leased_by::text, array_agg(id)::text from (
        select leased_by, id from windlass.jobs where queue = 'q0' and state = 'running' limit 10) j group by leased_by";
    let (session, ids): (String, String) = sqlx::query_as(held).fetch_one(&mut *connection).await.unwrap();
    let mut wrong_buffers = Vec::new();
    for (name, arguments, most) in HOT {
        let arguments = arguments.replace("SESSION", &session).replace("IDS", &ids);
        let buffers = buffers(&mut connection, name, &arguments).await;
        println!("{name}: {buffers} buffers");
        if buffers > most {
            wrong_buffers.push(format!("{name} touches {buffers} buffers; at most {most}"));
        }
    }
    connection.execute("alter table windlass.jobs alter queue set (n_distinct = 1)").await.unwrap();
    connection.execute("analyze windlass.jobs").await.unwrap();
    connection.execute("update pg_class set reltuples = 1e8 where oid = 'windlass.jobs'::regclass").await.unwrap();
    for (name, sql) in STATEMENTS.iter().filter(|(name, _)| HOT.iter().any(|(hot, ..)| hot == name)) {
        connection.execute(AssertSqlSafe(format!("deallocate {name}"))).await.unwrap();
        let cost = plan(&mut connection, name, sql).await[0]["Plan"]["Total Cost"].as_f64().unwrap();
        println!("{name}: costs {cost}");
        if cost > MOST {
            wrong.push(format!(
                "{name} is thought to cost {cost} where one queue holds a hundred million jobs; at most {MOST}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(wrong_buffers.is_empty(), "{wrong_buffers:#?}");
}

/// What a hot statement may be thought to cost, of however many rows: above that a server compiles it (`jit_above_cost`, as it is
/// shipped), for half a second each time.
const MOST: f64 = 100_000.0;

/// The hot statements with arguments, and how many buffers of a million rows each may touch, whatever they hold.
const HOT: [(&str, &str, i64); 10] = [
    (
        "claim",
        "'q1', 'SESSION', 10,
         array['epoch', 'epoch', 'epoch', 'epoch']::timestamptz[], null, 2, 60000000, false,
         array_fill(uuid '00000000-0000-0000-0000-000000000000', array[4])",
        600,
    ),
    (
        "enqueue",
        "null, array[gen_random_uuid()], array['q1'], array['k'], array['{}'::jsonb], array[1::smallint],
         array[3::smallint], array[null::timestamptz], array[0::bigint], array[null::timestamptz], array[3], array['new key'],
         array[null::text], array[null::text], array[null::text], array[null::jsonb], array[false],
         array[null::bigint], array[null::text], array[null::text]",
        100,
    ),
    (
        "enqueue_unkeyed",
        "null, array[gen_random_uuid()], array['q1'], array['k'], array['{}'::jsonb], array[1::smallint],
         array[3::smallint], array[null::timestamptz], array[0::bigint], array[null::timestamptz], array[3],
         array[null::text], array[null::text], array[null::text]",
        100,
    ),
    (
        "complete",
        "'q0', 'SESSION', 1, 'IDS', null, true",
        600,
    ),
    (
        "settle",
        "'q0', 'SESSION', 1,
         'IDS', null, '{}',
         '{}', '{}', '{}', '{}', '{}', '{}', true, array_fill('cancelled'::text, array[10])",
        600,
    ),
    ("condemn_workers", "null, null", 300),
    ("rescue_jobs", "'q1', null", 100),
    ("list_held_jobs", "array['q1'], gen_random_uuid(), null", 20),
    ("unpark_jobs", "'q1', array['k'], array[1::smallint], null", 20),
    ("unblock_jobs", "'q1', '', null", 20),
];

/// How many a prepared statement touches; what it changes is taken back.
async fn buffers(connection: &mut PgConnection, name: &str, arguments: &str) -> i64 {
    let explain = format!("explain (analyze, buffers, format json) execute {name}({arguments})");
    connection.execute("begin").await.unwrap();
    let plan: Value = sqlx::query_scalar(AssertSqlSafe(explain)).fetch_one(&mut *connection).await.unwrap();
    connection.execute("rollback").await.unwrap();
    let top = &plan[0]["Plan"];
    top["Shared Hit Blocks"].as_i64().unwrap() + top["Shared Read Blocks"].as_i64().unwrap()
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
