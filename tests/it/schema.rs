//! The schema refuses what must never be: each named constraint is broken once.

use sqlx::{AssertSqlSafe, Executor};
use windlass::store::{Migrations, StoreError};
use windlass::testing::toys::Act;

use crate::support::{database, toy};

const A_SCHEDULE_AND_ITS_TICK: &str =
    "insert into windlass.schedules (declared_at, fired_to, version, program, name, cron, zone, kind, missed, overlap)
     values (now(), now(), '{1}', 'p', 's', '* * * * *', 'UTC', 'k', 'latest', 'allow');
     insert into windlass.schedule_ticks (schedule, tick, through, ticks, outcome, reason, recorded_at)
     values ('s', now(), now(), 1, 'skipped', 'test', now())";
const SCHEDULE_OF_NO_NAME: &str =
    "insert into windlass.schedules (declared_at, fired_to, version, program, name, cron, zone, kind, missed, overlap)
     values (now(), now(), '{1}', 'p', '', '* * * * *', 'UTC', 'k', 'latest', 'allow')";

#[tokio::test]
async fn each_constraint_refuses_its_illegal_row() {
    let database = database().await;
    toy(&database, 1, Act::Succeed).await;
    database.pool().execute(A_SCHEDULE_AND_ITS_TICK).await.unwrap();
    let illegal = [
        ("update windlass.jobs set state = 'odd'", "state_is_available_running_blocked_or_parked"),
        ("update windlass.jobs set state = 'running'", "leased_exactly_while_running"),
        ("update windlass.jobs set leased_by = gen_random_uuid()", "leased_exactly_while_running"),
        ("update windlass.jobs set priority = 9", "priority_is_one_to_four"),
        ("update windlass.jobs set failures = max_failures, attempt = 9", "failures_stay_below_their_limit"),
        ("update windlass.jobs set failures = 1", "failures_never_outnumber_attempts"),
        ("update windlass.jobs set queue = ''", "queue_is_a_short_name"),
        ("update windlass.jobs set kind = repeat('k', 65)", "kind_is_a_short_name"),
        ("update windlass.jobs set unique_key = ''", "unique_key_is_short"),
        (
            "update windlass.jobs set args = (select jsonb_agg(gen_random_uuid()) from generate_series(1, 30000))",
            "args_are_small",
        ),
        ("insert into windlass.jobs select * from windlass.jobs", "a_job_is_known_by_queue_and_id"),
        (
            "insert into windlass.history (id, created_at, scheduled_at, ended_at, attempt, failures, queue, kind, outcome)
             select id, now(), now(), now(), 1, 0, queue, kind, 'lost' from windlass.jobs",
            "outcome_is_known",
        ),
        (
            "insert into windlass.attempts (job_id, ended_at, attempt, queue, kind, reason, error)
             select id, now(), 1, queue, kind, 'error', repeat('e', 5000) from windlass.jobs",
            "error_is_cut_to_size",
        ),
        (
            "insert into windlass.dead_letters (id, created_at, scheduled_at, died_at, attempt, failures, max_failures,
                crashes, priority, args_version, queue, kind, reason, error, fingerprint, args, replayed_at)
             select id, now(), now(), now(), 1, 1, 1, 0, 3, 1, queue, kind, 'error', 'e', 'f', '{}', now() from windlass.jobs",
            "a_replay_names_its_job_person_and_reason",
        ),
        (SCHEDULE_OF_NO_NAME, "name_is_short"),
        ("update windlass.schedules set missed = 'all'", "missed_is_skip_latest_or_all"),
        ("update windlass.schedules set overlap = 'wait'", "overlap_is_allow_or_skip"),
        ("update windlass.schedules set last_queue = 'q'", "a_last_job_is_known_by_its_queue"),
        ("insert into windlass.schedules select * from windlass.schedules", "a_schedule_is_known_by_its_name"),
        ("insert into windlass.schedule_ticks select * from windlass.schedule_ticks", "a_tick_comes_once"),
        ("update windlass.schedule_ticks set outcome = 'odd'", "outcome_is_known"),
        ("update windlass.schedule_ticks set outcome = 'fired', reason = null", "a_job_exactly_where_one_was_made"),
        ("update windlass.schedule_ticks set reason = null", "a_tick_without_a_job_has_its_reason"),
        ("update windlass.schedule_ticks set ticks = 2", "a_run_has_its_length"),
    ];
    for (sql, constraint) in illegal {
        let error = database.pool().execute(sqlx::query(AssertSqlSafe(sql))).await.unwrap_err();
        let found = error.as_database_error().and_then(|error| error.constraint()).unwrap_or_default().to_owned();
        assert_eq!(found, constraint, "{sql}: {error}");
    }
}

#[tokio::test]
async fn an_old_schema_is_refused_with_the_command_to_run() {
    let database = database().await;
    let engine = Migrations::engine();
    engine.require(database.pool()).await.unwrap();
    database.pool().execute("delete from windlass.migrations where version > 1").await.unwrap();
    let error = engine.require(database.pool()).await.unwrap_err();
    assert!(matches!(error, StoreError::OldSchema { found: 1, .. }), "{error}");
    assert!(error.to_string().contains("windlass migrate"), "{error}");
}

#[tokio::test]
async fn the_history_has_its_days_ahead_and_drops_the_old_ones() {
    let database = database().await;
    let days = "select count(*) from pg_inherits where inhparent = 'windlass.history'::regclass";
    assert_eq!(crate::support::number(database.pool(), days).await, 5, "today, three ahead, and the default");
    database
        .pool()
        .execute(
            "create table windlass.history_2020_01_01 partition of windlass.history
             for values from ('2020-01-01 00:00+00') to ('2020-01-02 00:00+00')",
        )
        .await
        .unwrap();
    database.store().turn_history(std::time::Duration::from_hours(24)).await.unwrap();
    assert_eq!(crate::support::number(database.pool(), days).await, 5);
}

/// As after an outage of the helpers: the default partition holds rows of days that are yet to be made.
#[tokio::test]
async fn what_ended_without_a_day_is_moved_into_it_once_it_is_made() {
    let database = database().await;
    let db = database.pool();
    for day in 0..4 {
        let name = format!(
            "select format('drop table windlass.%I', to_char(now() at time zone 'utc' + {day} * interval '1 day',
            '\"history_\"YYYY_MM_DD'))"
        );
        let drop: String = sqlx::query_scalar(AssertSqlSafe(name)).fetch_one(db).await.unwrap();
        db.execute(sqlx::query(AssertSqlSafe(drop))).await.unwrap();
    }
    let fill =
        "insert into windlass.history (id, created_at, scheduled_at, ended_at, attempt, failures, queue, kind, outcome)
         select gen_random_uuid(), now(), now(), now() + n * interval '1 day', 1, 0, 'q', 'k', 'completed'
           from generate_series(-9, 2) n";
    db.execute(fill).await.unwrap();
    let in_default = "select count(*) from windlass.history_default";
    assert_eq!(crate::support::number(db, in_default).await, 12);
    database.store().turn_history(std::time::Duration::from_hours(24 * 5)).await.unwrap();
    // Yesterday and further back stay where they are until they are old; older than the retention is gone.
    assert_eq!(crate::support::number(db, in_default).await, 4);
    assert_eq!(crate::support::number(db, "select count(*) from windlass.history").await, 7);
}
