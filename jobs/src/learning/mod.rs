//! What is computed about one learner: the arithmetic alone, no database and no clock.
//!
//! Sums over many rows are not here: they are SQL, beside the job that runs them.

pub mod advice;
pub mod archetype;
pub mod coefficients;
pub mod line;
pub mod mastery;
pub mod matching;
pub mod pass;
pub mod velocity;

pub use archetype::{Archetype, Classified};
pub use coefficients::Coefficients;
