//! Long jobs leave something for their next attempt, say how far they are, and wait for who knows them.

use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use windlass::job::KeepError;
use windlass::model::{Outcome, Policy};
use windlass::testing::drain;
use windlass::testing::toys::{Act, Toy, registry};
use windlass::{Client, Job, JobContext, JobError, JobExt, Registry, StoreError, WorkerPool};

use crate::support::{at_a_clock, database, number, until};

/// Counts to three, one in each attempt.
#[derive(Serialize, Deserialize)]
struct Count {
    bad: bool,
}

impl Job for Count {
    const KIND: &'static str = "count";
    const QUEUE: &'static str = "toys";
    const POLICY: Policy = Policy { timeout: Duration::from_secs(30), max_deferrals: 2, ..Policy::DEFAULT };
    type Deps = ();

    async fn run(&self, cx: &JobContext<()>) -> Result<(), JobError> {
        assert!(cx.deadline() > std::time::Instant::now() + Duration::from_secs(29));
        if self.bad {
            let huge = cx.checkpoint(&"x".repeat(2 * 1024 * 1024)).await.unwrap_err();
            assert!(matches!(huge, KeepError::TooLarge(2_097_154)), "{huge}");
            cx.checkpoint(&"not a number").await?;
            let unreadable = cx.checkpointed::<i64>();
            assert!(unreadable.is_ok(), "this attempt began without one");
            return Ok(());
        }
        let last = cx.checkpointed::<i64>()?.unwrap_or(0);
        cx.progress(u64::try_from(last + 1)?, 3, &format!("at {}", last + 1)).await?;
        cx.checkpoint(&(last + 1)).await?;
        if last + 1 < 3 { Err(JobError::retry("not there yet")) } else { Ok(()) }
    }
}

fn counting() -> Registry<()> {
    registry().register::<Count>()
}

#[tokio::test]
async fn a_checkpoint_survives_retries_and_progress_is_seen() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let id = client.enqueue(database.pool(), Count { bad: false }).await.unwrap().id();
    for step in 1..=3 {
        let ran = drain(&store, &counting(), ()).await.unwrap();
        assert_eq!(ran[0].outcome, if step < 3 { Outcome::Retry } else { Outcome::Completed });
        if let Some(job) = store.job(id).await.unwrap() {
            assert_eq!((job.progress_done, job.progress_total), (Some(step), Some(3)));
            assert_eq!(job.progress_message, Some(format!("at {step}")));
            assert_eq!(job.checkpoint.unwrap().to_string(), step.to_string());
        }
        clock.turn(TimeDelta::hours(1));
    }
}

#[tokio::test]
async fn a_checkpoint_that_is_too_large_is_refused_and_one_of_another_shape_is_told() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    client.enqueue(database.pool(), Count { bad: true }).await.unwrap();
    assert_eq!(drain(&store, &counting(), ()).await.unwrap()[0].outcome, Outcome::Completed);
    let id = client.enqueue(database.pool(), Count { bad: false }).await.unwrap().id();
    sqlx::query("update windlass.jobs set checkpoint = '\"words\"'").execute(database.pool()).await.unwrap();
    assert_eq!(drain(&store, &counting(), ()).await.unwrap()[0].outcome, Outcome::Retry);
    assert_eq!(store.attempts(id).await.unwrap()[0].error, "checkpoint of an earlier attempt does not decode");
    clock.turn(TimeDelta::hours(1));
}

/// Loses its job in the middle, and then writes.
#[derive(Serialize, Deserialize)]
struct Late;

impl Job for Late {
    const KIND: &'static str = "late";
    const QUEUE: &'static str = "toys";
    type Deps = ();

    async fn run(&self, cx: &JobContext<()>) -> Result<(), JobError> {
        sqlx::query("update windlass.jobs set attempt = attempt + 1").execute(cx.db()).await?;
        assert!(matches!(cx.checkpoint(&1).await, Err(KeepError::Store(StoreError::LeaseLost(_)))));
        assert!(matches!(cx.progress(1, 2, "").await, Err(StoreError::LeaseLost(_))));
        Ok(())
    }
}

