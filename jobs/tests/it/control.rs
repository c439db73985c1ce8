//! What people may ask for: it holds at once, nothing of it comes back, and nothing of an erased person is left.

use sqlx::PgPool;
use windlass::model::Outcome;
use windlass::testing::{Database, run_one};
use windlass::{Client, JobExt};
use windlass_jobs::backfill::plan::start_erasure;
use windlass_jobs::control::erasure::{self, ErasureError, Step};
use windlass_jobs::control::retention::{self, Dropped, Keep};
use windlass_jobs::control::{self, ControlError, ErasureKey};
use windlass_jobs::demo::{Inputs, Loaded};
use windlass_jobs::sessions::{self, NewSession};
use windlass_jobs::{Deps, PostSessionAnalysis, WeeklyAggregation};

use crate::support::{close, conversations, database, fixtures, loaded, number, run, tables};

pub(crate) fn key() -> ErasureKey {
    ErasureKey::new("a secret of many bytes").unwrap()
}

/// Runs what is due, and aggregates what is dirty.
pub(crate) async fn settle(database: &Database) {
    let ran = run(database).await;
    assert!(ran.iter().all(|ran| ran.outcome == Outcome::Completed));
    let far = "2100-01-01T00:00:00Z".parse().unwrap();
    let dispatch = WeeklyAggregation::dispatch(far).unique(uuid::Uuid::now_v7().to_string());
    Client::new(database.pool().clone()).enqueue(database.pool(), dispatch).await.unwrap();
    let ran = run(database).await;
    assert!(ran.iter().all(|ran| ran.outcome == Outcome::Completed));
}

async fn analysed(inputs: &Inputs) -> (Database, Loaded) {
    let database = database().await;
    let loaded = loaded(database.pool(), inputs).await;
    close(database.pool(), &loaded).await;
    settle(&database).await;
    (database, loaded)
}

fn three() -> Inputs {
    conversations(&[vec!["I am happy"], vec!["I was afraid", "so afraid"], vec!["This is wonderful!"]])
}

fn open_a() -> Inputs {
    Inputs::read(&fixtures("open-a").join("inputs")).unwrap()
}

#[tokio::test]
async fn a_session_that_is_taken_in_again_was_never_out() {
    let (database, loaded) = analysed(&three()).await;
    let (db, client, session) = (database.pool(), Client::new(database.pool().clone()), loaded.sessions[1]);
    let before = tables(db).await;

    let mut tx = db.begin().await.unwrap();
    assert!(control::exclude(&mut tx, &client, session.subject_id, session.session_id, None).await.unwrap());
    assert!(!control::exclude(&mut tx, &client, session.subject_id, session.session_id, None).await.unwrap());
    client.commit(tx).await.unwrap();
    settle(&database).await;
    assert_eq!(number(db, "select n_sessions::bigint from insights.spectrum_weekly").await, 2);
    assert_eq!(number(db, "select n_excluded::bigint from insights.spectrum_monthly").await, 1);
    assert_eq!(number(db, "select count(*) from insights.turn_impacts").await, 2);
    assert_ne!(tables(db).await, before);

    let mut tx = db.begin().await.unwrap();
    assert!(control::include(&mut tx, &client, session.subject_id, session.session_id).await.unwrap());
    client.commit(tx).await.unwrap();
    settle(&database).await;
    // But for the revision that it was analysed at.
    assert_eq!(tables(db).await.replace("\"session_revision\": 3", "\"session_revision\": 1"), before);
}

