//! The counter at which shards wait for each other.

use std::time::Duration;

use windlass_jobs::weekly_aggregation::Week;
use windlass_jobs::weekly_aggregation::barrier::Barrier;

use crate::support::{WAITING, database, number, until};

const MONDAY: &str = "2026-01-05";

fn barrier() -> Barrier {
    Barrier { bucket: Week::of(MONDAY.parse().unwrap()), run: 0, step: "measure" }
}

/// A learner in each of the first shards.
async fn learners(db: &sqlx::PgPool, shards: i64) {
    sqlx::query(
        "insert into insights.learners (subject_id, enrolled_at) 
            select n * 10000 + 7, now() from generate_series(0, $1 - 1) as t (n)",
    )
    .bind(shards)
    .execute(db)
    .await
    .unwrap();
}

#[tokio::test]
async fn the_last_shard_is_told_so_once_and_a_shard_that_ran_twice_counts_once() {
    let database = database().await;
    let mut connection = database.pool().acquire().await.unwrap();
    learners(database.pool(), 3).await;
    assert_eq!(barrier().open(&mut connection).await.unwrap(), [0, 10_000, 20_000]);
    assert_eq!(barrier().open(&mut connection).await.unwrap().len(), 3); // opening again adds nothing
    for (shard, last) in [(0, false), (0, false), (10_000, false), (0, false), (20_000, true), (20_000, false)] {
        assert_eq!(barrier().pass(&mut connection, shard).await.unwrap(), last, "shard {shard}");
    }
}

#[tokio::test]
async fn of_two_shards_that_end_at_once_one_is_the_last() {
    let database = database().await;
    let db = database.pool().clone();
    learners(&db, 2).await;
    barrier().open(&mut db.acquire().await.unwrap()).await.unwrap();
    let (mut one, mut other) = (db.begin().await.unwrap(), db.begin().await.unwrap());
    assert!(!barrier().pass(&mut one, 0).await.unwrap());
    let second = tokio::spawn(async move {
        let last = barrier().pass(&mut other, 10_000).await.unwrap();
        other.commit().await.unwrap();
        last
    });
    until(&db, WAITING, Duration::from_secs(20), |waiting| waiting == 1).await;
    one.commit().await.unwrap();
    assert!(second.await.unwrap());
    assert_eq!(number(&db, "select remaining::bigint from insights.aggregation_steps").await, 0);
}

#[tokio::test]
async fn a_shard_whose_transaction_is_rolled_back_is_not_counted() {
    let database = database().await;
    let db = database.pool();
    learners(db, 1).await;
    barrier().open(&mut db.acquire().await.unwrap()).await.unwrap();
    let mut lost = db.begin().await.unwrap();
    assert!(barrier().pass(&mut lost, 0).await.unwrap());
    lost.rollback().await.unwrap();
    assert!(barrier().pass(&mut db.acquire().await.unwrap(), 0).await.unwrap());
}
