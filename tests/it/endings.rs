//! Every ending does what its name says; one bad payload, panic or timeout ends one attempt.

use chrono::TimeDelta;
use serde_json::json;
use windlass::model::Outcome;
use windlass::store::{Ask, Watermarks};
use windlass::testing::toys::{Act, Hasty, registry};
use windlass::testing::{Ran, drain};
use windlass::{Client, JobId, Store};

use crate::support::{at_a_clock, database, number, toy};

async fn run(store: &Store) -> Vec<Ran> {
    drain(store, &registry(), ()).await.unwrap()
}

async fn outcome(store: &Store) -> Outcome {
    let ran = run(store).await;
    assert_eq!(ran.len(), 1);
    ran[0].outcome
}

#[tokio::test]
async fn a_job_that_ends_well_moves_to_the_history() {
    let database = database().await;
    let id = toy(&database, 1, Act::Succeed).await;
    assert_eq!(outcome(&database.store()).await, Outcome::Completed);
    let ended = database.store().ended_job(id).await.unwrap().unwrap();
    assert_eq!((ended.outcome.as_str(), ended.attempt, ended.failures), ("completed", 1, 0));
    assert!(database.store().job(id).await.unwrap().is_none());
}

#[tokio::test]
async fn effect_and_completion_are_one_commit() {
    let database = database().await;
    let id = toy(&database, 1, Act::Complete).await;
    assert_eq!(outcome(&database.store()).await, Outcome::Completed);
    assert_eq!(number(database.pool(), "select count(*) from toys.effects").await, 1);
    assert_eq!(database.store().ended_job(id).await.unwrap().unwrap().outcome, "completed");
}

#[tokio::test]
async fn a_completion_that_was_not_committed_is_a_failed_attempt() {
    let database = database().await;
    let id = toy(&database, 1, Act::CompleteAndRollBack).await;
    assert_eq!(outcome(&database.store()).await, Outcome::Retry);
    assert_eq!(number(database.pool(), "select count(*) from toys.effects").await, 0);
    assert_eq!(database.store().attempts(id).await.unwrap()[0].reason, "uncommitted");
}

#[tokio::test]
async fn a_failed_job_waits_in_the_database_by_its_policy_and_is_buried_with_every_error() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let toy = windlass::testing::toys::Toy::new(1, Act::Fail(9));
    let id = client.enqueue(database.pool(), toy).await.unwrap().id();
    for wait in [10, 20] {
        assert_eq!(outcome(&store).await, Outcome::Retry);
        let job = store.job(id).await.unwrap().unwrap();
        assert_eq!(job.summary.scheduled_at, clock.now() + TimeDelta::seconds(wait));
        assert_eq!(job.summary.standing(), "retry");
        clock.turn(TimeDelta::seconds(wait) - TimeDelta::microseconds(1));
        assert!(run(&store).await.is_empty());
        clock.turn(TimeDelta::microseconds(1));
    }
    assert_eq!(outcome(&store).await, Outcome::Buried);
    assert!(store.job(id).await.unwrap().is_none());
    let letter = store.dead_letter(id).await.unwrap();
    assert_eq!((letter.reason.as_str(), letter.error.as_str(), letter.failures), ("error", "failure 3", 3));
    assert!(letter.fingerprint.starts_with("v1:"));
    let errors: Vec<String> = store.attempts(id).await.unwrap().into_iter().map(|attempt| attempt.error).collect();
    assert_eq!(errors, ["failure 1", "failure 2", "failure 3"]);
}

#[tokio::test]
async fn discard_buries_cancel_does_not_and_snooze_costs_nothing() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let toy = |act| windlass::testing::toys::Toy::new(1, act);
    let id = client.enqueue(database.pool(), toy(Act::Discard)).await.unwrap().id();
    assert_eq!(outcome(&store).await, Outcome::Buried);
    assert_eq!(store.dead_letter(id).await.unwrap().reason, "discarded");

    let id = client.enqueue(database.pool(), toy(Act::Cancel)).await.unwrap().id();
    assert_eq!(outcome(&store).await, Outcome::Cancelled);
    assert_eq!(store.ended_job(id).await.unwrap().unwrap().outcome, "cancelled");

    let id = client.enqueue(database.pool(), toy(Act::Snooze(30))).await.unwrap().id();
    assert_eq!(outcome(&store).await, Outcome::Snoozed);
    assert_eq!(store.job(id).await.unwrap().unwrap().summary.failures, 0);
    clock.turn(TimeDelta::seconds(30));
    assert_eq!(outcome(&store).await, Outcome::Completed);
}

