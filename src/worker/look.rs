//! The poll: for all idle queues of a process together, so that a hundred of them cost what one costs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::store::{Store, StoreError, measured};
use crate::telemetry;

/// A queue's claimer, as the poll sees it.
#[derive(Debug, Default)]
pub(super) struct Idle {
    waits: AtomicBool,
    due: Notify,
}

impl Idle {
    /// Waits until the poll has found something. Between rings it is the only thing that a claimer waits for.
    pub(super) async fn until_due(&self) {
        // A claimer that is rung, or stopped, leaves from here.
        let _waiting = Waiting::begin(self);
        self.due.notified().await;
    }
}

struct Waiting<'a>(&'a Idle);

impl<'a> Waiting<'a> {
    fn begin(idle: &'a Idle) -> Self {
        idle.waits.store(true, Ordering::Release);
        Self(idle)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waits.store(false, Ordering::Release);
    }
}

/// Looks for ever, so often, for whoever is idle.
pub(super) async fn look(store: Store, idle: BTreeMap<String, Arc<Idle>>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let queues: Vec<String> = idle
            .iter()
            .filter(|(_, idle)| idle.waits.load(Ordering::Acquire))
            .map(|(queue, _)| queue.clone())
            .collect();
        if let Err(error) = look_once(&store, &idle, &queues).await {
            for queue in &queues {
                telemetry::claimed(queue, "error");
            }
            tracing::warn!(%error, "failed to look for due jobs");
        }
    }
}

async fn look_once(store: &Store, idle: &BTreeMap<String, Arc<Idle>>, queues: &[String]) -> Result<(), StoreError> {
    if queues.is_empty() {
        return Ok(());
    }
    let due = measured("look", store.due_queues(queues)).await?;
    for queue in queues {
        match idle.get(queue) {
            Some(idle) if due.contains(queue) => idle.due.notify_one(),
            _ => telemetry::claimed(queue, "empty"),
        }
    }
    Ok(())
}
