//! Many people at once: never more calls than the rate allows, and a ledger that is the provider's bill.

use chrono::TimeDelta;
use windlass::testing::drain;
use windlass_jobs::monthly_narrative::settings::Model;
use windlass_jobs::ports::narrator::{Bill, Billed};

use super::setup::{Stage, good, leak};
use crate::support::number;

/// The most calls in any minute that begins with one.
const MOST: &str = "select max(n) from (select count(*) over (order by created_at range between current row and
                      interval '59.999999 seconds' following) as n from insights.cost_ledger) as windows";
const SETTLED: &str = "select sum(settled_micros)::bigint from insights.cost_ledger";

async fn tell_all(people: i64, lanes: usize) {
    // Every eleventh text fails its checks and is asked for again.
    let script: Vec<_> = (0..2 * people).map(|call| if call % 11 == 0 { leak() } else { good() }).collect();
    let stage = Stage::new(people, script, good()).await;
    for person in 1..=people {
        stage.tell(person, 1).await;
    }
    let mut turns = 0;
    while number(stage.db(), "select count(*) from windlass.jobs").await > 0 {
        let drains = (0..lanes).map(|_| {
            let (store, deps) = (stage.store(), stage.deps.clone());
            tokio::spawn(async move { drain(&store, &windlass_jobs::registry(), deps).await.unwrap().len() })
        });
        for drained in drains.collect::<Vec<_>>() {
            drained.await.unwrap();
        }
        stage.clock.turn(TimeDelta::milliseconds(6_700));
        turns += 1;
        assert!(turns < 2_000 + people, "it does not end: {:?}", stage.errors().await.first());
    }
    assert_eq!(stage.errors().await, [""; 0]);
    assert!(number(stage.db(), MOST).await <= 100, "{} calls in a minute", number(stage.db(), MOST).await);
    assert_eq!(
        number(stage.db(), "select count(distinct subject_id) from insights.insights where status = 'published'").await,
        people
    );
    let settings = &stage.deps.narration.settings;
    let cost = |bill: &Bill| {
        let Billed { tokens_in, tokens_out } = bill.billed;
        let model: &Model = if bill.model == settings.strong.name { &settings.strong } else { &settings.cheap };
        model.cost(tokens_in, tokens_out)
    };
    let bill: i64 = stage.narrator.bill().iter().map(cost).sum();
    assert_eq!(number(stage.db(), SETTLED).await, bill);
    assert_eq!(number(stage.db(), "select spent_micros from insights.spend").await, bill);
    assert_eq!(number(stage.db(), "select sum(spent_micros)::bigint from insights.subject_spend").await, bill);
    eprintln!("{people} people, {} calls, {bill} micro-dollars", stage.narrator.bill().len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_people_keep_to_the_rate_and_the_bill() {
    tell_all(320, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes many minutes; PEOPLE says how many there are"]
async fn ten_thousand_people_keep_to_the_rate_and_the_bill() {
    let people = std::env::var("PEOPLE").map_or(10_000, |people| people.parse().unwrap());
    tell_all(people, 6).await;
}
