//! How a kind is run: how often, how long, and how long it waits between failures.

use std::time::Duration;

/// How urgent a job is. Within a queue the more urgent are claimed first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum Priority {
    /// Somebody waits for it.
    High = 1,
    /// Sooner than usual.
    Raised = 2,
    /// The usual.
    #[default]
    Normal = 3,
    /// When nothing else waits.
    Low = 4,
}

impl Priority {
    /// Of the stored number.
    #[must_use]
    pub fn of(number: i16) -> Option<Self> {
        [Self::High, Self::Raised, Self::Normal, Self::Low].into_iter().find(|priority| priority.number() == number)
    }

    /// The stored number, 1 (high) to 4 (low).
    #[must_use]
    pub fn number(self) -> i16 {
        self as i16
    }
}

/// The policy of a kind.
///
/// ```
/// use std::time::Duration;
/// use windlass::Policy;
///
/// const POLICY: Policy = Policy { timeout: Duration::from_secs(60), max_failures: 5, ..Policy::DEFAULT };
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// After so many *failed* attempts the job is a dead letter. Snoozes, releases and rescues are no failures.
    pub max_failures: i32,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How long a failed job waits, in the database.
    pub retry: RetryPolicy,
    /// How often a job may be put off, by snoozing or because the other side said when to come again; once more is a failure.
    pub max_deferrals: i32,
    /// How urgent its jobs are unless an enqueue says otherwise.
    pub priority: Priority,
}

impl Policy {
    /// Ten attempts of a minute each, over about a day and a half.
    pub const DEFAULT: Self = Self {
        max_failures: 10,
        timeout: Duration::from_mins(1),
        retry: RetryPolicy::DEFAULT,
        max_deferrals: 1_000,
        priority: Priority::Normal,
    };
}

/// Exponential backoff: the wait before attempt *n + 1* is `min(cap, base × factor^(n-1))`, spread by `jitter`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// The wait after the first failure.
    pub base: Duration,
    /// By how much the wait grows at each failure.
    pub factor: f64,
    /// The longest wait. Jitter never exceeds it.
    pub cap: Duration,
    /// The share of the wait by which it is spread, 0 to 1: 0.2 means ±20 %.
    pub jitter: f64,
}

impl RetryPolicy {
    /// 5 s, 15 s, 45 s, … up to 6 hours, ±20 %.
    pub const DEFAULT: Self =
        Self { base: Duration::from_secs(5), factor: 3.0, cap: Duration::from_hours(6), jitter: 0.2 };
}
