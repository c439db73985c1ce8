//! The words: plain values that every other room speaks in. No I/O, and no job has a type here.

mod audit;
mod by;
mod claim;
mod clock;
mod controls;
#[cfg(feature = "worker")]
mod cron;
mod gauges;
mod group;
mod id;
#[cfg(feature = "worker")]
mod isolation;
mod job_request;
mod key;
mod letter;
mod new_job;
mod outcome;
mod policy;
mod published_kind;
mod redact;
mod replay;
#[cfg(feature = "worker")]
mod retry;
#[cfg(feature = "worker")]
mod schedule;
mod text;
#[cfg(feature = "worker")]
mod worker_options;

pub use audit::AuditEntry;
pub use by::By;
pub use claim::Claim;
pub use clock::{Clock, ManualClock};
pub use controls::{Controls, Keep, KindInfo, Limits, QueueControl, QueueInfo};
#[cfg(feature = "worker")]
pub use cron::{Cron, CronError};
pub use gauges::QueueGauges;
pub use group::{Group, GroupState};
pub use id::{JobId, SessionId};
#[cfg(feature = "worker")]
pub use isolation::Isolation;
pub use job_request::{ForScope, JobRequest, KeyScopeRequest, NamedScope, PerScope};
pub(crate) use key::identity_of;
pub use key::{Calendar, KeyConflict, KeyScope};
pub use letter::{AttemptRecord, DeadLetter, fingerprint, title};
pub use new_job::{Enqueued, MAX_CHECKPOINT_BYTES, NewJob, NewJobError, Standing};
pub use outcome::{Ending, Outcome, Reason};
pub use policy::{Policy, Priority, RetryPolicy};
pub use published_kind::{PublishedKind, PublishedRow};
pub use redact::{masked, redacted, redacted_raw};
pub use replay::{Argument, Pace, Replay, ReplayFilter, ReplayItem, ReplayKind};
#[cfg(feature = "worker")]
pub use schedule::{Declaration, Due, Missed, Overlap, Run, ScheduleSettings};
pub(crate) use text::hex;
pub use text::{RawJson, cut};
#[cfg(feature = "worker")]
pub use worker_options::WorkerOptions;
