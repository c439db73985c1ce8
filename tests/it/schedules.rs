//! A schedule fires exactly once per tick, whatever the number of nodes and whoever of them dies.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use windlass::dead_letters::By;
use windlass::testing::toys::{self, Act, Toy};
use windlass::testing::{Database, ManualClock, declare_schedules, drain, fire_schedules};
use windlass::{Missed, Overlap, Registry, Schedule, Store};

use crate::process::Worker;
use crate::support::{database, durable_database, number, until};

pub(crate) const TICKS: &str = "select coalesce(sum(ticks), 0)::bigint from windlass.schedule_ticks";
const JOBS: &str = "select count(*) from windlass.jobs";

/// The toys at 1.0.0 with one schedule.
pub(crate) fn toys_with(schedule: Schedule<Toy>) -> Registry<()> {
    toys::registry().program("toys", "1.0.0").schedule(schedule)
}

pub(crate) fn every(cron: &str) -> Schedule<Toy> {
    Schedule::new("toy", cron, Toy::new(1, Act::Succeed))
}

pub(crate) fn store_at(database: &Database, start: &str) -> (Store, ManualClock) {
    let clock = ManualClock::at(start.parse().unwrap());
    (database.store().at(clock.clone()), clock)
}

/// What became of each tick: its time, how many it stands for, its outcome.
pub(crate) async fn ticks(db: &PgPool) -> Vec<(String, i32, String)> {
    let rows: Vec<(DateTime<Utc>, i32, String)> =
        sqlx::query_as("select tick, ticks, outcome from windlass.schedule_ticks order by tick")
            .fetch_all(db)
            .await
            .unwrap();
    rows.into_iter().map(|(tick, count, outcome)| (tick.format("%dT%H:%M").to_string(), count, outcome)).collect()
}

pub(crate) fn fired(ticks: &[&str]) -> Vec<(String, i32, String)> {
    ticks.iter().map(|tick| ((*tick).to_owned(), 1, "fired".to_owned())).collect()
}

