//! Brings back what waits out of the claim's sight: parked jobs whose kind is known here and not paused, and blocked jobs that
//! nothing is in front of any more. The second is a backstop: an ending makes the next one due itself, unless it could not see
//! it yet.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::store::{HeldUp, Store, StoreError, answered};
use crate::wake;

/// How often it looks; a resumed kind is back within twice this.
const EVERY: Duration = Duration::from_secs(1);

/// Releases for ever, for kinds at these versions of their arguments.
pub(super) async fn release(store: Store, queues: Vec<String>, kinds: Vec<(&'static str, i16)>) {
    let mut reached: BTreeMap<String, String> = BTreeMap::new();
    loop {
        // Nearly always there is none, and one question for all queues says so.
        match answered(store.held_up_queues(&queues)).await {
            Ok(held_up) => {
                for of in held_up {
                    let after = reached.entry(of.queue.clone()).or_default();
                    if let Err(error) = answered(release_once(&store, &of, &kinds, after)).await {
                        tracing::warn!(queue = of.queue, %error, "failed to release parked and blocked jobs");
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "failed to look for parked and blocked jobs"),
        }
        tokio::time::sleep(EVERY).await;
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
