//! Every metric, once: name, type, labels, help. Nothing is counted anywhere else, and every label is a closed list.

#[cfg(feature = "cli")]
mod exposition;
#[cfg(feature = "cli")]
pub mod logs;

#[cfg(feature = "cli")]
pub use exposition::{Exposition, ExpositionError};
#[cfg(feature = "cli")]
pub use logs::{LogFormat, start_logs};

use std::time::Duration;

use metrics::{counter, gauge, histogram};

#[cfg(feature = "worker")]
use crate::model::{Outcome, QueueGauges, Reason};

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    /// Only rises.
    Counter,
    /// Rises and falls.
    Gauge,
    /// A distribution, in buckets.
    Histogram(&'static [f64]),
}

/// A metric's entry in the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, with its unit.
    pub name: &'static str,
    /// What it is.
    pub kind: Type,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

const WAITS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];
const RUNS: &[f64] =
    &[0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0];

macro_rules! catalogue {
    ($($constant:ident: $kind:expr, $name:literal, [$($label:literal),*], $help:literal;)*) => {
        $(const $constant: &str = $name;)*

        /// The whole catalogue.
        pub const ALL: &[Metric] = &[$(Metric { name: $name, kind: $kind, labels: &[$($label),*], help: $help },)*];
    };
}

catalogue! {
    ENQUEUED: Type::Counter, "windlass_jobs_enqueued_total", ["queue", "kind", "result"],
        "Jobs handed to the queue by this process: accepted, or duplicate of an earlier one with the same key.";
    ATTEMPTS: Type::Counter, "windlass_attempts_total", ["queue", "kind", "outcome"],
        "Attempts that ended, by their outcome.";
    FAILURES: Type::Counter, "windlass_attempt_failures_total", ["queue", "kind", "reason"],
        "Attempts that failed, by the reason.";
    DURATION: Type::Histogram(RUNS), "windlass_attempt_duration_seconds", ["queue", "kind"],
        "How long attempts took.";
    LATENCY: Type::Histogram(WAITS), "windlass_queue_latency_seconds", ["queue"],
        "How long jobs were due before a worker claimed them.";
    CLAIMS: Type::Counter, "windlass_claims_total", ["queue", "result"],
        "Claims by what they brought: jobs, nothing (empty), or an error.";
    LEASES_LOST: Type::Counter, "windlass_leases_lost_total", ["queue", "reason"],
        "Attempts whose lease was lost: stopped by this worker (expired), or a result the fence refused (fenced).";
    RESCUED: Type::Counter, "windlass_jobs_rescued_total", ["queue"],
        "Running jobs that this process took back from lost workers.";
    SLOTS: Type::Gauge, "windlass_worker_slots", ["queue"], "How many jobs of a queue this process runs at once.";
    SLOTS_BUSY: Type::Gauge, "windlass_worker_slots_busy", ["queue"], "How many it runs now.";
    JOBS: Type::Gauge, "windlass_jobs", ["queue", "state"],
        "Jobs by state, counted up to 100001; every worker samples the same tables, so aggregate with max.";
    OLDEST_READY: Type::Gauge, "windlass_oldest_ready_age_seconds", ["queue"],
        "How long the oldest due job has waited; 0 when none does. Aggregate with max.";
    DEAD_LETTERS: Type::Gauge, "windlass_dead_letters", ["queue"],
        "Dead letters that nobody has replayed, counted up to 100001. Aggregate with max.";
    BUILD: Type::Gauge, "windlass_build_info", ["version"], "Always 1; the label says which version runs.";
}

/// An enqueue was answered.
pub(crate) fn enqueued(queue: &str, kind: &str, created: bool) {
    let result = if created { "accepted" } else { "duplicate" };
    counter!(ENQUEUED, "queue" => queue.to_owned(), "kind" => kind.to_owned(), "result" => result).increment(1);
}

