//! Producers: put jobs into the queue, in your own transaction if you have one.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor, PgPool, Postgres, Transaction};
use tracing::Instrument;

use crate::job::Job;
use crate::model::{Clock, Enqueued, KeyConflict, KeyScope, NewJob, Priority};
use crate::registry::new_job;
use crate::store::{self, Answer, StoreError};
use crate::telemetry;
use crate::together::Together;
use crate::wake::Bell;

/// The producer's door. Clone it rather than making another: jobs that clones enqueue on its pool at the same moment share a
/// statement and a commit.
///
/// ```no_run
/// # use windlass::{Client, Job, JobContext, JobError};
/// # #[derive(serde::Serialize, serde::Deserialize)] struct Greet { person_id: i64 }
/// # impl Job for Greet {
/// #     const KIND: &'static str = "greet";
/// #     type Deps = ();
/// #     async fn run(&self, _: &JobContext<()>) -> Result<(), JobError> { Ok(()) }
/// # }
/// # async fn close(db: sqlx::PgPool) -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new(db.clone());
/// let mut tx = db.begin().await?;
/// // … your own statements …
/// client.enqueue(&mut *tx, Greet { person_id: 7 }).await?;
/// client.commit(tx).await?; // commits, then wakes the workers; a plain commit is found within a second
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    bell: Bell,
    clock: Clock,
    together: Together,
}

/// A job to be enqueued, with what is asked for beyond its kind's declarations.
#[derive(Debug)]
pub struct Enqueue(Result<NewJob, EnqueueError>);

/// Says what is asked for beyond the kind's own declarations. Every job has these.
pub trait JobExt: Job + Sized {
    /// With this idempotency key instead of the kind's own.
    fn unique(self, key: impl Into<String>) -> Enqueue {
        Enqueue::from(self).with(|new| new.unique_key = Some(key.into()))
    }

    /// Not before `time`.
    fn at(self, time: DateTime<Utc>) -> Enqueue {
        Enqueue::from(self).at(time)
    }

    /// Not before `delay` has passed, by the server's clock.
    fn after(self, delay: Duration) -> Enqueue {
        Enqueue::from(self).after(delay)
    }

    /// For so long its key makes no second job.
    fn scope(self, scope: KeyScope) -> Enqueue {
        Enqueue::from(self).scope(scope)
    }

    /// One at a time with the other jobs of this ordering key in its queue, the oldest first.
    fn ordered_by(self, key: impl Into<String>) -> Enqueue {
        Enqueue::from(self).ordered_by(key)
    }

    /// Not after `time`: a job that is claimed later ends as `expired`, unrun.
    fn expires_at(self, time: DateTime<Utc>) -> Enqueue {
        Enqueue::from(self).expires_at(time)
    }

    /// At this priority.
    fn priority(self, priority: Priority) -> Enqueue {
        Enqueue::from(self).priority(priority)
    }
}

impl<J: Job> JobExt for J {}

impl<J: Job> From<J> for Enqueue {
    fn from(job: J) -> Self {
        let args = serde_json::to_value(&job).map_err(|error| EnqueueError::Unwritable { kind: J::KIND, error });
        Self(args.map(|args| new_job(&job, args)))
    }
}

/// Without the job's Rust type; see [`Registry::admit`](crate::Registry::admit), which checks it.
impl From<NewJob> for Enqueue {
    fn from(job: NewJob) -> Self {
        Self(Ok(job))
    }
}

impl Enqueue {
    /// With this idempotency key.
    #[must_use]
    pub fn unique(self, key: impl Into<String>) -> Self {
        self.with(|new| new.unique_key = Some(key.into()))
    }

    /// Not before `time`.
    #[must_use]
    pub fn at(self, time: DateTime<Utc>) -> Self {
        self.with(|new| new.scheduled_at = Some(time))
    }

