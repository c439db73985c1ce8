//! A key makes one job: for as long as its scope says, and for one set of arguments.

use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::{America, Europe};
use serde::{Deserialize, Serialize};
use windlass::dead_letters::{By, replay};
use windlass::model::{Calendar, Keep, KeyScope};
use windlass::store::Retention;
use windlass::testing::toys::{Act, Toy, registry};
use windlass::testing::{ManualClock, drain};
use windlass::{
    Client, Enqueue, EnqueueError, Enqueued, Job, JobContext, JobError, JobExt, JobId, Registry, Standing, StoreError,
};

use crate::support::{at_a_clock, database, number};

const RETENTION: Retention = Retention { dead_letters: 86_400, attempts: 86_400 };

fn keyed(act: Act, scope: KeyScope) -> Enqueue {
    Toy::new(1, act).unique("key").scope(scope)
}

#[tokio::test]
async fn while_live_ends_with_the_job_however_it_ends() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let db = database.pool();
    for act in [Act::Succeed, Act::Complete, Act::Cancel, Act::Discard] {
        let first = client.enqueue(db, keyed(act.clone(), KeyScope::WhileLive)).await.unwrap();
        assert!(first.is_created(), "{act:?}");
        let again = client.enqueue(db, keyed(act, KeyScope::WhileLive)).await.unwrap();
        assert_eq!(again, Enqueued::Existing(first.id(), Standing::Available));
        drain(&store, &registry(), ()).await.unwrap();
    }
    let expiring = keyed(Act::Succeed, KeyScope::WhileLive).expires_at(clock.now());
    client.enqueue(db, expiring).await.unwrap();
    drain(&store, &registry(), ()).await.unwrap();
    let cancelled = client.enqueue(db, keyed(Act::Succeed, KeyScope::WhileLive)).await.unwrap();
    assert!(cancelled.is_created(), "an expired job frees its key");
    assert!(
        windlass::control::cancel(&store, cancelled.id(), &windlass::dead_letters::By::new("ana", "a test"))
            .await
            .unwrap()
    );
    assert!(client.enqueue(db, keyed(Act::Succeed, KeyScope::WhileLive)).await.unwrap().is_created());
}

#[tokio::test]
async fn a_time_ends_when_it_is_over_and_not_before() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let db = database.pool();
    let job = || keyed(Act::Succeed, KeyScope::For(Duration::from_mins(1)));
    let first = client.enqueue(db, job()).await.unwrap();
    drain(&store, &registry(), ()).await.unwrap();
    clock.turn(TimeDelta::seconds(60) - TimeDelta::microseconds(1));
    assert_eq!(client.enqueue(db, job()).await.unwrap(), Enqueued::Existing(first.id(), Standing::Ended));
    clock.turn(TimeDelta::microseconds(1));
    assert!(client.enqueue(db, job()).await.unwrap().is_created());
    assert!(!client.enqueue(db, job()).await.unwrap().is_created(), "and begins anew");
}

/// Each: when, in which zone, of which bucket, and when that ends.
#[tokio::test]
async fn a_bucket_of_the_calendar_ends_where_the_zones_own_clock_turns() {
    for (start, scope, end) in [
        // A day of 23 hours, and one of 25.
        ("2026-03-28T23:00:00Z", KeyScope::Per(Calendar::Day, Europe::Berlin), "2026-03-29T22:00:00Z"),
        ("2026-10-24T22:00:00Z", KeyScope::Per(Calendar::Day, Europe::Berlin), "2026-10-25T23:00:00Z"),
        ("2026-12-31T23:59:00Z", KeyScope::Per(Calendar::Month, America::New_York), "2027-01-01T05:00:00Z"),
        // The ISO week 53 of 2026.
        ("2026-12-30T12:00:00Z", KeyScope::Per(Calendar::Week, chrono_tz::UTC), "2027-01-04T00:00:00Z"),
        ("2026-03-01T12:59:59Z", KeyScope::Per(Calendar::Hour, chrono_tz::UTC), "2026-03-01T13:00:00Z"),
    ] {
        let database = database().await;
        let clock = ManualClock::at(start.parse().unwrap());
        let client = Client::new(database.pool().clone()).at(clock.clone());
        assert!(client.enqueue(database.pool(), keyed(Act::Succeed, scope)).await.unwrap().is_created());
        let end: chrono::DateTime<chrono::Utc> = end.parse().unwrap();
        clock.turn(end - clock.now() - TimeDelta::microseconds(1));
        assert!(!client.enqueue(database.pool(), keyed(Act::Succeed, scope)).await.unwrap().is_created(), "{scope:?}");
        clock.turn(TimeDelta::microseconds(1));
        assert!(client.enqueue(database.pool(), keyed(Act::Succeed, scope)).await.unwrap().is_created(), "{scope:?}");
    }
}

