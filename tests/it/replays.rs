//! A replay takes what it was planned with, proves itself with a few, goes at its rate, stops by itself, and brings each letter
//! back once, whoever else is at it.

use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;
use windlass::dead_letters::{self, By};
use windlass::model::{Argument, Pace, Replay, ReplayFilter};
use windlass::replays;
use windlass::store::Target;
use windlass::testing::drain;
use windlass::testing::toys::{Act, Toy, open_gate, registry};
use windlass::{Client, JobExt, Store, StoreError};

use crate::groups::die;
use crate::support::{at_a_clock, database, number};

fn queues() -> Vec<String> {
    vec!["toys".to_owned(), "hasty".to_owned()]
}

fn ana() -> By {
    By::new("ana", "the gate is open")
}

/// As fast as it goes.
const FAST: Pace = Pace { canary: 2, rate: 10_000.0, concurrency: 1_000, stop_share: 0.2 };

async fn plan(store: &Store) -> Uuid {
    replays::plan(store, &queues(), &ReplayFilter::default(), &ana()).await.unwrap()
}

async fn states(store: &Store, id: Uuid) -> Vec<String> {
    store.replay_items(id, 0, None, 1_000).await.unwrap().into_iter().map(|item| item.state).collect()
}

/// Steps and runs what is due until the replay rests.
async fn run(store: &Store, id: Uuid, clock: &windlass::testing::ManualClock) -> Replay {
    for _ in 0..200 {
        store.step_replay(id).await.unwrap();
        drain(store, &registry(), ()).await.unwrap();
        clock.turn(TimeDelta::milliseconds(200));
        let replay = store.show_replay(id).await.unwrap();
        if replay.rests() {
            return replay;
        }
    }
    panic!("it does not come to rest: {:?}", store.show_replay(id).await);
}

#[tokio::test]
async fn it_stops_at_a_canary_that_dies_as_before_and_goes_on_when_that_is_mended() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    die(&store, &client, 30, "air").await;
    let id = plan(&store).await;
    let planned = store.show_replay(id).await.unwrap();
    assert_eq!((planned.state.as_str(), planned.letters, planned.waiting), ("planned", 30, 30));
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 0, "nothing moves");
    clock.turn(TimeDelta::seconds(1));
    die(&store, &client, 4, "air").await;

    replays::start(&store, id, FAST, &ana()).await.unwrap();
    let stopped = run(&store, id, &clock).await;
    assert_eq!((stopped.state.as_str(), stopped.died_same, stopped.waiting), ("stopped", 2, 28));
    assert!(stopped.stopped_why.as_deref().unwrap().contains("died as before"), "{stopped:?}");

    open_gate(database.pool()).await.unwrap();
    replays::resume(&store, id, &ana()).await.unwrap();
    let done = run(&store, id, &clock).await;
    assert_eq!((done.state.as_str(), done.succeeded, done.died_same, done.waiting), ("done", 28, 2, 0));
    assert_eq!(number(database.pool(), "select count(*) from toys.effects").await, 28, "each once");
    assert_eq!(store.new_since(id).await.unwrap(), 4 + 2, "those that came later, and the canaries' own");
    let open = "select count(*) from windlass.dead_letters where replayed_at is null";
    assert_eq!(number(database.pool(), open).await, 6);
    let audit = store.audit(&windlass::store::AuditFilter { limit: 9, ..Default::default() }).await.unwrap();
    let mut actions: Vec<_> = audit.into_iter().map(|entry| (entry.at, entry.action)).collect();
    actions.sort();
    let actions: Vec<_> = actions.iter().map(|(_, action)| action.as_str()).collect();
    assert_eq!(actions, ["replay.plan", "replay.start", "replay.stop", "replay.resume"]);
}

#[tokio::test]
async fn a_share_of_deaths_stops_it() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    die(&store, &client, 30, "air").await;
    // These die again, whatever is mended, and of something else.
    sqlx::query(r#"update windlass.dead_letters set args = '{"number": 1, "act": "discard"}' where random() < 2"#)
        .execute(database.pool())
        .await
        .unwrap();
    let id = plan(&store).await;
    replays::start(&store, id, Pace { canary: 0, rate: 40.0, ..FAST }, &ana()).await.unwrap();
    let stopped = run(&store, id, &clock).await;
    assert_eq!(stopped.state, "stopped");
    assert!(stopped.died_other >= 5 && stopped.waiting > 0, "{stopped:?}");
}

