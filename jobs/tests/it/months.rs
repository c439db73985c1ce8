//! Producers that open sessions at the same time, in months that are there and in months that are not.

use std::time::Duration;

use windlass::testing::Database;
use windlass_jobs::calendar::Zone;
use windlass_jobs::sessions::{self, NewSession, NewSubject};

use crate::support::{WAITING, database, number, until};

async fn subject(database: &Database) -> i64 {
    let mut connection = database.pool().acquire().await.unwrap();
    let new = NewSubject { external_id: "p".to_owned(), zone: Zone::parse("UTC") };
    sessions::open_subjects(&mut connection, "test", &[new]).await.unwrap()[0]
}

fn session(subject_id: i64, external_id: &str, month: u32) -> NewSession {
    NewSession {
        subject_id,
        external_id: external_id.to_owned(),
        started_at: format!("2026-{month:02}-10T12:00:00Z").parse().unwrap(),
        ingested_at: None,
        zone: Zone::parse("UTC"),
    }
}

#[tokio::test]
async fn producers_do_not_wait_for_each_other_in_a_month_that_is_there() {
    let database = database().await;
    let (db, subject) = (database.pool(), subject(&database).await);
    sessions::open(&mut db.acquire().await.unwrap(), &[session(subject, "first", 3)]).await.unwrap();

    let (mut slow, mut quick) = (db.begin().await.unwrap(), db.begin().await.unwrap());
    sessions::open(&mut slow, &[session(subject, "slow", 3)]).await.unwrap();
    sqlx::query("set local lock_timeout = '2s'").execute(&mut *quick).await.unwrap();
    sessions::open(&mut quick, &[session(subject, "quick", 3)]).await.unwrap();
    quick.commit().await.unwrap();
    slow.commit().await.unwrap();
    assert_eq!(number(db, "select count(*) from insights.sessions").await, 3);
}

#[tokio::test]
async fn two_producers_that_need_the_same_new_month_both_get_it() {
    let database = database().await;
    let (db, subject) = (database.pool().clone(), subject(&database).await);
    let (mut one, mut other) = (db.begin().await.unwrap(), db.begin().await.unwrap());
    sessions::open(&mut one, &[session(subject, "one", 4)]).await.unwrap();
    let second = tokio::spawn(async move {
        sessions::open(&mut other, &[session(subject, "other", 4), session(subject, "later", 5)]).await.unwrap();
        other.commit().await.unwrap();
    });
    until(&db, WAITING, Duration::from_secs(20), |n| n == 1).await;
    one.commit().await.unwrap();
    second.await.unwrap();
    assert_eq!(number(&db, "select count(*) from insights.sessions").await, 3);
    assert_eq!(number(&db, "select count(*) from pg_inherits where inhparent = 'insights.turns'::regclass").await, 2);
}
