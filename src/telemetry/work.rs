//! What a worker counts.

use metrics::{counter, gauge};

use super::{
    ATTEMPTS, CHILD_EXITS, CLAIMED_AT, CLAIMS, FAILURES, LEASES_LOST, OBJECTIVE, RENEWALS, REPLAYED, REPLAYS_STOPPED,
    RESCUED, SAMPLED_AT, SLOTS, SLOTS_BUSY, STARTS, WAKEUPS, databases_start_at_zero, enqueues_start_at_zero, now,
};
use crate::model::{Outcome, Reason, WorkerOptions};

/// How a suspect's child process ends: it said how the job ended; it died of the job; it took too long; its worker stopped
/// it; or it did not come as far as the job.
const CHILD_REASONS: [&str; 5] = ["ok", "crash", "timeout", "stopped", "unstarted"];

/// A claim was answered.
pub(crate) fn claimed(queue: &str, result: &'static str) {
    counter!(CLAIMS, "queue" => queue.to_owned(), "result" => result).increment(1);
    if result != "error" {
        gauge!(CLAIMED_AT, "queue" => queue.to_owned()).set(now());
    }
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

/// A queue's jobs are to start within this.
fn objective(queue: &str, seconds: f64) {
    gauge!(OBJECTIVE, "queue" => queue.to_owned()).set(seconds);
}

/// An idle claimer looks again, for it was rung or its time has come.
pub(crate) fn woken(rung: bool) {
    counter!(WAKEUPS, "source" => if rung { "ring" } else { "poll" }).increment(1);
}

/// A renewal of the process's lease was answered, or failed.
pub(crate) fn renewed(result: &'static str) {
    counter!(RENEWALS, "result" => result).increment(1);
}

/// So many replayed jobs ended so.
pub(crate) fn replay_ended(result: &'static str, jobs: i32) {
    counter!(REPLAYED, "result" => result).increment(jobs.unsigned_abs().into());
}

/// A replay stopped by itself, or none.
pub(crate) fn replay_stopped(replays: u64) {
    counter!(REPLAYS_STOPPED).increment(replays);
}

/// This process has sampled for all.
pub(crate) fn sampled() {
    gauge!(SAMPLED_AT).set(now());
}

/// Brings every counter of these kinds, by queue and name, into being at zero: a first dead letter must be an increase, not an
/// appearance.
#[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 slots")]
pub(crate) fn start_at_zero<'a>(kinds: impl Iterator<Item = (&'a str, &'a str)> + Clone, options: &WorkerOptions) {
    enqueues_start_at_zero(kinds.clone());
    databases_start_at_zero();
    for (queue, kind) in kinds {
        let label = || [("queue", queue.to_owned()), ("kind", kind.to_owned())];
        for outcome in Outcome::ALL {
            let [queue, kind] = label();
            counter!(ATTEMPTS, &[queue, kind, ("outcome", outcome.as_str().to_owned())]).increment(0);
        }
        for reason in Reason::ALL {
            let [queue, kind] = label();
            counter!(FAILURES, &[queue, kind, ("reason", reason.as_str().to_owned())]).increment(0);
        }
        for reason in CHILD_REASONS {
            counter!(CHILD_EXITS, "queue" => queue.to_owned(), "kind" => kind.to_owned(), "reason" => reason)
                .increment(0);
        }
        for reason in ["expired", "fenced"] {
            counter!(LEASES_LOST, "queue" => queue.to_owned(), "reason" => reason).increment(0);
        }
        for result in ["jobs", "empty", "error"] {
            counter!(CLAIMS, "queue" => queue.to_owned(), "result" => result).increment(0);
        }
        for is in ["true", "false"] {
            counter!(STARTS, "queue" => queue.to_owned(), "on_time" => is).increment(0);
        }
        rescued(queue, 0);
        objective(queue, options.objective(queue).as_secs_f64());
        gauge!(SLOTS, "queue" => queue.to_owned()).set(options.slots(queue) as f64);
        gauge!(SLOTS_BUSY, "queue" => queue.to_owned()).increment(0.0);
    }
    for source in ["ring", "poll"] {
        counter!(WAKEUPS, "source" => source).increment(0);
    }
    for result in ["ok", "error", "lost"] {
        counter!(RENEWALS, "result" => result).increment(0);
    }
    for result in ["succeeded", "died_same", "died_other", "ended"] {
        replay_ended(result, 0);
    }
    replay_stopped(0);
    gauge!(SAMPLED_AT).increment(0.0);
}
