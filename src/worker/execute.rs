//! One attempt: decode, run, judge how it ended.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::isolate::Suspects;
use super::lease::Session;
use super::panics;
use super::suspect::is_suspect;
use crate::job::{JobContext, JobError, Verdict};
use crate::model::{Claim, Ending, Policy, Reason, cut};
use crate::registry::Registry;
use crate::store::Store;
use crate::telemetry;

/// The longest error that is recorded.
const ERROR_LENGTH: usize = 2_000;
/// How long a kind that this program does not know waits for one that does.
const UNKNOWN_WAIT: Duration = Duration::from_mins(1);
/// What is recorded of a job that completed itself and whose row is still there.
const UNCOMMITTED: &str = "the transaction in which the job completed was not committed";
/// How long an aborted handler takes to let go, unless it blocks its thread.
const ABORT: Duration = Duration::from_secs(5);

/// A claimed job in this process, and its place among those held.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) claim: Arc<Claim>,
    pub(crate) session: Session,
    pub(crate) place: Option<OwnedSemaphorePermit>,
}

/// An attempt that has ended and is yet to be settled.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) claim: Arc<Claim>,
    pub(crate) ending: Ending,
    pub(crate) took: Duration,
    /// The job said that it completed in its own transaction. If that is so, its row is gone, and the ending here, a
    /// retry, finds nothing to change; if the transaction was not committed after all, the job is tried again.
    pub(crate) completed_itself: bool,
}

impl Finished {
    /// The ending of a job that was held and never started.
    pub(crate) fn released(claim: Arc<Claim>) -> Self {
        Self { claim, ending: Ending::Released, took: Duration::ZERO, completed_itself: false }
    }
}

/// What the handler's task came to.
pub(super) enum Run {
    Ended(Result<(), JobError>),
    BadArguments,
    Panicked(String),
    TimedOut,
}

/// How an attempt came to its end.
enum End {
    Run(Run),
    HandedBack,
}

/// Runs claimed jobs.
#[derive(Debug)]
pub(crate) struct Runner<D> {
    store: Store,
    registry: Registry<D>,
    deps: D,
    hurry: CancellationToken,
    suspects: Option<Suspects>,
}

