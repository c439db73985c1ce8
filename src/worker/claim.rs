//! Taking due jobs: exactly as many as there are places, from where the last claim ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::execute::Held;
use super::lease::Session;
use crate::model::{Claim, RetryPolicy};
use crate::store::{Store, Watermarks};
use crate::{telemetry, wake};

/// The most jobs of one claim.
const BATCH: usize = 1_000;
/// How long a claim that would be small waits for more places while others run: many single-row claims cost more.
const COMPANY: Duration = Duration::from_millis(1);
/// How often the whole queue is looked at, for rows that committed behind the watermark.
const FULL_SCAN: Duration = Duration::from_secs(3);
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
    pub(super) held: usize,
    pub(super) poll: Duration,
    pub(super) out: mpsc::UnboundedSender<Held>,
}

impl Claimer {
    /// Claims until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            // A claim on its way when the stop comes is dropped here; should its commit have gone out, its rows belong to
            // a session that is about to leave, and the next rescuer frees them at once.
            () = self.claim_on() => {}
        }
    }

    async fn claim_on(&self) {
        let mut sessions = self.sessions.clone();
        let mut marks = Watermarks::default();
        let mut last_full = Instant::now();
        let mut failures = 0;
        loop {
            let mut places = self.places().await;
            let Ok(session) = sessions.wait_for(|session| !session.lost.is_cancelled()).await.map(|s| s.clone()) else {
                return;
            };
            if last_full.elapsed() > FULL_SCAN {
                marks = Watermarks::default();
            }
            // Asked for before the claim, so that a ring during it is not missed.
            let ring = wake::rung();
            tokio::pin!(ring);
            ring.as_mut().enable();
            match self.claim(session.id, places.len(), &mut marks, &mut last_full).await {
                Ok(claims) => {
                    failures = 0;
                    let short = claims.len() < places.len();
                    telemetry::claimed(&self.queue, if claims.is_empty() { "empty" } else { "jobs" });
                    for (claim, place) in claims.into_iter().zip(places.drain(..)) {
                        let waited = (claim.attempted_at - claim.scheduled_at).to_std().unwrap_or_default();
                        telemetry::waited(&self.queue, waited);
                        let held = Held { claim: Arc::new(claim), session: session.clone(), place: Some(place) };
                        if self.out.send(held).is_err() {
                            return;
                        }
                    }
                    drop(places);
                    if short {
                        tokio::select! {
                            () = ring => {}
                            () = tokio::time::sleep(self.poll) => {}
                        }
                    }
                }
                Err(error) => {
                    failures += 1;
                    telemetry::claimed(&self.queue, "error");
                    tracing::warn!(queue = self.queue, %error, "failed to claim");
                    tokio::time::sleep(AGAIN.delay(failures, 0)).await;
                }
            }
        }
    }

    /// A bounded claim; a full one when that comes back short.
    async fn claim(
        &self,
        session: crate::model::SessionId,
        limit: usize,
        marks: &mut Watermarks,
        last_full: &mut Instant,
    ) -> Result<Vec<Claim>, crate::store::StoreError> {
        let full = *marks == Watermarks::default();
        if full {
            *last_full = Instant::now();
        }
        let mut claims = self.store.claim(&self.queue, session, limit, marks).await?;
        if claims.len() < limit && !full {
            *last_full = Instant::now();
            let mut all = Watermarks::default();
            match self.store.claim(&self.queue, session, limit - claims.len(), &mut all).await {
                Ok(more) => claims.extend(more),
                // What the first one took is ours already and must be run.
                Err(error) => tracing::warn!(queue = self.queue, %error, "failed to look behind the watermark"),
            }
        }
        Ok(claims)
    }

    /// All places that are free, at least one, at most a batch.
    async fn places(&self) -> Vec<OwnedSemaphorePermit> {
        let mut places = Vec::new();
        // The semaphore is never closed.
        if let Ok(first) = Arc::clone(&self.places).acquire_owned().await {
            places.push(first);
        }
        if self.places.available_permits() < self.held / 4 {
            tokio::time::sleep(COMPANY).await;
        }
        while places.len() < BATCH
            && let Ok(place) = Arc::clone(&self.places).try_acquire_owned()
        {
            places.push(place);
        }
        places
    }
}
