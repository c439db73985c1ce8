//! What is counted of the database's answers.

use std::time::Duration;

#[cfg(feature = "worker")]
use metrics::gauge;
use metrics::{counter, histogram};

#[cfg(feature = "worker")]
use super::{DB_ACQUIRE, DB_POOL};
use super::{DB_ERRORS, DB_QUERIES};

/// What the database is asked for.
#[cfg(feature = "worker")]
const OPS: [&str; 8] = ["claim", "enqueue", "look", "renew", "rescue", "sample", "schedule", "settle"];
/// How it may fail: the classes of SQLSTATE that a queue meets (PostgreSQL's manual, appendix A), and what has none.
const CLASSES: [&str; 16] =
    ["08", "22", "23", "25", "28", "40", "42", "53", "54", "55", "57", "XX", "io", "pool", "timeout", "other"];

/// The database was asked for this, and answered or failed after so long.
pub(crate) fn asked(op: &'static str, took: Duration, failure: Option<&str>) {
    histogram!(DB_QUERIES, "op" => op).record(took);
    if let Some(failure) = failure {
        let class = CLASSES.into_iter().find(|class| *class == failure).unwrap_or("other");
        counter!(DB_ERRORS, "op" => op, "class" => class).increment(1);
    }
}

/// A connection of the worker's own was waited for.
#[cfg(feature = "worker")]
pub(crate) fn acquired(took: Duration) {
    histogram!(DB_ACQUIRE).record(took);
}

/// What the worker's own pool holds.
#[cfg(feature = "worker")]
pub(crate) fn connections(all: u32, idle: usize) {
    let idle = u32::try_from(idle).unwrap_or(all).min(all);
    for (state, count) in [("idle", idle), ("used", all - idle)] {
        gauge!(DB_POOL, "state" => state).set(count);
    }
}

/// Brings every counter into being at zero.
#[cfg(feature = "worker")]
pub(crate) fn databases_start_at_zero() {
    for op in OPS {
        for class in CLASSES {
            counter!(DB_ERRORS, "op" => op, "class" => class).increment(0);
        }
    }
}
