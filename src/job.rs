//! A job: what an application writes, and what it is handed when it runs.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{PgConnection, PgPool};

use crate::model::{Claim, Clock, JobId, KeyScope, MAX_CHECKPOINT_BYTES, Policy, cut};
use crate::store::StoreError;

/// A unit of work. The type *is* its arguments.
///
/// ```
/// use windlass::{Job, JobContext, JobError};
///
/// /// Greets a person once.
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Greet { person_id: i64 }
///
/// impl Job for Greet {
///     const KIND: &'static str = "greet";
///     type Deps = ();
///
///     async fn run(&self, cx: &JobContext<()>) -> Result<(), JobError> {
///         let mut tx = cx.db().begin().await?;                     // `?`: try again later
///         sqlx::query("insert into greetings (person_id) values ($1)").bind(self.person_id).execute(&mut *tx).await?;
///         cx.complete(&mut tx).await?;                             // effect and end: one commit
///         Ok(tx.commit().await?)
///     }
/// }
/// ```
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The stable name of the kind. A literal: it stands in the database and outlives the Rust type.
    const KIND: &'static str;
    /// The queue its jobs wait in.
    const QUEUE: &'static str = "default";
    /// How it is run.
    const POLICY: Policy = Policy::DEFAULT;
    /// The version of the arguments' shape.
    const ARGS_VERSION: i16 = 1;
    /// What it needs from outside: clients, models, settings.
    type Deps: Clone + Send + Sync + 'static;

    /// Does the work. It may run more than once: write effects so that a second time changes nothing, or complete in the
    /// transaction of the effect ([`JobContext::complete`]).
    ///
    /// # Errors
    ///
    /// Any error by `?` means "try again"; [`JobError::discard`], [`JobError::snooze`] and [`JobError::cancel`] are said.
    fn run(&self, cx: &JobContext<Self::Deps>) -> impl Future<Output = Result<(), JobError>> + Send;

    /// The argument fields that two jobs of one key must share; `None`: all. Leave out what may differ from one repeat to
    /// the next, an `as_of` or a `force`.
    const IDENTITY: Option<&'static [&'static str]> = None;

    /// The fields of the arguments that whoever may look at dead letters may see; a dot leads into a field's own fields. Of all
    /// others the type and the size are shown: name no field that holds what a person said or is called.
    const SHOWN: &'static [&'static str] = &[];

    /// A JSON Schema of the arguments, published for whoever enqueues without this type; `schemars` can make one.
    #[must_use]
    fn args_schema() -> Option<serde_json::Value> {
        None
    }

    /// The idempotency key: for each queue, kind and key there is one job.
    fn unique_key(&self) -> Option<String> {
        None
    }

    /// For how long the key makes no second job.
    fn key_scope(&self) -> KeyScope {
        KeyScope::Forever
    }

    /// Jobs of one ordering key and queue run one at a time, the oldest first, also across retries.
    fn ordering_key(&self) -> Option<String> {
        None
    }

    /// The person the job is about, so that an erasure finds it.
    fn subject(&self) -> Option<String> {
        None
    }
}

/// How a job ends when it does not end well.
///
/// Every error turns into "try again" by `?`. It is no `std::error::Error` itself, which is what allows that.
#[derive(Debug)]
pub struct JobError(pub(crate) Verdict);

#[derive(Debug)]
pub(crate) enum Verdict {
    Retry(String),
    RetryAfter(Duration, String),
    Discard(String),
    Snooze(Duration),
    Cancel,
}

/// The longest a job may snooze.
pub const LONGEST_SNOOZE: Duration = Duration::from_hours(24 * 30);
/// The longest wait that another side may ask for.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(24);

impl JobError {
    /// The attempt failed; try again by the kind's policy.
    #[must_use]
    pub fn retry(why: impl fmt::Display) -> Self {
        Self(Verdict::Retry(why.to_string()))
    }

    /// The other side said when to come again (a 429 with `Retry-After`, for one): after `delay` (1 s to
    /// [`LONGEST_RETRY_AFTER`]), and no attempt is used up. A job that is put off more often than its policy's
    /// `max_deferrals` has failed.
    #[must_use]
    pub fn retry_after(delay: Duration, why: impl fmt::Display) -> Self {
        Self(Verdict::RetryAfter(delay.clamp(Duration::from_secs(1), LONGEST_RETRY_AFTER), why.to_string()))
    }

    /// Trying again is useless: to the dead letters, at once.
    #[must_use]
    pub fn discard(why: impl fmt::Display) -> Self {
        Self(Verdict::Discard(why.to_string()))
    }

    /// Not now: again after `delay` (at most [`LONGEST_SNOOZE`]), and nothing is held against the job.
    #[must_use]
    pub fn snooze(delay: Duration) -> Self {
        Self(Verdict::Snooze(delay.min(LONGEST_SNOOZE)))
    }

    /// The work is not wanted any more. No dead letter.
    #[must_use]
    pub fn cancel() -> Self {
        Self(Verdict::Cancel)
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Verdict::Retry(why) => write!(f, "to be tried again: {why}"),
            Verdict::RetryAfter(delay, why) => write!(f, "to be tried again in {delay:?}: {why}"),
            Verdict::Discard(why) => write!(f, "given up: {why}"),
            Verdict::Snooze(delay) => write!(f, "not for another {delay:?}"),
            Verdict::Cancel => f.write_str("not wanted any more"),
        }
    }
}

