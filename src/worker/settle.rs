//! Endings on their way to the tables: whatever has gathered while the last batch was on its way is the next one.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::execute::Finished;
use crate::model::{Ending, Reason, RetryPolicy, SessionId};
use crate::store::{Settled, Settlement, Store, StoreError, answered};
use crate::telemetry;

/// The most endings of one statement.
const BATCH: usize = 1_000;
/// Waits between tries while the database is away. Nothing that has finished is ever dropped for it.
const AGAIN: RetryPolicy =
    RetryPolicy { base: Duration::from_millis(50), factor: 2.0, cap: Duration::from_secs(2), jitter: 0.2 };

/// Settles one queue's endings until all senders are gone, or until `give_up`.
pub(super) async fn settle(
    store: Store,
    queue: String,
    mut finished: mpsc::Receiver<Finished>,
    give_up: CancellationToken,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while finished.recv_many(&mut batch, BATCH).await > 0 {
        // One statement for each session and attempt number, so that the fence is an equality; nearly always one.
        let mut groups: BTreeMap<(SessionId, i32), Vec<Finished>> = BTreeMap::new();
        for end in batch.drain(..) {
            groups.entry((end.claim.session, end.claim.attempt)).or_default().push(end);
        }
        for ((session, attempt), group) in groups {
            tokio::select! {
                () = settle_group(&store, &queue, session, attempt, group) => {}
                () = give_up.cancelled() => return,
            }
        }
    }
}

/// Sends one group until it is answered.
async fn settle_group(store: &Store, queue: &str, session: SessionId, attempt: i32, group: Vec<Finished>) {
    let mut batch: Vec<Settlement> = group.iter().map(Settlement::from).collect();
    let mut failures = 0;
    let settled = loop {
        match answered(store.settle(queue, session, attempt, &batch)).await {
            Ok(settled) => break settled,
            Err(error) if is_of_the_data(&error) => {
                tracing::error!(queue, %error, "an ending cannot be stored as it is");
                break settle_singly(store, queue, session, attempt, &mut batch).await;
            }
            Err(error) => {
                failures += 1;
                tracing::warn!(queue, %error, endings = batch.len(), "failed to settle; will try again");
                tokio::time::sleep(AGAIN.delay(failures, 0)).await;
            }
        }
    };
    for end in &group {
        account(queue, end, settled.contains(&end.claim.id), failures > 0);
    }
}

/// One ending that the database refuses must not hold up the others for ever: each is sent alone, and the refused one is
/// buried with a plain error.
async fn settle_singly(
    store: &Store,
    queue: &str,
    session: SessionId,
    attempt: i32,
    batch: &mut [Settlement],
) -> Settled {
    let mut settled = Settled::new();
    for one in batch {
        let plain = Ending::Buried { reason: Reason::Error, error: "its ending could not be stored".to_owned() };
        for ending in [one.ending.clone(), plain] {
            one.ending = ending;
            match answered(store.settle(queue, session, attempt, std::slice::from_ref(one))).await {
                Ok(ids) => {
                    settled.extend(ids);
                    break;
                }
                Err(error) => tracing::error!(queue, job = %one.id, %error, "failed to settle a single ending"),
            }
        }
    }
    settled
}

/// Whether the statement would fail again however often it is sent: SQLSTATE classes 22 (data) and 23 (constraint).
fn is_of_the_data(error: &StoreError) -> bool {
    match error {
        StoreError::Database(sqlx::Error::Database(error)) => {
            error.code().is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
        }
        StoreError::Database(sqlx::Error::Encode(_)) => true,
        _ => false,
    }
}

/// Counts an ending by what the tables answered.
pub(crate) fn account(queue: &str, end: &Finished, counted: bool, sent_again: bool) {
    let claim = &end.claim;
    match (counted, end.completed_itself) {
        (true, _) => {
            let reason = match &end.ending {
                Ending::Retry { reason, .. } | Ending::Buried { reason, .. } => Some(*reason),
                _ => None,
            };
            telemetry::attempt(queue, &claim.kind, end.ending.outcome(), reason, end.took);
            log(end);
        }
        (false, true) => telemetry::attempt(queue, &claim.kind, crate::model::Outcome::Completed, None, end.took),
        // The answer to the first time was lost, so this says nothing.
        (false, false) if sent_again => {
            tracing::info!(queue, job = %claim.id, attempt = claim.attempt, "settled earlier, or no longer ours");
        }
        (false, false) => {
            telemetry::lease_lost(queue, "fenced");
            tracing::warn!(queue, job = %claim.id, attempt = claim.attempt, "an ending came too late: the lease was lost");
        }
    }
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
