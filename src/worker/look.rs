//! One question for all idle queues of a process together, so that a hundred of them cost what one costs: every so often, and where
//! there are many at each ring too. From the beginning of time, where what is committed late stands; but what a forgotten transaction
//! keeps from being vacuumed away is walked then, so that while that rests the looks begin where the claims' marks were lately.

use std::collections::BTreeMap;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::rest::{LONG, rest_after};
use super::trail::Trail;
use crate::store::{Store, StoreError, Watermarks, measured};
use crate::telemetry;
use crate::wake;

/// A ring does not say where there is work. So few see for themselves, which is soonest, with connections of their own; of more than
/// that each would claim in vain at every ring of one, so they are asked for together.
const FEW: usize = 4;
/// Rings that come closer together than this are answered together.
const TOGETHER: Duration = Duration::from_millis(10);

/// Whether so many see for themselves.
pub(super) fn are_few(queues: usize) -> bool {
    queues <= FEW
}

/// A queue's claimer, as whoever looks sees it.
#[derive(Debug)]
pub(super) struct Idle {
    one_of_few: bool,
    waits: AtomicBool,
    due: Notify,
    by_ring: AtomicBool,
    pub(super) trail: Trail,
}

impl Idle {
    pub(super) fn one_of(queues: usize) -> Self {
        Self {
            one_of_few: are_few(queues),
            waits: AtomicBool::new(false),
            due: Notify::new(),
            by_ring: AtomicBool::new(false),
            trail: Trail::new(),
        }
    }

    /// Waits until there may be something to claim, and says whether a ring told so. `ring` is from before the last claim: one that
    /// came during it counts.
    pub(super) async fn until_due(&self, mut ring: Pin<&mut Notified<'_>>) -> bool {
        // A claimer that is rung, or stopped, leaves from here.
        let _waiting = Waiting::begin(self);
        let told = async {
            if self.one_of_few {
                ring.await;
            } else if poll_fn(|cx| Poll::Ready(ring.as_mut().poll(cx).is_pending())).await {
                // From now on whoever waits is asked for at each ring.
                pending::<()>().await;
            }
        };
        tokio::select! {
            () = told => true,
            () = self.due.notified() => self.by_ring.load(Ordering::Acquire),
        }
    }

    fn is_due(&self, by_ring: bool) {
        self.by_ring.store(by_ring, Ordering::Release);
        self.due.notify_one();
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

/// Looks for ever for whoever is idle: so often, and where they are many at each ring.
pub(super) async fn look(store: Store, idle: BTreeMap<String, Arc<Idle>>, every: Duration) {
    let many = !are_few(idle.len());
    let ring = wake::rung();
    tokio::pin!(ring);
    let mut last = Instant::now();
    let mut rested = last;
    loop {
        let by_ring = tokio::select! {
            () = tokio::time::sleep(every) => false,
            () = after(ring.as_mut(), last), if many => true,
        };
        last = Instant::now();
        // From before the question, so that a ring during it is not missed.
        ring.set(wake::rung());
        let all = last >= rested;
        let queues: Vec<(String, Watermarks)> = idle
            .iter()
            .filter(|(_, idle)| idle.waits.load(Ordering::Acquire))
            .map(|(queue, idle)| (queue.clone(), if all { Watermarks::default() } else { idle.trail.lagging() }))
            .collect();
        if let Err(error) = look_once(&store, &idle, &queues, by_ring).await {
            for (queue, _) in &queues {
                telemetry::claimed(queue, "error");
            }
            tracing::warn!(%error, "failed to look for due jobs");
        }
        if all && last.elapsed() > LONG {
            rested = Instant::now() + rest_after(last.elapsed());
        }
    }
}

/// The next ring, but not right after the last look.
async fn after(ring: Pin<&mut Notified<'_>>, last: Instant) {
    ring.await;
    let left = TOGETHER.saturating_sub(last.elapsed());
    if !left.is_zero() {
        tokio::time::sleep(left).await;
    }
}

async fn look_once(
    store: &Store,
    idle: &BTreeMap<String, Arc<Idle>>,
    queues: &[(String, Watermarks)],
    by_ring: bool,
) -> Result<(), StoreError> {
    if queues.is_empty() {
        return Ok(());
    }
    let due = measured("look", store.due_queues(queues)).await?;
    for (queue, _) in queues {
        match idle.get(queue) {
            Some(idle) if due.contains(queue) => idle.is_due(by_ring),
            _ => telemetry::claimed(queue, "empty"),
        }
    }
    Ok(())
}
