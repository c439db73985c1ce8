//! Workers killed between a call's reservation and its settlement: what nobody knows of is charged until it is released, no call is
//! charged twice, and no budget is passed.

use std::time::Duration;

use chrono::TimeDelta;
use windlass_jobs::ports::narrator::Step;

use super::setup::{Stage, good};
use crate::process::Worker;
use crate::provider::Provider;
use crate::support::{WAITING, number, until};

const RESERVED: &str = "select count(*) from insights.cost_ledger where state = 'reserved'";
/// Of the queue that the workers here serve: schedules make jobs of others.
const LIVE: &str = "select count(*) from windlass.jobs where queue = 'narratives'";
const SPENT: &str = "select spent_micros from insights.spend where scope = 'global'";
const PATIENCE: Duration = Duration::from_secs(30);
/// What one answer of the provider costs: 500 tokens at 0.2 and 90 at 1.1 micro-dollars.
const COST: i64 = 199;

/// A stage without a narrator of its own, and a provider for real workers.
async fn stage() -> (Stage, Provider) {
    let stage = Stage::new(1, [], good()).await;
    // Only what the test asks for is told: no dispatch finds anything.
    let closed = "update insights.dirty_buckets set computed_seq = dirty_seq";
    sqlx::query(closed).execute(stage.db()).await.unwrap();
    let Step::Say(text, _) = good() else { unreachable!() };
    (stage, Provider::start(&text).await)
}

fn worker(stage: &Stage, provider: &Provider, more: &[(&str, &str)]) -> Worker {
    let only = [("WINDLASS__WORKER__QUEUES", "[narratives]")];
    Worker::start(&stage.database.url(), "info", &[&provider.variables()[..], &only, more].concat())
}

/// The worker that made the call was killed; the next one makes another. Both are charged until the first is known to be lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_settled_is_charged_until_it_is_released_and_no_other_twice() {
    let (stage, provider) = stage().await;
    let db = stage.db();
    stage.tell(1, 1).await;
    let killed = worker(&stage, &provider, &[]);
    until(db, RESERVED, PATIENCE, |n| n == 1).await;
    while provider.asked() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    killed.kill();
    let reserved = number(db, SPENT).await;
    assert!(reserved > COST, "{reserved}");

    let next = worker(&stage, &provider, &[]);
    until(db, LIVE, PATIENCE, |n| n == 0).await;
    drop(next);
    assert_eq!(stage.texts(1).await, ["1 published small-1 non_critical"]);
    assert_eq!(provider.asked(), 2);
    assert_eq!(stage.ledger().await, ["reserved", "settled answered 199"]);
    assert_eq!(number(db, SPENT).await, reserved + COST, "never under-counted");
    assert_eq!(number(db, "select spent_micros from insights.subject_spend").await, reserved + COST);

    let ledger = stage.deps.narration.ledger(db);
    stage.clock.turn(TimeDelta::minutes(11));
    assert_eq!(ledger.release_stale().await.unwrap(), 1);
    assert_eq!(ledger.release_stale().await.unwrap(), 0);
    assert_eq!(stage.ledger().await, ["released", "settled answered 199"]);
    assert_eq!(number(db, SPENT).await, COST);
    assert_eq!(number(db, "select spent_micros from insights.subject_spend").await, COST);
}

/// Killed when the answer was there and only its settlement was not: a budget that holds one call holds no second.
#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_not_passed_although_a_settlement_was_cut_off() {
    let (stage, provider) = stage().await;
    let db = stage.db();
    // Room for one reservation, and for what one call costs beside it; not for two.
    let narrow = [("WINDLASS_NARRATOR_GLOBAL_MICROS", "1500")];
    stage.tell(1, 1).await;
    let killed = worker(&stage, &provider, &narrow);
    until(db, RESERVED, PATIENCE, |n| n == 1).await;
    // Settling takes this row's lock: the worker has its answer, and waits.
    let mut held = db.begin().await.unwrap();
    sqlx::query("select from insights.providers for update").execute(&mut *held).await.unwrap();
    provider.let_go();
    until(db, WAITING, PATIENCE, |n| n > 0).await;
    killed.kill();
    held.rollback().await.unwrap();
    let reserved = number(db, SPENT).await;

    let next = worker(&stage, &provider, &narrow);
    until(db, LIVE, PATIENCE, |n| n == 0).await;
    drop(next);
    assert_eq!(stage.texts(1).await, ["1 published rules-1 budget"]);
    assert_eq!(provider.asked(), 1);
    assert_eq!(stage.ledger().await, ["reserved"]);
    assert!(number(db, SPENT).await == reserved && reserved <= 1_500, "{reserved}");
    stage.clock.turn(TimeDelta::minutes(11));
    assert_eq!(stage.deps.narration.ledger(db).release_stale().await.unwrap(), 1);
    assert_eq!(number(db, SPENT).await, 0);
}
