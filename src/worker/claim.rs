//! Taking due jobs: exactly as many as there are places, from where the last claim ended; and beside that, what has come to stand
//! behind there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::execute::Held;
use super::held::HeldJobs;
use super::lease::Session;
use super::look::Idle;
use super::rest::{LONG, rest_after};
use super::trail;
use crate::model::{Claim, Controls, RetryPolicy};
use crate::store::{Ask, Claimed, Store, StoreError, Watermarks, measured};
use crate::telemetry::{self, Meters};
use crate::wake;

/// The most jobs of one claim, however many there are slots.
const BATCH: usize = 1_000;
/// How long a claim that would be small waits for more places while others run: many single-row claims cost more.
const COMPANY: Duration = Duration::from_millis(1);
/// The share of places that go first to aged jobs of lower priority: one of so many.
const AGED_SHARE: usize = 4;
/// A sweep takes a share of the places: it goes over everything that a forgotten transaction keeps from being vacuumed away.
const SWEEP_SHARE: usize = 4;
/// How often a busy queue is swept for rows that committed behind its marks; a queue that has nothing before them is at once.
const SWEEP: Duration = trail::EVERY;
/// Waits between tries while the database is away.
const AGAIN: RetryPolicy =
    RetryPolicy { base: Duration::from_millis(100), factor: 2.0, cap: Duration::from_secs(5), jitter: 0.2 };

/// Claims for one queue of one process.
#[derive(Debug)]
pub(super) struct Claimer {
    pub(super) store: Store,
    pub(super) queue: String,
    pub(super) sessions: watch::Receiver<Session>,
    pub(super) places: Arc<Semaphore>,
    /// How many jobs are held at once.
    pub(super) most: usize,
    /// How many run at once. A claim takes no more: what is held ready behind them comes with the next one, while these run.
    pub(super) slots: usize,
    pub(super) held: HeldJobs,
    pub(super) idle: Arc<Idle>,
    pub(super) ageing: Duration,
    pub(super) meters: Arc<Meters>,
    pub(super) controls: watch::Receiver<Controls>,
    pub(super) out: mpsc::UnboundedSender<Held>,
    /// There may be something behind the marks: told to who looks for all of it, and to who looks nearby.
    pub(super) behind: [Notify; 2],
    /// To look for all of it takes long.
    pub(super) far: AtomicBool,
    pub(super) stop: CancellationToken,
}

impl Claimer {
    /// Claims until `stop`. A claim on its way is waited for: its rows may be ours already.
    pub(super) async fn run(self: Arc<Self>) {
        let mut sessions = self.sessions.clone();
        let mut marks = Watermarks::default();
        let mut swept = Instant::now();
        let (mut failures, mut turn) = (0, 0);
        while let Some((mut places, session)) =
            self.unless_stopped(self.next(&mut sessions, self.slots)).await.flatten()
        {
            // Asked for before the claim, so that a ring during it is not missed.
            let ring = wake::rung();
            tokio::pin!(ring);
            ring.as_mut().enable();
            turn += 1;
            let wanted = places.len();
            // Every fourth place is for the aged; where there are fewer places, one of every fourth claim.
            let aged = if wanted >= AGED_SHARE { wanted / AGED_SHARE } else { usize::from(turn % AGED_SHARE == 0) };
            let all = marks == Watermarks::default();
            self.idle.trail.pass(marks);
            match self.claim(&session, &mut places, aged, &mut marks).await {
                Ok(blocked) => {
                    failures = 0;
                    telemetry::claimed(&self.queue, if places.len() == wanted { "empty" } else { "jobs" });
                    let short = blocked < places.len();
                    drop(places);
                    if !all && (short || swept.elapsed() > SWEEP) {
                        swept = Instant::now();
                        self.look_behind();
                    }
                    if short && let Some(rung) = self.unless_stopped(self.idle.until_due(ring)).await {
                        telemetry::woken(rung);
                    }
                }
                Err(error) => {
                    failures += 1;
                    drop(places);
                    telemetry::claimed(&self.queue, "error");
                    tracing::warn!(queue = self.queue, %error, "failed to claim");
                    self.unless_stopped(tokio::time::sleep(AGAIN.delay(failures, 0))).await;
                }
            }
        }
    }

