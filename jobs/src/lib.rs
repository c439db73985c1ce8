//! The jobs.

pub mod calendar;
