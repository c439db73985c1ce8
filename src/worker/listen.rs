//! Other processes' rings. A connection that breaks is rebuilt; until then the poll finds what is due.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;

use crate::model::RetryPolicy;
use crate::store::{self, StoreError, answered};
use crate::wake;

const AGAIN: RetryPolicy =
    RetryPolicy { base: Duration::from_millis(500), factor: 2.0, cap: Duration::from_secs(30), jitter: 0.2 };

/// How long nothing is heard before it is asked whether anybody is there.
const QUIET: Duration = Duration::from_secs(30);

/// Passes notifications on to this process's claimers, for ever.
pub(super) async fn listen(db: PgPool) {
    let mut failures = 0;
    loop {
        match attend(&db, &mut failures).await {
            Ok(never) => match never {},
            Err(error) => {
                failures += 1;
                tracing::warn!(%error, "not listening for wake-ups; polling");
                tokio::time::sleep(AGAIN.delay(failures, 0)).await;
            }
        }
    }
}

async fn attend(db: &PgPool, failures: &mut u32) -> Result<std::convert::Infallible, StoreError> {
    let mut listener = PgListener::connect_with(db).await?;
    listener.listen(store::CHANNEL).await?;
    *failures = 0;
    // Whatever rang while nobody listened.
    wake::ring_here();
    loop {
        match tokio::time::timeout(QUIET, listener.recv()).await {
            Ok(rung) => drop(rung?),
            // A connection that died without a word would be listened to for ever.
            Err(_elapsed) => answered(store::ping(&mut listener)).await?,
        }
        wake::ring_here();
    }
}