#[tokio::test]
async fn it_goes_at_its_rate_and_never_more_at_once_than_it_may() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    die(&store, &client, 100, "air").await;
    open_gate(database.pool()).await.unwrap();
    let id = plan(&store).await;
    replays::start(&store, id, Pace { canary: 0, rate: 10.0, concurrency: 12, stop_share: 0.5 }, &ana()).await.unwrap();
    store.step_replay(id).await.unwrap();
    let mut released = 0;
    for second in 1..=3 {
        for _ in 0..5 {
            clock.turn(TimeDelta::milliseconds(200));
            store.step_replay(id).await.unwrap();
        }
        released = store.show_replay(id).await.unwrap().running;
        let most = (10 * second).min(12);
        assert!((most - 1..=most).contains(&released), "{second}: {released}");
    }
    assert_eq!(released, 12, "nobody works: no more than may be at once");
    drain(&store, &registry(), ()).await.unwrap();
    replays::pause(&store, id, &ana()).await.unwrap();
    clock.turn(TimeDelta::seconds(10));
    store.step_replay(id).await.unwrap();
    let paused = store.show_replay(id).await.unwrap();
    assert_eq!((paused.state.as_str(), paused.running, paused.succeeded), ("paused", 0, 12), "endings are seen");
    replays::resume(&store, id, &ana()).await.unwrap();
    let done = run(&store, id, &clock).await;
    assert_eq!((done.state.as_str(), done.succeeded), ("done", 100));
    let late = replays::resume(&store, id, &ana()).await.unwrap_err();
    assert!(late.to_string().contains("is done: replay.resume is for paused, stopped"), "{late}");
}

#[tokio::test]
async fn jobs_of_an_ordering_key_come_back_one_at_a_time_the_oldest_first() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    for number in 0..6 {
        let line = Some(if number % 2 == 0 { "even" } else { "odd" }.to_owned());
        client.enqueue(database.pool(), Toy { line, ..Toy::new(number, Act::NeedGate("air".into())) }).await.unwrap();
        drain(&store, &registry(), ()).await.unwrap();
    }
    open_gate(database.pool()).await.unwrap();
    let id = plan(&store).await;
    assert_eq!(states(&store, id).await, ["waiting", "waiting", "behind", "behind", "behind", "behind"]);
    replays::start(&store, id, Pace { canary: 0, ..FAST }, &ana()).await.unwrap();
    store.step_replay(id).await.unwrap();
    clock.turn(TimeDelta::seconds(1));
    store.step_replay(id).await.unwrap();
    assert_eq!(store.show_replay(id).await.unwrap().running, 2, "one of each");
    let done = run(&store, id, &clock).await;
    assert_eq!((done.state.as_str(), done.succeeded), ("done", 6));
    let order: Vec<i64> =
        sqlx::query_scalar("select number from toys.effects order by at").fetch_all(database.pool()).await.unwrap();
    let of = |rest: i64| order.iter().copied().filter(|n| n % 2 == rest).collect::<Vec<_>>();
    assert_eq!((of(0), of(1)), (vec![0, 2, 4], vec![1, 3, 5]));
}

