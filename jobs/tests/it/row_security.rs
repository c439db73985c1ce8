//! Row-level security: who serves people sees one person, and who writes texts cannot read what people said.

use sqlx::{PgConnection, PgPool, Row};

use crate::support::{close, conversations, database, loaded, run};

/// The roles are the cluster's, and all tests share one.
async fn make_roles(db: &PgPool) {
    for role in ["windlass_worker", "windlass_narrator", "windlass_reader"] {
        let create = format!(
            "do $$ begin create role {role}; exception when duplicate_object or unique_violation then null; end $$"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(db).await.unwrap();
    }
    sqlx::raw_sql("select insights.grant_roles(); select insights.grant_roles()").execute(db).await.unwrap();
}

async fn count(connection: &mut PgConnection, table: &str) -> Result<i64, sqlx::Error> {
    let count = format!("select count(*) from insights.{table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(connection).await
}

#[tokio::test]
async fn every_table_of_people_is_protected() {
    let database = database().await;
    let open: Vec<String> = sqlx::query_scalar(
        "select t.name::text from insights.tables_of_people t
           join pg_class c on c.relname = t.name and c.relnamespace = 'insights'::regnamespace
          where not c.relrowsecurity
             or not exists (select from pg_policies p where p.schemaname = 'insights' and p.tablename = t.name)",
    )
    .fetch_all(database.pool())
    .await
    .unwrap();
    assert!(open.is_empty(), "call insights.protect_people() after making {open:?}");
}

#[tokio::test]
async fn a_reader_sees_one_person_and_a_narrator_no_words() {
    let database = database().await;
    let db = database.pool();
    let first = loaded(db, &conversations(&[vec!["I am happy"], vec!["I was afraid"]])).await;
    let second = loaded(db, &conversations(&[vec!["This is wonderful!"]])).await;
    close(db, &first).await;
    close(db, &second).await;
    run(&database).await;
    make_roles(db).await;

    let mut tx = db.begin().await.unwrap();
    sqlx::query("set local role windlass_reader").execute(&mut *tx).await.unwrap();
    for table in ["sessions", "turns", "session_emotions", "spectrum_daily", "subjects"] {
        assert_eq!(count(&mut tx, table).await.unwrap(), 0, "{table} without a person");
    }
    let subject = first.sessions[0].subject_id.to_string();
    sqlx::query("select set_config('app.subject', $1, true)").bind(&subject).execute(&mut *tx).await.unwrap();
    for (table, seen) in
        [("sessions", 2), ("turns", 2), ("session_emotions", 2), ("spectrum_daily", 1), ("subjects", 1)]
    {
        assert_eq!(count(&mut tx, table).await.unwrap(), seen, "{table}");
    }
    tx.rollback().await.unwrap();
    // What a transaction set is gone after it; a deleted session is not seen, and nothing of an erased person.
    let hide = "update insights.sessions set deleted_at = now() where session_id = $1";
    sqlx::query(hide).bind(first.sessions[0].session_id).execute(db).await.unwrap();
    for (sql, seen) in [("select 1", 1), ("update insights.subjects set erased_at = now()", 0)] {
        sqlx::query(sql).execute(db).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        sqlx::query("set local role windlass_reader").execute(&mut *tx).await.unwrap();
        assert_eq!(count(&mut tx, "turns").await.unwrap(), 0);
        sqlx::query("select set_config('app.subject', $1, true)").bind(&subject).execute(&mut *tx).await.unwrap();
        for table in ["sessions", "turns", "turn_impacts", "session_emotions"] {
            assert_eq!(count(&mut tx, table).await.unwrap(), seen, "{table}");
        }
    }
    for refused in [
        "update insights.sessions set tz = 'UTC'",
        "select count(*) from insights.turns_2026_03",
        "select count(*) from insights.dirty_buckets",
        "select count(*) from insights.erasure_requests",
    ] {
        assert_refused(db, "windlass_reader", refused).await;
    }
    for refused in ["select body from insights.turns", "select body from insights.turns_2026_03"] {
        assert_refused(db, "windlass_narrator", refused).await;
    }
    for (role, table, seen) in [
        ("windlass_worker", "turns", 3),
        ("windlass_worker", "sessions", 3),
        ("windlass_narrator", "session_emotions", 3),
    ] {
        let mut tx = db.begin().await.unwrap();
        let set = format!("set local role {role}");
        sqlx::query(sqlx::AssertSqlSafe(set)).execute(&mut *tx).await.unwrap();
        assert_eq!(count(&mut tx, table).await.unwrap(), seen, "{role} {table}");
    }
}

async fn assert_refused(db: &PgPool, role: &str, sql: &'static str) {
    let mut tx = db.begin().await.unwrap();
    let set = format!("set local role {role}");
    sqlx::query(sqlx::AssertSqlSafe(set)).execute(&mut *tx).await.unwrap();
    let refused = sqlx::query(sql).fetch_all(&mut *tx).await.map(|rows| rows.first().map(Row::len));
    let code = refused.unwrap_err().as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
    assert_eq!(code.as_deref(), Some("42501"), "{role}: {sql}");
}