#[tokio::test]
async fn a_panic_ends_one_attempt_and_its_words_are_kept_nowhere() {
    let database = database().await;
    let id = toy(&database, 1, Act::Panic).await;
    toy(&database, 2, Act::Succeed).await;
    let outcomes: Vec<_> = run(&database.store()).await.into_iter().map(|ran| ran.outcome).collect();
    assert_eq!(outcomes, [Outcome::Retry, Outcome::Completed]);
    let attempt = database.store().attempts(id).await.unwrap().remove(0);
    assert_eq!(attempt.reason, "panic");
    assert!(!attempt.error.contains("secret"), "{}", attempt.error);
}

#[tokio::test]
async fn a_timeout_ends_the_attempt() {
    let database = database().await;
    let client = Client::new(database.pool().clone());
    let id = client.enqueue(database.pool(), Hasty {}).await.unwrap().id();
    assert_eq!(outcome(&database.store()).await, Outcome::Retry);
    assert_eq!(database.store().attempts(id).await.unwrap()[0].error, "took longer than 50ms");
}

#[tokio::test]
async fn arguments_that_do_not_decode_are_buried_and_not_quoted() {
    let database = database().await;
    let id = toy(&database, 1, Act::Succeed).await;
    sqlx::query("update windlass.jobs set args = $1")
        .bind(json!({"number": "someone's words"}))
        .execute(database.pool())
        .await
        .unwrap();
    assert_eq!(outcome(&database.store()).await, Outcome::Buried);
    let letter = database.store().dead_letter(id).await.unwrap();
    assert_eq!(letter.reason, "bad_arguments");
    assert_eq!(letter.error, "the arguments do not decode as toy version 1");
}

#[tokio::test]
async fn arguments_that_no_decoder_takes_spoil_nobody_elses_claim() {
    let database = database().await;
    let store = database.store();
    for number in 0..4 {
        toy(&database, number, Act::Succeed).await;
    }
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for (number, args) in [(1, deep.as_str()), (2, "{\"number\": 1e400}")] {
        sqlx::query("update windlass.jobs set args = $1::text::jsonb, checkpoint = $1::text::jsonb where args ->> 'number' = $2")
            .bind(args)
            .bind(number.to_string())
            .execute(database.pool())
            .await
            .unwrap();
    }
    let session = windlass::testing::begin(&store).await.unwrap();
    let claims = store.claim(&Ask::new("toys", session, 9), &mut Watermarks::default()).await.unwrap().jobs;
    assert_eq!(claims.len(), 4, "they come in one claim");
    store.leave(&mut database.pool().acquire().await.unwrap(), session).await.unwrap();
    store.rescue("toys").await.unwrap();
    let mut outcomes: Vec<_> = run(&store).await.into_iter().map(|ran| ran.outcome.as_str()).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["buried", "buried", "completed", "completed"]);
    for letter in store.dead_letters(&windlass::store::LetterFilter { limit: 9, ..Default::default() }).await.unwrap() {
        assert_eq!(letter.reason, "bad_arguments");
        // And it can be looked at.
        assert!(store.dead_letter(letter.id).await.unwrap().args.to_string().len() > 9);
    }
}

#[tokio::test]
async fn a_kind_nobody_here_knows_is_left_for_who_does() {
    let database = database().await;
    let id: JobId = toy(&database, 1, Act::Succeed).await;
    sqlx::query("update windlass.jobs set kind = 'of_tomorrow'").execute(database.pool()).await.unwrap();
    assert_eq!(outcome(&database.store()).await, Outcome::Parked);
    let job = database.store().job(id).await.unwrap().unwrap();
    assert_eq!((job.summary.failures, job.summary.standing()), (0, "parked"));
}
