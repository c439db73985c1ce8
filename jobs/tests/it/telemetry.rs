//! What the jobs say of themselves: once however many workers there are, from the start, and as the list of questions has it.

use std::time::{Duration, Instant};

use windlass::telemetry::Type;
use windlass_jobs::telemetry::ALL;

use crate::process::Worker;
use crate::support::durable_database;

const LAG: &str = r#"windlass_bucket_lag_seconds{scope="spectrum_week"}"#;

/// Waits for a figure.
async fn until_metric(worker: &Worker, series: &str, wanted: impl Fn(Option<f64>) -> bool) -> Option<f64> {
    let started = Instant::now();
    loop {
        let found = worker.metric(series);
        if wanted(found) {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{series} is {found:?}:\n{}", worker.metrics());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn says_something(found: Option<f64>) -> bool {
    found.is_some_and(|value| !value.is_nan())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_worker_samples_for_all_and_another_takes_its_place() {
    let database = durable_database().await;
    let open = "insert into insights.dirty_buckets (scope, key, bucket, due_at)
                values ('spectrum_week', 1, '2026-03-02', now() - interval '5 hours'),
                       ('spectrum_week', 2, '2026-03-02', now() - interval '9 hours'),
                       ('spectrum_month', 1, '2026-03-01', now() + interval '9 hours')";
    sqlx::query(open).execute(database.pool()).await.unwrap();
    // Nobody aggregates them meanwhile: the workers serve another queue.
    let idle = [("WINDLASS__WORKER__QUEUES", "[roi]"), ("WINDLASS__TELEMETRY__SAMPLE_SECONDS", "1")];
    let first = Worker::start(&database.url(), "info", &idle);
    let lag = until_metric(&first, LAG, says_something).await.unwrap();
    assert!((32_400.0..32_500.0).contains(&lag), "{lag}");
    assert_eq!(first.metric(r#"windlass_bucket_lag_seconds{scope="spectrum_month"}"#), Some(0.0), "not due yet");
    let second = Worker::start(&database.url(), "info", &idle);
    // It has asked whether it is its turn, the jobs' gauges as well as the engine's, and says nothing.
    let asked = r#"windlass_db_query_duration_seconds_count{op="sample"}"#;
    until_metric(&second, asked, |times| times.is_some_and(|times| times > 3.0)).await;
    for series in [LAG, r#"windlass_oldest_ready_age_seconds{queue="roi"}"#] {
        assert_eq!(second.metric(series), None, "{series}");
        assert!(first.metric(series).is_some(), "{series}");
    }
    first.kill();
    until_metric(&second, LAG, says_something).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_stand_at_zero_before_anything_has_happened() {
    let database = durable_database().await;
    let provider = "insert into insights.providers (provider, state, opened_at) values ('http', 'open', now())";
    sqlx::query(provider).execute(database.pool()).await.unwrap();
    let worker = Worker::start(&database.url(), "info", &[]);
    until_metric(&worker, LAG, says_something).await;
    for series in [
        r#"windlass_llm_calls_total{model="cheap",outcome="rate_limited"}"#,
        r#"windlass_llm_tokens_total{model="strong",direction="out"}"#,
        r#"windlass_llm_cost_micros_total{model="strong"}"#,
        r#"windlass_budget_rejections_total{instead="rules"}"#,
        r#"windlass_budget_used_ratio{scope="global"}"#,
        r#"windlass_narrative_fallback_total{reason="breaker_open"}"#,
        r#"windlass_check_failures_total{code="leak_ngram"}"#,
        r#"windlass_check_failures_total{code="rubric"}"#,
        r#"windlass_roi_alerts_open{severity="critical"}"#,
        r#"windlass_roi_entries_total{result="unallocated"}"#,
        "windlass_roi_differences_total",
        r#"windlass_backfill_runs_total{op="seed_benchmarks",outcome="failed"}"#,
        r#"windlass_backfill_rows_total{target="interactions",result="quarantined"}"#,
        r#"windlass_backfill_rate{op="import"}"#,
    ] {
        assert_eq!(worker.metric(series), Some(0.0), "{series}\n{}", worker.metrics());
    }
    assert_eq!(worker.metric(r#"windlass_breaker_state{provider="http"}"#), Some(1.0));
    let served = worker.metrics();
    // A histogram begins with what it first holds.
    for metric in ALL.iter().filter(|metric| !matches!(metric.kind, Type::Histogram(_))) {
        assert!(served.contains(&format!("# HELP {} {}", metric.name, metric.help)), "{} is not told", metric.name);
    }
    // Nothing is served that is in no catalogue.
    for name in served.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()) {
        let mut known = ALL.iter().chain(windlass::telemetry::ALL);
        assert!(known.any(|metric| metric.name == name), "{name} is in no catalogue");
    }
}

#[test]
fn every_metric_has_its_question() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../dashboards/README.md")).unwrap();
    let (_, ours) = text.split_once("## The five jobs").unwrap();
    let rows: Vec<&str> = ours.lines().filter(|line| line.starts_with("| `")).collect();
    for metric in ALL {
        let row = rows.iter().find(|row| row.starts_with(&format!("| `{}` |", metric.name)));
        let row = row.unwrap_or_else(|| panic!("dashboards/README.md does not name {}", metric.name));
        assert_eq!(row.split(" | ").nth(1).unwrap(), metric.labels.join(", "), "the labels of {}", metric.name);
    }
    assert_eq!(rows.len(), ALL.len(), "a row is about no metric");
}
