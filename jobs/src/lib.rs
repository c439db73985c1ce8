//! The jobs.

pub mod calendar;
pub mod post_session_analysis;
pub mod results;
pub mod tolerance;
