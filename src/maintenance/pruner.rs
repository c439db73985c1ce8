//! Keeps what is remembered within its time: the history's days, made ahead and dropped whole; dead letters, failed attempts
//! and idempotency keys, a thousand at a time.

use std::time::Duration;

use crate::model::WorkerOptions;
use crate::store::{Retention, Store, StoreError, answered};

/// How often it looks; also when the last look failed.
const EVERY: Duration = Duration::from_mins(10);

/// Prunes for ever.
pub(super) async fn prune(store: Store, options: WorkerOptions) {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let keep = Retention { dead_letters: seconds(options.dead_letters), attempts: seconds(options.attempts) };
    loop {
        if let Err(error) = store.turn_history(options.history).await {
            tracing::warn!(%error, "failed to turn the history's days; will try again");
        }
        if let Err(error) = prune_all(&store, keep).await {
            tracing::warn!(%error, "failed to prune; will try again");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn prune_all(store: &Store, keep: Retention) -> Result<(), StoreError> {
    for queue in answered(store.queues()).await? {
        while answered(store.prune_queue(&queue, keep)).await? >= 1_000 {}
    }
    Ok(())
}
