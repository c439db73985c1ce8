//! What operators say holds over the whole fleet: pauses, limits, cancelling, another time or priority.

use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use tokio::task::JoinHandle;
use windlass::control::{self, ControlError};
use windlass::dead_letters::By;
use windlass::model::{Keep, Limits, Priority};
use windlass::store::{Ask, Target, Watermarks};
use windlass::testing::toys::{Act, Toy, open_gate, registry};
use windlass::testing::{Database, begin, drain};
use windlass::{Client, JobExt, Store, StoreError, WorkerError, WorkerPool};

use crate::support::{at_a_clock, database, number, toy, toys, until};

const LIVE: &str = "select count(*) from windlass.jobs";
const RUNNING: &str = "select count(*) from windlass.jobs where state = 'running'";
const STARTS: &str = "select count(*) from toys.starts";
const EFFECTS: &str = "select count(*) from toys.effects";
const SOON: Duration = Duration::from_secs(20);

fn fleet(database: &Database, workers: usize) -> Vec<JoinHandle<Result<(), WorkerError>>> {
    let work = |_| tokio::spawn(WorkerPool::new(database.store(), registry(), ()).run(std::future::pending()));
    (0..workers).map(work).collect()
}

fn by() -> By {
    By::new("ana", "the model is down")
}

