//! Every metric, once: name, type, labels, help. Nothing is counted anywhere else, and every label is a closed list.

mod bounds;
mod database;
#[cfg(feature = "cli")]
mod exposition;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "worker")]
mod instruments;
#[cfg(feature = "cli")]
mod logs;
#[cfg(feature = "worker")]
mod meters;
#[cfg(feature = "worker")]
mod schedule;
#[cfg(feature = "otlp")]
mod traces;
#[cfg(feature = "worker")]
mod work;

#[cfg(feature = "worker")]
pub(crate) use bounds::bounded;
pub use catalogue::*;
pub(crate) use database::asked;
#[cfg(feature = "worker")]
pub(crate) use database::{acquired, connections, databases_start_at_zero};
#[cfg(feature = "cli")]
pub use exposition::{Exposition, ExpositionError};
#[cfg(feature = "http")]
pub(crate) use http::answered;
#[cfg(feature = "cli")]
pub(crate) use http::requests_start_at_zero;
#[cfg(feature = "cli")]
pub(crate) use logs::is_filter;
#[cfg(feature = "cli")]
pub use logs::{LogFormat, start_logs};

#[cfg(feature = "worker")]
pub use instruments::{Instruments, Reading, Sampled};
#[cfg(feature = "worker")]
pub(crate) use instruments::{Read, show};
#[cfg(feature = "worker")]
pub(crate) use meters::Meters;
#[cfg(feature = "worker")]
pub(crate) use schedule::{schedule_fired_last, schedule_ticked, scheduler_lag, schedules_start_at_zero};
#[cfg(feature = "otlp")]
pub(crate) use traces::{attempted, attempting, enqueueing, stop_traces};
#[cfg(feature = "worker")]
pub(crate) use work::{
    child_exited, claimed, lease_lost, renewed, replay_ended, replay_stopped, rescued, sampled, start_at_zero, woken,
};

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

/// A metric's entry in the catalogue. Its unit is the end of its name, before `_total`; without one it counts things.
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

// Below the macro that it is written with.
mod catalogue;

/// An enqueue was answered.
pub(crate) fn enqueued(queue: &str, kind: &str, created: bool) {
    // A producer may know no list of kinds.
    let (queue, kind) = (bounds::bounded("queue", queue), bounds::bounded("kind", kind));
    let result = if created { "accepted" } else { "duplicate" };
    counter!(ENQUEUED, "queue" => queue, "kind" => kind, "result" => result).increment(1);
}

/// Brings what is counted of enqueues of these kinds into being at zero, by queue and kind.
#[cfg(feature = "worker")]
pub(crate) fn enqueues_start_at_zero<'a>(kinds: impl Iterator<Item = (&'a str, &'a str)>) {
    for (queue, kind) in kinds {
        for result in ["accepted", "duplicate"] {
            let (queue, kind) = (bounds::bounded("queue", queue), bounds::bounded("kind", kind));
            counter!(ENQUEUED, "queue" => queue, "kind" => kind, "result" => result).increment(0);
        }
    }
}

/// Seconds since 1970, for what is compared with the collector's clock.
#[cfg(feature = "worker")]
#[expect(clippy::disallowed_methods, reason = "no due time or lease hangs on it")]
fn now() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Without a collector a job carries what it was given.
#[cfg(not(feature = "otlp"))]
pub(crate) fn enqueueing(_: &tracing::Span, _: Option<&str>) -> Option<String> {
    None
}

/// Without a collector an attempt is linked to nothing.
#[cfg(all(feature = "worker", not(feature = "otlp")))]
pub(crate) fn attempting(_: &tracing::Span, _: Option<&str>) {}

/// Without a collector nobody is told how an attempt ended.
#[cfg(all(feature = "worker", not(feature = "otlp")))]
pub(crate) fn attempted(_: &tracing::Span, _: &'static str) {}

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
