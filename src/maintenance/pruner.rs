//! Keeps the history's days: made ahead, dropped whole when they are old. Forgets old ticks of schedules.

use std::time::Duration;

use crate::store::{Store, StoreError, answered};

/// How often it looks; also when the last look failed.
const EVERY: Duration = Duration::from_mins(10);

/// How long ticks are remembered.
const TICKS: Duration = Duration::from_hours(24 * 30);
/// How often one look forgets some of a schedule's ticks, a thousand each time; the rest is the next look's.
const ROUNDS: usize = 200;

/// Prunes for ever.
pub(super) async fn prune(store: Store, history: Duration) {
    loop {
        if let Err(error) = store.turn_history(history).await {
            tracing::warn!(%error, "failed to turn the history's days; will try again");
        }
        if let Err(error) = forget_ticks(&store).await {
            tracing::warn!(%error, "failed to forget old ticks; will try again");
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn forget_ticks(store: &Store) -> Result<(), StoreError> {
    for schedule in answered(store.look_at_schedules()).await? {
        for _ in 0..ROUNDS {
            if answered(store.prune_ticks(&schedule.declaration.name, TICKS)).await? == 0 {
                break;
            }
        }
    }
    Ok(())
}
