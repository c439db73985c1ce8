//! The analysis as a job: idempotent, whole or not at all, and silent about what was said.

use std::collections::HashMap;
use std::fs;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use windlass::model::Outcome;
use windlass::{Client, Job, JobError, JobExt, WorkerOptions, WorkerPool};
use windlass_jobs::demo::Inputs;
use windlass_jobs::post_session_analysis::Role;
use windlass_jobs::sessions::NewTurn;
use windlass_jobs::{Deps, PostSessionAnalysis};

use crate::compare;
use crate::support::{close, conversations, database, fixtures, folder, loaded, number, run, tables};

#[tokio::test]
async fn running_it_again_changes_nothing() {
    let database = database().await;
    let inputs = Inputs::read(&fixtures("open-a").join("inputs")).unwrap();
    let loaded = loaded(database.pool(), &inputs).await;
    close(database.pool(), &loaded).await;
    assert!(run(&database).await.iter().all(|ran| ran.outcome == Outcome::Completed));
    let once = tables(database.pool()).await;
    assert!(once.len() > 100_000);

    // Delivered again, in another order, under keys that let it through.
    let client = Client::new(database.pool().clone());
    for round in 0..2 {
        let again = loaded.sessions.iter().rev().map(|session| {
            PostSessionAnalysis::of(session.subject_id, session.session_id, 1)
                .unique(format!("again {round} {}", session.session_id))
        });
        client.enqueue_many(database.pool(), again).await.unwrap();
        assert_eq!(run(&database).await.len(), loaded.sessions.len());
    }
    assert_eq!(tables(database.pool()).await, once);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sessions_of_one_day_that_are_analysed_at_once_all_count() {
    let database = database().await;
    let texts = vec![vec!["I am happy", "I was afraid", "This is wonderful!"]; 40];
    let loaded = loaded(database.pool(), &conversations(&texts)).await;
    let jobs = close(database.pool(), &loaded).await;
    let (db, store) = (database.pool().clone(), database.store());
    let options = WorkerOptions { default_slots: 16, ..WorkerOptions::default() };
    WorkerPool::new(database.store(), windlass_jobs::registry(), Deps::default())
        .options(options)
        .run(async move {
            while store.unended(PostSessionAnalysis::QUEUE, &jobs).await.unwrap() > 0 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        })
        .await
        .unwrap();
    assert_eq!(number(&db, "select n_sessions::bigint from insights.spectrum_daily").await, 40);
    assert_eq!(number(&db, "select dirty_seq from insights.dirty_buckets where scope = 'spectrum_week'").await, 40);
    let together = tables(&db).await;

    // One after another gives the same rows.
    sqlx::query("truncate insights.session_emotions, insights.turn_impacts, insights.spectrum_daily")
        .execute(&db)
        .await
        .unwrap();
    let client = Client::new(db.clone());
    for session in &loaded.sessions {
        let job = PostSessionAnalysis::of(session.subject_id, session.session_id, 1);
        client.enqueue(&db, job.unique(format!("alone {}", session.session_id))).await.unwrap();
    }
    run(&database).await;
    assert_eq!(tables(&db).await, together);
}

#[derive(Deserialize)]
struct Exclusion {
    session_id: String,
    excluded_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Reset {
    user_id: String,
    reset_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Session {
    session_id: String,
    deleted: i32,
}

fn rows<T: for<'de> Deserialize<'de>>(set: &str, file: &str) -> Vec<T> {
    let mut reader = csv::Reader::from_path(fixtures(set).join("inputs").join(file)).unwrap();
    reader.deserialize().collect::<Result<_, _>>().unwrap()
}

/// The fixtures' days are of the sessions that are neither excluded, nor deleted, nor before a reset.
#[tokio::test]
async fn the_days_of_both_sets_are_as_expected() {
    for set in ["open-a", "open-b"] {
        let database = database().await;
        let db = database.pool();
        let loaded = loaded(db, &Inputs::read(&fixtures(set).join("inputs")).unwrap()).await;
        for Exclusion { session_id, excluded_at } in rows(set, "exclusions.csv") {
            let sql = "update insights.sessions set excluded_at = $2 where external_id = $1";
            sqlx::query(sql).bind(session_id).bind(excluded_at).execute(db).await.unwrap();
        }
        for Reset { user_id, reset_at } in rows(set, "resets.csv") {
            let sql = "update insights.subjects set reset_at = $2 where external_id = $1";
            sqlx::query(sql).bind(user_id).bind(reset_at).execute(db).await.unwrap();
        }
        for session in rows::<Session>(set, "sessions.csv").into_iter().filter(|session| session.deleted == 1) {
            let sql = "update insights.sessions set deleted_at = now() where external_id = $1";
            sqlx::query(sql).bind(session.session_id).execute(db).await.unwrap();
        }
        close(db, &loaded).await;
        assert!(run(&database).await.iter().all(|ran| ran.outcome == Outcome::Completed));

        let days: Vec<(String, NaiveDate, Value)> = sqlx::query_as(
            "select p.external_id, d.local_date, to_jsonb(d) - 'subject_id' - 'local_date'
               from insights.spectrum_daily d join insights.subjects p using (subject_id) order by 1, 2",
        )
        .fetch_all(db)
        .await
        .unwrap();
        let lines = days.into_iter().map(|(user, date, mut day)| {
            day["user_id"] = json!(user);
            day["date"] = json!(date);
            // jsonb writes 0.0 as 0.
            for sum in ["w", "wv", "wv2", "wa", "wd", "wvol", "vmin", "vmax"] {
                day[sum] = json!(day[sum].as_f64());
            }
            day["emo"] = day["emo"].as_array().unwrap().iter().map(Value::as_f64).collect();
            day.to_string() + "\n"
        });
        let file = folder(&format!("daily/{set}")).join("daily.jsonl");
        fs::write(&file, lines.collect::<String>()).unwrap();
        let agreement = compare::files(&fixtures(set).join("expected/daily.jsonl"), &file)
            .unwrap_or_else(|differences| panic!("{set}: {differences}"));
        eprintln!("{set}: {agreement:?}");
    }
}

#[tokio::test]
async fn what_is_gone_excluded_or_superseded_is_not_analysed() {
    let database = database().await;
    let db = database.pool();
    let loaded = loaded(db, &conversations(&vec![vec!["I am happy"]; 4])).await;
    close(db, &loaded).await;
    for sql in [
        "update insights.sessions set deleted_at = now() where external_id = 's0'",
        "update insights.sessions set excluded_at = now() where external_id = 's1'",
        "update insights.sessions set revision = 2 where external_id = 's2'",
        "delete from insights.sessions where external_id = 's3'",
    ] {
        sqlx::query(sql).execute(db).await.unwrap();
    }
    assert!(run(&database).await.iter().all(|ran| ran.outcome == Outcome::Completed));
    let statuses: Vec<(String, Option<f64>)> =
        sqlx::query_as("select status, valence from insights.session_emotions").fetch_all(db).await.unwrap();
    assert_eq!(statuses, [("excluded".to_owned(), None)]);
    assert_eq!(number(db, "select count(*) from insights.turn_impacts").await, 0);
    assert_eq!(number(db, "select n_excluded::bigint from insights.spectrum_daily").await, 1);
}

#[tokio::test]
async fn an_erased_person_is_not_written_about() {
    let database = database().await;
    let loaded = loaded(database.pool(), &conversations(&[vec!["I am happy"]])).await;
    close(database.pool(), &loaded).await;
    sqlx::query("update insights.subjects set erased_at = now()").execute(database.pool()).await.unwrap();
    run(&database).await;
    assert_eq!(number(database.pool(), "select count(*) from insights.session_emotions").await, 0);
    assert_eq!(number(database.pool(), "select count(*) from insights.dirty_buckets").await, 0);
}

#[tokio::test]
async fn empty_huge_and_endless_sessions_end_as_they_should() {
    let database = database().await;
    let db = database.pool();
    let megabyte = "I am so happy today! ".repeat(50_000);
    let endless = vec!["no"; 100_001];
    let loaded = loaded(db, &conversations(&[vec![], vec![" \n "], vec![&megabyte], endless])).await;
    let jobs = close(db, &loaded).await;
    let outcomes: HashMap<_, _> = run(&database).await.into_iter().map(|ran| (ran.claim.id, ran.outcome)).collect();
    assert_eq!(
        jobs.iter().map(|job| outcomes[job]).collect::<Vec<_>>(),
        [Outcome::Completed, Outcome::Completed, Outcome::Completed, Outcome::Buried]
    );
    let statuses: Vec<String> = sqlx::query_scalar("select status from insights.session_emotions order by session_id")
        .fetch_all(db)
        .await
        .unwrap();
    assert_eq!(statuses, ["empty", "empty", "ok"]);
    let letter = database.store().dead_letter(jobs[3]).await.unwrap();
    assert_eq!((letter.reason.as_str(), letter.failures), ("discarded", 1));
    assert!(letter.error.contains("100") && !letter.error.contains("no no"), "{}", letter.error);
}

#[tokio::test]
async fn a_roll_back_closes_nothing_and_a_session_is_closed_once() {
    let database = database().await;
    let db = database.pool();
    let loaded = loaded(db, &conversations(&[vec!["I am happy"]])).await;
    let (client, session) = (Client::new(db.clone()), loaded.sessions[0]);
    let mut tx = db.begin().await.unwrap();
    windlass_jobs::sessions::close(&mut tx, &client, session.subject_id, session.session_id, None).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(number(db, "select count(*) from windlass.jobs").await, 0);
    assert_eq!(number(db, "select count(*) from insights.sessions where ended_at is not null").await, 0);

    close(db, &loaded).await;
    let mut tx = db.begin().await.unwrap();
    let again = windlass_jobs::sessions::close(&mut tx, &client, session.subject_id, session.session_id, None).await;
    assert!(again.unwrap_err().to_string().contains("is not open"));
}

/// What the database refuses and what a program prints of its own values quotes nobody.
#[tokio::test]
async fn errors_and_debug_forms_quote_no_turn() {
    let database = database().await;
    let inputs = conversations(&[vec!["seventeen ferrets"]]);
    let loaded = loaded(database.pool(), &inputs).await;
    let session = loaded.sessions[0];
    let turn = NewTurn {
        subject_id: session.subject_id,
        session_id: session.session_id,
        local_date: "2026-03-01".parse().unwrap(),
        turn_index: 0,
        role: Role::User,
        body: "seventeen ferrets".to_owned(),
    };
    let mut said = vec![format!("{inputs:?}"), format!("{turn:?}")];
    // There is a turn of this index already, and no partition of that month.
    let later = NewTurn { local_date: "2031-03-01".parse().unwrap(), ..turn.clone() };
    for refused in [turn, later] {
        let mut connection = database.pool().acquire().await.unwrap();
        let error = windlass_jobs::sessions::add_turns(&mut connection, &[refused]).await.unwrap_err();
        said.push(format!("{:?}", JobError::from(error)));
    }
    // The server puts the row that breaks a check into the details, which an error's text must leave out.
    let sql = "insert into insights.turns values ('2026-03-01', 1, 1, 1, 'nobody', 'seventeen ferrets')";
    let error = sqlx::query(sql).execute(database.pool()).await.unwrap_err();
    said.push(format!("{:?}", JobError::from(error)));
    let said = said.concat();
    assert!(said.contains("role_is_user_or_assistant") && !said.contains("ferrets"), "{said}");
}

/// Nobody's words leave `turns`, whatever happens to the job.
#[tokio::test]
async fn words_stand_in_turns_only() {
    let database = database().await;
    let db = database.pool();
    let loaded = loaded(db, &conversations(&[vec!["my neighbour Xanthippe keeps seventeen ferrets"]])).await;
    close(db, &loaded).await;
    run(&database).await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', schemaname, tablename) from pg_tables
          where schemaname in ('windlass', 'insights') and tablename !~ '^turns'",
    )
    .fetch_all(db)
    .await
    .unwrap();
    assert!(tables.len() > 15);
    for table in tables {
        let sql = format!("select count(*) from {table} t where t::text ilike any(array['%xanthippe%', '%ferrets%'])");
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(db).await.unwrap();
        assert_eq!(found, 0, "{table} quotes a turn");
    }
}