#[tokio::test]
async fn two_people_replay_the_same_letters_and_each_comes_back_once() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let letters = die(&store, &client, 40, "air").await;
    open_gate(database.pool()).await.unwrap();
    let (one, two) = (plan(&store).await, plan(&store).await);
    dead_letters::replay(&store, letters[7], &By::new("cem", "this one only")).await.unwrap();
    let pace = Pace { canary: 0, rate: 50.0, ..FAST };
    replays::start(&store, one, pace, &ana()).await.unwrap();
    replays::start(&store, two, pace, &By::new("ben", "me too")).await.unwrap();
    for _ in 0..40 {
        clock.turn(TimeDelta::milliseconds(100));
        let (a, b, c) = tokio::join!(store.step_replay(one), store.step_replay(two), store.step_replay(one));
        for step in [a, b, c] {
            step.unwrap();
        }
        drain(&store, &registry(), ()).await.unwrap();
    }
    let (one, two) = (store.show_replay(one).await.unwrap(), store.show_replay(two).await.unwrap());
    assert_eq!((one.state.as_str(), two.state.as_str()), ("done", "done"));
    assert_eq!(one.succeeded + two.succeeded, 39);
    assert_eq!(one.refused + two.refused, 41);
    assert_eq!(number(database.pool(), "select count(*) from toys.effects").await, 40);
    let gone = store.replay_items(two.id, 0, Some("gone"), 100).await.unwrap();
    assert!(gone.iter().all(|item| item.note.as_deref().unwrap().starts_with("replayed by ")), "{gone:?}");
}

#[tokio::test]
async fn what_is_in_the_way_is_an_outcome_of_its_own() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let toy = |number| Toy::new(number, Act::NeedGate("air".into()));
    let keyed = Toy { key: Some("k".into()), ..toy(1) };
    client.enqueue(database.pool(), keyed.clone()).await.unwrap();
    let discarded = client.enqueue(database.pool(), toy(2)).await.unwrap().id();
    client.enqueue(database.pool(), toy(3)).await.unwrap();
    let parked = client.enqueue(database.pool(), toy(4)).await.unwrap().id();
    drain(&store, &registry(), ()).await.unwrap();
    let unknown = "update windlass.dead_letters set kind = 'retired' where args ->> 'number' = '3'";
    sqlx::query(unknown).execute(database.pool()).await.unwrap();
    let id = plan(&store).await;
    let kinds = store.replay_kinds(id).await.unwrap();
    assert_eq!(
        kinds.iter().map(|kind| (kind.kind.as_str(), kind.unknown)).collect::<Vec<_>>(),
        [("toy", false), ("retired", true)]
    );
    // The key goes to another job.
    sqlx::query("delete from windlass.unique_keys").execute(database.pool()).await.unwrap();
    let holder = client.enqueue(database.pool(), keyed.after(Duration::from_hours(1))).await.unwrap().id();
    dead_letters::discard_one(&store, discarded, &ana()).await.unwrap();
    windlass::control::pause(&store, Target::Kind("toy"), &ana()).await.unwrap();

    replays::start(&store, id, Pace { canary: 0, ..FAST }, &ana()).await.unwrap();
    store.step_replay(id).await.unwrap();
    clock.turn(TimeDelta::seconds(1));
    store.step_replay(id).await.unwrap();
    assert_eq!(states(&store, id).await, ["key_taken", "gone", "unknown_kind", "running"]);
    let items = store.replay_items(id, 0, None, 10).await.unwrap();
    assert!(items[0].note.as_deref().unwrap().contains(&holder.to_string()));
    assert_eq!(items[3].letter, parked);
    drain(&store, &registry(), ()).await.unwrap();
    store.step_replay(id).await.unwrap();
    let waiting = store.show_replay(id).await.unwrap();
    assert_eq!((waiting.state.as_str(), waiting.running, waiting.refused), ("running", 1, 3), "its kind is paused");
    assert!(store.replay_kinds(id).await.unwrap()[0].paused);
    replays::abort(&store, id, &ana()).await.unwrap();
    assert_eq!(store.show_replay(id).await.unwrap().state, "aborted");
}

