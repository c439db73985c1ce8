//! How an attempt ends. Every ending has a name.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What is done with a job at the end of an attempt. This, not the job's own words, goes to the settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// It is done: the row moves to the history.
    Completed,
    /// It is not wanted any more: the row moves to the history.
    Cancelled,
    /// It failed and will be tried again after `delay`.
    Retry {
        /// How long it waits, in the database.
        delay: Duration,
        /// Why it failed.
        reason: Reason,
        /// What is recorded of the error: text, cut to size.
        error: String,
    },
    /// It waits for `delay` and nothing is held against it.
    Snoozed {
        /// How long it waits.
        delay: Duration,
    },
    /// The same, because the other side said so.
    RetryAfter {
        /// How long it waits.
        delay: Duration,
    },
    /// Its kind is paused, or unknown here: it waits for who may run it.
    Parked,
    /// Its time was over before it ran.
    Expired,
    /// It was handed back unfinished, for the next worker: no failure.
    Released,
    /// It will not run again by itself: the row moves to the dead letters.
    Buried {
        /// Why.
        reason: Reason,
        /// What is recorded of the error: text, cut to size.
        error: String,
    },
}

impl Ending {
    /// The name under which the ending is counted.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Completed => Outcome::Completed,
            Self::Cancelled => Outcome::Cancelled,
            Self::Retry { .. } => Outcome::Retry,
            Self::Snoozed { .. } => Outcome::Snoozed,
            Self::RetryAfter { .. } => Outcome::RetryAfter,
            Self::Parked => Outcome::Parked,
            Self::Expired => Outcome::Expired,
            Self::Released => Outcome::Released,
            Self::Buried { .. } => Outcome::Buried,
        }
    }
}

/// The closed list of outcomes: the values of the label `outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Done.
    Completed,
    /// Not wanted any more.
    Cancelled,
    /// Failed, to be tried again.
    Retry,
    /// Waits on purpose.
    Snoozed,
    /// Waits because the other side said so.
    RetryAfter,
    /// Waits for who may run it.
    Parked,
    /// Its time was over.
    Expired,
    /// Handed back unfinished.
    Released,
    /// A dead letter now.
    Buried,
}

impl Outcome {
    /// All of them, so that every counter stands at zero from the start.
    pub const ALL: [Self; 9] = [
        Self::Completed,
        Self::Cancelled,
        Self::Expired,
        Self::Retry,
        Self::RetryAfter,
        Self::Snoozed,
        Self::Parked,
        Self::Released,
        Self::Buried,
    ];

    /// The label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Retry => "retry",
            Self::Snoozed => "snoozed",
            Self::RetryAfter => "retry_after",
            Self::Parked => "parked",
            Self::Expired => "expired",
            Self::Released => "released",
            Self::Buried => "buried",
        }
    }
}

/// The closed list of reasons for which an attempt fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// The job returned an error.
    Error,
    /// The job said that trying again is useless.
    Discarded,
    /// It took longer than its policy allows.
    Timeout,
    /// It panicked.
    Panic,
    /// Its arguments do not decode.
    BadArguments,
    /// It said that it completed in a transaction, which was not committed.
    Uncommitted,
    /// It was put off more often than its policy allows.
    DeferredTooOften,
    /// Its worker died of it.
    WorkerKilled,
}

impl Reason {
    /// All of them, so that every counter stands at zero from the start.
    pub const ALL: [Self; 8] = [
        Self::Error,
        Self::Discarded,
        Self::Timeout,
        Self::Panic,
        Self::BadArguments,
        Self::Uncommitted,
        Self::DeferredTooOften,
        Self::WorkerKilled,
    ];

    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Discarded => "discarded",
            Self::Timeout => "timeout",
            Self::Panic => "panic",
            Self::BadArguments => "bad_arguments",
            Self::Uncommitted => "uncommitted",
            Self::DeferredTooOften => "deferred_too_often",
            Self::WorkerKilled => "worker_killed",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