impl<E: std::error::Error> From<E> for JobError {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(next) = cause {
            let next_text = next.to_string();
            // Many errors repeat their source in their own words.
            if !text.contains(&next_text) {
                text.push_str(": ");
                text.push_str(&next_text);
            }
            cause = next.source();
        }
        Self(Verdict::Retry(text))
    }
}

/// What a job is handed when it runs.
#[derive(Debug)]
pub struct JobContext<D> {
    claim: Arc<Claim>,
    db: PgPool,
    clock: Clock,
    deps: D,
    completed: Arc<AtomicBool>,
    keep_history: bool,
    deadline: Instant,
    cancelled: Signal,
}

/// Why something that a job wanted kept was not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// The checkpoint cannot be written as JSON.
    #[error("checkpoint cannot be written as JSON: {0}")]
    Unwritable(serde_json::Error),
    /// The checkpoint is too large.
    #[error("checkpoint takes {0} bytes as JSON; at most {MAX_CHECKPOINT_BYTES} are stored: keep the data in a table")]
    TooLarge(usize),
    /// An earlier attempt's checkpoint does not decode as what is asked for.
    #[error("checkpoint of an earlier attempt does not decode")]
    Unreadable,
    /// The lease was lost, or the database was away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Resolves when somebody has asked the job to stop.
pub(crate) type Signal = tokio::sync::watch::Receiver<bool>;

/// The longest progress message, in characters.
const MESSAGE_LENGTH: usize = 200;

impl<D> JobContext<D> {
    #[cfg(feature = "worker")]
    pub(crate) fn new(claim: Arc<Claim>, db: PgPool, clock: Clock, deps: D, terms: Terms) -> Self {
        let Terms { keep_history, deadline, cancelled } = terms;
        Self { claim, db, clock, deps, completed: Arc::default(), keep_history, deadline, cancelled }
    }

    /// The job's identity.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.claim.id
    }

    /// Which attempt this is, 1 being the first.
    #[must_use]
    pub fn attempt(&self) -> i32 {
        self.claim.attempt
    }

    /// When this attempt was due: for the first attempt at a schedule's job its tick, unless that was missed.
    #[must_use]
    pub fn scheduled_at(&self) -> DateTime<Utc> {
        self.claim.scheduled_at
    }

    /// The database that the queue lives in.
    #[must_use]
    pub fn db(&self) -> &PgPool {
        &self.db
    }

    /// What the application brought.
    #[must_use]
    pub fn deps(&self) -> &D {
        &self.deps
    }

    /// When this attempt will be stopped, by the kind's policy.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Waits until somebody asks the job to stop (`windlass jobs cancel`). A job that heeds it returns
    /// [`JobError::cancel`]; one that does not is stopped a few seconds later.
    pub async fn cancelled(&self) {
        if self.cancelled.clone().wait_for(|cancelled| *cancelled).await.is_err() {
            // Nobody is left to ask.
            std::future::pending::<()>().await;
        }
    }

    /// Leaves something for the next attempt, should this one not end well. It replaces what was left before.
    ///
    /// # Errors
    ///
    /// [`KeepError`]; with [`StoreError::LeaseLost`] another worker holds the job by now.
    pub async fn checkpoint<T: Serialize + Sync>(&self, value: &T) -> Result<(), KeepError> {
        let text = serde_json::to_string(value).map_err(KeepError::Unwritable)?;
        if text.len() > MAX_CHECKPOINT_BYTES {
            return Err(KeepError::TooLarge(text.len()));
        }
        Ok(crate::store::save_checkpoint(&self.db, &self.claim, &text).await?)
    }

    /// What an earlier attempt left.
    ///
    /// # Errors
    ///
    /// [`KeepError::Unreadable`].
    pub fn checkpointed<T: DeserializeOwned>(&self) -> Result<Option<T>, KeepError> {
        let read = |text: &String| serde_json::from_str(text).map_err(|_may_quote_it| KeepError::Unreadable);
        self.claim.checkpoint.as_ref().map(read).transpose()
    }

    /// Tells whoever looks how far the job is: `done` of `total`, and a few words, never people's, cut to 200 characters.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] when another worker holds the job by now.
    pub async fn progress(&self, done: u64, total: u64, message: &str) -> Result<(), StoreError> {
        crate::store::report_progress(&self.db, &self.claim, done, total, &cut(message, MESSAGE_LENGTH)).await
    }

    /// Ends the job on the transaction of its effect: both commit together or neither does.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] when another worker holds the job by now: return it, and the transaction rolls back.
    pub async fn complete(&self, tx: &mut PgConnection) -> Result<(), StoreError> {
        crate::store::complete(tx, &self.clock, &self.claim, self.keep_history).await?;
        self.completed.store(true, Ordering::Release);
        Ok(())
    }

    #[cfg(feature = "worker")]
    pub(crate) fn completed(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.completed)
    }
}

/// The terms of one attempt.
#[cfg(feature = "worker")]
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) keep_history: bool,
    pub(crate) deadline: Instant,
    pub(crate) cancelled: Signal,
}
