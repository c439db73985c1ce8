//! The weekly aggregation: weeks and months from days, the same in any order and in any number of pieces. That they equal the
//! fixtures', the demo's tests show.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use windlass::model::{ManualClock, Outcome};
use windlass::testing::{Database, declare_schedules, drain, fire_schedules};
use windlass::{Client, JobExt};
use windlass_jobs::buckets::{Dirt, Scope};
use windlass_jobs::calendar::Zone;
use windlass_jobs::demo::{Inputs, Loaded};
use windlass_jobs::weekly_aggregation::spectrum::{self, Aggregated, Shard};
use windlass_jobs::{Deps, WeeklyAggregation};

use crate::control::settle;
use crate::support::{WAITING, close, conversations, database, fixtures, loaded, number, run, tables, until};

const OPEN: &str =
    "select count(*) from insights.dirty_buckets where dirty_seq > computed_seq and scope ~ '^spectrum_[wm]'";

fn far() -> DateTime<Utc> {
    "2100-01-01T00:00:00Z".parse().unwrap()
}

async fn dispatch(db: &PgPool, key: &str) {
    let dispatch = WeeklyAggregation::dispatch(far()).unique(key);
    Client::new(db.clone()).enqueue(db, dispatch).await.unwrap();
}

fn open_a() -> Inputs {
    Inputs::read(&fixtures("open-a").join("inputs")).unwrap()
}

/// Sessions come in backwards and in pieces, each of which is aggregated, some twice: the tables are those of all at once.
#[tokio::test]
async fn pieces_in_any_order_make_the_same_tables() {
    let (at_once, in_pieces) = (database().await, database().await);
    let all = loaded(at_once.pool(), &open_a()).await;
    close(at_once.pool(), &all).await;
    settle(&at_once).await;

    let all = loaded(in_pieces.pool(), &open_a()).await;
    let backwards: Vec<_> = all.sessions.iter().rev().copied().collect();
    for (piece, sessions) in backwards.chunks(41).enumerate() {
        close(in_pieces.pool(), &Loaded { sessions: sessions.to_vec(), ..all.clone() }).await;
        settle(&in_pieces).await;
        if piece == 2 {
            // As if everything had been delivered again.
            sqlx::query("update insights.dirty_buckets set dirty_seq = dirty_seq + 1")
                .execute(in_pieces.pool())
                .await
                .unwrap();
            settle(&in_pieces).await;
        }
    }
    let expected = tables(at_once.pool()).await;
    assert!(expected.contains("valence_z") && expected.len() > 200_000);
    assert_eq!(tables(in_pieces.pool()).await, expected);
    assert_eq!(number(in_pieces.pool(), OPEN).await, 0);
}

#[tokio::test]
async fn dispatching_twice_makes_nothing_twice() {
    let database = database().await;
    let db = database.pool();
    let all = loaded(db, &conversations(&[vec!["I am happy"]])).await;
    close(db, &all).await;
    run(&database).await;
    // Due is what has ended and rested for a minute; this has not.
    Client::new(db.clone()).enqueue(db, WeeklyAggregation::dispatch(Utc::now())).await.unwrap();
    assert_eq!(run(&database).await.len(), 1);
    assert_eq!(number(db, OPEN).await, 2);

    for key in ["one", "other"] {
        dispatch(db, key).await;
    }
    let ran = run(&database).await;
    assert!(ran.iter().all(|ran| ran.outcome == Outcome::Completed));
    assert_eq!(ran.len(), 3, "two dispatches, and one job of theirs");
    assert_eq!(number(db, OPEN).await, 0);
    dispatch(db, "a third").await;
    assert_eq!(run(&database).await.len(), 1);
}

#[tokio::test]
async fn the_schedule_dispatches_every_minute() {
    let database = database().await;
    let clock = ManualClock::at("2026-03-09T00:00:30Z".parse().unwrap());
    let (store, registry) = (database.store().at(clock.clone()), windlass_jobs::registry());
    declare_schedules(&store, &registry).await.unwrap();
    clock.turn(chrono::TimeDelta::seconds(31));
    fire_schedules(&store, &registry).await.unwrap();
    let ran = drain(&store, &registry, Deps::default()).await.unwrap();
    let args: Vec<&str> = ran.iter().map(|ran| ran.claim.args.as_str()).collect();
    assert!(args.iter().any(|args| args.contains("dispatch") && args.contains("2026-03-09T00:01:00Z")), "{args:?}");
}

