//! The monthly narrative: its formulas against fixtures, its ledger, the job.

mod http;
mod job;
mod ledger;
mod many;
mod months;
mod races;
mod setup;
mod texts;
