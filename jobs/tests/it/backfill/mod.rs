//! Backfill as jobs: files go in, and what comes out is what the formulas say, however the way there was.

mod acts;
mod bad_input;
mod cli;
mod fixtures;
mod full_disk;
mod kills;
mod life;
mod people;
mod resolve;
pub(crate) mod support;
