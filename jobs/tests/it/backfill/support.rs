//! What the tests of backfill share: a spec, a file, a run to its end.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;
use windlass::testing::Database;
use windlass_jobs::backfill::backup::Backup;
use windlass_jobs::backfill::control::{self, Status};
use windlass_jobs::backfill::plan::{self, PlanError, Started};
use windlass_jobs::backfill::source::Source;
use windlass_jobs::backfill::spec::{Import, Op, Pace, Spec};
use windlass_jobs::backfill::target::Target;

use crate::support::run;

pub(crate) const HEADER: &str = "claim_id,seller_id,source,claim_type,event_date,filed_date,resolved_date,marketplace,\
    quantity,amount_cents,evidence_count,prior_claims,label";

/// An import of claims from a CSV file.
pub(crate) fn import(path: &Path) -> Import {
    Import {
        target: Target::Claims,
        source: Source::Csv { path: path.to_owned() },
        mapping: windlass_jobs::backfill::mapping::Mapping::default(),
        policy: windlass_jobs::backfill::quality::Policy::default(),
        limits: windlass_jobs::backfill::quality::Limits::default(),
        as_of: "2026-01-12T06:00:00Z".parse::<DateTime<Utc>>().unwrap(),
        people: "test".to_owned(),
        chunk_rows: 100,
        chunk_bytes: 4 << 20,
        backup: Backup::Snapshot("before".to_owned()),
    }
}

pub(crate) fn spec(import: Import) -> Spec {
    Spec { op: Op::Import(Box::new(import)), pace: Pace { load_per_cpu: 1e9, ..Pace::default() } }
}

pub(crate) async fn start(db: &PgPool, import: Import) -> Result<Started, PlanError> {
    plan::plan(db, spec(import)).await?.start(db).await
}

/// Starts an import and runs it to its end.
pub(crate) async fn imported(database: &Database, import: Import) -> Status {
    let started = start(database.pool(), import).await.unwrap();
    run(database).await;
    let errors: Vec<String> =
        sqlx::query_scalar("select error from windlass.attempts").fetch_all(database.pool()).await.unwrap();
    assert!(errors.is_empty(), "{errors:?}");
    control::status(database.pool(), started.run_id).await.unwrap()
}

pub(crate) fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

/// So many good rows, the same ones each time.
pub(crate) fn claims(count: usize) -> String {
    let mut text = format!("{HEADER}\n");
    for n in 0..count {
        writeln!(text, "{}", claim(n)).unwrap();
    }
    text
}

/// One of them.
pub(crate) fn claim(n: usize) -> String {
    let (label, evidence) =
        if (n * 7919).is_multiple_of(5) { ("non_claimable", n % 4) } else { ("claimable", 2 + n % 6) };
    let source = ["production_log", "historical_event", "seller_record"][n * 31 % 3];
    let kind = ["lost", "damaged", "customer_return", "overcharge", "removal", "other"][n * 17 % 6];
    let (month, day, filed) = (1 + n % 12, 1 + n * 13 % 28, 1 + n * 29 % 28);
    let resolved = if n.is_multiple_of(3) { "" } else { "2026-01-05" };
    let amount = 500 + n * 7907 % 20_000;
    format!(
        "C{n:07},S{:03},{source},{kind},2024-{month:02}-{day:02},2025-{month:02}-{filed:02},{resolved},DE,{},{amount},{evidence},{},{label}",
        n % 40,
        1 + n * 11 % 30,
        n * 3 % 7,
    )
}

pub(crate) async fn count(db: &PgPool, sql: &'static str, run_id: Uuid) -> i64 {
    sqlx::query_scalar(sql).bind(run_id).fetch_one(db).await.unwrap()
}