/// A node with connections of its own, firing as fast as it can.
async fn node(url: String, clock: ManualClock, registry: Registry<()>, stop: Arc<AtomicBool>) {
    let pool = PgPoolOptions::new().max_connections(2).connect(&url).await.unwrap();
    let store = Store::new(pool).at(clock);
    while !stop.load(Ordering::Relaxed) {
        fire_schedules(&store, &registry).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_nodes_that_come_and_go_fire_each_of_ten_thousand_ticks_once() {
    let database = database().await;
    let (store, clock) = store_at(&database, "2026-03-29T00:00:00Z");
    let registry = ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe"].into_iter().fold(
        toys::registry().program("toys", "1.0.0"),
        |registry, zone| {
            let schedule = Schedule::new(zone, "* * * * * *", Toy::new(1, Act::Succeed)).zone(zone);
            registry.schedule(schedule.missed(Missed::All(1000)))
        },
    );
    declare_schedules(&store, &registry).await.unwrap();

    let stop = Arc::new(AtomicBool::new(false));
    let start = || tokio::spawn(node(database.url(), clock.clone(), registry.clone(), Arc::clone(&stop)));
    let mut nodes: Vec<_> = (0..8).map(|_| start()).collect();
    // No chance but this one's: the same steps and deaths each time, at moments of the machine's choosing.
    let mut dice = 1_u64;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let (mut turned, mut deaths) = (0, 0);
    while turned < 2_500 {
        let seconds = i64::try_from(roll(12) + 1).unwrap().min(2_500 - turned);
        clock.turn(TimeDelta::seconds(seconds));
        turned += seconds;
        tokio::time::sleep(Duration::from_millis(roll(25))).await;
        if roll(4) == 0 {
            let victim = usize::try_from(roll(8)).unwrap();
            nodes[victim].abort();
            nodes[victim] = start();
            deaths += 1;
        }
    }
    until(database.pool(), TICKS, Duration::from_mins(1), |n| n >= 10_000).await;
    stop.store(true, Ordering::Relaxed);
    for node in nodes {
        node.await.unwrap();
    }
    println!("{deaths} nodes died");
    assert!(deaths > 30);
    let gaps = "select count(*) from windlass.schedules s
                 cross join generate_series('2026-03-29T00:00:01Z', '2026-03-29T00:41:40Z', interval '1 second') at
                  left join windlass.schedule_ticks t on t.schedule = s.name and t.tick = at and t.outcome = 'fired'
                 where t.tick is null";
    // Where the clock ran ahead of the nodes by more than a minute, a job is due when its tick was found.
    let pairs = "select count(distinct j.id) from windlass.schedule_ticks t
                   join windlass.jobs j on j.queue = t.queue and j.id = t.job_id and j.scheduled_at >= t.tick";
    for (sql, wanted) in [(TICKS, 10_000), (JOBS, 10_000), (pairs, 10_000), (gaps, 0)] {
        assert_eq!(number(database.pool(), sql).await, wanted, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_between_ticks_is_followed_by_another_without_a_gap() {
    let database = durable_database().await;
    let settings = [
        ("WINDLASS__SCHEDULES__PULSE__CRON", "* * * * * *"),
        ("WINDLASS__SCHEDULES__PULSE__ZONE", "Europe/Berlin"),
        ("WINDLASS__SCHEDULES__PULSE__KIND", "toy"),
        ("WINDLASS__SCHEDULES__PULSE__ARGS", r#"{number=7, act="complete"}"#),
        ("WINDLASS__SCHEDULES__PULSE__MISSED", "all(1000)"),
        ("WINDLASS__WORKER__LEASE_SECONDS", "3"),
        ("WINDLASS__WORKER__RENEW_SECONDS", "1"),
    ];
    let patience = Duration::from_secs(40);
    for killed_at in [3, 6] {
        let worker = Worker::start(&database.url(), &settings);
        until(database.pool(), TICKS, patience, |n| n >= killed_at).await;
        worker.kill();
    }
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let workers = [Worker::start(&database.url(), &settings), Worker::start(&database.url(), &settings)];
    until(database.pool(), TICKS, patience, |n| n >= 14).await;
    // Each is counted by the one worker that fired it, and both know of the last.
    let fired: f64 = workers.iter().map(|one| one.metric("windlass_schedule_ticks_total", "\"fired\"")).sum();
    assert!((6.0..60.0).contains(&fired), "{fired}");
    assert!(workers.iter().all(|one| one.metric("windlass_schedule_last_success", "pulse") > 1.7e9));
    drop(workers);
    let gaps = "select max(seconds) - count(*) from (select *,
                    1 + extract(epoch from max(tick) over () - min(tick) over ())::bigint as seconds
                  from windlass.schedule_ticks where outcome = 'fired') t";
    assert_eq!(number(database.pool(), gaps).await, 0);
    // Each tick's job ran, once, or is still there.
    let last = Worker::start(&database.url(), &settings[5..]);
    until(database.pool(), JOBS, patience, |n| n == 0).await;
    drop(last);
    let strays = "select (select count(*) from windlass.schedule_ticks) - (select count(*) from toys.effects)";
    assert_eq!(number(database.pool(), strays).await, 0);
}

#[tokio::test]
async fn missed_ticks_follow_the_schedules_rule_and_leave_no_unexplained_gap() {
    let some = |list: &[(&str, i32, &str)]| {
        list.iter().map(|(tick, count, what)| ((*tick).to_owned(), *count, (*what).to_owned())).collect::<Vec<_>>()
    };
    let all = (1..=5).map(|hour| format!("02T{:02}:00", hour + 12)).collect::<Vec<_>>();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    for (rule, wanted) in [
        (Missed::Skip, some(&[("02T13:00", 5, "missed")])),
        (Missed::Latest, some(&[("02T13:00", 4, "missed"), ("02T17:00", 1, "fired")])),
        (Missed::All(2), some(&[("02T13:00", 3, "missed"), ("02T16:00", 1, "fired"), ("02T17:00", 1, "fired")])),
        (Missed::All(5), fired(&all)),
    ] {
        let database = database().await;
        let (store, clock) = store_at(&database, "2026-03-02T12:30:00Z");
        let registry = toys_with(every("0 * * * *").missed(rule));
        declare_schedules(&store, &registry).await.unwrap();
        clock.turn(TimeDelta::hours(5));
        fire_schedules(&store, &registry).await.unwrap();
        assert_eq!(ticks(database.pool()).await, wanted, "{rule}");
        // Caught up with, a job is due now: its latency is not the outage's.
        let late = "select count(*) from windlass.jobs where scheduled_at = '2026-03-02T17:30:00Z'";
        assert_eq!(number(database.pool(), late).await, number(database.pool(), JOBS).await, "{rule}");
        assert!(fire_schedules(&store, &registry).await.unwrap().is_empty(), "{rule}");
        // A minute late is in time.
        clock.turn(TimeDelta::minutes(30) + TimeDelta::seconds(50));
        fire_schedules(&store, &registry).await.unwrap();
        let punctual = "select count(*) from windlass.jobs where scheduled_at = '2026-03-02T18:00:00Z'";
        assert_eq!(number(database.pool(), punctual).await, 1, "{rule}");
    }
}

#[tokio::test]
async fn a_tick_whose_predecessor_still_runs_is_skipped_and_says_so() {
    let database = database().await;
    let (store, clock) = store_at(&database, "2026-03-02T12:30:00Z");
    let registry = toys_with(every("* * * * *").overlap(Overlap::Skip).missed(Missed::All(10)));
    declare_schedules(&store, &registry).await.unwrap();
    let reasons = "select count(*) from windlass.schedule_ticks where reason = 'the job before it has not ended'";
    for (minutes, jobs, skipped) in [(1, 1, 0), (1, 1, 1), (3, 1, 4)] {
        clock.turn(TimeDelta::minutes(minutes));
        fire_schedules(&store, &registry).await.unwrap();
        assert_eq!(number(database.pool(), JOBS).await, jobs);
        assert_eq!(number(database.pool(), reasons).await, skipped);
    }
    drain(&store, &registry, ()).await.unwrap();
    // Several at once overlap each other, too.
    clock.turn(TimeDelta::minutes(3));
    fire_schedules(&store, &registry).await.unwrap();
    assert_eq!(number(database.pool(), JOBS).await, 1);
    assert_eq!(number(database.pool(), reasons).await, 6);
}

#[tokio::test]
async fn a_schedule_keeps_to_its_own_clock_when_that_is_changed() {
    for (cron, zone, from, wanted) in [
        // 29 March 2026, 02:00 becomes 03:00; 25 October 2026, 03:00 becomes 02:00.
        ("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", ["28T01:30", "29T01:00", "30T00:30"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-23T12:00:00Z", ["24T00:30", "25T00:30", "26T01:30"]),
        // By half an hour: 4 October 2026, 02:00 becomes 02:30; 5 April 2026, 02:00 becomes 01:30.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T00:00:00Z", ["02T15:45", "03T15:30", "04T15:15"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-03T00:00:00Z", ["03T14:45", "04T14:45", "05T15:15"]),
    ] {
        let database = database().await;
        let (store, clock) = store_at(&database, from);
        let registry = toys_with(every(cron).zone(zone).missed(Missed::Skip));
        declare_schedules(&store, &registry).await.unwrap();
        for _ in 0..(3 * 24 * 4 - 1) {
            clock.turn(TimeDelta::minutes(15));
            fire_schedules(&store, &registry).await.unwrap();
        }
        assert_eq!(ticks(database.pool()).await, fired(&wanted), "{cron} in {zone}");
    }
}

fn ana() -> By {
    By::new("ana", "on call")
}

#[tokio::test]
async fn a_paused_schedule_makes_no_job_and_its_ticks_count_as_missed() {
    let database = database().await;
    let (store, clock) = store_at(&database, "2026-03-02T12:30:00Z");
    let registry = toys_with(every("0 * * * *"));
    declare_schedules(&store, &registry).await.unwrap();
    let since = store.pause_schedule("toy", &ana()).await.unwrap();
    clock.turn(TimeDelta::hours(3));
    assert_eq!(store.pause_schedule("toy", &ana()).await.unwrap(), since);
    // A worker that starts does not resume it.
    declare_schedules(&store, &registry).await.unwrap();
    assert!(fire_schedules(&store, &registry).await.unwrap().is_empty());
    assert_eq!(store.resume_schedule("toy", &ana()).await.unwrap(), Some(since));
    assert_eq!(store.resume_schedule("toy", &ana()).await.unwrap(), None);
    fire_schedules(&store, &registry).await.unwrap();
    let wanted = [("02T13:00".to_owned(), 2, "missed".to_owned()), ("02T15:00".to_owned(), 1, "fired".to_owned())];
    assert_eq!(ticks(database.pool()).await, wanted);
}

#[tokio::test]
async fn a_tick_is_its_jobs_key_unless_each_has_a_job_of_its_own() {
    let database = database().await;
    let (store, clock) = store_at(&database, "2026-03-02T12:30:00Z");
    let keyed = |number, key: &str| Toy { key: Some(key.to_owned()), ..Toy::new(number, Act::Succeed) };
    let registry = toys_with(Schedule::new("same", "* * * * *", keyed(1, "always"))).schedule(Schedule::each(
        "each",
        "* * * * *",
        move |tick| keyed(tick.timestamp(), &tick.date_naive().to_string()),
    ));
    declare_schedules(&store, &registry).await.unwrap();
    for _ in 0..3 {
        clock.turn(TimeDelta::minutes(1));
        fire_schedules(&store, &registry).await.unwrap();
    }
    for (jobs_of, jobs) in [
        ("select count(distinct job_id) from windlass.schedule_ticks where schedule = 'same'", 3),
        ("select count(distinct job_id) from windlass.schedule_ticks where schedule = 'each'", 1),
        (TICKS, 6),
    ] {
        assert_eq!(number(database.pool(), jobs_of).await, jobs, "{jobs_of}");
    }
    let first = "select (args ->> 'number')::bigint from windlass.jobs where unique_key = '2026-03-02'";
    let tick: DateTime<Utc> = "2026-03-02T12:31:00Z".parse().unwrap();
    assert_eq!(number(database.pool(), first).await, tick.timestamp());
}

#[tokio::test]
async fn a_tick_whose_job_cannot_be_made_is_recorded_and_the_next_one_fires() {
    let database = database().await;
    let (store, clock) = store_at(&database, "2026-03-02T12:30:00Z");
    let make = |tick: DateTime<Utc>| match tick.timestamp() / 60 % 3 {
        0 => panic!("a secret"),
        1 => Toy { key: Some(String::new()), ..Toy::new(1, Act::Succeed) },
        _ => Toy::new(1, Act::Succeed),
    };
    let registry = toys_with(Schedule::each("toy", "* * * * *", make).missed(Missed::All(10)));
    declare_schedules(&store, &registry).await.unwrap();
    clock.turn(TimeDelta::minutes(3));
    fire_schedules(&store, &registry).await.unwrap();
    let reasons: Vec<String> =
        sqlx::query_scalar("select reason from windlass.schedule_ticks where reason is not null order by reason")
            .fetch_all(database.pool())
            .await
            .unwrap();
    let panicked = "its job is refused: what makes its job panicked";
    assert_eq!(reasons, ["its job is refused: key has 0 characters; it takes 1 to 512", panicked]);
    assert_eq!(number(database.pool(), JOBS).await, 1);
}

#[tokio::test]
async fn a_schedule_that_fails_holds_up_no_other() {
    let database = database().await;
    let (store, clock) = store_at(&database, "2026-03-02T12:30:00Z");
    let registry = toys_with(every("* * * * *")).schedule(Schedule::new("a", "* * * * *", Toy::new(2, Act::Succeed)));
    declare_schedules(&store, &registry).await.unwrap();
    // A tick from nowhere is in its way.
    sqlx::query(
        "insert into windlass.schedule_ticks (schedule, tick, through, ticks, outcome, reason, recorded_at)
         values ('a', '2026-03-02T12:31:00Z', '2026-03-02T12:31:00Z', 1, 'skipped', 'test', now())",
    )
    .execute(database.pool())
    .await
    .unwrap();
    clock.turn(TimeDelta::minutes(1));
    fire_schedules(&store, &registry).await.unwrap();
    assert_eq!(number(database.pool(), JOBS).await, 1);
    sqlx::query("delete from windlass.schedule_ticks where outcome = 'skipped'")
        .execute(database.pool())
        .await
        .unwrap();
    fire_schedules(&store, &registry).await.unwrap();
    assert_eq!(number(database.pool(), JOBS).await, 2);
}

#[tokio::test]
async fn a_triggered_job_is_a_tick_of_its_own_and_takes_nobodys_place() {
    let database = database().await;
    let (store, clock) = store_at(&database, "2026-03-02T12:31:00Z");
    let registry = toys_with(every("* * * * *"));
    declare_schedules(&store, &registry).await.unwrap();
    clock.turn(TimeDelta::minutes(1));
    let trigger = || async {
        let job = registry.schedules().get("toy").unwrap().job(clock.now()).unwrap();
        store.trigger_schedule("toy", &job, &ana()).await.unwrap()
    };
    // At the very second of a tick, before and after it is fired.
    let first = trigger().await;
    fire_schedules(&store, &registry).await.unwrap();
    assert!(trigger().await != first);
    trigger().await;
    let outcomes: Vec<String> = ticks(database.pool()).await.into_iter().map(|tick| tick.2).collect();
    assert_eq!(outcomes, ["fired", "triggered", "triggered", "triggered"]);
    assert_eq!(number(database.pool(), JOBS).await, 4);
}

#[tokio::test]
async fn old_ticks_are_forgotten_but_never_a_schedules_last_one() {
    let database = database().await;
    let (store, clock) = store_at(&database, "2026-03-02T12:30:00Z");
    let registry =
        toys_with(every("* * * * *")).schedule(Schedule::new("once", "31 12 2 3 *", Toy::new(2, Act::Succeed)));
    declare_schedules(&store, &registry).await.unwrap();
    for _ in 0..5 {
        clock.turn(TimeDelta::minutes(1));
        fire_schedules(&store, &registry).await.unwrap();
    }
    let kept = Duration::from_mins(2);
    let prune = async |name| store.prune_ticks(name, kept).await.unwrap();
    assert_eq!((prune("toy").await, prune("once").await), (2, 0));
    clock.turn(TimeDelta::days(60));
    assert_eq!((prune("toy").await, prune("once").await), (2, 0));
    assert_eq!(ticks(database.pool()).await, fired(&["02T12:31", "02T12:35"]));
    assert!(store.schedule("once").await.unwrap().last_tick < store.schedule("toy").await.unwrap().last_tick);
}