#[tokio::test]
async fn the_same_key_with_other_arguments_is_an_error_and_the_transaction_lives_on() {
    let database = database().await;
    let client = Client::new(database.pool().clone());
    let mut tx = database.pool().begin().await.unwrap();
    let first = client.enqueue(&mut *tx, Toy::new(1, Act::Succeed).unique("key")).await.unwrap();
    let error = client.enqueue(&mut *tx, Toy::new(2, Act::Succeed).unique("key")).await.unwrap_err();
    assert!(matches!(&error, EnqueueError::KeyConflict(conflict) if conflict.holder == first.id()), "{error}");
    assert!(error.to_string().contains(&format!("windlass jobs show {}", first.id())), "{error}");
    let batch = [Toy::new(3, Act::Succeed).unique("other"), Toy::new(4, Act::Succeed).unique("key")];
    let answers = client.enqueue_many(&mut *tx, batch).await.unwrap();
    assert!(answers[0].as_ref().unwrap().is_created());
    assert_eq!(answers[1].as_ref().unwrap_err().holder, first.id());
    client.commit(tx).await.unwrap();
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 2);
}

#[tokio::test]
async fn the_answer_says_where_the_holder_stands() {
    let database = database().await;
    let db = database.pool();
    let client = Client::new(db.clone());
    let first = client.enqueue(db, keyed(Act::Discard, KeyScope::Forever)).await.unwrap();
    let standing = async || match client.enqueue(db, keyed(Act::Discard, KeyScope::Forever)).await.unwrap() {
        Enqueued::Existing(id, standing) => {
            assert_eq!(id, first.id());
            standing
        }
        Enqueued::Created(_) => panic!("a second job"),
    };
    assert_eq!(standing().await, Standing::Available);
    for (state, expected) in [("blocked", Standing::Blocked), ("parked", Standing::Parked)] {
        sqlx::query("update windlass.jobs set state = $1").bind(state).execute(db).await.unwrap();
        assert_eq!(standing().await, expected);
    }
    sqlx::query("update windlass.jobs set state = 'available'").execute(db).await.unwrap();
    drain(&database.store(), &registry(), ()).await.unwrap();
    assert_eq!(standing().await, Standing::Dead);
    sqlx::query("delete from windlass.dead_letters").execute(db).await.unwrap();
    assert_eq!(standing().await, Standing::Ended);
}

/// The holder commits while the second producer waits for it: its job is in no snapshot that was there before.
#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_commits_at_the_same_moment_is_found() {
    let database = database().await;
    let db = database.pool().clone();
    let client = Client::new(db.clone());
    let mut tx = db.begin().await.unwrap();
    let first = client.enqueue(&mut *tx, keyed(Act::Succeed, KeyScope::Forever)).await.unwrap();
    let second = tokio::spawn({
        let (client, db) = (client.clone(), db.clone());
        async move { client.enqueue(&db, keyed(Act::Succeed, KeyScope::Forever)).await.unwrap() }
    });
    let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    crate::support::until(&db, waits, Duration::from_secs(10), |n| n == 1).await;
    tx.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), Enqueued::Existing(first.id(), Standing::Available));
}

#[tokio::test]
async fn a_letter_whose_key_is_anothers_is_not_replayed() {
    let database = database().await;
    let db = database.pool();
    let (store, client) = (database.store(), Client::new(db.clone()));
    let dead = client.enqueue(db, keyed(Act::Discard, KeyScope::WhileLive)).await.unwrap().id();
    drain(&store, &registry(), ()).await.unwrap();
    let holder = client.enqueue(db, keyed(Act::Hang, KeyScope::WhileLive)).await.unwrap().id();
    let refused = replay(&store, dead, &By::new("ana", "again")).await.unwrap_err();
    assert!(matches!(&refused, StoreError::KeyTaken { id, holder: by } if *id == dead && *by == holder), "{refused}");
    assert_eq!(store.dead_letter(dead).await.unwrap().replayed_at, None);
    assert!(
        windlass::control::cancel(&store, holder, &windlass::dead_letters::By::new("ana", "a test")).await.unwrap()
    );
    let again = replay(&store, dead, &By::new("ana", "again")).await.unwrap();
    let existing = client.enqueue(db, keyed(Act::Discard, KeyScope::WhileLive)).await.unwrap();
    assert_eq!(existing, Enqueued::Existing(again, Standing::Available));
    let conflict = client.enqueue(db, keyed(Act::Succeed, KeyScope::WhileLive)).await.unwrap_err();
    assert!(matches!(conflict, EnqueueError::KeyConflict(conflict) if conflict.holder == again));
}

