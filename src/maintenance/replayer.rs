//! Moves the replays that are under way, a step at a time. Every worker process tries; of one replay one does the step.

use std::time::Duration;

use crate::store::{Store, StoreError, answered};
use crate::wake::Bell;

/// How often it looks whether there is a replay.
const IDLE: Duration = Duration::from_secs(2);
/// How often it takes a step while there is one.
const BUSY: Duration = Duration::from_millis(200);

/// Replays for ever.
pub(super) async fn replay(store: Store) {
    let bell = Bell::new(store.db().clone());
    loop {
        let busy = match step(&store, &bell).await {
            Ok(busy) => busy,
            Err(error) => {
                tracing::warn!(%error, "failed to move a replay; will try again");
                false
            }
        };
        tokio::time::sleep(if busy { BUSY } else { IDLE }).await;
    }
}

async fn step(store: &Store, bell: &Bell) -> Result<bool, StoreError> {
    let active = store.active_replays().await?;
    for (id, planning) in &active {
        if *planning {
            store.finish_plan(*id).await?;
        } else if answered(store.step_replay(*id)).await? {
            bell.ring();
        }
    }
    Ok(!active.is_empty())
}
