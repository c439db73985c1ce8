//! Reads what stands in the tables into the gauges: of all worker processes one does, the others say nothing of it.

use std::time::{Duration, Instant};

use crate::model::SessionId;
use crate::store::{Store, StoreError, measured};
use crate::telemetry::{self, Read, Reading, SAMPLE_SECONDS};

/// A sample that takes long is taken more seldom, so that sampling takes no more than a fiftieth of the time.
const REST: u32 = 50;
/// But no more seldom than this: who looks at the gauges takes their lack for an outage.
const LONGEST: Duration = Duration::from_secs(20);

/// What is read, and whose workers take turns.
pub(super) struct Sample {
    pub(super) read: Read,
    /// Those that serve these queues; all, where it is what the engine itself says.
    pub(super) queues: Option<Vec<String>>,
}

/// Samples for ever, whenever it is this process's turn.
pub(super) async fn sample(store: Store, session: impl Fn() -> SessionId, of: Sample, every: Duration) {
    let mut shown = Vec::new();
    loop {
        let started = Instant::now();
        let readings = match measured("sample", look(&store, session(), &of)).await {
            Ok(readings) => readings,
            Err(error) => {
                tracing::warn!(%error, "failed to sample");
                Vec::new()
            }
        };
        telemetry::show(&readings, &shown);
        if of.queues.is_none() {
            telemetry::connections(store.db().size(), store.db().num_idle());
            if !readings.is_empty() {
                telemetry::sampled();
            }
        }
        shown = readings;
        tokio::time::sleep(every.max((started.elapsed() * REST).min(LONGEST))).await;
    }
}

/// What the gauges say; nothing where another process says it.
async fn look(store: &Store, session: SessionId, of: &Sample) -> Result<Vec<Reading>, StoreError> {
    if !store.is_sampler(session, of.queues.as_deref()).await? {
        return Ok(Vec::new());
    }
    let started = Instant::now();
    let mut readings = store.read_gauges(&of.read).await?;
    if of.queues.is_none() {
        let value = started.elapsed().as_secs_f64();
        readings.push(Reading { metric: SAMPLE_SECONDS, labels: Vec::new(), value });
    }
    Ok(readings)
}
