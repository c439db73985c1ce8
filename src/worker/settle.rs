//! Endings on their way to the tables: whatever has gathered while the last batch was on its way is the next one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::execute::Finished;
use super::held::HeldJobs;
use crate::model::{Controls, Ending, Reason, RetryPolicy, SessionId};
use crate::store::{Settled, Settlement, Store, StoreError, measured};
use crate::telemetry::{self, Meters};
use crate::wake;

/// The most endings of one statement.
const BATCH: usize = 1_000;
/// What was claimed together often ends together: who settles the first lets the others run so often before it goes, as long as more
/// are held. Where they wait for something else that costs microseconds; where they end at once it halves the commits.
const TURNS: u32 = 64;
/// So many in one statement are enough: more save nothing that their wait does not cost.
const ENOUGH: usize = 64;
/// So many endings whose rows were locked are tried again at once, for each queue: they must leave connections to others.
const STRAGGLERS: usize = 4;
/// Waits between tries while the database is away. Nothing that has finished is ever dropped for it.
const AGAIN: RetryPolicy =
    RetryPolicy { base: Duration::from_millis(50), factor: 2.0, cap: Duration::from_secs(2), jitter: 0.2 };

/// Settles one queue's endings until all senders are gone, or until `give_up`.
pub(super) async fn settle(
    store: Store,
    queue: String,
    held: HeldJobs,
    controls: watch::Receiver<Controls>,
    meters: Arc<Meters>,
    mut finished: mpsc::Receiver<Finished>,
    give_up: CancellationToken,
) {
    let settler = Settler { store, queue, held, controls, meters, places: None };
    let mut batch = Vec::with_capacity(BATCH);
    // Those whose rows somebody else has locked: they must not hold up the others.
    let mut stragglers = JoinSet::new();
    let places = Arc::new(Semaphore::new(STRAGGLERS));
    let all = async {
        while finished.recv_many(&mut batch, BATCH).await > 0 {
            gather(&mut finished, &mut batch, settler.held.len()).await;
            // One statement for each session and attempt number, so that the fence is an equality, and for what has completed
            // and what has not; nearly always one.
            let mut groups: BTreeMap<(SessionId, i32, bool), Vec<Finished>> = BTreeMap::new();
            for end in batch.drain(..) {
                let group = (end.claim.session, end.claim.attempt, end.ending == Ending::Completed);
                groups.entry(group).or_default().push(end);
            }
            for (_, group) in groups {
                for straggler in settler.settle(group).await {
                    let settler = settler.patient(&places);
                    stragglers.spawn(async move { settler.settle_straggler(straggler).await });
                }
            }
            while stragglers.try_join_next().is_some() {}
        }
        while stragglers.join_next().await.is_some() {}
    };
    tokio::select! {
        () = all => {}
        () = give_up.cancelled() => {}
    }
}

/// Adds what ends within a few turns, up to so many.
async fn gather(finished: &mut mpsc::Receiver<Finished>, batch: &mut Vec<Finished>, held: usize) {
    for _ in 0..TURNS {
        if batch.len() >= held.min(ENOUGH) {
            return;
        }
        tokio::task::yield_now().await;
        while batch.len() < BATCH
            && let Ok(end) = finished.try_recv()
        {
            batch.push(end);
        }
    }
}

/// Sends one queue's endings.
#[derive(Clone)]
struct Settler {
    store: Store,
    queue: String,
    held: HeldJobs,
    controls: watch::Receiver<Controls>,
    meters: Arc<Meters>,
    /// Of a straggler: the places there are for trying again.
    places: Option<Arc<Semaphore>>,
}

impl Settler {
    /// The same for a straggler, which takes turns with the others.
    fn patient(&self, places: &Arc<Semaphore>) -> Self {
        Self { store: self.store.if_free(), places: Some(Arc::clone(places)), ..self.clone() }
    }

    /// Sends one group, all of the same session and attempt number, until it is answered. Returns those whose rows were
    /// locked.
    async fn settle(&self, group: Vec<Finished>) -> Vec<Finished> {
        let mut failures = 0;
        loop {
            match self.send(&group).await {
                Ok(settled) => {
                    self.account(&group, &settled, failures > 0);
                    return Vec::new();
                }
                Err(error) if group.len() > 1 && (is_of_the_data(&error) || error.is_locked()) => {
                    tracing::warn!(queue = self.queue, %error, "a batch of endings is refused; sending each alone");
                    return self.settle_singly(group).await;
                }
                Err(error) if error.is_locked() => return group,
                Err(error) if is_of_the_data(&error) => {
                    self.bury(group).await;
                    return Vec::new();
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(queue = self.queue, %error, endings = group.len(), "failed to settle; will try again");
                    tokio::time::sleep(AGAIN.delay(failures, 0)).await;
                }
            }
        }
    }

    /// One ending that is refused must not hold up the others: from the first that is locked on, the rest waits elsewhere.
    async fn settle_singly(&self, group: Vec<Finished>) -> Vec<Finished> {
        let mut locked = Vec::new();
        for end in group {
            if locked.is_empty() {
                locked.extend(Box::pin(self.settle(vec![end])).await);
            } else {
                locked.push(end);
            }
        }
        locked
    }