#[tokio::test]
async fn a_deleted_session_counts_no_longer_at_once_and_is_gone_after() {
    let (database, loaded) = analysed(&three()).await;
    let (db, session) = (database.pool(), loaded.sessions[1]);
    let mut tx = db.begin().await.unwrap();
    let request = control::delete(&mut tx, &key(), session.subject_id, session.session_id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(number(db, "select n_sessions::bigint from insights.spectrum_daily").await, 2);

    assert!(erasure::run(db, request).await.unwrap());
    settle(&database).await;
    for (table, left) in [("sessions", 2), ("turns", 2), ("session_emotions", 2), ("turn_impacts", 2)] {
        let count = format!("select count(*) from insights.{table}");
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(db).await.unwrap();
        assert_eq!(found, left, "{table}");
    }
    assert_eq!(number(db, "select n_sessions::bigint from insights.spectrum_weekly").await, 2);
    // It cannot be asked for, written to or deleted again.
    let mut tx = db.begin().await.unwrap();
    let again = control::delete(&mut tx, &key(), session.subject_id, session.session_id).await;
    assert!(matches!(again, Err(ControlError::NoSession { .. })));
    assert_eq!(erasure::step(db, request).await.unwrap(), Step::Finished);
    assert!(matches!(erasure::step(db, 99).await, Err(ErasureError::NoRequest(99))));
}

#[tokio::test]
async fn a_week_that_lost_its_last_session_is_deleted() {
    let (database, loaded) = analysed(&conversations(&[vec!["I am happy"]])).await;
    let (db, session) = (database.pool(), loaded.sessions[0]);
    assert_eq!(number(db, "select count(*) from insights.spectrum_weekly").await, 1);
    let mut tx = db.begin().await.unwrap();
    control::delete(&mut tx, &key(), session.subject_id, session.session_id).await.unwrap();
    tx.commit().await.unwrap();
    settle(&database).await;
    assert_eq!(number(db, "select count(*) from insights.spectrum_daily").await, 0);
    assert_eq!(number(db, "select count(*) from insights.spectrum_weekly").await, 0);
    assert_eq!(number(db, "select count(*) from insights.spectrum_monthly").await, 0);
}

/// A reset in the midst of a person's sessions leaves what a person has who came only then.
#[tokio::test]
async fn what_is_before_a_reset_leaves_no_trace() {
    let inputs = open_a();
    let reset_at = "2025-12-01T00:00:00Z".parse().unwrap();
    let (database, loaded) = analysed(&inputs).await;
    let db = database.pool();
    let subject = loaded.sessions[0].subject_id;
    let request = reset(db, subject, reset_at).await;
    settle(&database).await;
    assert!(erasure::run(db, request).await.unwrap());
    settle(&database).await;

    let mut late = inputs.clone();
    late.conversations.retain(|one| one.person != 0 || one.started_at.unwrap() >= reset_at);
    assert!(late.conversations.len() + 3 < inputs.conversations.len());
    let (other, _) = analysed(&late).await;
    assert_eq!(tables(db).await, tables(other.pool()).await);
    let raw = "select count(*) from insights.turns t join insights.sessions s using (subject_id, session_id)
                where s.started_at < '2025-12-01' and s.external_id like 'u000%'";
    assert!(number(db, raw).await > 0);
}

/// The runs that do the work begin with the act; asked again, they are the same.
#[tokio::test]
async fn a_reset_takes_what_was_said_before_it_along_if_that_is_asked() {
    let (database, loaded) = analysed(&open_a()).await;
    let (db, client, subject) = (database.pool(), Client::new(database.pool().clone()), loaded.sessions[0].subject_id);
    let before = "select count(*) from insights.sessions where started_at < '2025-12-01' and external_id like 'u000%'";
    let after =
        "select count(*) from insights.sessions where started_at >= '2025-12-01' or external_id not like 'u000%'";
    let (gone, stays) = (number(db, before).await, number(db, after).await);
    assert!(gone > 0);
    let at = "2025-12-01T00:00:00Z".parse().unwrap();
    let mut tx = db.begin().await.unwrap();
    let requests = control::reset_with_sessions(&mut tx, &key(), subject, Some(at)).await.unwrap();
    assert_eq!(control::reset_with_sessions(&mut tx, &key(), subject, Some(at)).await.unwrap(), requests);
    for request in requests {
        let run_id = start_erasure(&mut tx, &client, request).await.unwrap();
        assert_eq!(start_erasure(&mut tx, &client, request).await.unwrap(), run_id);
    }
    client.commit(tx).await.unwrap();
    let hidden = "select count(*) from insights.sessions where deleted_at is not null";
    assert_eq!(number(db, hidden).await, gone);
    settle(&database).await;
    assert_eq!((number(db, before).await, number(db, after).await), (0, stays));
    let words = "select count(*) from insights.turns t left join insights.sessions s using (subject_id, session_id)
                  where s.session_id is null";
    assert_eq!(number(db, words).await, 0);
    assert_eq!(number(db, "select count(*) from insights.backfill_runs where state = 'done'").await, 2);
}

async fn reset(db: &PgPool, subject: i64, at: chrono::DateTime<chrono::Utc>) -> i64 {
    let mut tx = db.begin().await.unwrap();
    let request = control::reset(&mut tx, &key(), subject, Some(at)).await.unwrap();
    tx.commit().await.unwrap();
    request
}

/// Erased by many at once who die in the middle; the others keep every row.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_of_an_erased_person_is_left_and_nothing_else_is_touched() {
    let (database, loaded) = analysed(&open_a()).await;
    let db = database.pool();
    let subject = loaded.sessions[0].subject_id;
    // Jobs of every fate bear the person's id: one waits, one has died.
    let client = Client::new(db.clone());
    let job = PostSessionAnalysis::of(subject, loaded.sessions[0].session_id, 1);
    client.enqueue(db, job.clone().unique("waits").after(std::time::Duration::from_hours(1))).await.unwrap();
    sqlx::query(
        "insert into windlass.dead_letters (id, created_at, scheduled_at, died_at, attempt, failures, max_failures, crashes,
            priority, args_version, queue, kind, reason, error, fingerprint, subject, args)
         values (gen_random_uuid(), now(), now(), now(), 1, 1, 1, 0, 3, 1, 'analysis', 'post_session_analysis', 'discarded',
            'session 1', '', $1::text, '{\"subject_id\": 1}')",
    )
    .bind(subject.to_string())
    .execute(db)
    .await
    .unwrap();
    let total = number(db, "select count(*) from insights.sessions").await;

    let mut tx = db.begin().await.unwrap();
    let request = control::erase(&mut tx, &key(), subject).await.unwrap();
    assert_eq!(control::erase(&mut tx, &key(), subject).await.unwrap(), request);
    tx.commit().await.unwrap();
    // From here on nobody writes about them.
    let mut tx = db.begin().await.unwrap();
    let session = loaded.sessions[0].session_id;
    let excluded = control::exclude(&mut tx, &client, subject, session, None).await;
    assert!(matches!(excluded, Err(ControlError::NoSubject(_))));
    let zone = windlass_jobs::calendar::Zone::parse("UTC");
    let new = NewSession {
        subject_id: subject,
        external_id: "late".to_owned(),
        started_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        ingested_at: None,
        zone,
    };
    let opened = sessions::open(&mut tx, &[new]).await;
    assert!(opened.unwrap_err().to_string().starts_with("1 of 1 were not stored"));
    tx.rollback().await.unwrap();

    let all: Vec<_> = (0..4)
        .map(|worker| {
            let db = db.clone();
            tokio::spawn(async move {
                // Some die after a step or two.
                for _ in 0..worker {
                    erasure::step(&db, request).await.unwrap();
                }
                worker == 3 && erasure::run(&db, request).await.unwrap()
            })
        })
        .collect();
    for worker in all {
        worker.await.unwrap();
    }

    let tables: Vec<String> = sqlx::query_scalar(
        "select format('select count(*) from %I.%I where %I = %L', table_schema, table_name, column_name, $1)
           from information_schema.columns
          where table_schema in ('insights', 'windlass') and column_name in ('subject_id', 'subject')",
    )
    .bind(subject.to_string())
    .fetch_all(db)
    .await
    .unwrap();
    assert!(tables.len() > 12, "{tables:#?}");
    for count in tables {
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count.clone())).fetch_one(db).await.unwrap();
        assert_eq!(found, 0, "{count}");
    }
    let of_them = i64::try_from(loaded.sessions.iter().filter(|one| one.subject_id == subject).count()).unwrap();
    assert_eq!(number(db, "select count(*) from insights.sessions").await, total - of_them);
    assert_eq!(number(db, "select count(*) from windlass.dead_letters where args = '{}'").await, 1);
    assert_eq!(number(db, "select count(*) from insights.erasure_requests where finished_at is not null").await, 1);
    assert_eq!(
        number(db, "select (deleted_counts ->> 'sessions')::bigint from insights.erasure_requests").await,
        of_them
    );
}

