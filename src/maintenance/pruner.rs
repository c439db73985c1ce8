//! Keeps what is remembered within its time: the history's days, made ahead and dropped whole; dead letters, failed attempts,
//! idempotency keys and schedules' ticks, a thousand at a time.

use std::time::Duration;

use crate::model::WorkerOptions;
use crate::store::{Retention, Store, StoreError, answered};

/// How often it looks; also when the last look failed.
const EVERY: Duration = Duration::from_mins(10);
/// How long ticks are remembered.
const TICKS: Duration = Duration::from_hours(24 * 30);
/// How long replays are remembered, in seconds.
const REPLAYS: i64 = 90 * 24 * 3600;
/// How often one look goes on with one queue or schedule; the rest is the next look's.
const ROUNDS: usize = 200;

/// Prunes for ever.
pub(super) async fn prune(store: Store, options: WorkerOptions) {
    let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let keep = Retention { dead_letters: seconds(options.dead_letters), attempts: seconds(options.attempts) };
    loop {
        if let Err(error) = store.turn_history(options.history).await {
            tracing::warn!(%error, "failed to turn the history's days; will try again");
        }
        if let Err(error) = prune_queues(&store, keep).await {
            tracing::warn!(%error, "failed to prune; will try again");
        }
        if let Err(error) = forget_ticks(&store).await {
            tracing::warn!(%error, "failed to forget old ticks; will try again");
        }
        match answered(store.prune_replay(REPLAYS)).await {
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "failed to forget an old replay; will try again"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn prune_queues(store: &Store, keep: Retention) -> Result<(), StoreError> {
    for queue in answered(store.queues()).await? {
        answered(store.prune_groups(&queue, keep.dead_letters)).await?;
        for _ in 0..ROUNDS {
            if answered(store.prune_queue(&queue, keep)).await? == 0 {
                break;
            }
        }
    }
    Ok(())
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
