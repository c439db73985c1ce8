//! The words: plain values that every other room speaks in. No I/O, and no job has a type here.

mod claim;
mod clock;
#[cfg(feature = "worker")]
mod cron;
mod gauges;
mod id;
mod letter;
mod new_job;
mod outcome;
mod policy;
#[cfg(feature = "worker")]
mod retry;
#[cfg(feature = "worker")]
mod schedule;
mod text;
#[cfg(feature = "worker")]
mod worker_options;

pub use claim::Claim;
pub use clock::{Clock, ManualClock};
#[cfg(feature = "worker")]
pub use cron::{Cron, CronError};
pub use gauges::QueueGauges;
pub use id::{JobId, SessionId};
pub use letter::{AttemptRecord, DeadLetter, fingerprint};
pub use new_job::{Enqueued, NewJob, NewJobError};
pub use outcome::{Ending, Outcome, Reason};
pub use policy::{Policy, Priority, RetryPolicy};
#[cfg(feature = "worker")]
pub use schedule::{Declaration, Due, Missed, Overlap, Run, ScheduleSettings};
pub(crate) use text::hex;
pub use text::{RawJson, cut};
#[cfg(feature = "worker")]
pub use worker_options::WorkerOptions;
