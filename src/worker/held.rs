//! What a process holds, as it knows it itself; and the correction where the tables know more.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::lease::Session;
use super::rest::rest_after;
use crate::model::{Claim, Ending, JobId};
use crate::store::{ANSWER, HeldRow, Settlement, Store, StoreError, answered};
use crate::{telemetry, wake};

/// How often the two are compared, where what was held before and cannot be vacuumed away does not make that long.
const EVERY: Duration = Duration::from_secs(2);
/// A job claimed longer ago than this is either known here, or nobody waits for the answer to its claim any more.
const ANSWERED: Duration = ANSWER.saturating_add(Duration::from_secs(2));

/// The attempts of one queue that this process holds, claimed and not yet settled; and how to ask each to stop.
#[derive(Clone, Debug, Default)]
pub(super) struct HeldJobs(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// By job and attempt.
    attempts: HashMap<(JobId, i32), watch::Sender<bool>>,
    /// When a claim last went unanswered: its jobs may be ours.
    unanswered: Option<Instant>,
}

impl HeldJobs {
    /// Adds what a claim brought; each gets the end that hears of a request to stop.
    pub(super) fn add(&self, claims: &[Claim]) -> std::vec::IntoIter<watch::Receiver<bool>> {
        let attempts = &mut self.known().attempts;
        let add = |claim: &Claim| {
            let (cancel, cancelled) = watch::channel(claim.cancel_requested);
            attempts.insert((claim.id, claim.attempt), cancel);
            cancelled
        };
        claims.iter().map(add).collect::<Vec<_>>().into_iter()
    }

    /// Takes out what is settled, or not ours any more.
    pub(super) fn remove<'a>(&self, claims: impl IntoIterator<Item = &'a Claim>) {
        let attempts = &mut self.known().attempts;
        for claim in claims {
            attempts.remove(&(claim.id, claim.attempt));
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.known().attempts.len()
    }

    /// Says that a claim went unanswered.
    pub(super) fn doubt(&self) {
        self.known().unanswered = Some(Instant::now());
    }

    /// Whether there is anything to compare: an idle process need not ask what it holds.
    fn may_be_any(&self) -> bool {
        let known = self.known();
        !known.attempts.is_empty() || known.unanswered.is_some_and(|at| at.elapsed() < 2 * ANSWERED)
    }

    fn knows(&self, row: &HeldRow) -> bool {
        self.known().attempts.contains_key(&(row.id, row.attempt))
    }

    fn cancel(&self, row: &HeldRow) {
        if let Some(cancel) = self.known().attempts.get(&(row.id, row.attempt)) {
            cancel.send_replace(true);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands back, for ever, what the tables say we hold and we do not know of: the answer to its claim was lost. And passes
/// requests to cancel on to what runs.
pub(super) async fn correct(store: Store, sessions: watch::Receiver<Session>, held: BTreeMap<String, HeldJobs>) {
    let mut rest = EVERY;
    loop {
        tokio::time::sleep(rest).await;
        let began = Instant::now();
        let session = sessions.borrow().clone();
        let queues: Vec<String> =
            held.iter().filter(|(_, held)| held.may_be_any()).map(|(queue, _)| queue.clone()).collect();
        if session.lost.is_cancelled() || queues.is_empty() {
            continue;
        }
        if let Err(error) = correct_once(&store, &session, &queues, &held).await {
            tracing::warn!(%error, "failed to compare what is held");
        }
        rest = rest_after(began.elapsed()).clamp(EVERY, ANSWERED);
    }
}

async fn correct_once(
    store: &Store,
    session: &Session,
    queues: &[String],
    held: &BTreeMap<String, HeldJobs>,
) -> Result<(), StoreError> {
    let rows = answered(store.held(queues, session.id)).await?;
    let mut unknown: BTreeMap<(String, i32), Vec<Settlement>> = BTreeMap::new();
    for row in rows {
        if row.cancel_requested
            && let Some(held) = held.get(&row.queue)
        {
            held.cancel(&row);
        }
        let old = Duration::from_millis(row.held_ms.unsigned_abs()) > ANSWERED;
        if old && held.get(&row.queue).is_some_and(|held| !held.knows(&row)) {
            let release = Settlement { id: row.id, kind: row.kind, ending: Ending::Released };
            unknown.entry((row.queue, row.attempt)).or_default().push(release);
        }
    }
    for ((queue, attempt), batch) in unknown {
        let released = answered(store.settle(&queue, session.id, attempt, &batch, true)).await?.len();
        tracing::warn!(queue, jobs = released, "handed back jobs whose claim was never answered");
        telemetry::rescued(&queue, released);
        wake::ring_here();
    }
    Ok(())
}
