//! What dies alike is one group: counted exactly, opened again by a new death, and set aside and taken back.

use chrono::TimeDelta;

use sqlx::PgPool;
use windlass::dead_letters::{self, By, Scope};
use windlass::model::Group;
use windlass::testing::drain;
use windlass::testing::toys::{Act, Toy, registry};
use windlass::{Client, JobId, Store};

use crate::support::{at_a_clock, database, number};

const QUEUES: fn() -> Vec<String> = || vec!["toys".to_owned(), "hasty".to_owned()];

fn ana() -> By {
    By::new("ana", "on call")
}

/// Enqueues toys that die of this cause, and lets them.
pub(crate) async fn die(store: &Store, client: &Client, count: i64, cause: &str) -> Vec<JobId> {
    let jobs = (0..count).map(|number| Toy::new(number, Act::NeedGate(cause.to_owned())));
    let made = client.enqueue_many(store.db(), jobs).await.unwrap();
    drain(store, &registry(), ()).await.unwrap();
    made.into_iter().map(|enqueued| enqueued.unwrap().id()).collect()
}

async fn groups(store: &Store) -> Vec<Group> {
    store.groups(&QUEUES(), None, 100).await.unwrap()
}

/// What the groups say, and what the letters say.
async fn agree(store: &Store) -> bool {
    let counted: Vec<(String, i64, i64)> = sqlx::query_as(
        "select fingerprint, count(*), count(*) filter (where replayed_at is null and discarded_at is null)
           from windlass.dead_letters group by fingerprint order by fingerprint",
    )
    .fetch_all(store.db())
    .await
    .unwrap();
    let mut said: Vec<_> = groups(store).await.into_iter().map(|g| (g.fingerprint, g.kept, g.open)).collect();
    said.sort();
    said == counted
}

#[tokio::test]
async fn seven_causes_are_seven_groups_whose_counts_are_exact_folded_or_not() {
    let database = database().await;
    let (store, client, _clock) = at_a_clock(&database);
    for (n, cause) in ["air", "bus", "cat", "dog", "elm", "fog", "gas"].into_iter().enumerate() {
        die(&store, &client, 3 + i64::try_from(n).unwrap(), cause).await;
    }
    let before = groups(&store).await;
    assert_eq!(before.len(), 7);
    assert_eq!(before[0].open, 9, "the one with the most open letters first");
    assert_eq!(before[0].title, "no gate for toy # gas");
    assert_eq!(before[0].revisions.len(), 0, "not folded yet");
    assert!(agree(&store).await);

    while store.fold_tallies().await.unwrap() > 0 {}
    assert_eq!(number(database.pool(), "select count(*) from windlass.dead_letter_tallies").await, 0);
    assert!(agree(&store).await);
    let after = groups(&store).await;
    assert_eq!(after[0].revisions, ["test"]);
    assert_eq!((after[0].died, after[0].kept, after[0].open), (9, 9, 9));
    let trend = store.trend("toys", &after[0].fingerprint, 24).await.unwrap();
    assert_eq!((trend.len(), trend[23]), (24, 9));

    die(&store, &client, 2, "hen").await;
    assert_eq!(store.fold_tallies().await.unwrap(), 2, "a group that nobody has read is made by folding");
    assert!(agree(&store).await);
}

#[tokio::test]
async fn a_death_after_it_was_resolved_opens_a_group_again_and_snoozing_lasts() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    die(&store, &client, 2, "air").await;
    let fingerprint = groups(&store).await[0].fingerprint.clone();
    let queues = QUEUES();
    let group = Scope { queues: &queues, fingerprint: &fingerprint };

    dead_letters::resolve(&store, group, &ana()).await.unwrap();
    while store.fold_tallies().await.unwrap() > 0 {}
    assert_eq!(groups(&store).await[0].state, "resolved", "what died before is no news");
    clock.turn(TimeDelta::seconds(60));
    die(&store, &client, 1, "air").await;
    assert_eq!(groups(&store).await[0].state, "open", "also before it is folded");
    store.fold_tallies().await.unwrap();
    let reopened = groups(&store).await.remove(0);
    assert_eq!(reopened.state, "open");
    assert!(reopened.reopened_at.is_some());

    dead_letters::snooze(&store, group, clock.now() + TimeDelta::hours(1), &ana()).await.unwrap();
    clock.turn(TimeDelta::seconds(60));
    die(&store, &client, 1, "air").await;
    store.fold_tallies().await.unwrap();
    assert_eq!(groups(&store).await[0].state, "snoozed", "whatever dies");
    clock.turn(TimeDelta::seconds(3600));
    assert_eq!(groups(&store).await[0].state, "open", "its time is over");

    dead_letters::assign(&store, group, "ben", &ana()).await.unwrap();
    dead_letters::note(&store, group, "ask the provider", &ana()).await.unwrap();
    let group = groups(&store).await.remove(0);
    assert_eq!((group.assignee.as_deref(), group.note.as_deref()), (Some("ben"), Some("ask the provider")));
}