/// A table that an erasure does not empty is found: it fails rather than saying it is done.
#[tokio::test]
async fn an_erasure_with_something_left_is_not_finished() {
    let (database, loaded) = analysed(&three()).await;
    let db = database.pool();
    sqlx::raw_sql(
        "create table insights.keepsakes (subject_id bigint not null, what text);
         create function insights.keep() returns trigger language plpgsql as 'begin return null; end';
         create trigger keep before delete on insights.keepsakes for each row execute function insights.keep();",
    )
    .execute(db)
    .await
    .unwrap();
    let subject = loaded.sessions[0].subject_id;
    sqlx::query("insert into insights.keepsakes values ($1, 'a lock of hair')")
        .bind(subject)
        .execute(db)
        .await
        .unwrap();
    let mut tx = db.begin().await.unwrap();
    let request = control::erase(&mut tx, &key(), subject).await.unwrap();
    tx.commit().await.unwrap();
    let error = erasure::run(db, request).await.unwrap_err().to_string();
    assert!(error.contains("keepsakes (1)") && !error.contains("hair"), "{error}");
    sqlx::query("drop trigger keep on insights.keepsakes").execute(db).await.unwrap();
    assert!(erasure::run(db, request).await.unwrap());
    assert_eq!(number(db, "select count(*) from insights.subjects").await, 0);
}

