//! The outside, as traits. Each has a fake beside it, so that every job runs end to end with no network.

pub mod narrator;