/// Whether a number stays for so long.
async fn stays(database: &Database, sql: &'static str, wanted: i64, time: Duration) {
    let started = Instant::now();
    while started.elapsed() < time {
        assert_eq!(number(database.pool(), sql).await, wanted, "{sql}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_queue_starts_nothing_and_what_runs_runs_on() {
    let database = database().await;
    let db = database.pool();
    toys(&database, 40, &Act::WaitForGate).await;
    let fleet = fleet(&database, 2);
    // Sixteen run, and a few more are held ready behind them.
    until(db, STARTS, SOON, |n| n == 16).await;
    control::pause(&database.store(), Target::Queue("toys"), &by()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    open_gate(db).await.unwrap();
    until(db, EFFECTS, SOON, |n| n == 16).await;
    stays(&database, STARTS, 16, Duration::from_secs(2)).await;
    let waiting = "select count(*) from windlass.jobs where state = 'available' and failures = 0 and crashes = 0";
    assert_eq!(number(db, waiting).await, 24);
    control::resume(&database.store(), Target::Queue("toys"), &by()).await.unwrap();
    until(db, EFFECTS, SOON, |n| n == 40).await;
    fleet.iter().for_each(JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_kinds_jobs_are_parked_and_come_back() {
    let database = database().await;
    let db = database.pool();
    control::pause(&database.store(), Target::Kind("toy"), &by()).await.unwrap();
    let fleet = fleet(&database, 2);
    toys(&database, 50, &Act::Succeed).await;
    until(db, "select count(*) from windlass.jobs where state = 'parked'", SOON, |n| n == 50).await;
    stays(&database, "select count(*) from windlass.jobs where state = 'parked'", 50, Duration::from_secs(2)).await;
    assert_eq!(number(db, STARTS).await, 0);
    control::resume(&database.store(), Target::Kind("toy"), &by()).await.unwrap();
    until(db, LIVE, SOON, |n| n == 0).await;
    fleet.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_name() {
    let database = database().await;
    let store = database.store();
    let unknown = control::pause(&store, Target::Queue("tpys"), &by()).await.unwrap_err().to_string();
    assert!(unknown.contains("no queue \"tpys\"") && unknown.contains("hasty, toys"), "{unknown}");
    let unknown = control::resume(&store, Target::Kind("tpy"), &by()).await.unwrap_err().to_string();
    assert!(unknown.contains("no kind \"tpy\"") && unknown.contains("hasty, toy"), "{unknown}");
    let unsigned = control::pause(&store, Target::Queue("toys"), &By::new(" ", "x")).await.unwrap_err();
    assert!(matches!(unsigned, ControlError::Unsigned("a name")), "{unsigned}");
    let none = control::limit(&store, "toys", Limits { max_running: Some(0), rate: None }, &by()).await.unwrap_err();
    assert!(none.to_string().contains("max_running is 0"), "{none}");
    let id = toy(&database, 1, Act::Succeed).await;
    let never = control::reschedule(&store, id, Some(chrono::DateTime::<Utc>::MAX_UTC), None, &by()).await.unwrap_err();
    assert!(never.to_string().contains("time is in the year 262142"), "{never}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_never_runs_more_of_a_queue_than_it_may() {
    let database = database().await;
    let db = database.pool();
    control::limit(&database.store(), "toys", Limits { max_running: Some(3), rate: None }, &by()).await.unwrap();
    toys(&database, 300, &Act::Complete).await;
    let fleet = fleet(&database, 4);
    let mut most = 0;
    let started = Instant::now();
    while number(db, LIVE).await > 0 {
        most = most.max(number(db, RUNNING).await);
        assert!(most <= 3, "{most} at once");
        assert!(started.elapsed() < Duration::from_mins(1));
    }
    assert_eq!(most, 3);
    toys(&database, 12, &Act::WaitForGate).await;
    until(db, RUNNING, SOON, |n| n == 3).await;
    stays(&database, RUNNING, 3, Duration::from_secs(3)).await;
    control::limit(&database.store(), "toys", Limits::default(), &by()).await.unwrap();
    until(db, RUNNING, SOON, |n| n == 12).await;
    fleet.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn a_rate_holds_whatever_the_workers_ask_for() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    control::limit(&store, "toys", Limits { max_running: None, rate: Some((100, 50)) }, &by()).await.unwrap();
    client.enqueue_many(database.pool(), (0..1_000).map(|n| Toy::new(n, Act::Hang))).await.unwrap();
    let session = begin(&store).await.unwrap();
    let ask = Ask { limited: true, ..Ask::new("toys", session, 1_000) };
    let mut total = 0;
    // Two in a second; the bucket holds what two seconds bring.
    for _ in 0..100 {
        clock.turn(TimeDelta::milliseconds(500));
        let came = store.claim(&ask, &mut Watermarks::default()).await.unwrap().jobs.len();
        assert!(came <= 4);
        total += came;
    }
    assert!((96..=104).contains(&total), "{total} in 50 s");
    clock.turn(TimeDelta::minutes(30));
    assert_eq!(store.claim(&ask, &mut Watermarks::default()).await.unwrap().jobs.len(), 4);
    // A claim that does not know of the limit gets nothing.
    let unaware = Ask { limited: false, ..ask };
    assert!(store.claim(&unaware, &mut Watermarks::default()).await.unwrap().jobs.is_empty());
}

#[tokio::test]
async fn the_aged_have_their_share_and_no_more() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let db = database.pool();
    let low = client.enqueue(db, Toy::new(1, Act::Hang).priority(Priority::Low)).await.unwrap().id();
    client.enqueue_many(db, (0..50).map(|n| Toy::new(n, Act::Hang).priority(Priority::Low))).await.unwrap();
    client.enqueue_many(db, (0..500).map(|n| Toy::new(n, Act::Hang).priority(Priority::High))).await.unwrap();
    let session = begin(&store).await.unwrap();
    let ask = Ask { aged: 2, ..Ask::new("toys", session, 8) };
    let of =
        |claims: &[windlass::model::Claim], priority| claims.iter().filter(|claim| claim.priority == priority).count();
    let young = store.claim(&ask, &mut Watermarks::default()).await.unwrap().jobs;
    assert_eq!((of(&young, 1), of(&young, 4)), (8, 0));
    clock.turn(TimeDelta::seconds(61));
    let aged = store.claim(&ask, &mut Watermarks::default()).await.unwrap().jobs;
    assert_eq!((of(&aged, 1), of(&aged, 4)), (6, 2));
    assert!(aged.iter().any(|claim| claim.id == low), "the oldest first");
}

#[tokio::test]
async fn of_every_lower_priority_the_oldest_has_its_turn() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let db = database.pool();
    let mut oldest = Vec::new();
    for priority in [Priority::Raised, Priority::Normal, Priority::Low] {
        oldest.push(client.enqueue(db, Toy::new(0, Act::Hang).priority(priority)).await.unwrap().id());
        clock.turn(TimeDelta::seconds(1));
        client.enqueue_many(db, (0..50).map(|n| Toy::new(n, Act::Hang).priority(Priority::Low))).await.unwrap();
        clock.turn(TimeDelta::seconds(1));
    }
    clock.turn(TimeDelta::seconds(61));
    client.enqueue_many(db, (0..500).map(|n| Toy::new(n, Act::Hang).priority(Priority::High))).await.unwrap();
    let session = begin(&store).await.unwrap();
    let ask = Ask { aged: 2, ..Ask::new("toys", session, 8) };
    let mut claimed = Vec::new();
    for _ in 0..55 {
        let jobs = store.claim(&ask, &mut Watermarks::default()).await.unwrap().jobs;
        assert_eq!((jobs.len(), jobs.iter().filter(|job| job.priority == 1).count()), (8, 6));
        claimed.extend(jobs.into_iter().filter(|job| job.priority > 1).map(|job| job.id));
    }
    // Two at a time: 1 raised, 50 low, 1 normal, 50 low, and the last of the three, in the order in which they came.
    let place = |id| claimed.chunks(2).position(|pair| pair.contains(id));
    assert_eq!(oldest.iter().map(place).collect::<Vec<_>>(), [Some(0), Some(25), Some(51)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_is_asked_to_stop_and_then_stopped() {
    let database = database().await;
    let db = database.pool();
    let store = database.store();
    let fleet = fleet(&database, 1);
    let deaf = toy(&database, 1, Act::Hang).await;
    let heeds = toy(&database, 2, Act::WaitForCancel).await;
    until(db, STARTS, SOON, |n| n == 2).await;
    let asked = Instant::now();
    assert!(!control::cancel(&store, heeds, &by()).await.unwrap());
    until(db, LIVE, SOON, |n| n == 1).await;
    assert!(asked.elapsed() < Duration::from_secs(5), "it heeds at once: {:?}", asked.elapsed());
    assert!(!control::cancel(&store, deaf, &by()).await.unwrap());
    until(db, LIVE, SOON, |n| n == 0).await;
    for id in [deaf, heeds] {
        assert_eq!(store.ended_job(id).await.unwrap().unwrap().outcome, "cancelled");
    }
    assert!(matches!(
        control::cancel(&store, deaf, &by()).await.unwrap_err(),
        ControlError::Store(StoreError::NoSuchJob(id)) if id == deaf
    ));
    fleet.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn what_was_asked_to_stop_does_not_wait_for_its_retry() {
    let database = database().await;
    let (store, client, _) = at_a_clock(&database);
    let id = client.enqueue(database.pool(), Toy::new(1, Act::CancelYourself)).await.unwrap().id();
    let outcomes: Vec<_> = drain(&store, &registry(), ()).await.unwrap().into_iter().map(|ran| ran.outcome).collect();
    assert_eq!(outcomes.len(), 2, "it failed, and was claimed at once to be cancelled: {outcomes:?}");
    assert_eq!(store.ended_job(id).await.unwrap().unwrap().outcome, "cancelled");
}

#[tokio::test]
async fn a_waiting_job_gets_another_time_and_priority() {
    let database = database().await;
    let store: Store = database.store();
    let client = Client::new(database.pool().clone());
    let id =
        client.enqueue(database.pool(), Toy::new(1, Act::Succeed).after(Duration::from_hours(1))).await.unwrap().id();
    assert!(drain(&store, &registry(), ()).await.unwrap().is_empty());
    control::reschedule(&store, id, Some(Utc::now() - TimeDelta::seconds(1)), Some(Priority::High), &by())
        .await
        .unwrap();
    let ran = drain(&store, &registry(), ()).await.unwrap();
    assert_eq!((ran[0].claim.id, ran[0].claim.priority), (id, 1));
    assert!(matches!(
        control::reschedule(&store, id, None, Some(Priority::Low), &by()).await.unwrap_err(),
        ControlError::Store(StoreError::NoSuchJob(_))
    ));
}

#[tokio::test]
async fn a_queue_may_remember_nothing() {
    let database = database().await;
    let store = database.store();
    control::keep(&store, "toys", Keep { history: false, dead_letters: None, attempts: None, keys: None }, &by())
        .await
        .unwrap();
    toys(&database, 3, &Act::Succeed).await;
    toys(&database, 3, &Act::Complete).await;
    assert_eq!(drain(&store, &registry(), ()).await.unwrap().len(), 6);
    assert_eq!(number(database.pool(), "select count(*) from windlass.history").await, 0);
}

#[tokio::test]
async fn a_cancel_that_meets_a_claim_asks_the_running_job_to_stop() {
    let database = database().await;
    let id = toy(&database, 1, Act::Succeed).await;
    let mut claim = database.pool().begin().await.unwrap();
    let running =
        "update windlass.jobs set state = 'running', attempt = 1, leased_by = gen_random_uuid(), attempted_at = now()";
    sqlx::query(running).execute(&mut *claim).await.unwrap();
    let store = database.store();
    let cancel = tokio::spawn(async move {
        windlass::control::cancel(&store, id, &windlass::dead_letters::By::new("ana", "a test")).await
    });
    let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    until(database.pool(), waits, Duration::from_secs(5), |n| n == 1).await;
    claim.commit().await.unwrap();
    assert!(!cancel.await.unwrap().unwrap());
    assert!(database.store().job(id).await.unwrap().unwrap().cancel_requested_at.is_some());
}
