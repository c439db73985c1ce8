//! Reads what the queues hold, and what an application says of its tables, and puts it into the gauges.

use std::time::Duration;

use crate::model::SessionId;
use crate::store::{Store, StoreError, answered};
use crate::telemetry::{self, Read, Reading};

/// Samples for ever.
pub(super) async fn sample(store: Store, queues: Vec<String>, every: Duration) {
    loop {
        for queue in &queues {
            match answered(store.gauges(queue)).await {
                Ok(gauges) => telemetry::sampled(queue, &gauges),
                Err(error) => tracing::warn!(queue, %error, "failed to sample"),
            }
        }
        tokio::time::sleep(every).await;
    }
}

/// Samples an application's own gauges for ever, whenever it is this process's turn.
pub(super) async fn sample_own(
    store: Store,
    session: impl Fn() -> SessionId,
    queues: Vec<String>,
    read: Read,
    every: Duration,
) {
    let mut shown = Vec::new();
    loop {
        let readings = match answered(look(&store, session(), &queues, &read)).await {
            Ok(readings) => readings,
            Err(error) => {
                tracing::warn!(%error, "failed to sample the application's gauges");
                Vec::new()
            }
        };
        telemetry::show(&readings, &shown);
        shown = readings;
        tokio::time::sleep(every).await;
    }
}

/// What the gauges say; nothing where another process says it.
async fn look(store: &Store, session: SessionId, queues: &[String], read: &Read) -> Result<Vec<Reading>, StoreError> {
    if store.is_sampler(session, queues).await? { store.read_gauges(read).await } else { Ok(Vec::new()) }
}