impl<D: Clone + Send + Sync + 'static> Runner<D> {
    pub(crate) fn new(store: Store, registry: Registry<D>, deps: D) -> Self {
        Self { store, registry, deps, hurry: CancellationToken::new(), suspects: None }
    }

    /// Runs suspects in child processes from now on.
    pub(super) fn isolating(self, suspects: Option<Suspects>) -> Self {
        Self { suspects, ..self }
    }

    /// Cancelled at the end of a shutdown's patience: what still runs is handed back.
    pub(crate) fn hurry(&self) -> &CancellationToken {
        &self.hurry
    }

    /// Runs one attempt to its end. `None`: its lease was lost, and there is nothing for us to settle.
    pub(crate) async fn run(&self, claim: &Arc<Claim>, session: &Session) -> Option<Finished> {
        let span = tracing::info_span!(
            "attempt", queue = claim.queue, kind = claim.kind, job = %claim.id, attempt = claim.attempt);
        self.attempt(claim, session).instrument(span).await
    }

    async fn attempt(&self, claim: &Arc<Claim>, session: &Session) -> Option<Finished> {
        if session.lost.is_cancelled() {
            // It was ready behind others when the lease was lost. It is not ours to start.
            telemetry::lease_lost(&claim.queue, "expired");
            return None;
        }
        let started = Instant::now();
        let known = self.registry.kind(&claim.kind).filter(|kind| claim.args_version <= kind.args_version);
        let Some(kind) = known.cloned() else {
            tracing::info!(
                version = claim.args_version,
                "unknown kind or newer arguments; left for a worker that knows them"
            );
            let ending = Ending::Snoozed { delay: UNKNOWN_WAIT };
            return Some(Finished {
                claim: Arc::clone(claim),
                ending,
                took: started.elapsed(),
                completed_itself: false,
            });
        };
        let policy = kind.policy;
        if let Some(suspects) = self.suspects.as_ref().filter(|_| is_suspect(claim)) {
            return suspects.run(claim, session, &policy, &self.hurry).await;
        }
        let cx =
            JobContext::new(Arc::clone(claim), self.store.db().clone(), self.store.clock().clone(), self.deps.clone());
        let completed = cx.completed();
        let (given, present) = (Arc::clone(claim), session.enter());
        let run = panics::catch(Box::pin(async move {
            let _present = present;
            match kind.start(&given.args, cx) {
                Ok(run) => Run::Ended(run.await),
                Err(_may_quote_the_arguments) => Run::BadArguments,
            }
        }));
        let mut handler = AbortOnDropHandle::new(tokio::spawn(run.in_current_span()));
        let end = tokio::select! {
            joined = &mut handler => match joined {
                Ok(Ok(run)) => End::Run(run),
                Ok(Err(panic)) => End::Run(Run::Panicked(panic)),
                Err(_) => End::Run(Run::Panicked("the handler's task was stopped from outside".to_owned())),
            },
            () = tokio::time::sleep(policy.timeout) => {
                if !self.stopped(&mut handler, session).await {
                    return None;
                }
                End::Run(Run::TimedOut)
            }
            () = session.lost.cancelled() => {
                handler.abort();
                telemetry::lease_lost(&claim.queue, "expired");
                tracing::warn!("stopped: its lease was lost");
                return None;
            }
            () = self.hurry.cancelled() => {
                if !self.stopped(&mut handler, session).await {
                    return None;
                }
                tracing::info!("handed back: the worker shuts down");
                End::HandedBack
            }
        };
        let completed_itself = completed.load(Ordering::Acquire);
        let ending = match end {
            End::Run(run) => judge(claim, &policy, run, completed_itself),
            End::HandedBack => Ending::Released,
        };
        Some(Finished { claim: Arc::clone(claim), ending, took: started.elapsed(), completed_itself })
    }

    /// Stops a handler and waits until it is gone: an attempt has not ended while its handler may still do something.
    /// `false`: it blocks its thread, and its lease or the worker's patience ended first.
    async fn stopped<T>(&self, handler: &mut AbortOnDropHandle<T>, session: &Session) -> bool {
        handler.abort();
        if tokio::time::timeout(ABORT, &mut *handler).await.is_ok() {
            return true;
        }
        tracing::error!("a handler blocks its thread and cannot be stopped; its job stays held until it lets go");
        tokio::select! {
            _ = handler => true,
            () = session.lost.cancelled() => false,
            () = self.hurry.cancelled() => false,
        }
    }
}

/// What is done with the job.
pub(super) fn judge(claim: &Claim, policy: &Policy, run: Run, completed_itself: bool) -> Ending {
    let (reason, error) = match run {
        Run::Ended(Ok(())) if completed_itself => (Reason::Uncommitted, UNCOMMITTED.to_owned()),
        Run::Ended(Ok(())) => return Ending::Completed,
        Run::Ended(Err(JobError(Verdict::Cancel))) => return Ending::Cancelled,
        Run::Ended(Err(JobError(Verdict::Snooze(delay)))) => return Ending::Snoozed { delay },
        Run::Ended(Err(JobError(Verdict::Discard(error)))) => {
            return Ending::Buried { reason: Reason::Discarded, error: cut(&error, ERROR_LENGTH) };
        }
        Run::BadArguments => {
            let error = format!("the arguments do not decode as {} version {}", claim.kind, claim.args_version);
            return Ending::Buried { reason: Reason::BadArguments, error };
        }
        Run::Ended(Err(JobError(Verdict::Retry(error)))) if completed_itself => {
            (Reason::Uncommitted, cut(&format!("{UNCOMMITTED}: {error}"), ERROR_LENGTH))
        }
        Run::Ended(Err(JobError(Verdict::Retry(error)))) => (Reason::Error, cut(&error, ERROR_LENGTH)),
        Run::Panicked(error) => (Reason::Panic, error),
        Run::TimedOut => (Reason::Timeout, format!("took longer than {:?}", policy.timeout)),
    };
    let failures = claim.failures + 1;
    if failures >= claim.max_failures {
        return Ending::Buried { reason, error };
    }
    let seed = claim.id.0.as_u64_pair().1;
    let delay = policy.retry.delay(failures.unsigned_abs(), seed);
    Ending::Retry { delay, reason, error }
}
