//! What operators say, as it reaches a worker: looked at once a second.

use std::time::Duration;

use tokio::sync::watch;

use crate::model::Controls;
use crate::store::{Store, answered};

/// How often. A pause holds everywhere within twice this.
const EVERY: Duration = Duration::from_secs(1);

/// Keeps `controls` current, for ever. While the database is away, what was said last holds.
pub(super) async fn heed(store: Store, queues: Vec<String>, controls: watch::Sender<Controls>) {
    loop {
        match answered(store.controls(&queues)).await {
            Ok(now) => {
                controls.send_if_modified(|before| {
                    let changed = *before != now;
                    *before = now;
                    changed
                });
            }
            Err(error) => tracing::warn!(%error, "failed to look at what is paused and limited"),
        }
        tokio::time::sleep(EVERY).await;
    }
}