/// What is dirtied while it is being aggregated stays open, and whoever dirties it does not wait.
#[tokio::test]
async fn what_comes_in_meanwhile_is_not_lost() {
    let database = database().await;
    let db = database.pool().clone();
    let all = loaded(&db, &conversations(&[vec!["I am happy"]])).await;
    close(&db, &all).await;
    run(&database).await;
    let subject = all.sessions[0].subject_id;

    // The aggregation has read what is open, and waits for its people.
    let mut held = db.begin().await.unwrap();
    sqlx::query("select from insights.subjects for update").execute(&mut *held).await.unwrap();
    let aggregation = tokio::spawn({
        let db = db.clone();
        async move {
            let mut tx = db.begin().await.unwrap();
            let done = spectrum::aggregate(&mut tx, Shard { from: subject, to: subject + 1 }, far()).await.unwrap();
            tx.commit().await.unwrap();
            done
        }
    });
    until(&db, WAITING, std::time::Duration::from_secs(20), |n| n == 1).await;
    dirty(&db, subject, "2026-03-01").await;
    held.rollback().await.unwrap();
    assert_eq!(aggregation.await.unwrap(), Aggregated { buckets: 2, changed: 2 });
    assert_eq!(number(&db, OPEN).await, 1);
    settle(&database).await;
    assert_eq!(number(&db, OPEN).await, 0);
}

/// Dirties a person's week.
async fn dirty(db: &PgPool, subject: i64, day: &str) {
    let mut dirt = Dirt::new();
    dirt.add(Scope::Week, subject, Zone::parse("UTC"), day.parse().unwrap());
    dirt.write(&mut db.acquire().await.unwrap()).await.unwrap();
}

/// Two at once, one of which has a person's third week, with other values, and one the first: the series is right.
#[tokio::test]
async fn two_aggregations_of_one_person_take_turns() {
    let database = database().await;
    let db = database.pool().clone();
    let mut inputs = conversations(&[vec!["I am happy"], vec!["I was afraid"], vec!["This is wonderful!"]]);
    for (week, session) in inputs.conversations.iter_mut().enumerate() {
        session.started_at = Some(format!("2026-03-{:02}T12:00:00Z", 4 + 7 * week).parse().unwrap());
    }
    let all = loaded(&db, &inputs).await;
    close(&db, &all).await;
    settle(&database).await;

    let subject = all.sessions[0].subject_id;
    let one = Shard { from: subject, to: subject + 1 };
    sqlx::query("update insights.spectrum_daily set wv = -wv where local_date in ('2026-03-04', '2026-03-18')")
        .execute(&db)
        .await
        .unwrap();
    dirty(&db, subject, "2026-03-18").await;
    // Due only for the first of the two, whose tick is the later one.
    sqlx::query("update insights.dirty_buckets set due_at = '2090-01-01' where dirty_seq > computed_seq")
        .execute(&db)
        .await
        .unwrap();
    let mut first = db.begin().await.unwrap();
    spectrum::aggregate(&mut first, one, far()).await.unwrap();
    dirty(&db, subject, "2026-03-04").await;
    let second = tokio::spawn({
        let db = db.clone();
        async move {
            let mut second = db.begin().await.unwrap();
            spectrum::aggregate(&mut second, one, "2080-01-01T00:00:00Z".parse().unwrap()).await.unwrap();
            second.commit().await.unwrap();
        }
    });
    until(&db, WAITING, std::time::Duration::from_secs(20), |n| n == 1).await;
    first.commit().await.unwrap();
    second.await.unwrap();

    // All of it once more, one after another, changes nothing.
    let together = tables(&db).await;
    for day in ["2026-03-04", "2026-03-11", "2026-03-18"] {
        dirty(&db, subject, day).await;
    }
    settle(&database).await;
    assert_eq!(tables(&db).await, together);
}

/// The tombstone comes between the dispatch and the aggregation: nothing is written.
#[tokio::test]
async fn nothing_is_aggregated_of_who_is_erased() {
    let database = database().await;
    let db = database.pool();
    let all = loaded(db, &conversations(&[vec!["I am happy"]])).await;
    close(db, &all).await;
    run(&database).await;
    sqlx::query("update insights.subjects set erased_at = now()").execute(db).await.unwrap();
    settle(&database).await;
    assert_eq!(number(db, "select count(*) from insights.spectrum_weekly").await, 0);
    assert_eq!(number(db, OPEN).await, 0);
}

#[tokio::test]
async fn bad_arguments_are_a_dead_letter_at_once() {
    let database: Database = database().await;
    let db = database.pool();
    dispatch(db, "bad").await;
    let args = r#"'{"scope": "spectrum", "key": 1, "bucket": "2026-W60", "as_of": "2026-01-01T00:00:00Z"}'"#;
    let spoil = format!("update windlass.jobs set args = {args}");
    sqlx::query(sqlx::AssertSqlSafe(spoil)).execute(db).await.unwrap();
    let ran = run(&database).await;
    assert_eq!((ran.len(), ran[0].outcome), (1, Outcome::Buried));
}