    /// Not before `delay` has passed, by the server's clock.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        self.with(|new| new.delay = delay)
    }

    /// At this priority.
    #[must_use]
    pub fn priority(self, priority: Priority) -> Self {
        self.with(|new| new.priority = priority)
    }

    /// For so long its key makes no second job.
    #[must_use]
    pub fn scope(self, scope: KeyScope) -> Self {
        self.with(|new| new.key_scope = scope)
    }

    /// One at a time with the other jobs of this ordering key in its queue, the oldest first.
    #[must_use]
    pub fn ordered_by(self, key: impl Into<String>) -> Self {
        self.with(|new| new.ordering_key = Some(key.into()))
    }

    /// Not after `time`: a job that is claimed later ends as `expired`, unrun.
    #[must_use]
    pub fn expires_at(self, time: DateTime<Utc>) -> Self {
        self.with(|new| new.expires_at = Some(time))
    }

    /// A dead letter after so many failed attempts.
    #[must_use]
    pub fn max_failures(self, max_failures: i32) -> Self {
        self.with(|new| new.max_failures = max_failures)
    }

    fn with(mut self, change: impl FnOnce(&mut NewJob)) -> Self {
        if let Ok(new) = &mut self.0 {
            change(new);
        }
        self
    }
}

/// Why nothing was enqueued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnqueueError {
    /// The arguments cannot be written as JSON.
    #[error("arguments of kind {kind:?} cannot be written as JSON: {error}")]
    Unwritable {
        /// The kind.
        kind: &'static str,
        /// Why.
        error: serde_json::Error,
    },
    /// The idempotency key is taken by a job with other arguments.
    #[error(transparent)]
    KeyConflict(#[from] KeyConflict),
    /// The store refused, or was away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What jobs are enqueued on: `&pool`, or `&mut *tx` for a transaction (`&mut connection` for a connection).
#[diagnostic::on_unimplemented(
    message = "jobs cannot be enqueued on `{Self}`",
    note = "pass `&pool`, `&mut *tx` for a transaction, or `&mut *connection`"
)]
pub trait EnqueueOn<'c>: PgExecutor<'c> {
    /// The pool, if it is one: what is enqueued there is committed with the answer, so that the workers can be woken for it.
    fn pool(&self) -> Option<&'c PgPool>;
}

impl<'c> EnqueueOn<'c> for &'c PgPool {
    fn pool(&self) -> Option<&'c PgPool> {
        Some(self)
    }
}

impl<'c> EnqueueOn<'c> for &'c mut PgConnection {
    fn pool(&self) -> Option<&'c PgPool> {
        None
    }
}

impl Client {
    /// A client that wakes workers through `db`. Enqueueing itself uses the executor it is given.
    #[must_use]
    pub fn new(db: PgPool) -> Self {
        Self { bell: Bell::new(db.clone()), clock: Clock::Server, together: Together::new(db, Clock::Server) }
    }

    /// The same at another clock; a test's.
    #[must_use]
    pub fn at(self, clock: impl Into<Clock>) -> Self {
        let clock = clock.into();
        Self { together: self.together.at(clock.clone()), clock, ..self }
    }

    /// Enqueues one job on a pool, and wakes the workers; or on a connection or a transaction of the caller's, which
    /// [`Client::commit`] or [`Client::wake`] wakes them for.
    ///
    /// # Errors
    ///
    /// [`EnqueueError`], [`EnqueueError::KeyConflict`] among them. Neither a job that is refused nor a key's conflict aborts
    /// the transaction.
    pub async fn enqueue<'c, E>(&self, executor: E, job: impl Into<Enqueue>) -> Result<Enqueued, EnqueueError>
    where
        E: EnqueueOn<'c>,
    {
        let job = job.into().0?;
        if job.unique_key.is_none() && executor.pool().is_some_and(|pool| self.together.is_for(pool)) {
            return self.enqueue_together(job).await;
        }
        let mut answers = self.enqueue_raw(executor, &[job]).await?;
        let answer = answers.pop().ok_or(StoreError::Database(sqlx::Error::RowNotFound))?;
        Ok(answer?)
    }

