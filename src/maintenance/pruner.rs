//! Keeps the history's days: made ahead, dropped whole when they are old.

use std::time::Duration;

use crate::store::Store;

/// How often it looks; also when the last look failed.
const EVERY: Duration = Duration::from_mins(10);

/// Prunes for ever.
pub(super) async fn prune(store: Store, history: Duration) {
    loop {
        if let Err(error) = store.turn_history(history).await {
            tracing::warn!(%error, "failed to turn the history's days; will try again");
        }
        tokio::time::sleep(EVERY).await;
    }
}