/// A job that is claimed and running when its person is erased is waited for.
#[tokio::test]
async fn an_erasure_waits_for_a_job_that_is_running() {
    let (database, loaded) = analysed(&three()).await;
    let (db, session) = (database.pool(), loaded.sessions[0]);
    let job = PostSessionAnalysis::of(session.subject_id, session.session_id, 1).unique("again");
    Client::new(db.clone()).enqueue(db, job).await.unwrap();
    let store = database.store();
    let holder = windlass::testing::begin(&store).await.unwrap();
    sqlx::query("update windlass.jobs set state = 'running', attempt = 1, leased_by = $1")
        .bind(holder)
        .execute(db)
        .await
        .unwrap();
    let mut tx = db.begin().await.unwrap();
    let request = control::erase(&mut tx, &key(), session.subject_id).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!erasure::run(db, request).await.unwrap());
    assert_eq!(number(db, "select count(*) from insights.subjects").await, 1);
    assert_eq!(number(db, "select count(*) from windlass.jobs where cancel_requested_at is not null").await, 1);
    sqlx::query("update windlass.jobs set state = 'available', leased_by = null").execute(db).await.unwrap();
    assert!(erasure::run(db, request).await.unwrap());
    assert!(run_one(&store, &windlass_jobs::registry(), Deps::default()).await.unwrap().is_none());
}

/// What was said goes after 180 days by the month, its impacts later, weeks and months never.
#[tokio::test]
async fn what_is_too_old_is_dropped_and_the_weeks_stay() {
    let mut inputs = three();
    inputs.conversations[0].started_at = Some("2025-12-31T12:00:00Z".parse().unwrap());
    let (database, _) = analysed(&inputs).await;
    let db = database.pool();
    let weeks = number(db, "select count(*) from insights.spectrum_weekly").await;
    let (first, keep) = ("2025-12-01".parse().unwrap(), Keep::default());
    // December has been over for 179 days, for 180 days, for 400; the day is 25 months old.
    let day = |text: &str| text.parse().unwrap();
    assert_eq!(retention::run(db, day("2026-06-29"), keep).await.unwrap(), Dropped::default());
    for (today, expected) in [
        ("2026-06-30", Dropped { turns: vec![first], ..Dropped::default() }),
        ("2026-06-30", Dropped::default()),
        ("2027-02-05", Dropped { turns: vec![day("2026-03-01")], turn_impacts: vec![first], ..Dropped::default() }),
        ("2028-02-01", Dropped { turn_impacts: vec![day("2026-03-01")], days: 1, ..Dropped::default() }),
    ] {
        assert_eq!(retention::run(db, day(today), keep).await.unwrap(), expected, "{today}");
    }
    assert_eq!(number(db, "select count(*) from insights.turns").await, 0);
    assert_eq!(number(db, "select count(*) from insights.session_emotions").await, 3);
    assert_eq!(number(db, "select count(*) from insights.spectrum_weekly").await, weeks);
    let refused = sqlx::query("select insights.drop_months('subjects', now()::date)").execute(db).await;
    assert!(refused.unwrap_err().to_string().contains("takes turns, turn_impacts or cost_ledger"));
}
