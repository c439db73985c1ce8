//! The monthly narrative: its formulas against fixtures, its ledger, the job.

mod http;
mod job;
mod killed;
mod ledger;
mod many;
mod months;
mod prompts;
mod races;
pub(crate) mod setup;
mod texts;