#[tokio::test]
async fn what_is_set_aside_is_counted_kept_and_taken_back() {
    let database = database().await;
    let (store, client, clock) = at_a_clock(&database);
    let air = die(&store, &client, 5, "air").await;
    die(&store, &client, 2, "bus").await;
    let fingerprint = groups(&store).await[0].fingerprint.clone();
    let queues = QUEUES();
    let group = Scope { queues: &queues, fingerprint: &fingerprint };

    // One is replayed: it is nobody's to discard.
    dead_letters::replay(&store, air[0], &ana()).await.unwrap();
    assert!(agree(&store).await);
    clock.turn(TimeDelta::seconds(1));
    assert_eq!(dead_letters::discard(&store, group, &ana(), |_| true).await.unwrap(), 4);
    assert!(agree(&store).await);
    let discarded = groups(&store).await.into_iter().find(|found| found.fingerprint == fingerprint).unwrap();
    assert_eq!((discarded.state.as_str(), discarded.open, discarded.kept), ("discarded", 0, 5));
    let refused = dead_letters::replay(&store, air[1], &ana()).await.unwrap_err();
    assert!(refused.to_string().contains("windlass dead restore"), "{refused}");

    assert!(dead_letters::restore_one(&store, air[1], &ana()).await.unwrap());
    assert!(!dead_letters::restore_one(&store, air[1], &ana()).await.unwrap(), "it is open already");
    assert_eq!(dead_letters::restore(&store, group, &ana(), |_| true).await.unwrap(), 3);
    assert!(agree(&store).await);
    dead_letters::replay(&store, air[1], &ana()).await.unwrap();
    assert!(dead_letters::discard_one(&store, air[2], &ana()).await.unwrap());
    store.fold_tallies().await.unwrap();
    assert!(agree(&store).await);

    // Letters go with their time, and then the group.
    clock.turn(TimeDelta::days(400));
    let keep = windlass::store::Retention { dead_letters: 3600, attempts: 3600 };
    while store.prune_queue("toys", keep).await.unwrap() > 0 {}
    while store.fold_tallies().await.unwrap() > 0 {}
    assert!(agree_on_none(&store).await);
    store.prune_groups("toys", 3600).await.unwrap();
    assert!(groups(&store).await.is_empty());
}

async fn agree_on_none(store: &Store) -> bool {
    number(store.db(), "select count(*) from windlass.dead_letters").await == 0
        && groups(store).await.iter().all(|group| group.kept == 0 && group.open == 0)
}

#[tokio::test]
async fn every_change_is_written_down_and_nobody_changes_that() {
    let database = database().await;
    let (store, client, _clock) = at_a_clock(&database);
    let air = die(&store, &client, 3, "air").await;
    let fingerprint = groups(&store).await[0].fingerprint.clone();
    let queues = QUEUES();
    let group = Scope { queues: &queues, fingerprint: &fingerprint };
    dead_letters::assign(&store, group, "ben", &ana()).await.unwrap();
    dead_letters::replay(&store, air[0], &By::new("ben", "trying").through("operate", "r-1")).await.unwrap();
    dead_letters::discard(&store, group, &ana(), |_| true).await.unwrap();
    let by = By::new("ana", "the week was wrong");
    dead_letters::restore_one(&store, air[1], &ana()).await.unwrap();
    let patch = serde_json::json!([{"op": "replace", "path": "/number", "value": 99}]);
    assert_eq!(dead_letters::edit(&store, air[1], 0, patch.clone(), &by).await.unwrap(), 1);
    let late = dead_letters::edit(&store, air[1], 0, patch, &by).await.unwrap_err();
    assert!(late.to_string().contains("meanwhile"), "{late}");
    let wrong = serde_json::json!([{"op": "replace", "path": "/number", "value": "ninety"}]);
    let refused = dead_letters::edit(&store, air[1], 1, wrong, &by).await.unwrap_err();
    assert!(refused.to_string().contains("args/number") && !refused.to_string().contains("ninety"), "{refused}");
    let unfit = serde_json::json!([{"op": "remove", "path": "/nowhere"}]);
    let refused = dead_letters::edit(&store, air[1], 1, unfit, &by).await.unwrap_err();
    assert!(refused.to_string().contains("step 1"), "{refused}");
    assert_eq!(dead_letters::reveal(&store, air[1], "number", &by).await.unwrap(), Some(99.into()));

    let written = store.audit(&windlass::store::AuditFilter { limit: 100, ..Default::default() }).await.unwrap();
    let mut actions: Vec<&str> = written.iter().map(|entry| entry.action.as_str()).collect();
    actions.reverse();
    let wanted = [
        "group.assign",
        "letter.replay",
        "letter.discard",
        "group.discard",
        "letter.restore",
        "letter.edit",
        "letter.reveal",
    ];
    actions.sort_unstable();
    let mut sorted = wanted;
    sorted.sort_unstable();
    assert_eq!(actions, sorted);
    let replayed = written.iter().find(|entry| entry.action == "letter.replay").unwrap();
    let who = (replayed.actor.as_str(), replayed.role.as_str(), replayed.request.as_deref(), replayed.why.as_deref());
    assert_eq!(who, ("ben", "operate", Some("r-1"), Some("trying")));

    for change in
        ["update windlass.audit set actor = 'nobody'", "delete from windlass.audit", "truncate windlass.audit"]
    {
        refused_by(database.pool(), change).await;
    }
    let edits = store.edits("toys", air[1]).await.unwrap();
    assert_eq!((edits.len(), edits[0].edited_by.as_str()), (1, "ana"));
}

async fn refused_by(db: &PgPool, change: &'static str) {
    let error = sqlx::query(change).execute(db).await.unwrap_err();
    assert!(error.to_string().contains("append-only"), "{change}: {error}");
}
