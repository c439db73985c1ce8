//! What a worker counts.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

use super::{
    ATTEMPTS, BUILD, CHILD_EXITS, CLAIMS, DEAD_LETTERS, DURATION, FAILURES, JOBS, LATENCY, LEASES_LOST, OLDEST_READY,
    RESCUED, SLOTS, SLOTS_BUSY,
};
use crate::model::{Outcome, QueueGauges, Reason};

/// How a suspect's child process ends: it said how the job ended; it died of the job; it took too long; its worker stopped
/// it; or it did not come as far as the job.
const CHILD_REASONS: [&str; 5] = ["ok", "crash", "timeout", "stopped", "unstarted"];

/// An attempt ended and its ending counted.
pub(crate) fn attempt(queue: &str, kind: &str, outcome: Outcome, reason: Option<Reason>, took: Duration) {
    let (queue, kind) = (queue.to_owned(), kind.to_owned());
    counter!(ATTEMPTS, "queue" => queue.clone(), "kind" => kind.clone(), "outcome" => outcome.as_str()).increment(1);
    if let Some(reason) = reason {
        counter!(FAILURES, "queue" => queue.clone(), "kind" => kind.clone(), "reason" => reason.as_str()).increment(1);
    }
    histogram!(DURATION, "queue" => queue, "kind" => kind).record(took);
}

/// A claim was answered.
pub(crate) fn claimed(queue: &str, result: &'static str) {
    counter!(CLAIMS, "queue" => queue.to_owned(), "result" => result).increment(1);
}

/// A job was due for so long when it was claimed.
pub(crate) fn waited(queue: &str, waited: Duration) {
    histogram!(LATENCY, "queue" => queue.to_owned()).record(waited);
}

/// An attempt's lease was lost.
pub(crate) fn lease_lost(queue: &str, reason: &'static str) {
    counter!(LEASES_LOST, "queue" => queue.to_owned(), "reason" => reason).increment(1);
}

/// Jobs were taken back from lost workers.
pub(crate) fn rescued(queue: &str, jobs: usize) {
    counter!(RESCUED, "queue" => queue.to_owned()).increment(jobs as u64);
}

/// A child process that ran a suspect has ended, for one of [`CHILD_REASONS`].
pub(crate) fn child_exited(queue: &str, kind: &str, reason: &'static str) {
    counter!(CHILD_EXITS, "queue" => queue.to_owned(), "kind" => kind.to_owned(), "reason" => reason).increment(1);
}

/// One slot was taken, or given back.
pub(crate) fn slot(queue: &str, taken: bool) {
    let gauge = gauge!(SLOTS_BUSY, "queue" => queue.to_owned());
    if taken { gauge.increment(1.0) } else { gauge.decrement(1.0) }
}

/// What a queue holds.
#[expect(clippy::cast_precision_loss, reason = "the counts stop at 100,001")]
pub(crate) fn sampled(queue: &str, gauges: &QueueGauges) {
    for (state, count) in [
        ("ready", gauges.ready),
        ("scheduled", gauges.scheduled),
        ("retry", gauges.retry),
        ("blocked", gauges.blocked),
        ("parked", gauges.parked),
        ("running", gauges.running),
    ] {
        gauge!(JOBS, "queue" => queue.to_owned(), "state" => state).set(count as f64);
    }
    gauge!(DEAD_LETTERS, "queue" => queue.to_owned()).set(gauges.dead as f64);
    gauge!(OLDEST_READY, "queue" => queue.to_owned()).set(gauges.oldest_ready_seconds.unwrap_or(0.0));
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// Brings every counter of these kinds into being at zero: a first dead letter must be an increase, not an appearance.
#[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 slots")]
pub(crate) fn start_at_zero<'a>(kinds: impl Iterator<Item = (&'a str, &'a str)>, slots: impl Fn(&str) -> usize) {
    for (queue, kind) in kinds {
        for outcome in Outcome::ALL {
            counter!(ATTEMPTS, "queue" => queue.to_owned(), "kind" => kind.to_owned(), "outcome" => outcome.as_str())
                .increment(0);
        }
        for reason in CHILD_REASONS {
            counter!(CHILD_EXITS, "queue" => queue.to_owned(), "kind" => kind.to_owned(), "reason" => reason)
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
