//! A queue's tables are empty most of the time. What was planned then does not stay when they are full.

use sqlx::{Executor, PgConnection};
use windlass::model::{Ending, SessionId};
use windlass::store::{Ask, Pooling, Settlement, Store, Watermarks};
use windlass::testing::begin;
use windlass::testing::toys::Act;

use crate::support::{database, toys};

/// Jobs of a queue that are due in a year.
const FULL: i64 = 200_000;

#[tokio::test]
async fn a_plan_of_empty_tables_does_not_stay_when_they_are_full() {
    let database = database().await;
    let db = database.pool();
    // Nobody counts the rows meanwhile: the plans would be forgotten for that.
    db.execute("alter table windlass.jobs set (autovacuum_enabled = false)").await.unwrap();
    let store = database.store().with_own_connections(1, Pooling::Own);
    let session = begin(&store).await.unwrap();
    // Often enough for a plan that is kept.
    for _ in 0..10 {
        toys(&database, 1, &Act::Succeed).await;
        claim_and_complete(&store, session).await;
    }
    let mut connection = db.acquire().await.unwrap();
    fill(&mut connection, FULL, "1 year").await;
    toys(&database, 50, &Act::Succeed).await;
    let before = touched_till_now(&mut connection).await;
    for _ in 0..50 {
        claim_and_complete(&store, session).await;
    }
    // At its end a session says what it has touched.
    store.db().close().await;
    let touched = touched(&mut connection).await - before;
    println!("{touched} buffers");
    assert!(touched < FULL / 10, "{touched} buffers are touched for a hundred statements");
}

#[tokio::test]
async fn what_a_forgotten_transaction_keeps_makes_no_plan_that_walks_it_or_sorts_what_waits() {
    // An ending's plan is tempted by five, a claim's by hundreds.
    for counted in [5, 700] {
        let touched = touched_beside_a_forgotten_transaction(counted).await;
        println!("{touched} buffers");
        assert!(touched < 50_000, "{touched} buffers are touched for a hundred statements, planned for {counted} jobs");
    }
}

async fn touched_beside_a_forgotten_transaction(counted: i64) -> i64 {
    let database = database().await;
    let db = database.pool();
    db.execute("alter table windlass.jobs set (autovacuum_enabled = false)").await.unwrap();
    let mut forgotten = db.begin().await.unwrap();
    forgotten.execute("set transaction isolation level repeatable read").await.unwrap();
    touched(&mut forgotten).await;
    let mut connection = db.acquire().await.unwrap();
    fill(&mut connection, FULL, "1 year").await;
    connection.execute("delete from windlass.jobs").await.unwrap();
    toys(&database, counted, &Act::Succeed).await;
    connection.execute("analyze windlass.jobs").await.unwrap();
    fill(&mut connection, 50_000, "0").await;
    let store = database.store().with_own_connections(1, Pooling::Own);
    let session = begin(&store).await.unwrap();
    let before = touched_till_now(&mut connection).await;
    for _ in 0..50 {
        claim_and_complete(&store, session).await;
    }
    store.db().close().await;
    let touched = touched(&mut connection).await - before;
    forgotten.rollback().await.unwrap();
    touched
}

#[tokio::test]
async fn a_workers_statement_is_planned_once_for_all_values() {
    let database = database().await;
    let store = database.store().with_own_connections(1, Pooling::Own);
    let session = begin(&store).await.unwrap();
    for _ in 0..10 {
        toys(&database, 1, &Act::Succeed).await;
        claim_and_complete(&store, session).await;
    }
    let plans: Vec<(String, i64, i64)> = sqlx::query_as(
        "select left(statement, 60), generic_plans, custom_plans from pg_prepared_statements
          where statement like '%windlass.jobs%' and generic_plans + custom_plans >= 10",
    )
    .fetch_all(store.db())
    .await
    .unwrap();
    assert_eq!(plans.len(), 2, "a claim and a completion: {plans:?}");
    assert!(plans.iter().all(|(_, _, custom)| *custom == 0), "{plans:?}");
}

async fn claim_and_complete(store: &Store, session: SessionId) {
    let claims = store.claim(&Ask::new("toys", session, 1), &mut Watermarks::default()).await.unwrap().jobs;
    let [claim] = &claims[..] else { panic!("{} jobs", claims.len()) };
    let done = Settlement { id: claim.id, kind: claim.kind.clone(), ending: Ending::Completed };
    let settled = store.settle("toys", session, claim.attempt, &[done], true).await.unwrap();
    assert!(settled.contains(&claim.id));
}

/// So many jobs that are due after that.
async fn fill(connection: &mut PgConnection, jobs: i64, after: &str) {
    let fill = sqlx::query(
        "insert into windlass.jobs (id, scheduled_at, created_at, max_failures, queue, kind, args)
         select gen_random_uuid(), now() + $2::interval, now(), 5, 'toys', 'toy', '{}' from generate_series(1, $1)",
    );
    fill.bind(jobs).bind(after).execute(connection).await.unwrap();
}

/// What is touched, with what this session has done so far.
async fn touched_till_now(connection: &mut PgConnection) -> i64 {
    sqlx::query("select pg_stat_force_next_flush()").execute(&mut *connection).await.unwrap();
    touched(connection).await
}

/// Buffers of the table of jobs, and of its indexes, that sessions have said they touched.
async fn touched(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "select heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit from pg_statio_user_tables
          where schemaname = 'windlass' and relname = 'jobs'",
    )
    .fetch_one(connection)
    .await
    .unwrap()
}
