//! What is counted of entries and of the books.

use metrics::counter;

use super::books::Booked;
use crate::telemetry::{ROI_DIFFERENCES, ROI_ENTRIES};

/// A source was collected.
pub(super) fn collected(booked: &Booked, bad: u64) {
    let Booked { new, adjusted, unallocated, .. } = *booked;
    for (result, rows) in [("new", new), ("adjusted", adjusted), ("unallocated", unallocated)] {
        count(result, rows.unsigned_abs());
    }
    count("bad", bad);
}

/// A source was compared with the books, which differ on so many days.
pub(super) fn compared(differences: u64) {
    counter!(ROI_DIFFERENCES).increment(differences);
}

/// Brings every counter into being at zero.
pub(crate) fn start_at_zero() {
    collected(&Booked::default(), 0);
    compared(0);
}

fn count(result: &'static str, rows: u64) {
    counter!(ROI_ENTRIES, "result" => result).increment(rows);
}
