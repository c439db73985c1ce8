//! Results as lines of a file: what the demo writes and the fixtures hold.
//!
//! Not the database's rows. The order of fields is the files'; numbers have 12 decimals.

mod cohort;
mod control_cases;
mod day;
mod deletion;
mod forecast;
mod heatmap;
mod learner;
mod narrative;
mod roi;
mod session_bucket;
mod session_vector;
mod spectrum;
mod time_cases;
mod turn_impact;

use std::io::{self, Write};

use serde::{Serialize, Serializer};

pub use cohort::{Benchmarks, Matching};
pub use control_cases::{ControlAnswers, ControlCases};
pub use day::DayRow;
pub use deletion::{Deletion, Removed};
pub use forecast::{MasteryRow, PredictionRow};
pub use heatmap::{Heatmaps, heatmaps};
pub use learner::{LearnerRow, LearnerSummary};
pub use narrative::{Judged, NarrativeAnswers, NarrativeCases, NarrativeRow};
pub use roi::{AbRow, CalibrationRow, PortfolioRow, RoiCohortRow, RoiFile, RoiLearnerRow, calibration_rows};
pub use session_bucket::SessionBucketRow;
pub use session_vector::{HumanValence, SessionVectorRow};
pub use spectrum::{MonthRow, WeekRow};
pub use time_cases::TimeCases;
pub use turn_impact::TurnImpactRow;

/// Writes each row as a line of JSON.
///
/// # Errors
///
/// The writer's.
pub fn write_jsonl(mut to: impl Write, rows: impl IntoIterator<Item = impl Serialize>) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut to, &row)?;
        to.write_all(b"\n")?;
    }
    to.flush()
}

/// Writes one value as JSON.
///
/// # Errors
///
/// The writer's.
pub fn write_json(mut to: impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut to, value)?;
    to.write_all(b"\n")?;
    to.flush()
}

/// Writes the rows as CSV under a line of these names, which are their fields' in their order: it is there without a row too.
///
/// # Errors
///
/// The writer's.
pub fn write_csv(to: impl Write, names: &[&str], rows: impl IntoIterator<Item = impl Serialize>) -> csv::Result<()> {
    let mut to = csv::WriterBuilder::new().has_headers(false).from_writer(to);
    to.write_record(names)?;
    for row in rows {
        to.serialize(row)?;
    }
    Ok(to.flush()?)
}

/// To 12 decimals, and never `-0.0`.
fn rounded(value: f64) -> f64 {
    (value * 1e12).round() / 1e12 + 0.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn digits<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(rounded(*value))
}

#[expect(clippy::ref_option, reason = "serde hands over references")]
fn maybe_digits<S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
    value.map(rounded).serialize(to)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_twelve_decimals() {
        assert_eq!(rounded(1.0 / 3.0), 0.333_333_333_333);
        assert!(rounded(-1e-15).is_sign_positive());
    }
}