    /// Waits until whoever has locked the row lets go of it; a handler's own transaction, rolling back, for one.
    async fn settle_straggler(&self, straggler: Finished) {
        let mut again = vec![straggler];
        let mut failures = 0;
        loop {
            failures += 1;
            tokio::time::sleep(AGAIN.delay(failures, 0)).await;
            again = self.settle(again).await;
            if again.is_empty() {
                return;
            }
        }
    }

    /// What the database will never store ends with words that it will.
    async fn bury(&self, group: Vec<Finished>) {
        for mut end in group {
            tracing::error!(queue = self.queue, job = %end.claim.id, "an ending cannot be stored as it is; burying the job");
            end.ending = Ending::Buried { reason: Reason::Error, error: "its ending could not be stored".to_owned() };
            let group = [end];
            match self.send(&group).await {
                Ok(settled) => self.account(&group, &settled, false),
                // Nobody holds it any more: it is handed back, and runs again.
                Err(error) => {
                    self.held.remove(group.iter().map(|end| end.claim.as_ref()));
                    tracing::error!(queue = self.queue, %error, "failed to bury it; it will run again");
                }
            }
        }
    }

    async fn send(&self, group: &[Finished]) -> Result<Settled, StoreError> {
        let Some(first) = group.first() else { return Ok(Settled::new()) };
        let batch: Vec<Settlement> = group.iter().map(Settlement::from).collect();
        let control = self.controls.borrow().queue(&self.queue);
        let (session, attempt) = (first.claim.session, first.claim.attempt);
        let _place = match &self.places {
            Some(places) => places.acquire().await.ok(),
            None => None,
        };
        let asked = self.store.settle(&self.queue, session, attempt, &batch, control.keep_history);
        let settled = measured("settle", asked).await?;
        // The end of one makes room, or another one due.
        if control.limited || group.iter().any(|end| end.claim.ordered) {
            wake::ring_here();
        }
        Ok(settled)
    }

    fn account(&self, group: &[Finished], settled: &Settled, sent_again: bool) {
        self.held.remove(group.iter().map(|end| end.claim.as_ref()));
        for end in group {
            account(&self.meters, &self.queue, end, settled.contains(&end.claim.id), sent_again);
        }
    }
}

/// Whether the statement would fail again however often it is sent: SQLSTATE classes 22 (data) and 23 (constraint).
fn is_of_the_data(error: &StoreError) -> bool {
    matches!(error, StoreError::Database(sqlx::Error::Encode(_)))
        || error.sqlstate().is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}

/// Counts an ending by what the tables answered.
fn account(meters: &Meters, queue: &str, end: &Finished, counted: bool, sent_again: bool) {
    let claim = &end.claim;
    match (counted, end.completed_itself) {
        (true, _) => {
            let reason = match &end.ending {
                Ending::Retry { reason, .. } | Ending::Buried { reason, .. } => Some(*reason),
                _ => None,
            };
            meters.attempt(&claim.kind, end.ending.outcome(), reason, end.took);
            if matches!(end.ending, Ending::Completed | Ending::Cancelled | Ending::Expired | Ending::Buried { .. }) {
                lived(meters, end);
            }
            log(end);
        }
        (false, true) => {
            meters.attempt(&claim.kind, crate::model::Outcome::Completed, None, end.took);
            lived(meters, end);
        }
        // The answer to the first time was lost, so this says nothing.
        (false, false) if sent_again => {
            tracing::info!(queue, job = %claim.id, attempt = claim.attempt, "settled earlier, or no longer ours");
        }
        (false, false) if end.ending == Ending::Released => {}
        (false, false) => {
            telemetry::lease_lost(queue, "fenced");
            tracing::warn!(queue, job = %claim.id, attempt = claim.attempt, "an ending came too late: the lease was lost");
        }
    }
}

/// Counts a job's life, from its enqueueing to its end.
fn lived(meters: &Meters, end: &Finished) {
    let before = (end.claim.attempted_at - end.claim.created_at).to_std().unwrap_or_default();
    meters.ended(before + end.took);
}

/// An error is logged once, where it is dealt with.
fn log(end: &Finished) {
    let claim = &end.claim;
    match &end.ending {
        Ending::Retry { delay, reason, error } => tracing::warn!(
            queue = claim.queue, kind = claim.kind, job = %claim.id, attempt = claim.attempt, %reason, error,
            retry_in_seconds = delay.as_secs_f64(), "attempt failed, will be tried again"),
        Ending::Buried { reason, error } => tracing::error!(
            queue = claim.queue, kind = claim.kind, job = %claim.id, attempt = claim.attempt, %reason, error,
            "dead letter: `windlass dead show {}`", claim.id),
        _ => tracing::debug!(
            queue = claim.queue, kind = claim.kind, job = %claim.id, outcome = end.ending.outcome().as_str(), "attempt ended"),
    }
}

impl From<&Finished> for Settlement {
    fn from(end: &Finished) -> Self {
        Self { id: end.claim.id, kind: end.claim.kind.clone(), ending: end.ending.clone() }
    }
}
