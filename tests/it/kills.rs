//! A replay outlives whoever carries it: each letter comes back once, at the rate that was asked for.

#![expect(clippy::print_stdout, reason = "the rate is what `make letters` is for")]

use std::time::{Duration, Instant};

use windlass::dead_letters::By;
use windlass::model::{Pace, ReplayFilter};
use windlass::replays;
use windlass::testing::Database;
use windlass::testing::toys::open_gate;

use crate::process::Worker;
use crate::support::{durable_database, number, until};

/// Letters as if so many toys had died, without the time it would take.
async fn bury(database: &Database, letters: i64) {
    let sql = "
        with dead as (
            insert into windlass.dead_letters (
                id, created_at, scheduled_at, died_at, attempt, failures, max_failures, crashes, priority, args_version, queue,
                kind, reason, error, fingerprint, args)
            select format('01900000-0000-7000-8000-%s', lpad(to_hex(n), 12, '0'))::uuid, now(), now(), now(), 1, 1, 3, 0, 3, 1,
                   'toys', 'toy', 'discarded', 'no gate', 'v1:0000000000000000',
                   jsonb_build_object('number', n, 'act', '{\"need_gate\": \"air\"}'::jsonb)
              from generate_series(1, $1) n
            returning 1)
        insert into windlass.dead_letter_tallies (at, died, open, kept, queue, fingerprint, kind, reason)
        select now(), count(*), count(*), count(*), 'toys', 'v1:0000000000000000', 'toy', 'discarded' from dead";
    sqlx::query(sql).bind(letters).execute(database.pool()).await.unwrap();
}

/// Two workers; one after the other is killed, and another takes its place.
async fn replay_amid_kills(letters: i64, rate: f64, kills: u32) -> f64 {
    let database = durable_database().await;
    let store = database.store();
    bury(&database, letters).await;
    open_gate(database.pool()).await.unwrap();
    let by = By::new("ana", "the gate is open");
    let queues = ["toys".to_owned()];
    let id = replays::plan(&store, &queues, &ReplayFilter::default(), &by).await.unwrap();
    let settings = [
        ("WINDLASS__WORKER__LEASE_SECONDS", "3"),
        ("WINDLASS__WORKER__RENEW_SECONDS", "1"),
        // Each job waits for the disk several times: many at once share it.
        ("WINDLASS__WORKER__DEFAULT_SLOTS", "64"),
        ("WINDLASS__DATABASE__MAX_CONNECTIONS", "40"),
    ];
    let start = || Worker::start(&database.url(), &settings);
    let mut workers = std::collections::VecDeque::from([start(), start()]);
    let pace = Pace { canary: 0, rate, concurrency: 5_000, stop_share: 0.2 };
    replays::start(&store, id, pace, &by).await.unwrap();

    #[expect(clippy::cast_precision_loss, reason = "a few hundred thousand")]
    let whole = Duration::from_secs_f64(letters as f64 / rate);
    let began = Instant::now();
    for kill in 1..=kills {
        tokio::time::sleep((whole * kill / (kills + 1)).saturating_sub(began.elapsed())).await;
        workers.pop_front().unwrap().kill();
        workers.push_back(start());
    }
    let done = "select count(*) from windlass.replays where state = 'done'";
    until(database.pool(), done, whole + Duration::from_mins(1), |n| n == 1).await;
    drop(workers);

    let replay = store.show_replay(id).await.unwrap();
    assert_eq!(i64::from(replay.succeeded), letters, "{replay:?}");
    let effects = "select count(*) from toys.effects";
    assert_eq!(number(database.pool(), effects).await, letters, "each effect once");
    let twice = "select count(*) from (select from toys.effects group by number having count(*) > 1) t";
    assert_eq!(number(database.pool(), twice).await, 0);
    let once = "select count(distinct replayed_as) from windlass.dead_letters where replayed_as is not null";
    assert_eq!(number(database.pool(), once).await, letters);
    assert_eq!(number(database.pool(), "select count(*) from windlass.audit").await, 2, "the plan and the start");
    let seconds: f64 = sqlx::query_scalar(
        "select extract(epoch from max(released_at) - min(released_at))::float8 from windlass.replay_items",
    )
    .fetch_one(database.pool())
    .await
    .unwrap();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred thousand")]
    let found = letters as f64 / seconds;
    println!("{letters} letters, {kills} kills: {found:.1} a second, asked for {rate}");
    found
}

#[tokio::test]
async fn a_replay_whose_workers_are_killed_brings_each_letter_back_once() {
    let found = replay_amid_kills(2_000, 200.0, 3).await;
    assert!(found < 200.0 * 1.05, "never faster than asked for: {found}");
}

#[tokio::test]
#[ignore = "minutes long: `make letters`; RATE says how many a second"]
async fn two_hundred_thousand_letters_come_back_at_their_rate() {
    let rate = std::env::var("RATE").map_or(300.0, |rate| rate.parse().unwrap());
    let found = replay_amid_kills(200_000, rate, 5).await;
    assert!((found / rate - 1.0).abs() < 0.05, "{found}");
}
