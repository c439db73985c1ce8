//! Enqueueing from SQL: the same answers as from Rust, and nothing else than enqueueing.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool};
use windlass::testing::toys::{Act, Toy, registry};
use windlass::testing::{Database, drain};
use windlass::{Client, Enqueued, JobExt, JobId, StoreError};

use crate::order::read;
use crate::support::{database, number};

type Row = (JobId, bool, bool, Option<String>);

/// `windlass.enqueue` with these arguments.
async fn enqueue(db: &PgPool, arguments: &str) -> Result<Row, String> {
    let call = AssertSqlSafe(format!("select id, created, conflict, standing from windlass.enqueue({arguments})"));
    sqlx::query_as(call).fetch_one(db).await.map_err(|error| error.to_string())
}

async fn enqueue_many(db: &PgPool, jobs: Value) -> Result<Vec<Row>, String> {
    let call = "select id, created, conflict, standing from windlass.enqueue_many($1) order by place";
    sqlx::query_as(call).bind(jobs).fetch_all(db).await.map_err(|error| error.to_string())
}

fn toy(number: i64) -> Value {
    serde_json::to_value(Toy::new(number, Act::Succeed)).unwrap()
}

#[tokio::test]
async fn a_job_from_sql_runs_and_its_key_is_one_with_that_of_rust() {
    let database = database().await;
    let db = database.pool();
    let args = toy(1);
    let made = enqueue(db, &format!("'toy', '{args}', key => 'k', priority => 1, subject => '7'")).await.unwrap();
    assert_eq!((made.1, made.2, made.3), (true, false, None));
    let job = database.store().job(made.0).await.unwrap().unwrap();
    assert_eq!((job.summary.queue.as_str(), job.summary.priority, job.summary.max_failures), ("toys", 1, 3));

    let client = Client::new(db.clone());
    let again = client.enqueue(db, Toy::new(1, Act::Succeed).unique("k")).await.unwrap();
    assert!(matches!(again, Enqueued::Existing(id, _) if id == made.0), "{again:?}");
    client.enqueue(db, Toy::new(2, Act::Succeed).unique("k")).await.unwrap_err();
    let by_rust = client.enqueue(db, Toy::new(3, Act::Succeed).unique("r")).await.unwrap().id();
    let same = enqueue(db, &format!("'toy', '{}', key => 'r'", toy(3))).await.unwrap();
    assert_eq!(same, (by_rust, false, false, Some("available".to_owned())));
    let other = enqueue(db, &format!("'toy', '{}', key => 'r'", toy(4))).await.unwrap();
    assert_eq!((other.0, other.1, other.2), (by_rust, false, true), "a conflict is an answer");
    assert_eq!(drain(&database.store(), &registry(), ()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn many_keep_their_order_and_one_that_is_wrong_refuses_all() {
    let database = database().await;
    let db = database.pool();
    let jobs: Vec<_> = (0..500).map(|n| json!({"kind": "toy", "args": toy(n), "ordering_key": "one"})).collect();
    let made = enqueue_many(db, Value::from(jobs)).await.unwrap();
    assert!(made.windows(2).all(|pair| pair[0].0 < pair[1].0), "ids grow with the place");
    let wrong = json!([{"kind": "toy", "args": toy(1)}, {"kind": "toy", "args": toy(1), "priority": 9}]);
    let error = enqueue_many(db, wrong).await.unwrap_err();
    assert!(error.contains("job 2: priority is 9; 1 (high) to 4 (low) is needed"), "{error}");
    assert_eq!(number(db, "select count(*) from windlass.jobs").await, 500);
    assert_eq!(enqueue_many(db, json!([])).await.unwrap().len(), 0);
}

#[tokio::test]
async fn what_is_wrong_is_named_by_its_field() {
    let database = database().await;
    let long = "x".repeat(10_000);
    let nested = format!("{}1{}", "[".repeat(101), "]".repeat(101));
    for (arguments, says) in [
        ("'tpy'".to_owned(), "unknown kind \"tpy\"; there are: hasty, toy"),
        ("'toy', key => ''".to_owned(), "key has 0 characters; it takes 1 to 512"),
        (format!("'toy', key => '{long}'"), "key has 10000 characters"),
        (format!("'toy', ordering_key => '{long}'"), "ordering_key has 10000 characters"),
        (format!("'toy', to_jsonb('{}'::text)", "x".repeat(65_535)), "args take 65537 bytes"),
        (format!("'toy', '{nested}'"), "args nest more than 100 levels"),
        ("'toy', priority => 9".to_owned(), "priority is 9"),
        ("'toy', max_failures => 0".to_owned(), "max_failures is 0"),
        ("'toy', run_at => '12026-01-01'".to_owned(), "run_at is out of range"),
        ("'toy', run_at => 'infinity'".to_owned(), "run_at is out of range"),
        ("'toy', delay => '20 years'".to_owned(), "delay_seconds is 631"),
        ("'toy', key_scope => '\"soon\"'".to_owned(), "key_scope is \"forever\""),
        ("'toy', key_scope => '{\"for_seconds\": 0}'".to_owned(), "key_scope.for_seconds is 0"),
        (r#"'toy', key_scope => '{"per": "year", "zone": "UTC"}'"#.to_owned(), "key_scope.per is \"year\""),
        (r#"'toy', key_scope => '{"per": "day", "zone": "Berlin/Mitte"}'"#.to_owned(), "is no time zone"),
    ] {
        let error = enqueue(database.pool(), &arguments).await.unwrap_err();
        assert!(error.contains(says), "{error} should say {says}");
    }
    for (jobs, says) in [
        (json!({}), "jobs is no array of objects"),
        (json!([7]), "job 1: it is no object"),
        (json!([{"args": {}}]), "job 1: kind is missing"),
        (json!([{"kind": "toy", "kay": "k"}]), "job 1: unknown field \"kay\""),
        (json!([{"kind": "toy", "key": 7}]), "job 1: key is no text"),
        (json!([{"kind": "toy", "run_at": "soon"}]), "job 1: run_at is no time"),
    ] {
        let error = enqueue_many(database.pool(), jobs).await.unwrap_err();
        assert!(error.contains(says), "{error} should say {says}");
    }
    for scope in [r#""while_live""#, r#"{"for_seconds": 60}"#, r#"{"per": "day", "zone": "America/Havana"}"#] {
        assert!(enqueue(database.pool(), &format!("'toy', key => '{scope}', key_scope => '{scope}'")).await.unwrap().1);
    }
}

#[test]
fn the_statement_is_the_one_that_rust_sends() {
    let newest = read("migrations/engine/0020_let_every_language_enqueue.sql");
    assert!(
        newest.contains(&read("src/store/sql/enqueue.sql")),
        "a new migration must define windlass.enqueue_jobs anew"
    );
}

/// Makes a role that may enqueue, as the migration's head says, and is it.
async fn as_enqueuer(database: &Database) -> PgConnection {
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    let role = format!("enqueuer_{}", uuid::Uuid::now_v7().simple());
    let grant = format!(
        "create role {role}; grant usage on schema windlass to {role};
         grant execute on function windlass.enqueue, windlass.enqueue_many, windlass.wake to {role}; set role {role}"
    );
    connection.execute(sqlx::raw_sql(AssertSqlSafe(grant))).await.unwrap();
    connection
}

#[tokio::test]
async fn who_may_enqueue_may_do_nothing_else() {
    let database = database().await;
    let mut connection = as_enqueuer(&database).await;
    connection.execute("select * from windlass.enqueue('toy'); select windlass.wake()").await.unwrap();
    // What a caller calls `text` in its own temporary schema would run with the owner's rights.
    let trap = "create table pg_temp.caught (who name); grant insert on pg_temp.caught to public;
                create function pg_temp.trap(v pg_catalog.text) returns boolean language plpgsql as $$
                begin insert into pg_temp.caught values (current_user); return true; end $$;
                create domain pg_temp.text as pg_catalog.text check (pg_temp.trap(value));
                create domain pg_temp.uuid as pg_catalog.uuid; create domain pg_temp.jsonb as pg_catalog.jsonb;
                select * from windlass.enqueue('toy', '{}', key => 'k');
                select * from windlass.enqueue_many('[{\"kind\": \"toy\", \"key\": \"l\"}]')";
    connection.execute(sqlx::raw_sql(trap)).await.unwrap();
    let caught: Vec<String> = sqlx::query_scalar("select distinct who::pg_catalog.text from pg_temp.caught")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let me: String =
        sqlx::query_scalar("select current_user::pg_catalog.text").fetch_one(&mut connection).await.unwrap();
    assert!(caught.iter().all(|who| *who == me), "a trap ran as {caught:?}");
    connection.execute("drop domain pg_temp.text, pg_temp.uuid, pg_temp.jsonb").await.unwrap();
    let mut owner = database.pool().begin().await.unwrap();
    // So that every name is written whole.
    owner.execute("set local search_path = pg_catalog").await.unwrap();
    // Every table, view, sequence and function that is not the server's own, in whatever schema.
    let tries: Vec<String> = sqlx::query_scalar(
        "with ours as (select oid, nspname from pg_namespace where nspname !~ '^(pg_|information_schema)')
         select format(statement, c.oid::regclass)
           from pg_class c join ours on ours.oid = c.relnamespace,
                unnest(case c.relkind when 'S' then array['select nextval(%L)', 'select last_value from %s']
                       else array['select from %s', 'insert into %s default values', 'delete from %s', 'truncate %s',
                                  'alter table %s add x integer', 'drop table %s cascade'] end) as statement
          where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
         union all
         select format('update %s set %I = null', c.oid::regclass, a.attname)
           from pg_class c join ours on ours.oid = c.relnamespace
           join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          where c.relkind in ('r', 'p')
         union all
         select format('select %s(%s)', p.oid::regproc, (
                    select string_agg(format('null::%s', t::regtype), ', ') from unnest(p.proargtypes) as t))
           from pg_proc p join ours on ours.oid = p.pronamespace
          where p.oid::regproc::text not in ('windlass.enqueue', 'windlass.enqueue_many', 'windlass.wake')
         union all
         select format('create table %I.mine ()', nspname) from ours",
    )
    .fetch_all(&mut *owner)
    .await
    .unwrap();
    drop(owner);
    for kind in ["select from", "truncate", "update windlass.jobs set args", "select windlass.refusal(null::jsonb)"] {
        assert!(tries.iter().any(|statement| statement.starts_with(kind)), "{kind} is not tried: {tries:#?}");
    }
    let mut let_in = Vec::new();
    for statement in tries {
        match connection.execute(AssertSqlSafe(statement.clone())).await.map_err(StoreError::from) {
            Err(error) if error.sqlstate().as_deref() == Some("42501") => {}
            other => let_in.push(format!("{statement}: {other:?}")),
        }
    }
    assert!(let_in.is_empty(), "{let_in:#?}");
    let role: String = sqlx::query_scalar("select current_user").fetch_one(&mut connection).await.unwrap();
    // Roles are the server's, not the database's.
    let gone = format!("reset role; drop owned by {role}; drop role {role}");
    connection.execute(sqlx::raw_sql(AssertSqlSafe(gone))).await.unwrap();
}
