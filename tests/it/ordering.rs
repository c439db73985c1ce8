//! Jobs of one ordering key run one at a time, the oldest first; nobody else is held up.

use std::time::Duration;

use chrono::TimeDelta;
use windlass::model::{Ending, JobId, Outcome};
use windlass::store::{Ask, Settlement, Watermarks};
use windlass::testing::toys::{Act, Toy, registry};
use windlass::testing::{begin, drain};
use windlass::{Client, JobExt, WorkerPool};

use crate::support::{at_a_clock, database, number, until};

const LIVE: &str = "select count(*) from windlass.jobs";

#[tokio::test(flavor = "multi_thread")]
async fn several_workers_run_a_keys_jobs_one_at_a_time_and_in_their_order() {
    let database = database().await;
    let db = database.pool();
    let client = Client::new(db.clone());
    let jobs = (0..200).map(|n| Toy::new(n, Act::Complete).ordered_by(format!("key {}", n % 4)));
    client.enqueue_many(db, jobs).await.unwrap();
    let workers: Vec<_> = (0..3)
        .map(|_| tokio::spawn(WorkerPool::new(database.store(), registry(), ()).run(std::future::pending())))
        .collect();
    until(db, LIVE, Duration::from_mins(1), |n| n == 0).await;
    // A job's effect is its own statement, in the transaction of its end; the next one's claim comes after that.
    let wrong = "select count(*) from (
        select number, attempt, lag(number) over (partition by number % 4 order by at) as before from toys.effects) e
        where attempt <> 1 or before > number";
    assert_eq!(number(db, wrong).await, 0);
    let overlaps = "select count(*) from (
        select s.at as begun, lag(e.at) over (partition by s.number % 4 order by s.number) as before
          from toys.starts s join toys.effects e using (number)) o where begun < before";
    assert_eq!(number(db, overlaps).await, 0);
    workers.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn the_next_one_waits_also_while_the_first_waits_for_its_retry() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let db = database.pool();
    let first = client.enqueue(db, Toy::new(1, Act::Fail(1)).ordered_by("k")).await.unwrap().id();
    let second = client.enqueue(db, Toy::new(2, Act::Succeed).ordered_by("k")).await.unwrap().id();
    let ran = async || -> Vec<(JobId, Outcome)> {
        drain(&store, &registry(), ()).await.unwrap().into_iter().map(|ran| (ran.claim.id, ran.outcome)).collect()
    };
    assert_eq!(ran().await, [(first, Outcome::Retry)]);
    assert!(ran().await.is_empty(), "the second waits");
    clock.turn(TimeDelta::seconds(10));
    assert_eq!(ran().await, [(first, Outcome::Completed), (second, Outcome::Completed)]);
}

#[tokio::test]
async fn however_one_ends_the_next_one_is_due() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let db = database.pool();
    for act in [Act::Discard, Act::Cancel, Act::Complete, Act::Succeed] {
        client.enqueue(db, Toy::new(1, act).ordered_by("k")).await.unwrap();
    }
    client.enqueue(db, Toy::new(1, Act::Succeed).ordered_by("k").expires_at(clock.now())).await.unwrap();
    let waiting =
        client.enqueue(db, Toy::new(1, Act::Hang).ordered_by("k").after(Duration::from_mins(1))).await.unwrap();
    let last = client.enqueue(db, Toy::new(1, Act::Succeed).ordered_by("k")).await.unwrap();
    let outcomes: Vec<_> =
        drain(&store, &registry(), ()).await.unwrap().into_iter().map(|ran| ran.outcome.as_str()).collect();
    assert_eq!(outcomes, ["buried", "cancelled", "completed", "completed", "expired"]);
    assert_eq!(store.job(last.id()).await.unwrap().unwrap().summary.standing(), "blocked");
    windlass::control::cancel(&store, waiting.id(), &windlass::dead_letters::By::new("ana", "a test")).await.unwrap();
    assert_eq!(drain(&store, &registry(), ()).await.unwrap().len(), 1);
    assert_eq!(number(db, LIVE).await, 0);
}

