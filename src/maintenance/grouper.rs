//! Brings the groups of dead letters up to date with what happened to letters.

use std::time::Duration;

use crate::store::{Store, answered};

/// How often it looks; whoever reads the groups adds what it has not seen yet.
const EVERY: Duration = Duration::from_secs(5);
/// A fold that took so many has left some.
const MANY: i64 = 1_000;

/// Folds for ever.
pub(super) async fn fold(store: Store) {
    loop {
        match answered(store.fold_tallies()).await {
            Ok(MANY..) => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "failed to fold tallies of dead letters; will try again"),
        }
        tokio::time::sleep(EVERY).await;
    }
}
