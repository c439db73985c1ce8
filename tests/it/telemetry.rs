//! What a worker says of itself: every metric of the catalogue, every log line JSON, and nobody's words in either.

use std::time::Duration;

use serde_json::{Value, json};
use windlass::Client;
use windlass::testing::toys::{Act, registry};

use crate::process::{Worker, get};
use crate::support::{database, toy, until};

const SETTINGS: [(&str, &str); 4] = [
    ("WINDLASS__TELEMETRY__SAMPLE_SECONDS", "1"),
    ("WINDLASS__SCHEDULES__RARE__CRON", "0 0 29 2 *"),
    ("WINDLASS__SCHEDULES__RARE__KIND", "toy"),
    ("WINDLASS__SCHEDULES__RARE__ARGS", r#"{number=1, act="succeed"}"#),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_tells_how_its_jobs_are_and_quotes_nobody() {
    let database = database().await;
    let worker = Worker::start(&database.url(), &SETTINGS);
    // Counters stand at zero before anything has happened: the first dead letter must be an increase.
    assert!(worker.metrics().contains(r#"windlass_attempts_total{queue="toys",kind="toy",outcome="buried"} 0"#));
    assert!(worker.metrics().contains(r#"windlass_schedule_missed_total{schedule="rare"} 0"#));

    for act in [Act::Succeed, Act::Complete, Act::Discard, Act::Panic, Act::Snooze(600)] {
        toy(&database, 1, act).await;
    }
    // A producer that does not know the kind's shape.
    let spoilt = windlass::model::NewJob {
        args: json!({"number": "a-secret-in-arguments"}),
        unique_key: None,
        ..registry().admit("toy", json!({"number": 1, "act": "succeed"})).unwrap()
    };
    Client::new(database.pool().clone()).enqueue_raw(database.pool(), &[spoilt]).await.unwrap();
    let unfinished = "select count(*) from windlass.jobs where state = 'running' or scheduled_at <= now()";
    until(database.pool(), unfinished, Duration::from_secs(20), |n| n == 0).await;

    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let metric = |name: &str, part: &str| worker.metric(name, part);
    while metric("windlass_dead_letters", "toys") < 1.0 || metric("windlass_jobs{", "retry") < 1.0 {
        assert!(std::time::Instant::now() < deadline, "the gauges were not sampled:\n{}", worker.metrics());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for (outcome, count) in [("completed", 2.0), ("buried", 2.0), ("retry", 1.0), ("snoozed", 1.0)] {
        assert!((metric("windlass_attempts_total", &format!("\"{outcome}\"")) - count).abs() < 0.1, "{outcome}");
    }
    assert!((metric("windlass_attempt_failures_total", "\"panic\"") - 1.0).abs() < 0.1);
    assert!(metric("windlass_attempt_duration_seconds_count", "toy") >= 5.0);
    assert!(metric("windlass_queue_latency_seconds_bucket", "+Inf") >= 5.0);

    let scrape = worker.metrics();
    // What a producer counts, and what has not happened here.
    let elsewhere =
        ["windlass_jobs_enqueued_total", "windlass_http_requests_total", "windlass_http_request_duration_seconds"];
    for metric in windlass::telemetry::ALL.iter().filter(|metric| !elsewhere.contains(&metric.name)) {
        assert!(scrape.contains(&format!("# HELP {} ", metric.name)), "{} is not served", metric.name);
    }
    let lines = worker.lines();
    assert!(lines.len() > 3);
    for line in &lines {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
    }
    assert!(!scrape.contains("secret"));
    assert!(!lines.concat().contains("secret"), "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_tells_what_it_was_asked_by_route_and_never_by_path() {
    let database = database().await;
    let api = Worker::api(&database.url(), &[]);
    let address = api.address("/v1");
    for path in ["/healthz", "/v1/jobs/a-secret-in-a-path", "/a-secret-in-a-path"] {
        get(&address, path);
    }
    let metric = |part: &str| api.metric("windlass_http_requests_total", part);
    for part in [
        r#"{route="/healthz",method="GET",code="2xx"}"#,
        r#"{route="/v1/jobs/{id}",method="GET",code="4xx"}"#,
        r#"{route="none",method="GET",code="4xx"}"#,
    ] {
        assert!((metric(part) - 1.0).abs() < 0.1, "{part}: {}", api.metrics());
    }
    assert!(api.metrics().contains("windlass_http_request_duration_seconds_bucket"));
    assert!(!api.metrics().contains("secret"));
}