    async fn enqueue_together(&self, mut job: NewJob) -> Result<Enqueued, EnqueueError> {
        let span = tracing::info_span!("enqueue", otel.kind = "producer", jobs = 1);
        if let Some(carried) = telemetry::enqueueing(&span, job.traceparent.as_deref()) {
            job.traceparent = Some(carried);
        }
        let (queue, kind) = (job.queue.clone(), job.kind.clone());
        let enqueued = self.together.enqueue(job).instrument(span).await??;
        telemetry::enqueued(&queue, &kind, true);
        self.wake();
        Ok(enqueued)
    }

    /// Enqueues any number of jobs, of any kinds, in one statement. The answers stand in the jobs' order; a job whose key is
    /// taken by one with other arguments has a conflict for an answer, and the others are enqueued.
    ///
    /// # Errors
    ///
    /// [`EnqueueError`] for the first job that is refused; then none was enqueued.
    pub async fn enqueue_many<'c, E, I>(&self, executor: E, jobs: I) -> Result<Vec<Answer>, EnqueueError>
    where
        E: EnqueueOn<'c>,
        I: IntoIterator,
        I::Item: Into<Enqueue>,
    {
        let jobs = jobs.into_iter().map(|job| job.into().0).collect::<Result<Vec<NewJob>, _>>()?;
        self.enqueue_raw(executor, &jobs).await
    }

    /// Enqueues jobs without their Rust types; see [`Registry::admit`](crate::Registry::admit), which checks them.
    ///
    /// # Errors
    ///
    /// As [`Client::enqueue_many`].
    pub async fn enqueue_raw<'c, E>(&self, executor: E, jobs: &[NewJob]) -> Result<Vec<Answer>, EnqueueError>
    where
        E: EnqueueOn<'c>,
    {
        let span = tracing::info_span!("enqueue", otel.kind = "producer", jobs = jobs.len());
        let asked_by = if let [job] = jobs { job.traceparent.as_deref() } else { None };
        let carried = telemetry::enqueueing(&span, asked_by).map(|carried| carrying(jobs, &carried));
        let jobs = carried.as_deref().unwrap_or(jobs);
        let commits = executor.pool().is_some();
        let asked = store::enqueue(executor, &self.clock, jobs).instrument(span);
        let answers = store::observed("enqueue", asked).await?;
        let mut created = false;
        for (job, answer) in jobs.iter().zip(&answers) {
            let is_new = answer.as_ref().is_ok_and(|answer| answer.is_created());
            telemetry::enqueued(&job.queue, &job.kind, is_new);
            created |= is_new;
        }
        if commits && created {
            self.wake();
        }
        Ok(answers)
    }

    /// Commits the caller's transaction and then wakes the workers. Never inside it: a notification in the transaction
    /// costs a lock that all commits of the instance share.
    ///
    /// # Errors
    ///
    /// The commit failed; then nothing was enqueued.
    pub async fn commit(&self, tx: Transaction<'_, Postgres>) -> Result<(), sqlx::Error> {
        tx.commit().await?;
        self.wake();
        Ok(())
    }

    /// Tells the workers that there is something to do: those of this process at once, others by a notification. It does
    /// not wait and cannot fail; a lost wake-up is made good by the workers' poll.
    pub fn wake(&self) {
        self.bell.ring();
    }

    /// The same, and waits until the notification has gone out: for a process that ends right after.
    pub async fn wake_and_wait(&self) {
        self.bell.ring_and_wait().await;
    }
}

/// Jobs that carry the context of the span that enqueues them. One of many that was given another keeps it.
fn carrying(jobs: &[NewJob], context: &str) -> Vec<NewJob> {
    let mut jobs = jobs.to_vec();
    let alone = jobs.len() == 1;
    for job in jobs.iter_mut().filter(|job| alone || job.traceparent.is_none()) {
        job.traceparent = Some(context.to_owned());
    }
    jobs
}
