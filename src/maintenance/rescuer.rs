//! Takes back the jobs of workers that are gone: condemns sessions whose lease has passed, then frees what they hold.

use std::time::{Duration, Instant};

use crate::store::{Condemned, Store, StoreError, measured};
use crate::{telemetry, wake};

/// How often it looks. A crashed worker's jobs run again one lease and about this much later.
const EVERY: Duration = Duration::from_secs(1);

/// Rescues for ever.
pub(super) async fn rescue(store: Store, lease: Duration) {
    // After an outage every lease looks expired, so nobody is condemned before the living had one whole lease to renew.
    let mut since = Instant::now();
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = measured("rescue", rescue_once(&store, lease, since.elapsed() > lease)).await {
            tracing::warn!(%error, "failed to rescue");
            since = Instant::now();
        }
    }
}

async fn rescue_once(store: &Store, lease: Duration, may_condemn: bool) -> Result<(), StoreError> {
    let Condemned { sessions, remembered, queues } = store.condemn(may_condemn.then_some(lease)).await?;
    for session in &sessions {
        tracing::warn!(%session, "condemned a worker: its lease has passed");
    }
    let mut freed = 0;
    for queue in queues {
        let jobs = store.rescue(&queue).await?.len();
        if jobs > 0 {
            tracing::warn!(queue, jobs, "took jobs back from lost workers");
            telemetry::rescued(&queue, jobs);
            freed += jobs;
        }
    }
    if freed > 0 {
        wake::ring_here();
    }
    if remembered { store.forget_condemned().await } else { Ok(()) }
}
