//! What a worker is to heed, of operators and of jobs that wait out of sight: looked at once a second.

use std::time::Duration;

use tokio::sync::watch;

use crate::model::Controls;
use crate::store::{Notices, Store, answered};

/// How often. A pause holds everywhere within twice this.
const EVERY: Duration = Duration::from_secs(1);

/// Keeps both current, for ever: `controls` is told what has changed, `notices` at each look. While the database is away, what was
/// said last holds.
pub(super) async fn heed(
    store: Store,
    queues: Vec<String>,
    controls: watch::Sender<Controls>,
    notices: watch::Sender<Notices>,
) {
    loop {
        match answered(store.notices(&queues)).await {
            Ok(now) => {
                controls.send_if_modified(|before| {
                    let changed = *before != now.controls;
                    before.clone_from(&now.controls);
                    changed
                });
                notices.send_replace(now);
            }
            Err(error) => tracing::warn!(%error, "failed to look at what is paused and limited"),
        }
        tokio::time::sleep(EVERY).await;
    }
}
