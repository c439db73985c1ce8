//! A rolled-back enqueue never happened; a committed one is there; a key makes one job.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use windlass::testing::toys::{Act, Toy, registry};
use windlass::{Client, EnqueueError, Enqueued, JobExt, KeyScope, Priority, Standing, StoreError};

use crate::support::{database, number};

#[tokio::test]
async fn a_rolled_back_enqueue_never_happened_and_a_committed_one_is_there() {
    let database = database().await;
    let client = Client::new(database.pool().clone());

    let mut tx = database.pool().begin().await.unwrap();
    client.enqueue(&mut *tx, Toy::new(1, Act::Succeed).unique("gone")).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 0);
    assert_eq!(number(database.pool(), "select count(*) from windlass.unique_keys").await, 0);

    let mut tx = database.pool().begin().await.unwrap();
    let answer = client.enqueue(&mut *tx, Toy::new(1, Act::Succeed).unique("gone")).await.unwrap();
    client.commit(tx).await.unwrap();
    assert!(answer.is_created());
    assert!(database.store().job(answer.id()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_key_makes_one_job_also_after_the_job_has_ended() {
    let database = database().await;
    let client = Client::new(database.pool().clone());
    let first = client.enqueue(database.pool(), Toy::new(1, Act::Succeed).unique("k")).await.unwrap();
    assert!(first.is_created());
    windlass::testing::drain(&database.store(), &windlass::testing::toys::registry(), ()).await.unwrap();
    let second = client.enqueue(database.pool(), Toy::new(1, Act::Succeed).unique("k")).await.unwrap();
    assert_eq!(second, Enqueued::Existing(first.id(), Standing::Ended));
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 0);
}

#[tokio::test]
async fn a_batch_answers_in_order_and_makes_one_job_a_key() {
    let database = database().await;
    let client = Client::new(database.pool().clone());
    let keys = [Some("a"), None, Some("b"), Some("a"), None];
    let toys = keys.iter().zip(0..).map(|(key, n)| (key, Toy::new(n % 3, Act::Succeed)));
    let jobs = toys.map(|(key, toy)| Toy { key: key.map(str::to_owned), ..toy });
    let answers = client.enqueue_many(database.pool(), jobs).await.unwrap();
    let answers: Vec<Enqueued> = answers.into_iter().map(Result::unwrap).collect();
    let created: Vec<bool> = answers.iter().map(|answer| answer.is_created()).collect();
    assert_eq!(created, [true, true, true, false, true]);
    assert_eq!(answers[3].id(), answers[0].id());
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_producers_of_the_same_keys_make_one_job_each() {
    let database = database().await;
    let (producers, keys) = (64, 10_000);
    let mut tasks = tokio::task::JoinSet::new();
    for producer in 0..producers {
        let client = Client::new(database.pool().clone());
        let db = database.pool().clone();
        tasks.spawn(async move {
            let mut ids = Vec::new();
            for chunk in 0..10_i64 {
                // Every producer asks for the same keys in an order of its own.
                let numbers = (0..keys / 10).map(|n| chunk * (keys / 10) + (n * 7 + producer) % (keys / 10));
                let jobs = numbers.map(|n| Toy::new(n, Act::Succeed).unique(format!("key-{n}")));
                let mut tx = db.begin().await.unwrap();
                ids.extend(
                    client.enqueue_many(&mut *tx, jobs).await.unwrap().into_iter().map(|answer| answer.unwrap().id()),
                );
                tx.commit().await.unwrap();
            }
            ids
        });
    }
    let ids: HashSet<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(ids.len(), usize::try_from(keys).unwrap());
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, keys);
}

#[tokio::test]
async fn what_is_refused_names_its_field_and_leaves_the_transaction_alive() {
    let database = database().await;
    let client = Client::new(database.pool().clone());
    let mut tx = database.pool().begin().await.unwrap();
    let toy = || windlass::Enqueue::from(Toy::new(1, Act::Succeed));
    let never = Duration::from_secs(u64::MAX);
    let refused = [
        (toy().unique(""), "key has 0 characters"),
        (toy().unique("x".repeat(10_000)), "key has 10000 characters"),
        (toy().unique("a\0b"), "key holds a NUL"),
        (toy().at(DateTime::<Utc>::MAX_UTC), "run_at is in the year 262142"),
        (toy().after(never), "delay is 18446744073709551615 s"),
        (toy().expires_at(DateTime::<Utc>::MAX_UTC), "expires_at is in the year"),
        (toy().unique("k").scope(KeyScope::For(never)), "key_scope is 18446744073709551615 s"),
        (toy().ordered_by(""), "ordering_key has 0 characters"),
        (toy().ordered_by("x".repeat(10_000)), "ordering_key has 10000 characters"),
        (toy().max_failures(0), "max_failures is 0"),
        (Toy { key: Some("x".repeat(70_000)), ..Toy::new(1, Act::Succeed) }.unique("k"), "args take 70"),
    ];
    for (job, expected) in refused {
        let error = client.enqueue(&mut *tx, job).await.unwrap_err();
        assert!(matches!(error, EnqueueError::Store(StoreError::Refused { .. })), "{error}");
        assert!(error.to_string().contains(expected), "{error} should say {expected}");
    }
    client.enqueue(&mut *tx, toy()).await.unwrap();
    tx.commit().await.unwrap();
}

/// The door measures text; the table must not refuse, and so abort the producer's transaction, what the door let in.
#[tokio::test]
async fn the_largest_arguments_are_stored_whatever_they_are_made_of() {
    let database = database().await;
    // As Postgres writes them, with a space after each comma.
    let most = vec![1; 21_845];
    let mut new = registry().admit("toy", serde_json::to_value(Toy::new(1, Act::Succeed)).unwrap()).unwrap();
    new.args = serde_json::json!(most);
    let client = Client::new(database.pool().clone());
    client.enqueue_raw(database.pool(), std::slice::from_ref(&new)).await.unwrap();
    new.args = serde_json::json!([most, 1]);
    let refused = client.enqueue_raw(database.pool(), &[new]).await.unwrap_err();
    assert!(refused.to_string().contains("args take 65"), "{refused}");
}

#[tokio::test]
async fn a_job_waits_until_it_is_due_and_the_urgent_goes_first() {
    let database = database().await;
    let (store, client, clock) = crate::support::at_a_clock(&database);
    let db = database.pool();
    client.enqueue(db, Toy::new(1, Act::Succeed).after(Duration::from_mins(1))).await.unwrap();
    client.enqueue(db, Toy::new(2, Act::Succeed).priority(Priority::Low)).await.unwrap();
    client.enqueue(db, Toy::new(3, Act::Succeed)).await.unwrap();
    client.enqueue(db, Toy::new(4, Act::Succeed).priority(Priority::High)).await.unwrap();
    let registry = registry();
    let ran = async || -> Vec<i64> {
        let ran = windlass::testing::drain(&store, &registry, ()).await.unwrap();
        ran.iter().map(|ran| serde_json::from_str::<Toy>(&ran.claim.args).unwrap().number).collect()
    };
    assert_eq!(ran().await, [4, 3, 2]);
    clock.turn(chrono::TimeDelta::seconds(59));
    assert!(ran().await.is_empty());
    clock.turn(chrono::TimeDelta::seconds(1));
    assert_eq!(ran().await, [1]);
}

#[tokio::test]
async fn what_is_enqueued_at_once_shares_a_commit_and_who_goes_away_takes_nobodys_job_along() {
    const JOBS: usize = 20;
    let database = database().await;
    let db = database.pool().clone();
    let client = Client::new(db.clone());
    let mut lock = db.begin().await.unwrap();
    sqlx::query("lock table windlass.jobs in share mode").execute(&mut *lock).await.unwrap();
    let asking = Arc::new(AtomicUsize::new(0));
    let enqueue = |number| {
        let (client, db, asking) = (client.clone(), db.clone(), Arc::clone(&asking));
        tokio::spawn(async move {
            // On one thread: whoever is counted has asked by the time that anybody else can look.
            asking.fetch_add(1, Ordering::Relaxed);
            client.enqueue(&db, Toy::new(number, Act::Succeed)).await
        })
    };
    let mut asked: Vec<_> = (0..20).map(enqueue).collect();
    while asking.load(Ordering::Relaxed) < JOBS {
        tokio::task::yield_now().await;
    }
    asked.remove(0).abort();
    lock.commit().await.unwrap();
    for one in asked {
        assert!(one.await.unwrap().unwrap().is_created());
    }
    assert_eq!(number(&db, "select count(*) from windlass.jobs").await, 20);
    let commits = number(&db, "select count(distinct xmin::text) from windlass.jobs").await;
    assert!(commits <= 3, "{JOBS} jobs took {commits} commits");
}
