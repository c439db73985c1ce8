//! A job is claimed once, by a session that lives, and not from below the watermark unless a full look finds it.

use std::collections::HashSet;
use std::time::Duration;

use windlass::WorkerPool;
use windlass::model::WorkerOptions;
use windlass::store::{Ask, Watermarks};
use windlass::testing::begin;
use windlass::testing::toys::{Act, registry};

use crate::support::{database, number, toys, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_claimers_never_share_a_job() {
    let database = database().await;
    toys(&database, 1_000, &Act::Succeed).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = database.store();
        tasks.spawn(async move {
            let session = begin(&store).await.unwrap();
            let mut marks = Watermarks::default();
            let mut mine = Vec::new();
            loop {
                let claims = store.claim(&Ask::new("toys", session, 13), &mut marks).await.unwrap().jobs;
                if claims.is_empty() {
                    return mine;
                }
                mine.extend(claims.into_iter().map(|claim| claim.id));
            }
        });
    }
    let all: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    // A claimer may come back empty while others hold the last rows' locks, so a few may be left; none is shared.
    let distinct: HashSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
    let left = number(database.pool(), "select count(*) from windlass.jobs where state = 'available'").await;
    assert_eq!(all.len(), 1_000 - usize::try_from(left).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_ready_comes_with_a_claim_of_its_own() {
    let database = database().await;
    toys(&database, 20, &Act::WaitForGate).await;
    let options = WorkerOptions { default_slots: 4, prefetch: 1.0, ..WorkerOptions::default() };
    let pool = WorkerPool::new(database.store(), registry(), ()).options(options);
    let worker = tokio::spawn(pool.run(std::future::pending()));
    let held = "select count(*) from windlass.jobs where state = 'running'";
    until(database.pool(), held, Duration::from_secs(20), |n| n == 8).await;
    // What one statement takes has one time.
    let claims = "select max(jobs) from (select count(*) as jobs from windlass.jobs where state = 'running' group by attempted_at) c";
    assert_eq!(number(database.pool(), claims).await, 4);
    worker.abort();
}

#[tokio::test]
async fn a_condemned_or_unknown_session_claims_nothing() {
    let database = database().await;
    let store = database.store();
    toys(&database, 3, &Act::Succeed).await;
    let marks = Watermarks::default;
    let unknown = windlass::model::SessionId::new();
    assert!(store.claim(&Ask::new("toys", unknown, 1), &mut marks()).await.unwrap().jobs.is_empty());

    let session = begin(&store).await.unwrap();
    assert_eq!(store.claim(&Ask::new("toys", session, 1), &mut marks()).await.unwrap().jobs.len(), 1);
    sqlx::query("update windlass.workers set condemned_at = now()").execute(database.pool()).await.unwrap();
    assert!(store.claim(&Ask::new("toys", session, 1), &mut marks()).await.unwrap().jobs.is_empty());
    let mut connection = database.pool().acquire().await.unwrap();
    assert!(!store.renew(&mut connection, session, Duration::from_secs(15)).await.unwrap());
}

#[tokio::test]
async fn the_watermark_skips_what_was_claimed_and_a_full_look_finds_what_came_late() {
    let database = database().await;
    let store = database.store();
    let session = begin(&store).await.unwrap();
    toys(&database, 4, &Act::Succeed).await;
    let mut marks = Watermarks::default();
    assert_eq!(store.claim(&Ask::new("toys", session, 4), &mut marks).await.unwrap().jobs.len(), 4);
    assert_ne!(marks, Watermarks::default());

    // A producer whose transaction was open for long: due before what has been claimed.
    toys(&database, 1, &Act::Succeed).await;
    sqlx::query("update windlass.jobs set scheduled_at = now() - interval '1 hour' where state = 'available'")
        .execute(database.pool())
        .await
        .unwrap();
    assert!(store.claim(&Ask::new("toys", session, 4), &mut marks).await.unwrap().jobs.is_empty());
    assert_eq!(store.claim(&Ask::new("toys", session, 4), &mut Watermarks::default()).await.unwrap().jobs.len(), 1);
}
