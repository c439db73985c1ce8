//! The demo's claims: what is there already, then each batch by itself beside it. A batch is judged and taken out again, so that
//! the next one meets what the first did.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use indicatif::ProgressBar;
use serde::Serialize;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;
use windlass::cli::CliError;

use super::{file, imports};
use crate::backfill::control::{self, Status};
use crate::backfill::report::Batch;
use crate::backfill::state::State;
use crate::backfill::target::Target;

/// The batch that the others meet, and those, in their order.
const EXISTING: &str = "existing";
const BATCHES: [&str; 2] = ["clean", "dirty"];

/// A folder's claims.
#[derive(Clone, Debug)]
pub(super) struct Claims {
    folder: PathBuf,
    as_of: DateTime<Utc>,
}

/// What came of them.
#[derive(Debug, Default)]
pub(super) struct Judged {
    batches: BTreeMap<&'static str, Batch>,
    quarantine: Vec<Bad>,
}

/// A row that stayed behind.
#[derive(Debug, Serialize, FromRow)]
struct Bad {
    file: String,
    row: i64,
    claim_id: Option<String>,
    reasons: String,
}

impl Claims {
    /// A folder's, if it has any.
    pub(super) fn of(folder: &Path, as_of: DateTime<Utc>) -> Option<Self> {
        let found = [EXISTING].iter().chain(&BATCHES).any(|name| path(folder, name).exists());
        found.then(|| Self { folder: folder.to_owned(), as_of })
    }

    /// Brings them in, judges them, takes them out.
    pub(super) async fn judge(&self, db: &PgPool, bar: &ProgressBar) -> Result<Judged, CliError> {
        let mut judged = Judged::default();
        let existing = self.batch(db, EXISTING, bar).await?;
        if let Some((_, batch)) = &existing {
            judged.batches.insert(EXISTING, batch.clone().alone());
        }
        for name in BATCHES {
            if let Some((status, batch)) = self.batch(db, name, bar).await? {
                judged.quarantine.extend(quarantined(db, status.run_id, name).await?);
                judged.batches.insert(name, batch);
                take_out(db, &status).await?;
            }
        }
        if let Some((status, _)) = existing {
            take_out(db, &status).await?;
        }
        Ok(judged)
    }

    async fn batch(&self, db: &PgPool, name: &str, bar: &ProgressBar) -> Result<Option<(Status, Batch)>, CliError> {
        let path = path(&self.folder, name);
        if !path.exists() {
            return Ok(None);
        }
        let status = imports::run(db, imports::csv(Target::Claims, path, self.as_of), bar).await?;
        let report = control::report(db, status.run_id).await?;
        let batch = report.map(serde_json::from_value::<Batch>).transpose()?;
        let why = || status.failure.clone().unwrap_or_else(|| "it was not judged".to_owned());
        let batch = batch.ok_or_else(|| CliError::failed(format!("claims_{name}.csv: {}", why())))?;
        Ok(Some((status, batch)))
    }
}

impl Judged {
    /// Rows that were read, and that stayed behind.
    pub(super) fn rows(&self) -> (u64, u64) {
        self.batches.values().fold((0, 0), |(read, bad), batch| (read + batch.rows_read, bad + batch.quarantined))
    }

    /// Writes `claims.json` and `claims_quarantine.csv`.
    pub(super) fn write(&self, out: &Path) -> Result<(), CliError> {
        file::json(out, "claims.json", &self.batches)?;
        file::csv(out, "claims_quarantine.csv", &["file", "row", "claim_id", "reasons"], &self.quarantine)
    }
}

fn path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("claims_{name}.csv"))
}

async fn quarantined(db: &PgPool, run_id: Uuid, name: &str) -> Result<Vec<Bad>, sqlx::Error> {
    let file = format!("claims_{name}.csv");
    sqlx::query_as(include_str!("sql/quarantined.sql")).bind(run_id).bind(file).fetch_all(db).await
}

/// Takes out what a run brought, if it brought anything.
async fn take_out(db: &PgPool, status: &Status) -> Result<(), CliError> {
    if status.state == State::Done {
        control::revert(db, status.run_id).await?;
    }
    Ok(())
}
