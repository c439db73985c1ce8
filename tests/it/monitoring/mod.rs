//! Metrics, dashboards and alerts with the programs they are for: a real Prometheus and a real Alertmanager.

mod faults;
mod prometheus;
mod schemas;
mod tools;

use std::time::Duration;

use serde_json::json;
use windlass::Client;
use windlass::http::{Caller, Role};
use windlass::testing::toys::{Act, Toy, registry};

use crate::process::{Worker, get, post};
use crate::support::{database, token, until};
use prometheus::{BOARDS, Prometheus, queries};

/// Quick samples, short leases, and jobs that are to start within a second or two.
const SETTINGS: [(&str, &str); 8] = [
    ("WINDLASS__TELEMETRY__SAMPLE_SECONDS", "1"),
    ("WINDLASS__TELEMETRY__OBJECTIVE_SECONDS", "1"),
    ("WINDLASS__WORKER__LEASE_SECONDS", "3"),
    ("WINDLASS__WORKER__RENEW_SECONDS", "1"),
    ("WINDLASS__WORKER__POLL_MILLISECONDS", "200"),
    ("WINDLASS__SCHEDULES__QUICK__CRON", "* * * * * *"),
    ("WINDLASS__SCHEDULES__QUICK__KIND", "toy"),
    ("WINDLASS__SCHEDULES__QUICK__ARGS", r#"{number=1, act="succeed"}"#),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_panel_is_answered_and_no_gauge_is_said_twice() {
    let database = database().await;
    let workers = [(); 2].map(|()| Worker::start(&database.url(), &SETTINGS));
    let api = Worker::api(&database.url(), &[]);
    let targets = [
        ("windlass-worker-1", workers[0].address("/metrics")),
        ("windlass-worker-2", workers[1].address("/metrics")),
        ("windlass-api", api.address("/metrics")),
    ];
    let prometheus = Prometheus::start(&targets);
    let caller = Caller { name: "ana".to_owned(), role: Role::Enqueue, queues: None };
    let token = token(&database.store(), &caller, None).await.reveal();
    let client = Client::new(database.pool().clone());
    for round in 0..20 {
        let headers = format!("Authorization: Bearer {token}\r\n");
        let job = json!({"kind": "toy", "args": {"number": round, "act": "succeed"}}).to_string();
        assert!(post(&api.address("/v1"), "/v1/jobs", &headers, &job).starts_with("HTTP/1.1 201"));
        get(&api.address("/v1"), "/v1/jobs/none");
        for act in [Act::Succeed, Act::Complete, Act::Fail(1), Act::Discard] {
            client.enqueue(database.pool(), Toy::new(round, act)).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // Some wait, so that depths are no zeros.
    for number in 0..7 {
        let later = registry().admit("toy", json!({"number": number, "act": {"snooze": 600}})).unwrap();
        client.enqueue_raw(database.pool(), &[later]).await.unwrap();
    }
    let waiting = "select count(*) from windlass.jobs where scheduled_at > now() + interval '5 minutes'";
    until(database.pool(), waiting, Duration::from_secs(20), |n| n == 7).await;

    prometheus.settle(targets.len());
    prometheus.until_it_says("max(windlass_dead_letters{queue=\"toys\"}) == 20");
    prometheus.until_it_says("max(windlass_jobs{queue=\"toys\",state=\"scheduled\"}) == 7");
    for board in &BOARDS[..2] {
        let queries = queries(board);
        assert!(queries.len() > 15, "{board}");
        for (title, query) in queries {
            prometheus.must_answer(&format!("{board}, {title}"), &query);
        }
    }
    // One process says each of what stands in the tables, so that even a sum is no double.
    let twice = "count by (__name__, queue, state, kind, table, source) ({__name__=~\"windlass_(jobs|dead_letters|oldest_.*|db_table_rows)\"}) > 1";
    assert!(prometheus.query(twice).unwrap().is_empty(), "{:#?}", prometheus.query(twice));
    prometheus.until_it_says("sum(windlass_jobs{queue=\"toys\",state=\"scheduled\"}) == 7");
    for process in workers.iter().chain([&api]) {
        tools::lint(&process.metrics());
    }
}
