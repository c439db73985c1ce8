//! A million deaths: few groups, each counted exactly.

#![expect(clippy::print_stdout, reason = "the rate is what `make letters` is for")]

use std::time::{Duration, Instant};

use windlass::Client;
use windlass::testing::toys::{Act, Toy};

use crate::process::Worker;
use crate::support::{durable_database, number, until};

const CAUSES: [&str; 7] = ["air", "bus", "cat", "dog", "elm", "fog", "gas"];

/// Real workers bury jobs of seven causes; each message holds the job's own number beside its cause.
async fn bury_by_workers(jobs: i64) {
    let database = durable_database().await;
    let client = Client::new(database.pool().clone());
    // Each death waits for the disk several times: many at once share it.
    let settings = [("WINDLASS__WORKER__DEFAULT_SLOTS", "64"), ("WINDLASS__DATABASE__MAX_CONNECTIONS", "40")];
    let workers = [Worker::start(&database.url(), &settings), Worker::start(&database.url(), &settings)];
    let began = Instant::now();
    for from in (0..jobs).step_by(10_000) {
        let some = from..jobs.min(from + 10_000);
        let some = some.map(|n| Toy::new(n, Act::NeedGate(CAUSES[usize::try_from(n % 7).unwrap()].to_owned())));
        client.enqueue_many(database.pool(), some).await.unwrap();
    }
    // Not counted: that would read a million rows at every look.
    let left = "select count(*) from (select from windlass.jobs limit 1) one";
    until(database.pool(), left, Duration::from_mins(30), |left| left == 0).await;
    drop(workers);
    println!("{jobs} buried in {:?}", began.elapsed());

    let mut groups = database.store().groups(&["toys".to_owned()], None, 100).await.unwrap();
    assert_eq!(groups.len(), 7, "{groups:?}");
    groups.sort_by(|a, b| a.title.cmp(&b.title));
    for (place, (group, cause)) in (0..).zip(groups.iter().zip(CAUSES)) {
        assert_eq!(group.title, format!("no gate for toy # {cause}"));
        let count = jobs / 7 + i64::from(place < jobs % 7);
        assert_eq!((group.open, group.kept), (count, count), "{cause}");
    }
    assert_eq!(number(database.pool(), "select count(*) from windlass.dead_letters").await, jobs);
}

#[tokio::test]
async fn deaths_of_seven_causes_in_two_workers_are_seven_groups() {
    bury_by_workers(2_000).await;
}

#[tokio::test]
#[ignore = "minutes long: `make letters`"]
async fn a_million_deaths_of_seven_causes_are_seven_groups() {
    bury_by_workers(1_000_000).await;
}
