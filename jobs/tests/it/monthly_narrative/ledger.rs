//! The ledger: budgets, the breaker, a wrong key, reservations that nobody settled.

use chrono::TimeDelta;
use windlass::model::Outcome;
use windlass_jobs::monthly_narrative::Settings;
use windlass_jobs::ports::narrator::{NarrateError, Scripted, Step};

use super::setup::{Stage, good, leak};
use crate::support::number;

const SPENT: &str = "select spent_micros from insights.spend where scope = 'global'";
const IN_LEDGER: &str =
    "select coalesce(sum(case state when 'settled' then settled_micros when 'reserved' then reserved_micros
                                             else 0 end), 0)::bigint from insights.cost_ledger";

#[tokio::test]
async fn a_budget_is_kept_to_the_micro_dollar() {
    // A cheap call reserves some 960 micro-dollars and costs 199: the second reservation no longer fits.
    let stage =
        Stage::with(2, Scripted::new([], good()), Settings { global_micros: 1_100, ..Settings::default() }).await;
    for person in [1, 2] {
        stage.tell(person, 1).await;
    }
    stage.run().await;
    assert_eq!(stage.narrator.requests().len(), 1);
    assert_eq!(stage.ledger().await, ["settled answered 199"]);
    let by: Vec<_> = [stage.texts(1).await, stage.texts(2).await].concat();
    assert!(
        by.contains(&"1 published rules-1 budget".to_owned())
            && by.contains(&"1 published cheap non_critical".to_owned())
    );
    assert_eq!(number(stage.db(), SPENT).await, 199);
}

#[tokio::test]
async fn a_wrong_key_is_tried_once() {
    let stage = Stage::new(20, [], Step::Fail(NarrateError::Auth)).await;
    for person in 1..=20 {
        stage.tell(person, 1).await;
    }
    assert!(stage.run().await.iter().all(|ran| ran.outcome == Outcome::Completed));
    assert_eq!(stage.narrator.requests().len(), 1);
    assert_eq!(stage.texts(20).await, ["1 published rules-1 no_key"]);
    assert_eq!(number(stage.db(), SPENT).await, 0);
}

#[tokio::test]
async fn a_provider_that_is_down_for_an_hour_leaves_rules_texts_and_no_dead_letters() {
    let stage = Stage::new(60, [], Step::Fail(NarrateError::Overloaded(Some(503)))).await;
    for person in 1..=60 {
        stage.tell(person, 1).await;
    }
    for _ in 0..60 {
        stage.run().await;
        stage.clock.turn(TimeDelta::minutes(1));
    }
    let texts = "select count(*) from insights.insights where status = 'published' and model = 'rules-1'";
    assert_eq!(number(stage.db(), texts).await, 60);
    assert_eq!(number(stage.db(), "select count(*) from windlass.dead_letters").await, 0);
    assert_eq!(number(stage.db(), "select count(*) from windlass.jobs").await, 0);
    // Ten failures open it; after that a call now and then asks whether it is back.
    let calls = stage.narrator.requests().len();
    assert!((10..20).contains(&calls), "{calls}");
    assert_eq!(number(stage.db(), SPENT).await, 0);
}

#[tokio::test]
async fn the_provider_says_when_to_come_again_and_nothing_is_held_against_the_job() {
    let wait = std::time::Duration::from_secs(50);
    let stage = Stage::new(2, [Step::Fail(NarrateError::RateLimited(wait))], good()).await;
    for person in [1, 2] {
        stage.tell(person, 1).await;
    }
    let ran = stage.run().await;
    assert!(ran.iter().all(|ran| ran.outcome == Outcome::RetryAfter));
    assert_eq!(stage.narrator.requests().len(), 1, "the other job heeds it too");
    assert_eq!(stage.texts(1).await, ["1 published rules-1 waiting"]);
    stage.clock.turn(TimeDelta::seconds(49));
    assert!(stage.run().await.is_empty());
    stage.clock.turn(TimeDelta::seconds(5));
    assert_eq!(stage.run().await.len(), 2);
    assert_eq!(stage.texts(1).await, ["1 superseded rules-1 waiting", "2 published cheap non_critical"]);
    assert_eq!(number(stage.db(), "select count(*) from windlass.attempts").await, 0);
}

#[tokio::test]
async fn what_nobody_settled_is_charged_until_it_is_released() {
    let stage = Stage::new(1, [], Step::Fail(NarrateError::Timeout)).await;
    stage.tell(1, 1).await;
    stage.run().await;
    let reserved = number(stage.db(), SPENT).await;
    assert!(reserved > 900, "{reserved}");
    assert_eq!(reserved, number(stage.db(), IN_LEDGER).await);
    let ledger = stage.deps.narration.ledger(stage.db());
    stage.clock.turn(TimeDelta::minutes(10));
    assert_eq!(ledger.release_stale().await.unwrap(), 0);
    stage.clock.turn(TimeDelta::seconds(1));
    assert_eq!(ledger.release_stale().await.unwrap(), 1);
    assert_eq!(ledger.release_stale().await.unwrap(), 0);
    assert_eq!(number(stage.db(), SPENT).await, 0);
    assert_eq!(number(stage.db(), "select spent_micros from insights.subject_spend").await, 0);
}

#[tokio::test]
async fn a_strong_model_above_its_budget_gives_way_to_the_cheap_one() {
    let stage =
        Stage::with(1, Scripted::new([leak()], good()), Settings { soft_micros: 1_000, ..Settings::default() }).await;
    stage.tell(1, 1).await;
    stage.run().await;
    assert_eq!(stage.texts(1).await, ["1 published cheap budget_downgrade"]);
    assert_eq!(stage.ledger().await, ["settled failed_check 199", "settled answered 199"]);
    assert_eq!(number(stage.db(), SPENT).await, number(stage.db(), IN_LEDGER).await);
}

#[tokio::test]
async fn those_whom_the_rate_refuses_come_back_one_by_one() {
    let settings = Settings { calls: 5, ..Settings::default() };
    let stage = Stage::with(30, Scripted::new([], good()), settings).await;
    for person in 1..=30 {
        stage.tell(person, 1).await;
    }
    stage.run().await;
    let waits =
        "select extract(epoch from scheduled_at - min(scheduled_at) over ())::bigint from windlass.jobs order by 1";
    let waits: Vec<i64> = sqlx::query_scalar(waits).fetch_all(stage.db()).await.unwrap();
    assert_eq!(waits, (0..25).map(|turn| turn * 12).collect::<Vec<_>>());
    // Each finds its call when its turn has come: nobody asks a third time.
    for _ in 0..31 {
        stage.clock.turn(TimeDelta::seconds(12));
        stage.run().await;
    }
    assert_eq!(number(stage.db(), "select count(*) from windlass.jobs").await, 0);
    assert_eq!(number(stage.db(), "select max(attempt)::bigint from insights.cost_ledger").await, 2);
}