    async fn unless_stopped<T>(&self, what: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            done = what => Some(done),
        }
    }

    /// The next claim's places and session, as soon as there are both.
    async fn next(
        &self,
        sessions: &mut watch::Receiver<Session>,
        most: usize,
    ) -> Option<(Vec<OwnedSemaphorePermit>, Session)> {
        let places = self.places(most.min(BATCH)).await;
        let session = sessions.wait_for(|session| !session.lost.is_cancelled()).await.ok()?.clone();
        Some((places, session))
    }

    fn hand_on(&self, claims: Vec<Claim>, session: &Session, places: &mut Vec<OwnedSemaphorePermit>) {
        let mut cancels = self.held.add(&claims);
        for claim in claims {
            let waited = (claim.attempted_at - claim.scheduled_at).to_std().unwrap_or_default();
            self.meters.waited(waited);
            let Some(cancelled) = cancels.next() else { return };
            let held = Held { claim: Arc::new(claim), session: session.clone(), cancelled, place: places.pop() };
            // The slots outlive the claimers.
            let _ = self.out.send(held);
        }
    }

    /// Takes jobs for these places, none up to the marks, and hands them on; each takes its place along. Answers how many were met
    /// and put aside.
    async fn claim(
        &self,
        session: &Session,
        places: &mut Vec<OwnedSemaphorePermit>,
        aged: usize,
        marks: &mut Watermarks,
    ) -> Result<usize, StoreError> {
        let limited = self.controls.borrow().queue(&self.queue).limited;
        let ask =
            Ask { queue: &self.queue, session: session.id, limit: places.len(), aged, ageing: self.ageing, limited };
        let claimed = measured("claim", self.store.claim(&ask, marks)).await;
        if claimed.is_err() {
            self.held.doubt();
        }
        let Claimed { jobs, blocked } = claimed?;
        self.hand_on(jobs, session, places);
        Ok(blocked)
    }

    /// There may be something behind the marks.
    fn look_behind(&self) {
        self.behind.iter().for_each(Notify::notify_one);
    }

    /// Claims what may stand behind the marks, beside the claims from there on, which must not wait for it. All of it, from the beginning
    /// of time, as often as that is cheap; or `lately`, as long as that is not: from where the marks were some seconds ago.
    pub(super) async fn sweep(self: Arc<Self>, lately: bool) {
        let mut sessions = self.sessions.clone();
        let most = (self.most / SWEEP_SHARE).max(1);
        let told = &self.behind[usize::from(lately)];
        // Where one goes on that has filled its places before it came to the marks.
        let mut further = None;
        loop {
            if further.is_none() && self.unless_stopped(told.notified()).await.is_none() {
                return;
            }
            if lately && !self.far.load(Ordering::Relaxed) {
                further = None;
                continue;
            }
            let Some((mut places, session)) = self.unless_stopped(self.next(&mut sessions, most)).await.flatten()
            else {
                return;
            };
            let (began, first) = (Instant::now(), further.is_none());
            let before = further
                .take()
                .unwrap_or_else(|| if lately { self.idle.trail.lagging() } else { Watermarks::default() });
            let mut from = before;
            let swept = self.claim(&session, &mut places, 0, &mut from).await;
            let took = began.elapsed();
            if !lately && (first || took > LONG) {
                self.far.store(took > LONG, Ordering::Relaxed);
            }
            let rest = if lately { rest_after(took).min(SWEEP) } else { rest_after(took) };
            let pause = match swept {
                // What stands before the marks is not its affair.
                Ok(blocked)
                    if blocked >= places.len()
                        && (blocked > 0 || from.are_behind(&self.idle.trail.latest(), &before)) =>
                {
                    further = Some(from);
                    continue;
                }
                Ok(_) => rest,
                Err(error) => {
                    tracing::warn!(queue = self.queue, %error, "failed to look behind the marks");
                    told.notify_one();
                    // One that was broken off since it took too long would be again.
                    rest.max(AGAIN.cap)
                }
            };
            drop(places);
            self.unless_stopped(tokio::time::sleep(pause)).await;
        }
    }

    /// All places that are free, at least one, at most a batch. Where few are, all may be in a moment: it waits for that.
    async fn places(&self, batch: usize) -> Vec<OwnedSemaphorePermit> {
        let mut places = Vec::with_capacity(batch);
        // The semaphore is never closed.
        if let Ok(first) = Arc::clone(&self.places).acquire_owned().await {
            places.push(first);
        }
        if self.places.available_permits() < self.most / 4 {
            let others = u32::try_from(batch - places.len()).unwrap_or(u32::MAX);
            let all = Arc::clone(&self.places).acquire_many_owned(others);
            if let Ok(Ok(mut all)) = tokio::time::timeout(COMPANY, all).await {
                places.extend(std::iter::from_fn(|| all.split(1)));
            }
        }
        while places.len() < batch
            && let Ok(place) = Arc::clone(&self.places).try_acquire_owned()
        {
            places.push(place);
        }
        places
    }
}
