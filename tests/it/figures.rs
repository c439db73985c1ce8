//! What telemetry costs. `make bench-telemetry`, on a quiet machine.

use std::time::{Duration, Instant};

use sqlx::Executor;
use windlass::testing::toys::Act;

use crate::process::Worker;
use crate::support::{database, durable_database, toys, until};

/// A scrape may take this, and sampling this share of the time.
const SCRAPE: Duration = Duration::from_millis(50);
/// So much of the rate at which jobs are worked off may telemetry cost.
const COST: f64 = 0.03;
const JOBS: i32 = 20_000;
const ROUNDS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes a million jobs and a million letters: make bench-telemetry"]
async fn a_scrape_takes_less_than_fifty_milliseconds_at_a_million_jobs_and_a_million_letters() {
    let database = database().await;
    database.pool().execute(include_str!("million.sql")).await.unwrap();
    let settings = [("WINDLASS__TELEMETRY__SAMPLE_SECONDS", "1"), ("WINDLASS__WORKER__QUEUES", "[hasty]")];
    let worker = Worker::start(&database.url(), &settings);
    let started = Instant::now();
    while worker.metric("windlass_dead_letters{", "toys") < 1_000_000.0 {
        assert!(started.elapsed() < Duration::from_mins(1), "{}", worker.metrics());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut scrapes: Vec<Duration> = (0..50)
        .map(|_| {
            let started = Instant::now();
            assert!(worker.metrics().contains("windlass_jobs"));
            started.elapsed()
        })
        .collect();
    scrapes.sort();
    let sample = worker.metric("windlass_sampler_duration_seconds ", "");
    let bytes = worker.metrics().len();
    println!("scrape: p50 {:?}, worst {:?}, {bytes} bytes; a sample takes {sample:.3} s", scrapes[25], scrapes[49]);
    assert!(scrapes[49] < SCRAPE, "{scrapes:?}");
    // Its statements are given up after five seconds; it stands far from there.
    assert!(sample < 2.5, "a sample takes {sample} s");
}

/// Jobs a second, from the first that ended to the last.
async fn rate(settings: &[(&str, &str)], scraped: bool) -> f64 {
    let database = durable_database().await;
    toys(&database, JOBS.into(), &Act::Succeed).await;
    let worker = Worker::start(&database.url(), settings);
    let reading = scraped.then(|| worker.address("/metrics")).map(|address| {
        tokio::spawn(async move {
            loop {
                let address = address.clone();
                tokio::task::spawn_blocking(move || crate::process::get(&address, "/metrics")).await.unwrap();
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        })
    });
    until(database.pool(), "select count(*) from windlass.jobs", Duration::from_mins(2), |left| left == 0).await;
    if let Some(reading) = reading {
        reading.abort();
    }
    let took = "select extract(epoch from max(ended_at) - min(ended_at))::float8 from windlass.history";
    let seconds: f64 = sqlx::query_scalar(took).fetch_one(database.pool()).await.unwrap();
    f64::from(JOBS) / seconds
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a minute on a quiet machine: make bench-telemetry"]
async fn telemetry_costs_less_than_three_percent_of_the_rate() {
    let slots = ("WINDLASS__WORKER__DEFAULT_SLOTS", "32");
    let on = [slots, ("WINDLASS__TELEMETRY__SAMPLE_SECONDS", "5")];
    // Nothing collects, and nobody samples.
    let off = [slots, ("WINDLASS__TELEMETRY__METRICS_ADDRESS", ""), ("WINDLASS__TELEMETRY__SAMPLE_SECONDS", "86400")];
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // In turns, for a machine is not as fast all the time.
        if round % 2 == 0 {
            with.push(rate(&on, true).await);
            without.push(rate(&off, false).await);
        } else {
            without.push(rate(&off, false).await);
            with.push(rate(&on, true).await);
        }
        println!("{round}: {:.0} jobs/s with, {:.0} without", with[round], without[round]);
    }
    let best = |rates: &[f64]| rates.iter().copied().fold(0.0, f64::max);
    let cost = 1.0 - best(&with) / best(&without);
    println!("telemetry costs {:.1} %", cost * 100.0);
    assert!(cost < COST, "{with:?} {without:?}");
}
