//! Moves the replays that are under way, a step at a time. Every worker process tries; of one replay one does the step.

use std::time::Duration;

use tokio::sync::watch;

use crate::store::{Notices, Store, StoreError, answered};
use crate::wake::Bell;

/// How often it takes a step while there is a replay.
const EVERY: Duration = Duration::from_millis(200);
/// And after one that failed.
const AGAIN: Duration = Duration::from_secs(2);

/// Replays for ever, as long as the last look says that there is one under way.
pub(super) async fn replay(store: Store, mut notices: watch::Receiver<Notices>) {
    let bell = Bell::new(store.db().clone());
    while notices.wait_for(|notices| notices.replaying).await.is_ok() {
        let wait = match step(&store, &bell).await {
            Ok(()) => EVERY,
            Err(error) => {
                tracing::warn!(%error, "failed to move a replay; will try again");
                AGAIN
            }
        };
        tokio::time::sleep(wait).await;
    }
    // Nobody looks any more: the worker ends.
    std::future::pending::<()>().await;
}

async fn step(store: &Store, bell: &Bell) -> Result<(), StoreError> {
    for (id, planning) in store.active_replays().await? {
        if planning {
            store.finish_plan(id).await?;
        } else if answered(store.step_replay(id)).await? {
            bell.ring();
        }
    }
    Ok(())
}
