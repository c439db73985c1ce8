//! Files of the demo on their way in: planned, run in chunks by the workers, waited for.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use indicatif::ProgressBar;
use sqlx::PgPool;
use windlass::cli::CliError;

use crate::backfill::backup::Backup;
use crate::backfill::control::{self, Status};
use crate::backfill::mapping::Mapping;
use crate::backfill::plan::plan;
use crate::backfill::quality::{Limits, Policy};
use crate::backfill::source::Source;
use crate::backfill::spec::{Import, Op, Pace, Spec};
use crate::backfill::state::State;
use crate::backfill::target::Target;

/// How often it is asked how far a run is.
const LOOK: Duration = Duration::from_millis(50);
/// Rows of a chunk: so few that even a small file has several.
const CHUNK_ROWS: u64 = 1_000;

/// An import of a CSV file as it is.
pub(super) fn csv(target: Target, path: PathBuf, as_of: DateTime<Utc>) -> Import {
    Import {
        target,
        source: Source::Csv { path },
        mapping: Mapping::default(),
        policy: Policy::default(),
        limits: Limits::default(),
        as_of,
        people: "demo".to_owned(),
        chunk_rows: CHUNK_ROWS,
        chunk_bytes: 4 << 20,
        // What a demo brings in, a demo takes out.
        backup: Backup::Snapshot("demo".to_owned()),
    }
}

/// An import of a CSV file about people of this source.
pub(super) fn of_people(target: Target, path: PathBuf, as_of: DateTime<Utc>, people: &str) -> Import {
    Import {
        people: people.to_owned(),
        // Whoever has no exam has no days to it: cells that may be missing are no flaw of these files.
        limits: Limits { missing: f64::MAX, quality: 0.5, ..Limits::default() },
        ..csv(target, path, as_of)
    }
}

/// Runs an import to its end, good or not.
pub(super) async fn run(db: &PgPool, mut import: Import, bar: &ProgressBar) -> Result<Status, CliError> {
    if let Source::Csv { path } | Source::Jsonl { path } = &mut import.source {
        *path = std::path::absolute(&path)?;
    }
    let pace = Pace { load_per_cpu: f64::MAX, oldest_ready_seconds: f64::MAX, ..Pace::default() };
    let started = plan(db, Spec { op: Op::Import(Box::new(import)), pace }).await?.start(db).await?;
    let before = bar.position();
    loop {
        let status = control::status(db, started.run_id).await?;
        bar.set_position(before + status.rows_done);
        if status.state.is_final() {
            return Ok(status);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Runs an import that must go through.
pub(super) async fn through(db: &PgPool, import: Import, bar: &ProgressBar) -> Result<Status, CliError> {
    let status = run(db, import, bar).await?;
    match status.state {
        State::Done => Ok(status),
        state => {
            let why = status.failure.unwrap_or_default();
            Err(CliError::failed(format!("the import of {} is {state}: {why}; run {}", status.target, status.run_id)))
        }
    }
}
