//! What a program says of its schedules: of its versions the newest does, for what is to come, and nothing that cannot fire.

use chrono::TimeDelta;
use windlass::testing::toys::{self, Act, Toy};
use windlass::testing::{declare_schedules, fire_schedules};
use windlass::{Missed, Registry, Schedule};

use crate::schedules::{TICKS, every, fired, store_at, ticks, toys_with};
use crate::support::{database, number};

#[tokio::test]
async fn a_changed_expression_holds_from_its_declaration_on() {
    let database = database().await;
    let (store, clock) = store_at(&database, "2026-03-02T12:30:00Z");
    let all = Missed::All(1000);
    declare_schedules(&store, &toys_with(every("0 * * * *").missed(all))).await.unwrap();
    clock.turn(TimeDelta::hours(3));
    // Nobody fired; now it ticks otherwise, and what never fired by the old expression is not fired by the new one.
    let changed = toys_with(every("*/10 * * * *").missed(all));
    declare_schedules(&store, &changed).await.unwrap();
    fire_schedules(&store, &changed).await.unwrap();
    assert_eq!(number(database.pool(), TICKS).await, 0);
    clock.turn(TimeDelta::minutes(20));
    fire_schedules(&store, &changed).await.unwrap();
    assert_eq!(ticks(database.pool()).await, fired(&["02T15:40", "02T15:50"]));
    // Declared again unchanged, as at every start, it goes on where it was.
    clock.turn(TimeDelta::minutes(10));
    declare_schedules(&store, &changed).await.unwrap();
    fire_schedules(&store, &changed).await.unwrap();
    assert_eq!(number(database.pool(), TICKS).await, 3);
    // A server's clock that goes back brings no tick a second time.
    clock.turn(TimeDelta::minutes(-25));
    let again = toys_with(every("*/5 * * * *").missed(all));
    declare_schedules(&store, &again).await.unwrap();
    clock.turn(TimeDelta::minutes(30));
    fire_schedules(&store, &again).await.unwrap();
    assert_eq!(ticks(database.pool()).await, fired(&["02T15:40", "02T15:50", "02T16:00", "02T16:05"]));
}

#[tokio::test]
async fn the_newest_version_declares_and_fires_and_what_it_does_not_declare_is_retired() {
    let database = database().await;
    let (store, clock) = store_at(&database, "2026-03-02T12:30:00Z");
    let version = |version: &str, schedules: &[(&str, &str)]| {
        schedules.iter().fold(toys::registry().program("toys", version), |registry, (name, cron)| {
            registry.schedule(Schedule::new(*name, *cron, Toy::new(1, Act::Succeed)))
        })
    };
    let old = version("1.9.0", &[("kept", "0 * * * *"), ("dropped", "0 * * * *")]);
    let new = version("1.10.0", &[("kept", "30 * * * *")]);
    declare_schedules(&store, &old).await.unwrap();
    declare_schedules(&store, &new).await.unwrap();
    // An old node that starts anew neither overwrites nor revives.
    declare_schedules(&store, &old).await.unwrap();
    clock.turn(TimeDelta::hours(1));
    assert!(fire_schedules(&store, &old).await.unwrap().is_empty());
    fire_schedules(&store, &new).await.unwrap();
    assert_eq!(ticks(database.pool()).await, fired(&["02T13:30"]));
    let dropped = store.schedule("dropped").await.unwrap();
    assert_eq!(dropped.retired_at.unwrap().to_rfc3339(), "2026-03-02T12:30:00+00:00");

    // Another program's schedules are its own business.
    declare_schedules(&store, &toys::registry().program("other", "99.0.0")).await.unwrap();
    assert!(store.schedule("kept").await.unwrap().retired_at.is_none());
    let thief = toys::registry().program("other", "99.0.0");
    let thief = thief.schedule(Schedule::new("kept", "* * * * *", Toy::new(2, Act::Succeed)));
    declare_schedules(&store, &thief).await.unwrap();
    clock.turn(TimeDelta::minutes(10));
    assert!(fire_schedules(&store, &thief).await.unwrap().is_empty());

    // Declared again, it begins again: not behind its declaration.
    let newest = version("2.0.0", &[("kept", "30 * * * *"), ("dropped", "0 * * * *")]);
    declare_schedules(&store, &newest).await.unwrap();
    fire_schedules(&store, &newest).await.unwrap();
    assert_eq!(number(database.pool(), TICKS).await, 1);
    clock.turn(TimeDelta::minutes(20));
    fire_schedules(&store, &newest).await.unwrap();
    assert_eq!(ticks(database.pool()).await, fired(&["02T13:30", "02T14:00"]));
}

#[test]
fn what_is_wrong_with_a_schedule_is_said_with_its_field() {
    let toy = || Toy::new(1, Act::Succeed);
    let long = Toy { key: None, ..Toy::new(1, Act::Succeed) };
    for (registry, says) in [
        (toys_with(every("61 * * * *")), "schedules.toy.cron: \"61 * * * *\" is no cron expression"),
        (toys_with(every("0 0 30 2 *")), "schedules.toy.cron: \"0 0 30 2 *\" never comes"),
        (toys_with(every("0 3 * * *").zone("Berlin")), "schedules.toy.zone: \"Berlin\" is no time zone"),
        (toys_with(every("0 3 * * *").missed(Missed::All(0))), "schedules.toy.missed: all(0) cannot be kept"),
        (toys_with(Schedule::new("", "0 3 * * *", toy())), "schedules..name: the name has 0 characters"),
        (toys_with(every("0 3 * * *")).schedule(every("0 4 * * *")), "schedules.toy.name: it is declared twice"),
        (
            Registry::default().schedule(Schedule::new("toy", "0 3 * * *", long)),
            "schedules.toy.kind: unknown kind \"toy\"",
        ),
        (toys::registry().program("toys", "v1"), "the program's version is \"v1\""),
    ] {
        let error = registry.check().unwrap_err().to_string();
        assert!(error.contains(says), "{error} should contain {says}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_declare_at_once_do_not_stand_in_each_others_way() {
    let database = database().await;
    let store = database.store();
    let one = |name: &str| {
        let schedule = Schedule::new(name, "0 3 * * *", Toy::new(1, Act::Succeed));
        toys::registry().program("toys", "1.0.0").schedule(schedule)
    };
    for _ in 0..20 {
        let (a, b) = (one("a"), one("b"));
        let both = a.clone().schedule(Schedule::new("b", "0 3 * * *", Toy::new(1, Act::Succeed)));
        declare_schedules(&store, &both).await.unwrap();
        let (first, second) = tokio::join!(declare_schedules(&store, &a), declare_schedules(&store, &b));
        first.and(second).unwrap();
        // Who came last speaks for all.
        let standing = "select count(*) from windlass.schedules where retired_at is null";
        assert_eq!(number(database.pool(), standing).await, 1);
    }
}
