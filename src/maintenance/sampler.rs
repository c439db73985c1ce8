//! Reads what the queues hold and puts it into the gauges.

use std::time::Duration;

use crate::store::{Store, answered};
use crate::telemetry;

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
