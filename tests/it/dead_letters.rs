//! A dead letter is replayed once, by a named person, for a stated reason.

use windlass::dead_letters::{By, replay};
use windlass::store::LetterFilter;
use windlass::testing::drain;
use windlass::testing::toys::{Act, Toy, registry};
use windlass::{Client, Enqueued, StoreError};

use crate::support::{database, number};

#[tokio::test]
async fn of_two_people_who_replay_a_letter_one_is_told_about_the_other() {
    let database = database().await;
    let store = database.store();
    let client = Client::new(database.pool().clone());
    let job = Toy { key: Some("k".into()), ..Toy::new(1, Act::Discard) };
    let id = client.enqueue(database.pool(), job.clone()).await.unwrap().id();
    drain(&store, &registry(), ()).await.unwrap();

    let (ana, ben) = (By::new("ana", "provider is back"), By::new("ben", "trying"));
    let (ana, ben) = tokio::join!(replay(&store, id, &ana), replay(&store, id, &ben));
    let (winner, loser) = if ana.is_ok() { (ana, ben) } else { (ben, ana) };
    let again = winner.unwrap();
    assert!(matches!(&loser, Err(StoreError::AlreadyReplayed { again: made, .. }) if *made == again), "{loser:?}");
    let job_again = store.job(again).await.unwrap().unwrap();
    assert_eq!((job_again.summary.attempt, job_again.summary.failures), (0, 0));
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 1);

    let letter = store.dead_letter(id).await.unwrap();
    assert_eq!(letter.replayed_as, Some(again));
    assert!(letter.replayed_by.is_some() && letter.replayed_why.is_some() && letter.replayed_at.is_some());
    // The key follows the work.
    assert_eq!(
        client.enqueue(database.pool(), job).await.unwrap(),
        Enqueued::Existing(again, windlass::Standing::Available)
    );
    let open = store.dead_letters(&LetterFilter { limit: 10, ..LetterFilter::default() }).await.unwrap();
    assert!(open.is_empty());
}

#[tokio::test]
async fn a_replay_without_a_name_or_a_reason_is_refused() {
    let database = database().await;
    let id = windlass::JobId::new();
    for by in [By::new("", "why"), By::new("ana", "  ")] {
        let error = replay(&database.store(), id, &by).await.unwrap_err();
        assert!(error.to_string().contains("--by <NAME> --why <REASON>"), "{error}");
    }
    let error = replay(&database.store(), id, &By::new("ana", "why")).await.unwrap_err();
    assert!(matches!(error, StoreError::NoSuchLetter(_)), "{error}");
}
