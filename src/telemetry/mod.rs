//! Every metric, once: name, type, labels, help. Nothing is counted anywhere else, and every label is a closed list.

#[cfg(feature = "cli")]
mod exposition;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "worker")]
mod instruments;
#[cfg(feature = "cli")]
mod logs;
#[cfg(feature = "worker")]
mod schedule;
#[cfg(feature = "otlp")]
mod traces;
#[cfg(feature = "worker")]
mod work;

#[cfg(feature = "cli")]
pub use exposition::{Exposition, ExpositionError};
#[cfg(feature = "http")]
pub(crate) use http::answered;
#[cfg(feature = "cli")]
pub(crate) use logs::is_filter;
#[cfg(feature = "cli")]
pub use logs::{LogFormat, start_logs};

#[cfg(feature = "worker")]
pub use instruments::{Instruments, Reading, Sampled};
#[cfg(feature = "worker")]
pub(crate) use instruments::{Read, show};
#[cfg(feature = "worker")]
pub(crate) use schedule::{schedule_fired_last, schedule_ticked, scheduler_lag, schedules_start_at_zero};
#[cfg(feature = "otlp")]
pub(crate) use traces::{attempting, enqueueing, stop_traces};
#[cfg(feature = "worker")]
pub(crate) use work::{attempt, child_exited, claimed, lease_lost, rescued, sampled, slot, start_at_zero, waited};

use metrics::counter;

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

const ANSWERS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Metrics, each said once: a constant of its name, its type, name, labels and help; and `ALL` of them.
///
/// ```
/// use windlass::telemetry::Type;
/// windlass::catalogue! {
///     LETTERS: Type::Counter, "post_letters_total", ["country"], "Letters that were sent.";
/// }
///
/// fn main() {
///     assert_eq!((ALL.len(), ALL[0].name), (1, LETTERS));
/// }
/// ```
#[macro_export]
macro_rules! catalogue {
    ($($constant:ident: $kind:expr, $name:literal, [$($label:literal),*], $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $constant: &str = $name;
        )*

        /// The whole catalogue.
        pub const ALL: &[$crate::telemetry::Metric] =
            &[$($crate::telemetry::Metric { name: $name, kind: $kind, labels: &[$($label),*], help: $help },)*];
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
    CHILD_EXITS: Type::Counter, "windlass_worker_child_exits_total", ["queue", "kind", "reason"],
        "Child processes that ran a suspected job alone, by how they ended.";
    SLOTS: Type::Gauge, "windlass_worker_slots", ["queue"], "How many jobs of a queue this process runs at once.";
    SLOTS_BUSY: Type::Gauge, "windlass_worker_slots_busy", ["queue"], "How many it runs now.";
    JOBS: Type::Gauge, "windlass_jobs", ["queue", "state"],
        "Jobs by state, counted up to 100001; every worker samples the same tables, so aggregate with max.";
    OLDEST_READY: Type::Gauge, "windlass_oldest_ready_age_seconds", ["queue"],
        "How long the oldest due job has waited; 0 when none does. Aggregate with max.";
    DEAD_LETTERS: Type::Gauge, "windlass_dead_letters", ["queue"],
        "Dead letters that nobody has replayed, counted up to 100001. Aggregate with max.";
    SCHEDULE_TICKS: Type::Counter, "windlass_schedule_ticks_total", ["schedule", "outcome"],
        "Ticks that this process dealt with: a job was made (fired), or none because its predecessor still ran (skipped).";
    SCHEDULE_MISSED: Type::Counter, "windlass_schedule_missed_total", ["schedule"],
        "Ticks that came while nobody fired them, and that by the schedule's rule made no job.";
    SCHEDULE_LAST: Type::Gauge, "windlass_schedule_last_success_timestamp_seconds", ["schedule"],
        "The last tick that made a job, in seconds since 1970; 0 when none has. Aggregate with max.";
    SCHEDULER_LAG: Type::Gauge, "windlass_scheduler_lag_seconds", [],
        "How late the latest look found a tick that nobody had fired; 0 when it found none. Aggregate with max.";
    HTTP_REQUESTS: Type::Counter, "windlass_http_requests_total", ["route", "method", "code"],
        "Requests that this process answered, by the route's template and the class of the answer.";
    HTTP_DURATION: Type::Histogram(ANSWERS), "windlass_http_request_duration_seconds", ["route", "method"],
        "How long requests took, from their head to their answer.";
    BUILD: Type::Gauge, "windlass_build_info", ["version"], "Always 1; the label says which version runs.";
}

/// An enqueue was answered.
pub(crate) fn enqueued(queue: &str, kind: &str, created: bool) {
    let result = if created { "accepted" } else { "duplicate" };
    counter!(ENQUEUED, "queue" => queue.to_owned(), "kind" => kind.to_owned(), "result" => result).increment(1);
}

/// Without a collector a job carries what it was given.
#[cfg(not(feature = "otlp"))]
pub(crate) fn enqueueing(_: &tracing::Span, _: Option<&str>) -> Option<String> {
    None
}

/// Without a collector an attempt is linked to nothing.
#[cfg(all(feature = "worker", not(feature = "otlp")))]
pub(crate) fn attempting(_: &tracing::Span, _: Option<&str>) {}

/// Tells the recorder what each metric says.
#[cfg(feature = "worker")]
fn describe_all(metrics: &[Metric]) {
    for metric in metrics {
        match metric.kind {
            Type::Counter => metrics::describe_counter!(metric.name, metric.help),
            Type::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            Type::Histogram(_) => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
}
