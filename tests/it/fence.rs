//! A worker that lost its job changes nothing.

use std::time::Duration;

use windlass::model::{Ending, Reason};
use windlass::store::{Ask, Settlement, Watermarks};
use windlass::testing::begin;
use windlass::testing::toys::Act;

use crate::support::{database, number, toy};

#[tokio::test]
async fn an_ending_counts_only_for_the_attempt_that_holds_the_job() {
    let database = database().await;
    let store = database.store();
    let id = toy(&database, 1, Act::Succeed).await;
    let lost = begin(&store).await.unwrap();
    let first = store.claim(&Ask::new("toys", lost, 1), &mut Watermarks::default()).await.unwrap().jobs.remove(0);

    // Its session goes; the rescuer gives the job to another.
    store.leave(&mut database.pool().acquire().await.unwrap(), lost).await.unwrap();
    assert_eq!(store.rescue("toys").await.unwrap(), [id]);
    let holder = begin(&store).await.unwrap();
    let second = store.claim(&Ask::new("toys", holder, 1), &mut Watermarks::default()).await.unwrap().jobs.remove(0);
    assert_eq!((first.attempt, second.attempt), (1, 2));
    assert_eq!((second.failures, second.crashes), (0, 1));

    let before = number(database.pool(), "select hashtextextended(j::text, 0) from windlass.jobs j").await;
    let retry = Ending::Retry { delay: Duration::ZERO, reason: Reason::Error, error: "late".into() };
    let buried = Ending::Buried { reason: Reason::Error, error: "late".into() };
    for ending in [Ending::Completed, Ending::Cancelled, Ending::Released, retry, buried] {
        for (session, attempt) in [(lost, 1), (lost, 2), (holder, 1)] {
            let late = [Settlement { id, kind: "toy".into(), ending: ending.clone() }];
            assert!(store.settle("toys", session, attempt, &late, true).await.unwrap().is_empty());
        }
    }
    let mut tx = database.pool().begin().await.unwrap();
    let refused = windlass::store::complete(&mut *tx, store.clock(), &first, true).await.unwrap_err();
    assert!(refused.to_string().contains("lease was lost"), "{refused}");
    drop(tx);
    assert_eq!(number(database.pool(), "select hashtextextended(j::text, 0) from windlass.jobs j").await, before);
    assert_eq!(number(database.pool(), "select count(*) from windlass.history").await, 0);
    assert_eq!(number(database.pool(), "select count(*) from windlass.dead_letters").await, 0);
    assert_eq!(number(database.pool(), "select count(*) from windlass.attempts").await, 0);

    let done = [Settlement { id, kind: "toy".into(), ending: Ending::Completed }];
    assert!(store.settle("toys", holder, 2, &done, true).await.unwrap().contains(&id));
}

#[tokio::test]
async fn the_living_are_never_rescued_and_the_lapsed_are_condemned_for_good() {
    let database = database().await;
    let (store, client, clock) = crate::support::at_a_clock(&database);
    let toy = windlass::testing::toys::Toy::new(1, Act::Succeed);
    client.enqueue(database.pool(), toy).await.unwrap();
    let session = begin(&store).await.unwrap();
    store.claim(&Ask::new("toys", session, 1), &mut Watermarks::default()).await.unwrap();

    clock.turn(chrono::TimeDelta::minutes(59));
    assert!(store.condemn(Some(Duration::ZERO)).await.unwrap().sessions.is_empty());
    assert!(store.rescue("toys").await.unwrap().is_empty());
    clock.turn(chrono::TimeDelta::minutes(2));
    assert_eq!(store.condemn(Some(Duration::ZERO)).await.unwrap().sessions, [session]);
    let mut connection = database.pool().acquire().await.unwrap();
    assert!(!store.renew(&mut connection, session, Duration::from_secs(15)).await.unwrap());

    store.forget_condemned().await.unwrap();
    assert_eq!(number(database.pool(), "select count(*) from windlass.workers").await, 1, "a running job names it");
    assert_eq!(store.rescue("toys").await.unwrap().len(), 1);
    store.forget_condemned().await.unwrap();
    assert_eq!(number(database.pool(), "select count(*) from windlass.workers").await, 0);
}