/// An attempt ended and its ending counted.
#[cfg(feature = "worker")]
pub(crate) fn attempt(queue: &str, kind: &str, outcome: Outcome, reason: Option<Reason>, took: Duration) {
    let (queue, kind) = (queue.to_owned(), kind.to_owned());
    counter!(ATTEMPTS, "queue" => queue.clone(), "kind" => kind.clone(), "outcome" => outcome.as_str()).increment(1);
    if let Some(reason) = reason {
        counter!(FAILURES, "queue" => queue.clone(), "kind" => kind.clone(), "reason" => reason.as_str()).increment(1);
    }
    histogram!(DURATION, "queue" => queue, "kind" => kind).record(took);
}

/// A claim was answered.
#[cfg(feature = "worker")]
pub(crate) fn claimed(queue: &str, result: &'static str) {
    counter!(CLAIMS, "queue" => queue.to_owned(), "result" => result).increment(1);
}

/// A job was due for so long when it was claimed.
#[cfg(feature = "worker")]
pub(crate) fn waited(queue: &str, waited: Duration) {
    histogram!(LATENCY, "queue" => queue.to_owned()).record(waited);
}

/// An attempt's lease was lost.
#[cfg(feature = "worker")]
pub(crate) fn lease_lost(queue: &str, reason: &'static str) {
    counter!(LEASES_LOST, "queue" => queue.to_owned(), "reason" => reason).increment(1);
}

/// Jobs were taken back from lost workers.
#[cfg(feature = "worker")]
pub(crate) fn rescued(queue: &str, jobs: usize) {
    counter!(RESCUED, "queue" => queue.to_owned()).increment(jobs as u64);
}

/// One slot was taken, or given back.
#[cfg(feature = "worker")]
pub(crate) fn slot(queue: &str, taken: bool) {
    let gauge = gauge!(SLOTS_BUSY, "queue" => queue.to_owned());
    if taken { gauge.increment(1.0) } else { gauge.decrement(1.0) }
}

/// What a queue holds.
#[cfg(feature = "worker")]
#[expect(clippy::cast_precision_loss, reason = "the counts stop at 100,001")]
pub(crate) fn sampled(queue: &str, gauges: &QueueGauges) {
    for (state, count) in
        [("ready", gauges.ready), ("scheduled", gauges.scheduled), ("retry", gauges.retry), ("running", gauges.running)]
    {
        gauge!(JOBS, "queue" => queue.to_owned(), "state" => state).set(count as f64);
    }
    gauge!(DEAD_LETTERS, "queue" => queue.to_owned()).set(gauges.dead as f64);
    gauge!(OLDEST_READY, "queue" => queue.to_owned()).set(gauges.oldest_ready_seconds.unwrap_or(0.0));
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// Brings every counter of these kinds into being at zero: a first dead letter must be an increase, not an appearance.
#[cfg(feature = "worker")]
#[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 slots")]
pub(crate) fn start_at_zero<'a>(kinds: impl Iterator<Item = (&'a str, &'a str)>, slots: impl Fn(&str) -> usize) {
    for (queue, kind) in kinds {
        for outcome in Outcome::ALL {
            counter!(ATTEMPTS, "queue" => queue.to_owned(), "kind" => kind.to_owned(), "outcome" => outcome.as_str())
                .increment(0);
        }
        for reason in ["expired", "fenced"] {
            counter!(LEASES_LOST, "queue" => queue.to_owned(), "reason" => reason).increment(0);
        }
        counter!(RESCUED, "queue" => queue.to_owned()).increment(0);
        gauge!(SLOTS, "queue" => queue.to_owned()).set(slots(queue) as f64);
        gauge!(SLOTS_BUSY, "queue" => queue.to_owned()).increment(0.0);
    }
}

/// Tells the recorder what each metric says.
#[cfg(feature = "cli")]
fn describe() {
    for metric in ALL {
        match metric.kind {
            Type::Counter => metrics::describe_counter!(metric.name, metric.help),
            Type::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            Type::Histogram(_) => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
}
