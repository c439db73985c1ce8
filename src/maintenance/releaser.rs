//! Brings back what waits out of the claim's sight: parked jobs whose kind is known here and not paused, and blocked jobs that
//! nothing is in front of any more. The second is a backstop: an ending makes the next one due itself, unless it could not see
//! it yet.

use std::collections::BTreeMap;

use tokio::sync::watch;

use crate::store::{HeldUp, Notices, Store, StoreError, answered};
use crate::wake;

/// Releases for ever, for kinds at these versions of their arguments, at each look at where there are such jobs.
pub(super) async fn release(store: Store, mut notices: watch::Receiver<Notices>, kinds: Vec<(&'static str, i16)>) {
    let mut reached: BTreeMap<String, String> = BTreeMap::new();
    loop {
        let held_up = notices.borrow_and_update().held_up.clone();
        for of in held_up {
            let after = reached.entry(of.queue.clone()).or_default();
            if let Err(error) = answered(release_once(&store, &of, &kinds, after)).await {
                tracing::warn!(queue = of.queue, %error, "failed to release parked and blocked jobs");
            }
        }
        if notices.changed().await.is_err() {
            // Nobody looks any more: the worker ends.
            return std::future::pending().await;
        }
    }
}

async fn release_once(store: &Store, of: &HeldUp, kinds: &[(&str, i16)], after: &mut String) -> Result<(), StoreError> {
    let queue = of.queue.as_str();
    let unparked = if of.parked { store.unpark(queue, kinds).await? } else { 0 };
    let mut unblocked = 0;
    if of.blocked {
        let reached;
        (reached, unblocked) = store.unblock(queue, after).await?;
        *after = reached.unwrap_or_default();
    }
    if unparked > 0 || unblocked > 0 {
        tracing::debug!(queue, unparked, unblocked, "released jobs");
        wake::ring_here();
    }
    Ok(())
}
