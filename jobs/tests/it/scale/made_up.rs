//! Learners that a seed makes up: the same ones for the same seed.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use windlass_jobs::learners::{self, Item};

const SEED: i64 = 20_261_121;
const BATCH: i64 = 20_000;

/// Learners with a few sessions each in the 90 days before `as_of`.
pub(super) async fn make_up(db: &PgPool, learners: i64, as_of: DateTime<Utc>) {
    let mut connection = db.acquire().await.unwrap();
    let names = |kind: &str, n: i32| (0..n).map(|i| format!("{kind}{i:02}")).collect::<Vec<_>>();
    for (item, names) in [
        (Item::Domain, names("d", 6)),
        (Item::Capability, names("c", 48)),
        (Item::Topic, names("t", 48)),
        (Item::Objective, names("o", 8)),
    ] {
        learners::add_items(&mut connection, item, &names).await.unwrap();
    }
    let spot = |i: i32| [0.2, 0.4, 0.6, 0.8].map(|x: f64| (x + 0.17 * f64::from(i)).fract());
    let cohorts: Vec<_> = (0..5).map(|i| (format!("cohort {i}"), spot(i))).collect();
    learners::add_cohorts(&mut connection, &cohorts).await.unwrap();
    let workflows: Vec<_> = (0..12).map(|i| (format!("workflow {i}"), spot(3 * i))).collect();
    learners::add_workflows(&mut connection, &workflows).await.unwrap();
    sqlx::query("select insights.make_month($1::timestamptz::date - 14 * back) from generate_series(0, 8) as t (back)")
        .bind(as_of)
        .execute(&mut *connection)
        .await
        .unwrap();
    for first in (1..=learners).step_by(usize::try_from(BATCH).unwrap()) {
        for statement in [include_str!("sql/make_learners.sql"), include_str!("sql/make_interactions.sql")] {
            sqlx::query(statement)
                .bind(first)
                .bind((first + BATCH - 1).min(learners))
                .bind(as_of)
                .bind(SEED)
                .execute(&mut *connection)
                .await
                .unwrap();
        }
    }
    for table in ["subjects", "learners", "interactions"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("vacuum analyze insights.{table}"))).execute(db).await.unwrap();
    }
}