#[tokio::test]
async fn keys_go_when_their_time_or_their_queues_is_over_but_never_a_live_jobs() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let db = database.pool();
    let scope = KeyScope::For(Duration::from_mins(1));
    client.enqueue(db, Toy::new(1, Act::Succeed).unique("windowed").scope(scope)).await.unwrap();
    client.enqueue(db, Toy::new(2, Act::Succeed).unique("ended")).await.unwrap();
    drain(&store, &registry(), ()).await.unwrap();
    client.enqueue(db, Toy::new(3, Act::Succeed).unique("live")).await.unwrap();
    let keys = "select count(*) from windlass.unique_keys";
    clock.turn(TimeDelta::hours(1));
    store.prune_queue("toys", RETENTION).await.unwrap();
    assert_eq!(number(db, keys).await, 2, "the windowed one");
    let keep = Keep { history: true, dead_letters: None, attempts: None, keys: Some(60) };
    store.keep_queue(&mut database.pool().acquire().await.unwrap(), "toys", keep).await.unwrap();
    store.prune_queue("toys", RETENTION).await.unwrap();
    assert_eq!(number(db, keys).await, 1, "the live job's stays");
}

#[tokio::test]
async fn a_replay_makes_no_key_for_ever_of_one_whose_time_was_over() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let job = || keyed(Act::Discard, KeyScope::For(Duration::from_mins(1)));
    let letter = client.enqueue(database.pool(), job()).await.unwrap().id();
    drain(&store, &registry(), ()).await.unwrap();
    clock.turn(TimeDelta::minutes(2));
    store.prune_queue("toys", RETENTION).await.unwrap();
    store.replay(letter, JobId::new(), &By::new("ana", "why")).await.unwrap();
    drain(&store, &registry(), ()).await.unwrap();
    assert!(client.enqueue(database.pool(), job()).await.unwrap().is_created());
}

/// Of one day; when it was asked for is nothing.
#[derive(Serialize, Deserialize)]
struct Dated {
    day: i64,
    as_of: i64,
}

impl Job for Dated {
    const KIND: &'static str = "dated";
    const QUEUE: &'static str = "toys";
    const IDENTITY: Option<&'static [&'static str]> = Some(&["day"]);
    type Deps = ();

    async fn run(&self, _: &JobContext<()>) -> Result<(), JobError> {
        Ok(())
    }
}

#[tokio::test]
async fn only_the_fields_that_a_kind_names_make_a_conflict() {
    let database = database().await;
    let client = Client::new(database.pool().clone());
    let dated = |day, as_of| Dated { day, as_of }.unique("key");
    let first = client.enqueue(database.pool(), dated(1, 1)).await.unwrap();
    assert_eq!(client.enqueue(database.pool(), dated(1, 2)).await.unwrap().id(), first.id());
    let error = client.enqueue(database.pool(), dated(2, 1)).await.unwrap_err();
    assert!(matches!(error, EnqueueError::KeyConflict(_)), "{error}");

    // SQL goes by the same fields, also where the arguments have none of them.
    database.store().publish(&Registry::<()>::default().register::<Dated>().published_kinds()).await.unwrap();
    for (args, key, conflict) in [
        (r#"{"day": 1, "as_of": 3}"#, "key", false),
        (r#"{"day": 3, "as_of": 1}"#, "key", true),
        (r#"{"note": "a"}"#, "none", false),
        (r#"{"note": "b"}"#, "none", false),
    ] {
        let call = "select conflict from windlass.enqueue('dated', $1::jsonb, key => $2)";
        let told: bool = sqlx::query_scalar(call).bind(args).bind(key).fetch_one(database.pool()).await.unwrap();
        assert_eq!(told, conflict, "{args} {key}");
    }
}
