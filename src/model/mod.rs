//! The words: plain values that every other room speaks in. No I/O, and no job has a type here.

mod claim;
mod clock;
mod gauges;
mod id;
#[cfg(feature = "worker")]
mod isolation;
mod letter;
mod new_job;
mod outcome;
mod policy;
#[cfg(feature = "worker")]
mod retry;
mod text;
#[cfg(feature = "worker")]
mod worker_options;

pub use claim::Claim;
pub use clock::{Clock, ManualClock};
pub use gauges::QueueGauges;
pub use id::{JobId, SessionId};
#[cfg(feature = "worker")]
pub use isolation::Isolation;
pub use letter::{AttemptRecord, DeadLetter, fingerprint};
pub use new_job::{Enqueued, NewJob, NewJobError};
pub use outcome::{Ending, Outcome, Reason};
pub use policy::{Policy, Priority, RetryPolicy};
pub(crate) use text::hex;
pub use text::{RawJson, cut};
#[cfg(feature = "worker")]
pub use worker_options::WorkerOptions;