#[tokio::test]
async fn both_are_fenced() {
    let database = database().await;
    let client = Client::new(database.pool().clone());
    client.enqueue(database.pool(), Late).await.unwrap();
    drain(&database.store(), &Registry::default().register::<Late>(), ()).await.unwrap();
    let untouched = "select count(*) from windlass.jobs where checkpoint is null and progress_done is null";
    assert_eq!(number(database.pool(), untouched).await, 1);
    assert_eq!(number(database.pool(), "select count(*) from windlass.attempts").await, 0, "no assertion failed");
}

/// The next version of a toy's arguments.
#[derive(Serialize, Deserialize)]
struct NewToy {
    name: String,
}

impl Job for NewToy {
    const KIND: &'static str = "toy";
    const QUEUE: &'static str = "toys";
    const ARGS_VERSION: i16 = 2;
    type Deps = ();

    async fn run(&self, _: &JobContext<()>) -> Result<(), JobError> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_worker_beside_a_newer_one_leaves_to_it_what_only_that_knows() {
    let database = database().await;
    let db = database.pool();
    let client = Client::new(db.clone());
    let old = tokio::spawn(WorkerPool::new(database.store(), registry(), ()).run(std::future::pending()));
    client.enqueue_many(db, (0..20).map(|n| NewToy { name: n.to_string() })).await.unwrap();
    client.enqueue_many(db, (0..20).map(|_| Count { bad: true })).await.unwrap();
    until(db, "select count(*) from windlass.jobs where state = 'parked'", Duration::from_secs(20), |n| n == 40).await;
    let newer = Registry::<()>::default().register::<NewToy>().register::<Count>();
    let new = tokio::spawn(WorkerPool::new(database.store(), newer, ()).run(std::future::pending()));
    until(db, "select count(*) from windlass.jobs", Duration::from_secs(30), |n| n == 0).await;
    let completed = "select count(*) from windlass.history where outcome = 'completed' and failures = 0";
    assert!(number(db, completed).await >= 40);
    old.abort();
    new.abort();
}

/// The other side says when to come again.
#[derive(Serialize, Deserialize)]
struct Polite {
    seconds: u64,
}

impl Job for Polite {
    const KIND: &'static str = "polite";
    const QUEUE: &'static str = "toys";
    const POLICY: Policy = Policy { max_deferrals: 2, max_failures: 2, ..Policy::DEFAULT };
    type Deps = ();

    async fn run(&self, _: &JobContext<()>) -> Result<(), JobError> {
        Err(JobError::retry_after(Duration::from_secs(self.seconds), "429"))
    }
}

#[tokio::test]
async fn coming_again_when_told_uses_no_attempt_until_it_is_too_often() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let registry = Registry::<()>::default().register::<Polite>();
    let id = client.enqueue(database.pool(), Polite { seconds: 1_000_000 }).await.unwrap().id();
    for put_off in 1..=2 {
        assert_eq!(drain(&store, &registry, ()).await.unwrap()[0].outcome, Outcome::RetryAfter);
        let job = store.job(id).await.unwrap().unwrap();
        assert_eq!((job.summary.failures, job.deferrals), (0, put_off));
        assert_eq!(job.summary.scheduled_at, clock.now() + TimeDelta::days(1), "a day at most");
        clock.turn(TimeDelta::days(1));
    }
    assert_eq!(drain(&store, &registry, ()).await.unwrap()[0].outcome, Outcome::Retry);
    assert_eq!(store.attempts(id).await.unwrap()[0].reason, "deferred_too_often");
}

#[tokio::test]
async fn a_job_whose_time_is_over_ends_unrun() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let db = database.pool();
    let id = client
        .enqueue(db, Toy::new(1, Act::Complete).expires_at(clock.now() + TimeDelta::seconds(5)))
        .await
        .unwrap()
        .id();
    clock.turn(TimeDelta::seconds(5));
    assert_eq!(drain(&store, &registry(), ()).await.unwrap()[0].outcome, Outcome::Expired);
    assert_eq!(store.ended_job(id).await.unwrap().unwrap().outcome, "expired");
    assert_eq!(number(db, "select count(*) from toys.starts").await, 0);
}