#[tokio::test]
async fn a_filter_takes_those_that_all_of_it_is_true_of() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let air = die(&store, &client, 3, "air").await;
    clock.turn(TimeDelta::seconds(60));
    let between = clock.now();
    clock.turn(TimeDelta::seconds(60));
    die(&store, &client, 4, "bus").await;
    let fingerprint = store.dead_letter(air[0]).await.unwrap().fingerprint;
    let none = ReplayFilter::default();
    let argument = |path: &str, value: serde_json::Value| Some(Argument { path: path.to_owned(), value });
    for (filter, letters) in [
        (ReplayFilter { fingerprint: Some(fingerprint.clone()), ..none.clone() }, 3),
        (ReplayFilter { since: Some(between), ..none.clone() }, 4),
        (ReplayFilter { until: Some(between), ..none.clone() }, 3),
        (ReplayFilter { queue: Some("hasty".into()), ..none.clone() }, 0),
        (ReplayFilter { kind: Some("toy".into()), revision: Some("test".into()), ..none.clone() }, 7),
        (ReplayFilter { revision: Some("1.2.3".into()), ..none.clone() }, 0),
        (ReplayFilter { argument: argument("number", 2.into()), ..none.clone() }, 2),
        (ReplayFilter { argument: argument("act.need_gate", "bus".into()), ..none.clone() }, 4),
        (ReplayFilter { letters: Some(vec![air[1].0]), ..none.clone() }, 1),
        (ReplayFilter { since: Some(between), fingerprint: Some(fingerprint), ..none.clone() }, 0),
    ] {
        let id = replays::plan(&store, &queues(), &filter, &ana()).await.unwrap();
        assert_eq!(store.show_replay(id).await.unwrap().letters, letters, "{filter:?}");
    }
    let wrong = ReplayFilter { queue: Some("nowhere".into()), ..none.clone() };
    let error = replays::plan(&store, &queues(), &wrong, &ana()).await.unwrap_err();
    assert!(error.to_string().contains("there are: toys, hasty"), "{error}");
    let wrong = ReplayFilter { argument: argument("a..b", 1.into()), ..none };
    assert!(replays::plan(&store, &queues(), &wrong, &ana()).await.is_err());
    let error = replays::start(&store, Uuid::now_v7(), Pace { rate: f64::NAN, ..FAST }, &ana()).await.unwrap_err();
    assert!(error.to_string().contains("rate is NaN"), "{error}");
    let error = replays::start(&store, Uuid::now_v7(), FAST, &ana()).await.unwrap_err();
    assert!(matches!(error, replays::ReplayError::Store(StoreError::NoSuchReplay(_))), "{error}");
}

#[tokio::test]
async fn what_is_too_much_for_a_connection_is_chosen_by_a_worker() {
    let database = database().await;
    let (store, client, _clock) = at_a_clock(&database);
    die(&store, &client, 5, "air").await;
    // Who chooses has to wait, and may not.
    let hurried = sqlx::postgres::PgPoolOptions::new().max_connections(2).after_connect(|connection, _| {
        Box::pin(async move { sqlx::query("set statement_timeout = '300ms'").execute(connection).await.map(drop) })
    });
    let hurried = Store::new(hurried.connect(&database.url()).await.unwrap());
    let mut lock = database.pool().begin().await.unwrap();
    sqlx::query("lock table windlass.replay_items in share mode").execute(&mut *lock).await.unwrap();
    let id = replays::plan(&hurried, &queues(), &ReplayFilter::default(), &ana()).await.unwrap();
    let planning = store.show_replay(id).await.unwrap();
    assert_eq!((planning.state.as_str(), planning.letters, planning.rests()), ("planning", 0, false));
    assert!(replays::start(&store, id, FAST, &ana()).await.is_err(), "not before they are chosen");
    lock.rollback().await.unwrap();
    assert_eq!(store.active_replays().await.unwrap(), [(id, true)]);
    store.finish_plan(id).await.unwrap();
    let planned = store.show_replay(id).await.unwrap();
    assert_eq!((planned.state.as_str(), planned.letters, planned.waiting), ("planned", 5, 5));
}

#[tokio::test]
async fn a_worker_process_carries_a_replay_through() {
    let database = database().await;
    let store = database.store();
    let client = Client::new(database.pool().clone());
    die(&store, &client, 60, "air").await;
    open_gate(database.pool()).await.unwrap();
    let id = plan(&store).await;
    replays::start(&store, id, FAST, &ana()).await.unwrap();
    let worker = crate::process::Worker::start(&database.url(), &[]);
    let done = "select count(*) from windlass.replays where state = 'done' and succeeded = 60";
    crate::support::until(database.pool(), done, Duration::from_secs(30), |n| n == 1).await;
    drop(worker);
}
