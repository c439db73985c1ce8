//! What is counted of runs. Labels are closed lists: operations, targets, endings.

use metrics::counter;

use super::spec::Op;
use super::store::Run;
use super::target::Target;
use crate::telemetry::{BACKFILL_ROWS, BACKFILL_RUNS};

/// How a worker may end a run.
const ENDINGS: [&str; 2] = ["done", "failed"];
/// What becomes of rows.
const RESULTS: [&str; 4] = ["read", "accepted", "quarantined", "skipped"];

/// A chunk's rows have been read and looked at.
pub(super) fn read(target: Target, rows: u64) {
    count(target, "read", rows);
}

/// A run's rows are in, or stay where they are.
pub(super) fn integrated(target: Target, run: &Run) {
    for (result, rows) in [("accepted", run.accepted), ("quarantined", run.quarantined), ("skipped", run.skipped)] {
        count(target, result, rows.unsigned_abs());
    }
}

/// A run went through.
pub(super) fn done(op: &Op) {
    counter!(BACKFILL_RUNS, "op" => op.as_str(), "outcome" => ENDINGS[0]).increment(1);
}

/// A run came to nothing.
pub(super) fn failed(op: &Op) {
    counter!(BACKFILL_RUNS, "op" => op.as_str(), "outcome" => ENDINGS[1]).increment(1);
}

/// Brings every counter into being at zero.
pub(crate) fn start_at_zero() {
    for target in Target::ALL {
        for result in RESULTS {
            count(target, result, 0);
        }
    }
    for op in Op::WORDS {
        for outcome in ENDINGS {
            counter!(BACKFILL_RUNS, "op" => op, "outcome" => outcome).increment(0);
        }
    }
}

fn count(target: Target, result: &'static str, rows: u64) {
    counter!(BACKFILL_ROWS, "target" => target.as_str(), "result" => result).increment(rows);
}
