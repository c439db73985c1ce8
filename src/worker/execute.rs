//! One attempt: decode, run, judge how it ended.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::isolate::Suspects;
use super::judge::{Run, judge};
use super::lease::Session;
use super::panics;
use super::suspect::is_suspect;
use crate::job::{JobContext, Terms};
use crate::model::{Claim, Controls, Ending, Outcome};
use crate::registry::Registry;
use crate::store::Store;
use crate::telemetry;

/// How long a handler has to heed a request to stop.
const HEED: Duration = Duration::from_secs(5);
/// How long an aborted handler takes to let go, unless it blocks its thread.
const ABORT: Duration = Duration::from_secs(5);

/// A claimed job in this process, and its place among those held.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) claim: Arc<Claim>,
    pub(crate) session: Session,
    /// Turns true when somebody asks it to stop.
    pub(crate) cancelled: watch::Receiver<bool>,
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
        Self::unrun(claim, Ending::Released)
    }

    /// The same with another ending.
    fn unrun(claim: Arc<Claim>, ending: Ending) -> Self {
        Self { claim, ending, took: Duration::ZERO, completed_itself: false }
    }
}

/// How an attempt came to its end.
enum End {
    Run(Run),
    Cancelled,
    HandedBack,
}

/// Runs claimed jobs.
#[derive(Debug)]
pub(crate) struct Runner<D> {
    store: Store,
    registry: Registry<D>,
    deps: D,
    hurry: CancellationToken,
    controls: watch::Receiver<Controls>,
    suspects: Option<Suspects>,
}

impl<D: Clone + Send + Sync + 'static> Runner<D> {
    pub(crate) fn new(store: Store, registry: Registry<D>, deps: D, hurry: CancellationToken) -> Self {
        let (_nobody, controls) = watch::channel(Controls::default());
        Self { store, registry, deps, hurry, controls, suspects: None }
    }

    /// Runs suspects in child processes from now on.
    pub(super) fn isolating(self, suspects: Option<Suspects>) -> Self {
        Self { suspects, ..self }
    }

    /// Cancelled at the end of a shutdown's patience: what still runs is handed back.
    pub(crate) fn hurry(&self) -> &CancellationToken {
        &self.hurry
    }

    /// What operators say from now on.
    pub(crate) fn heeding(self, controls: watch::Receiver<Controls>) -> Self {
        Self { controls, ..self }
    }

    /// Runs one attempt to its end. `None`: it is not ours to settle, because its lease was lost, or because its handler
    /// cannot be stopped.
    pub(crate) async fn run(&self, held: &Held) -> Option<Finished> {
        let claim = &held.claim;
        // A trace of its own, linked to that of who enqueued the job.
        let span = tracing::info_span!(
            parent: None, "attempt", otel.kind = "consumer", queue = claim.queue, kind = claim.kind, job = %claim.id,
            attempt = claim.attempt, outcome = tracing::field::Empty);
        telemetry::attempting(&span, claim.traceparent.as_deref());
        let finished = self.attempt(held).instrument(span.clone()).await;
        let outcome = match &finished {
            Some(Finished { completed_itself: true, .. }) => Outcome::Completed.as_str(),
            Some(finished) => finished.ending.outcome().as_str(),
            None => "lost",
        };
        telemetry::attempted(&span, outcome);
        finished
    }

    /// The ending of a job that is not to be started.
    fn unrun(&self, claim: &Claim) -> Option<Ending> {
        let controls = self.controls.borrow();
        if claim.cancel_requested {
            return Some(Ending::Cancelled);
        }
        if claim.expired {
            return Some(Ending::Expired);
        }
        if controls.queue(&claim.queue).paused {
            return Some(Ending::Released);
        }
        controls.is_kind_paused(&claim.kind).then_some(Ending::Parked)
    }

    async fn attempt(&self, held: &Held) -> Option<Finished> {
        let Held { claim, session, cancelled, .. } = held;
        if session.lost.is_cancelled() {
            // It was ready behind others when the lease was lost. It is not ours to start.
            telemetry::lease_lost(&claim.queue, "expired");
            return None;
        }
        if let Some(ending) = self.unrun(claim) {
            return Some(Finished::unrun(Arc::clone(claim), ending));
        }
        let started = Instant::now();
        let known = self.registry.kind(&claim.kind).filter(|kind| claim.args_version <= kind.args_version);
        let Some(kind) = known.cloned() else {
            tracing::info!(version = claim.args_version, "unknown kind or newer arguments; parked for who knows them");
            return Some(Finished::unrun(Arc::clone(claim), Ending::Parked));
        };
        let policy = kind.policy;
        if let Some(suspects) = self.suspects.as_ref().filter(|_| is_suspect(claim)) {
            // Apart: nine kilobytes that every attempt would carry about, and hardly one needs.
            return Box::pin(suspects.run(held, &policy, &self.hurry)).await;
        }
        let terms = Terms {
            keep_history: self.controls.borrow().queue(&claim.queue).keep_history,
            deadline: started + policy.timeout,
            cancelled: cancelled.clone(),
        };
        let (db, clock) = (self.store.db().clone(), self.store.clock().clone());
        let cx = JobContext::new(Arc::clone(claim), db, clock, self.deps.clone(), terms);
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
            biased;
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
            () = asked_and_not_heeded(cancelled.clone()) => {
                if !self.stopped(&mut handler, session).await {
                    return None;
                }
                tracing::info!("stopped: it was asked to be cancelled");
                End::Cancelled
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
            End::Run(Run::Ended(Err(_))) if *cancelled.borrow() => Ending::Cancelled,
            End::Run(run) => judge(claim, &policy, run, completed_itself),
            End::Cancelled => Ending::Cancelled,
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

/// Resolves some time after somebody has asked the job to stop: a handler that heeds it has stopped by then.
pub(super) async fn asked_and_not_heeded(mut cancelled: watch::Receiver<bool>) {
    if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
        // Nobody is left to ask.
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(HEED).await;
}
