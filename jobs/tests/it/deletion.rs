//! What is deleted while it is being analysed: nothing is written about it, its job ends well, and the others are not harmed.

use std::time::Duration;

use windlass::model::Outcome;

use crate::support::{WAITING, close, conversations, database, loaded, number, run, until};

/// Deletes by these statements while the first of three sessions of a day is being analysed; `left` are analysed in the end.
async fn deleted_meanwhile(statements: &[&'static str], left: i64) {
    let database = database().await;
    let db = database.pool();
    let texts = vec![vec!["I am happy"], vec!["I was afraid"], vec!["This is wonderful!"]];
    let loaded = loaded(db, &conversations(&texts)).await;
    close(db, &loaded).await;

    let mut deletion = db.begin().await.unwrap();
    for statement in statements {
        sqlx::query(*statement).execute(&mut *deletion).await.unwrap();
    }
    let (ran, ()) = tokio::join!(run(&database), async {
        // The analysis has read a session that was there, and now asks for the lock under which it writes.
        until(db, WAITING, Duration::from_secs(20), |n| n > 0).await;
        deletion.commit().await.unwrap();
    });

    assert_eq!(ran.len(), 3);
    assert!(ran.iter().all(|ran| ran.outcome == Outcome::Completed));
    assert_eq!(number(db, "select count(*) from windlass.jobs").await, 0);
    assert_eq!(number(db, "select count(*) from windlass.dead_letters").await, 0);
    for table in [
        "select count(*) from insights.session_emotions",
        "select count(*) from insights.turn_impacts",
        "select coalesce(sum(n_sessions), 0)::bigint from insights.spectrum_daily",
    ] {
        assert_eq!(number(db, table).await, left, "{table}");
    }
    let first = loaded.sessions[0].session_id;
    let of_it: i64 = sqlx::query_scalar("select count(*) from insights.session_emotions where session_id = $1")
        .bind(first)
        .fetch_one(db)
        .await
        .unwrap();
    assert_eq!(of_it, 0);
}

#[tokio::test]
async fn a_session_that_is_hidden_meanwhile_gets_no_results() {
    deleted_meanwhile(&["update insights.sessions set deleted_at = now() where external_id = 's0'"], 2).await;
}

#[tokio::test]
async fn a_session_whose_rows_go_meanwhile_gets_no_results() {
    let turns = "delete from insights.turns where session_id = (select min(session_id) from insights.sessions)";
    deleted_meanwhile(&[turns, "delete from insights.sessions where external_id = 's0'"], 2).await;
}

#[tokio::test]
async fn a_person_who_is_erased_meanwhile_is_not_written_about() {
    deleted_meanwhile(&["update insights.subjects set erased_at = now()"], 0).await;
}
