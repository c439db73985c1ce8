//! What a worker says of itself: every metric of the catalogue, every log line JSON, and nobody's words in either.

use std::time::Duration;

use serde_json::{Value, json};
use windlass::Client;
use windlass::telemetry::{ALL, Type};
use windlass::testing::toys::{Act, registry};

use crate::exposition::compare;
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

    let metric = |name: &str, part: &str| worker.metric(name, part);
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    // Before the gauges: what is retried may run again while they are waited for.
    for (outcome, count) in [("completed", 2.0), ("buried", 2.0), ("retry", 1.0), ("snoozed", 1.0)] {
        let counted = || metric("windlass_attempts_total", &format!("\"{outcome}\""));
        while counted() < count - 0.1 {
            assert!(std::time::Instant::now() < deadline, "{outcome} was not counted:\n{}", worker.metrics());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!((counted() - count).abs() < 0.1, "{outcome}");
    }
    while metric("windlass_dead_letters", "toys") < 1.0 || metric("windlass_jobs{", "retry") < 1.0 {
        assert!(std::time::Instant::now() < deadline, "the gauges were not sampled:\n{}", worker.metrics());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!((metric("windlass_attempt_failures_total", "\"panic\"") - 1.0).abs() < 0.1);
    assert!(metric("windlass_attempt_duration_seconds_count", "toy") >= 5.0);
    assert!(metric("windlass_queue_latency_seconds_bucket", "+Inf") >= 5.0);

    let scrape = worker.metrics();
    let (wrong, said) = compare(&scrape, &ALL.iter().collect::<Vec<_>>());
    assert!(wrong.is_empty(), "{wrong:#?}");
    for metric in ALL.iter().filter(|metric| !metric.name.starts_with("windlass_http_")) {
        assert!(said.contains(metric.name), "{} is not served", metric.name);
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
    assert!(api.metrics().contains(r#"windlass_http_requests_total{route="/v1/jobs",method="POST",code="5xx"} 0"#));
    let (wrong, _) = compare(&api.metrics(), &ALL.iter().collect::<Vec<_>>());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!api.metrics().contains("secret"));
}

#[test]
fn every_metric_is_named_for_its_unit_and_its_type() {
    for metric in ALL {
        let (name, help) = (metric.name, metric.help);
        // What every process says is named as everybody names it.
        let is_ours = name.starts_with("windlass_") || name.starts_with("process_");
        assert!(is_ours && help.ends_with('.'), "{name}: {help}");
        assert_eq!(metric.kind == Type::Counter, name.ends_with("_total"), "{name} is {:?}", metric.kind);
        if let Type::Histogram(buckets) = metric.kind {
            assert!(name.ends_with("_seconds") && buckets.is_sorted(), "{name} {buckets:?}");
        }
        for wrong in ["_milliseconds", "_ms", "_minutes", "_percent", "_kilobytes"] {
            assert!(!name.contains(wrong), "{name}: seconds, bytes and ratios");
        }
    }
}

/// What the workers say of a queue's depth: one each, if they say anything.
fn depths(workers: &[&Worker]) -> Vec<f64> {
    let series = r#"windlass_jobs{queue="toys",state="scheduled"} "#;
    let of = |worker: &&Worker| worker.metrics().lines().find_map(|line| line.strip_prefix(series)?.parse().ok());
    workers.iter().filter_map(of).collect()
}

async fn until_depths(workers: &[&Worker], wanted: impl Fn(&[f64]) -> bool) -> Duration {
    let started = std::time::Instant::now();
    while !wanted(&depths(workers)) {
        assert!(started.elapsed() < Duration::from_secs(40), "{:?}", depths(workers));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    started.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_workers_there_are_one_says_what_stands_in_the_tables() {
    let database = database().await;
    toy(&database, 1, Act::Snooze(6000)).await;
    let settings = [SETTINGS[0], ("WINDLASS__WORKER__LEASE_SECONDS", "3"), ("WINDLASS__WORKER__RENEW_SECONDS", "1")];
    let [first, second] = [(); 2].map(|()| Worker::start(&database.url(), &settings));
    until_depths(&[&first, &second], |said| said == [1.0]).await;
    // A while later it is still one that says it, and the other knows when it last did not.
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(depths(&[&first, &second]), [1.0]);
    }
    // Registered first, so its turn came first; it stops, and its successor leaves no gap that anybody is woken for.
    let (sampler, other) = if depths(&[&first]).is_empty() { (second, first) } else { (first, second) };
    sampler.signal("STOP");
    let gap = until_depths(&[&other], |said| said == [1.0]).await;
    assert!(gap < Duration::from_secs(10), "with a lease of 3 s and samples of 1 s: {gap:?}");
    // Until it is condemned its lease is its own again when it is back, and the turn with it.
    let living = "select count(*) from windlass.workers where condemned_at is null";
    until(database.pool(), living, Duration::from_secs(20), |n| n == 1).await;
    // Back from its freeze, the former one takes back what it said.
    sampler.signal("CONT");
    until_depths(&[&sampler], <[f64]>::is_empty).await;
}