/// Ten thousand stand in line for one key, in front of everybody else.
#[tokio::test]
async fn a_long_line_holds_up_nobody_else() {
    let database = database().await;
    let db = database.pool();
    let client = Client::new(db.clone());
    client.enqueue_many(db, (0..10_000).map(|n| Toy::new(n, Act::Hang).ordered_by("line"))).await.unwrap();
    let other = client.enqueue(db, Toy::new(1, Act::Succeed)).await.unwrap().id();
    let store = database.store();
    let session = begin(&store).await.unwrap();
    let mut marks = Watermarks::default();
    let (mut claimed, mut blocked) = (Vec::new(), 0);
    while !claimed.contains(&other) {
        let more = store.claim(&Ask::new("toys", session, 1_000), &mut marks).await.unwrap();
        assert!(more.blocked > 0 || !more.jobs.is_empty(), "the end of the line");
        blocked += more.blocked;
        claimed.extend(more.jobs.iter().map(|claim| claim.id));
    }
    assert_eq!((claimed.len(), blocked), (2, 9_999));
    // Each was looked at once: the next claim meets none of them.
    let next = store.claim(&Ask::new("toys", session, 1_000), &mut Watermarks::default()).await.unwrap();
    assert_eq!((next.jobs.len(), next.blocked), (0, 0));
}

/// An older job may become visible after a younger one has begun: it waits all the same.
#[tokio::test]
async fn an_older_job_that_commits_late_does_not_run_beside_a_younger_one() {
    let database = database().await;
    let db = database.pool();
    let (store, client) = (database.store(), Client::new(db.clone()));
    let mut late = db.begin().await.unwrap();
    let older = client.enqueue(&mut *late, Toy::new(1, Act::Succeed).ordered_by("k")).await.unwrap().id();
    let younger = client.enqueue(db, Toy::new(2, Act::Succeed).ordered_by("k")).await.unwrap().id();
    let session = begin(&store).await.unwrap();
    let ask = Ask::new("toys", session, 10);
    let first = store.claim(&ask, &mut Watermarks::default()).await.unwrap().jobs;
    assert_eq!(first[0].id, younger);
    late.commit().await.unwrap();
    let second = store.claim(&ask, &mut Watermarks::default()).await.unwrap();
    assert_eq!((second.jobs.len(), second.blocked), (0, 1));
    let done = [Settlement { id: younger, kind: "toy".into(), ending: Ending::Completed }];
    store.settle("toys", session, 1, &done, true).await.unwrap();
    assert_eq!(store.claim(&ask, &mut Watermarks::default()).await.unwrap().jobs[0].id, older);
}

/// Blocked behind one that ended at the same moment: no ending could see it. The helper's look does.
#[tokio::test]
async fn one_that_no_ending_could_see_is_found() {
    let database = database().await;
    let db = database.pool();
    let (store, client) = (database.store(), Client::new(db.clone()));
    for n in 0..1_200 {
        client.enqueue(db, Toy::new(n, Act::Succeed).ordered_by(format!("k{n:04}"))).await.unwrap();
    }
    sqlx::query("update windlass.jobs set state = 'blocked'").execute(db).await.unwrap();
    let (mut after, mut rounds) = (String::new(), 0);
    loop {
        let (reached, _) = store.unblock("toys", &after).await.unwrap();
        rounds += 1;
        let Some(reached) = reached else { break };
        after = reached;
    }
    assert_eq!(rounds, 3, "five hundred keys at a time");
    assert_eq!(number(db, "select count(*) from windlass.jobs where state = 'available'").await, 1_200);
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_in_a_line_are_cancelled_at_once_without_a_deadlock() {
    let database = database().await;
    let client = Client::new(database.pool().clone());
    let (store, db) = (database.store(), database.pool());
    let mut waiting = Vec::new();
    for line in 0..40 {
        let jobs = (0..3).map(|n| Toy::new(n, Act::Hang).ordered_by(format!("line {line}")));
        let made = client.enqueue_many(db, jobs).await.unwrap();
        waiting.extend(made.into_iter().skip(1).map(|job| job.unwrap().id()));
    }
    // A claim sets aside whoever waits behind another.
    let session = begin(&store).await.unwrap();
    store.claim(&Ask::new("toys", session, 200), &mut Watermarks::default()).await.unwrap();
    assert_eq!(number(db, "select count(*) from windlass.jobs where state = 'blocked'").await, 80);
    let mut tasks = tokio::task::JoinSet::new();
    for id in waiting {
        let store = store.clone();
        tasks.spawn(async move {
            windlass::control::cancel(&store, id, &windlass::dead_letters::By::new("ana", "a test")).await
        });
    }
    for cancelled in tasks.join_all().await {
        assert!(cancelled.unwrap());
    }
}
