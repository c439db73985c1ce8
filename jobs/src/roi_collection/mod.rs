//! What learners cost and bring: entries are collected, rolled up by learner and cohort, compared with what was expected,
//! and the expectation is corrected.
//!
//! Money is integer micro-dollars until it becomes a ratio. These modules are the arithmetic alone: `ab`, `calibration`,
//! `cohort`, `learner`, `multipliers`, `trend`.

pub mod ab;
pub mod archetype;
pub mod calibration;
pub mod cohort;
pub mod learner;
pub mod multipliers;
pub mod trend;

pub use archetype::Archetype;
pub use calibration::{Calibration, calibrate};
pub use cohort::{CohortRoi, Severity, Share, cohort_roi};
pub use learner::{LearnerRoi, learner_roi};
pub use multipliers::Multipliers;
pub use trend::{Trend, trend};
