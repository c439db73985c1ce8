//! What the tests share.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use windlass::dead_letters::By;
use windlass::http::{Caller, Token};
use windlass::testing::toys::{self, Act, Toy};
use windlass::testing::{Database, ManualClock};
use windlass::{Client, Enqueued, JobId, Store};

/// A migrated database with the toys' tables.
pub(crate) async fn database() -> Database {
    published(Database::new(vec![toys::migrations()]).await.unwrap()).await
}

/// The same on a server that keeps what it committed.
pub(crate) async fn durable_database() -> Database {
    published(Database::durable(vec![toys::migrations()]).await.unwrap()).await
}

/// As `windlass migrate` leaves it: the queues are known before anybody enqueues.
async fn published(database: Database) -> Database {
    database.store().publish(&toys::registry().published_kinds()).await.unwrap();
    database
}

/// A store at a clock to turn.
pub(crate) fn at_a_clock(database: &Database) -> (Store, Client, ManualClock) {
    let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
    let client = Client::new(database.pool().clone()).at(clock.clone());
    (database.store().at(clock.clone()), client, clock)
}

/// A token of this caller's, good until then.
pub(crate) async fn token(store: &Store, caller: &Caller, expires_at: Option<DateTime<Utc>>) -> Token {
    Token::create(store, caller, expires_at, &By::new("tests", "for a test")).await.unwrap()
}

/// Enqueues a toy.
pub(crate) async fn toy(database: &Database, number: i64, act: Act) -> JobId {
    let client = Client::new(database.pool().clone());
    client.enqueue(database.pool(), Toy::new(number, act)).await.unwrap().id()
}

/// Enqueues toys 0 to `count`.
pub(crate) async fn toys(database: &Database, count: i64, act: &Act) -> Vec<Enqueued> {
    let client = Client::new(database.pool().clone());
    let answers = client.enqueue_many(database.pool(), (0..count).map(|n| Toy::new(n, act.clone()))).await.unwrap();
    answers.into_iter().map(Result::unwrap).collect()
}

/// A single number.
pub(crate) async fn number(db: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
}

/// Waits until a query's number is as wanted; says what it was otherwise.
pub(crate) async fn until(db: &PgPool, sql: &'static str, patience: Duration, wanted: impl Fn(i64) -> bool) -> i64 {
    let started = Instant::now();
    loop {
        let found = number(db, sql).await;
        if wanted(found) {
            return found;
        }
        assert!(started.elapsed() < patience, "{sql} was still {found} after {patience:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
