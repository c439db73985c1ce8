//! Waiting until the workers are through.

use std::time::Duration;

use sqlx::PgPool;
use windlass::store::JobFilter;
use windlass::{Client, Job, JobExt, JobId, Store};

/// How often it is asked whether anything is left.
pub(super) const LOOK: Duration = Duration::from_millis(50);
/// How many jobs are looked at.
const JOBS: i64 = 1_000;

/// Resolves when a queue has no job but those that were put off to a later day.
pub(super) async fn idle(db: &PgPool, queue: &str) {
    let store = Store::new(db.clone());
    let any = JobFilter { queue: Some(queue.to_owned()), limit: JOBS, ..JobFilter::default() };
    loop {
        match store.jobs(&any).await {
            Ok(jobs) if jobs.iter().all(|job| job.later && job.attempt == 0) => return,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "failed to ask what is left"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Enqueues jobs that no other demo has enqueued, and waits until their queue is idle.
pub(super) async fn through<J: Job>(
    db: &PgPool,
    jobs: impl IntoIterator<Item = J>,
) -> Result<Vec<JobId>, windlass::EnqueueError> {
    let client = Client::new(db.clone());
    let mut ids = Vec::new();
    for job in jobs {
        let key = format!("demo:{}", uuid::Uuid::now_v7());
        ids.push(client.enqueue(db, job.unique(key)).await?.id());
    }
    idle(db, J::QUEUE).await;
    Ok(ids)
}
