//! The weekly pass of the spectrum.

use std::time::Instant;

use sqlx::PgPool;
use windlass::{Client, JobExt, WorkerOptions, WorkerPool};
use windlass_jobs::{Deps, WeeklyAggregation};

use crate::support::{durable_database, number};

const PEOPLE: i64 = 100_000;
const WEEKS: i32 = 8;
const LEFT: &str =
    "select count(*) from insights.dirty_buckets where dirty_seq > computed_seq and scope ~ '^spectrum_[wm]'";

/// People with two days in each of eight weeks, all of whose weeks and months are open.
async fn people(db: &PgPool) {
    for sql in [
        "insert into insights.subjects (source, external_id, enrolled_at)
         select 'scale', n::text, now() from generate_series(1, $1) n",
        "insert into insights.spectrum_daily
         select p.subject_id, '2026-03-02'::date + 7 * week + day, 1, 5, 0, 0, 1, 8, 8 * v, 8 * v * v, 3, 4, 1, v, v,
                array[1, 2, 0, 0, 3, 0, 1, 1]::float8[], array[0, 1, 0, 0, 0, 0, 0]
           from insights.subjects p, generate_series(0, $2 - 1) week, generate_series(1, 4, 3) day,
                lateral (select sin(p.subject_id * 7 + week * 3 + day) as v) as value
          where $1 > 0",
        "insert into insights.dirty_buckets (scope, key, bucket, due_at)
         select distinct scope, d.subject_id, bucket, now()
           from insights.spectrum_daily d,
                lateral (values ('spectrum_week', date_trunc('week', d.local_date)::date),
                                ('spectrum_month', date_trunc('month', d.local_date)::date)) as b (scope, bucket)
          where $1 > $2",
    ] {
        sqlx::query(sql).bind(PEOPLE).bind(WEEKS).execute(db).await.unwrap();
    }
    sqlx::raw_sql("analyze insights.subjects, insights.spectrum_daily, insights.dirty_buckets")
        .execute(db)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement of minutes"]
async fn the_weekly_pass_over_a_hundred_thousand_people() {
    let database = durable_database().await;
    let db = database.pool();
    people(db).await;
    let (buckets, weeks) = (number(db, LEFT).await, PEOPLE * i64::from(WEEKS));
    for pass in ["first", "again"] {
        if pass == "again" {
            let sql = "update insights.dirty_buckets set dirty_seq = dirty_seq + 1 where scope ~ '^spectrum_[wm]'";
            sqlx::query(sql).execute(db).await.unwrap();
        }
        let started = Instant::now();
        let dispatch = WeeklyAggregation::dispatch("2100-01-01T00:00:00Z".parse().unwrap()).unique(pass);
        Client::new(db.clone()).enqueue(db, dispatch).await.unwrap();
        WorkerPool::new(database.store(), windlass_jobs::registry(), Deps::default())
            .options(WorkerOptions { default_slots: 2, ..WorkerOptions::default() })
            .run(async {
                while number(db, LEFT).await > 0 {
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
            })
            .await
            .unwrap();
        let seconds = started.elapsed().as_secs_f64();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "counts")]
        let (per_second, weeks_per_second) = (buckets as f64 / seconds, weeks as f64 / seconds);
        println!(
            "{pass}: {buckets} buckets ({weeks} weeks) in {seconds:.1} s: {per_second:.0} buckets/s, {weeks_per_second:.0} weeks/s; {peak}"
        );
        assert_eq!(
            number(db, "select count(*) from insights.spectrum_weekly where valence_ema is not null").await,
            weeks
        );
    }
}
