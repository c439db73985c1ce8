//! Claims of an insurer, by three mappings: the right one; one with a column that is known only after the decision; and the right
//! one without its date formats, as if nobody had noticed that the file writes dates in two ways.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use indicatif::ProgressBar;
use serde::Serialize;
use sqlx::PgPool;
use windlass::cli::CliError;

use super::super::imports;
use super::halves;
use crate::backfill::claims::audit::{Audit, Counts};
use crate::backfill::claims::cv::CrossValidation;
use crate::backfill::control;
use crate::backfill::mapping::Mapping;
use crate::backfill::report::Batch;
use crate::backfill::spec::Import;
use crate::backfill::state::State;
use crate::backfill::target::Target;

/// Its name.
pub(super) const FILE: &str = "prism.csv";
const MAPPING: &str = "prism_mapping.json";
const LEAKY: &str = "prism_mapping_leaky.json";
/// All of them are closed by then; the file does not say when it was written.
const AS_OF: &str = "2019-01-01T00:00:00Z";

/// The figures.
#[derive(Debug, Serialize)]
pub(super) struct InsurerFigures {
    as_of: NaiveDate,
    mapped: Batch,
    splits: BTreeMap<String, Counts>,
    cv: Option<CrossValidation>,
    audit: Audit,
    audit_leaky: Audit,
    without_date_formats: Batch,
}

pub(super) async fn run(folder: &Path, db: &PgPool, bar: &ProgressBar) -> Result<InsurerFigures, CliError> {
    let as_of: DateTime<Utc> = AS_OF.parse()?;
    let path = folder.join(FILE);
    let (mapping, leaky) = (read(&folder.join(MAPPING))?, read(&folder.join(LEAKY))?);
    let import =
        |mapping: &Mapping| Import { mapping: mapping.clone(), ..imports::csv(Target::Claims, path.clone(), as_of) };
    let mapped = judge(db, import(&mapping), bar).await?;
    judge(db, import(&leaky), bar).await?;
    let undated = judge(db, import(&mapping.without_formats()), bar).await?;
    let day = as_of.date_naive();
    Ok(InsurerFigures {
        as_of: day,
        splits: mapped.together.clone().map(|together| together.splits).unwrap_or_default(),
        cv: mapped.cv.clone(),
        audit: halves::audit_of(&path, &mapping, day)?,
        audit_leaky: halves::audit_of(&path, &leaky, day)?,
        mapped: mapped.alone(),
        without_date_formats: undated.alone(),
    })
}

/// What is said of the file under a mapping. Whatever came in is taken out again.
async fn judge(db: &PgPool, import: Import, bar: &ProgressBar) -> Result<Batch, CliError> {
    let status = imports::run(db, import, bar).await?;
    let report = control::report(db, status.run_id).await?;
    if status.state == State::Done {
        control::revert(db, status.run_id).await?;
    }
    let why = || CliError::failed(format!("{FILE}: {}", status.failure.unwrap_or_default()));
    Ok(serde_json::from_value(report.ok_or_else(why)?)?)
}

fn read(path: &Path) -> Result<Mapping, CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::failed(format!("{}: {error}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
    serde_json::from_str(&text).map_err(|error| failed(&error))
}

impl InsurerFigures {
    pub(super) fn said(&self) -> String {
        let leak = if self.audit_leaky.pass { "no leak found" } else { "the leaky mapping refused" };
        format!("{} claims of an insurer judged, {leak}", self.mapped.rows_read)
    }
}
