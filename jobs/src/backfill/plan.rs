//! What a run would do, found out without changing anything; and its start.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;
use windlass::Client;

use super::backup::{BackupError, hex};
use super::life::{self, GoOnError};
use super::mapping::MappingError;
use super::quality::Tally;
use super::source::records::Columns;
use super::source::{Piece, SourceError, Survey};
use super::spec::{Import, Op, Pace, Spec};
use super::state::State;
use super::store::{self, NewRun};
use crate::apart::apart;

/// How many times its source an import may take on the database's disk: staging, table, indexes, log.
const TIMES_THE_SOURCE: u64 = 6;

/// A run that could be started.
#[derive(Debug)]
pub struct Plan {
    spec: Spec,
    spec_hash: Vec<u8>,
    survey: Option<Survey>,
    pieces: Vec<Piece>,
    outline: Outline,
}

/// What a plan shows.
#[derive(Clone, Debug, Serialize)]
pub struct Outline {
    /// What it does.
    pub op: &'static str,
    /// On what.
    pub target: String,
    /// From where.
    pub source: Option<String>,
    /// The SHA-256 of the source, in hexadecimal.
    pub source_sha256: Option<String>,
    /// The source's bytes.
    pub bytes: Option<u64>,
    /// The source's rows.
    pub rows: u64,
    /// How many of them cannot be read at all.
    pub malformed: u64,
    /// In how many chunks.
    pub chunks: usize,
    /// The rows of the first chunk that would stay behind, by reason; duplicates show only when all rows are there.
    pub first_chunk: Vec<(String, u64)>,
    /// What one could go back to.
    pub backup: Option<String>,
    /// The run of the same source and mapping, if there is one: nothing would be started.
    pub same_run: Option<Uuid>,
    /// What to think of before.
    pub warnings: Vec<String>,
}

/// Why a run cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The source.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The mapping.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The duty or the number of chunks at once cannot be.
    #[error("{0}")]
    Pace(&'static str),
    /// The chunks cannot be.
    #[error("a chunk has at least one row, and 1 to 67108864 bytes")]
    ChunkSize,
    /// Another run works on the target.
    #[error(
        "run {run_id} works on {target} already and is {state}: wait for it, or `windlass backfill cancel {run_id}`"
    )]
    Busy {
        /// Which.
        run_id: Uuid,
        /// Its state.
        state: State,
        /// On what.
        target: String,
    },
    /// The database's disk is too small.
    #[error("the database's disk has {free} bytes free, and the run may take {needed}: make room first")]
    DiskFull {
        /// What is free.
        free: u64,
        /// What may be needed.
        needed: u64,
    },
    /// The operation is not there.
    #[error("this program cannot {0} that target")]
    NotThere(&'static str),
    /// An export's folder is not there.
    #[error("the folder of {0} is not there")]
    NoFolder(String),
    /// Work on another thread did not end.
    #[error("reading {0}")]
    Stopped(String),
    /// The database refused or was away.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The run could not be set going.
    #[error(transparent)]
    GoOn(#[from] GoOnError),
}

/// How a start ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Started {
    /// The run.
    pub run_id: Uuid,
    /// Whether it is new: the same source with the same mapping is the same run.
    pub new: bool,
}

/// Starts the run that works on a request to erase, in the transaction that made the request. Where one works on it already, that
/// is answered. Commit with [`Client::commit`].
///
/// # Errors
///
/// [`PlanError`].
pub async fn start_erasure(tx: &mut PgConnection, client: &Client, request_id: i64) -> Result<Uuid, PlanError> {
    let spec = Spec { op: Op::Erase { request_id }, pace: Pace::default() };
    match Plan::of_act(spec).start_in(tx, client).await {
        Err(PlanError::Busy { run_id, .. }) => Ok(run_id),
        started => started.map(|started| started.run_id),
    }
}

/// Starts the run that removes what is older than it may be. Commit with [`Client::commit`].
pub(super) async fn start_retention(tx: &mut PgConnection, client: &Client) -> Result<Uuid, PlanError> {
    let spec = Spec { op: Op::Retention, pace: Pace::default() };
    Ok(Plan::of_act(spec).start_in(tx, client).await?.run_id)
}

/// Finds out what a run would do. It reads the whole source, and the backup; it writes nothing.
///
/// # Errors
///
/// [`PlanError`]: what stands in its way.
pub async fn plan(db: &PgPool, spec: Spec) -> Result<Plan, PlanError> {
    if !(spec.pace.duty > 0.0 && spec.pace.duty <= 1.0) {
        return Err(PlanError::Pace("the duty is a share of the time: above 0 and at most 1"));
    }
    if !(1..=64).contains(&spec.pace.parallel) {
        return Err(PlanError::Pace("1 to 64 chunks may run at once"));
    }
    let Op::Import(import) = &spec.op else {
        check(&spec.op)?;
        return Ok(Plan::of_act(spec));
    };
    let mut outline = Outline::of(&spec.op);
    let survey = import_preflight(db, import, &mut outline).await?;
    let spec_hash = import.hash(&survey.sha256);
    let same: Option<(Uuid, String, bool)> = sqlx::query_as(include_str!("sql/find_same_run.sql"))
        .bind(&spec_hash)
        .bind(&outline.target)
        .fetch_optional(db)
        .await?;
    outline.same_run = same.and_then(|(run_id, _, same)| same.then_some(run_id));
    let pieces = survey.pieces.clone();
    Ok(Plan { spec, spec_hash, survey: Some(survey), pieces, outline })
}

/// Whether an act can be done at all.
fn check(op: &Op) -> Result<(), PlanError> {
    match op {
        Op::Export(export) if export.target.statements().export.is_none() => Err(PlanError::NotThere("export")),
        Op::Export(export) => match export.path.parent() {
            Some(folder) if folder.is_dir() => Ok(()),
            _ => Err(PlanError::NoFolder(export.path.display().to_string())),
        },
        _ => Ok(()),
    }
}

async fn import_preflight(db: &PgPool, import: &Import, outline: &mut Outline) -> Result<Survey, PlanError> {
    if import.chunk_rows == 0 || !(1..=64 << 20).contains(&import.chunk_bytes) {
        return Err(PlanError::ChunkSize);
    }
    let backup = import.backup.clone();
    apart(move || backup.verify()).await.map_err(|stopped| PlanError::Stopped(stopped.to_string()))??;
    let survey = import.source.survey(import.cut()).await?;
    let (format, table) = (import.source.format(), import.target.table());
    let columns = Columns::bind(format, &import.mapping, table, &survey.header)?;
    outline.source = Some(import.source.shown());
    outline.source_sha256 = Some(hex(&survey.sha256));
    outline.backup = Some(import.backup.shown());
    (outline.bytes, outline.rows, outline.malformed) = (Some(survey.bytes), survey.rows, survey.malformed);
    outline.chunks = survey.pieces.len();
    if let Some(first) = survey.pieces.first() {
        let mut tally = Tally::default();
        for record in columns.check(&import.source.read(first).await?, table, import.as_of.date_naive()) {
            tally.add(record.row.reasons, 1);
        }
        outline.first_chunk = tally.by_reason().iter().map(|(reason, n)| (reason.as_str().to_owned(), *n)).collect();
    }
    if !survey.whole {
        outline.warnings.push("the last line has no end: was the file cut off while it was written?".to_owned());
    }
    if import.target.statements().revert.is_none() {
        outline
            .warnings
            .push("what this target takes in can be taken out by the backup only, not by revert".to_owned());
    }
    outline.warnings.extend(room(free_bytes(db).await?, survey.bytes)?);
    Ok(survey)
}

/// Whether what is free is enough for a source of so many bytes; where nobody knows, a warning.
fn room(free: Option<u64>, bytes: u64) -> Result<Option<String>, PlanError> {
    let needed = bytes.saturating_mul(TIMES_THE_SOURCE);
    match free {
        Some(free) if free < needed => Err(PlanError::DiskFull { free, needed }),
        Some(_) => Ok(None),
        None => Ok(Some(format!("the database's disk cannot be seen from here: it may take {needed} bytes"))),
    }
}

/// What is free where the database lies, if that is this machine and we may know.
async fn free_bytes(db: &PgPool) -> Result<Option<u64>, sqlx::Error> {
    let folder: Option<String> =
        sqlx::query_scalar(include_str!("sql/data_directory.sql")).fetch_optional(db).await?.flatten();
    let stat = folder.and_then(|folder| rustix::fs::statvfs(Path::new(&folder)).ok());
    Ok(stat.map(|stat| stat.f_bavail.saturating_mul(stat.f_frsize)))
}

impl Outline {
    fn of(op: &Op) -> Self {
        Self {
            op: op.as_str(),
            target: op.target(),
            source: None,
            source_sha256: None,
            bytes: None,
            rows: 0,
            malformed: 0,
            chunks: 0,
            first_chunk: Vec::new(),
            backup: None,
            same_run: None,
            warnings: Vec::new(),
        }
    }
}

impl Plan {
    /// Of an act over what is there. It may be done as often as one likes: only an import is the same run as another one.
    fn of_act(spec: Spec) -> Self {
        let (outline, spec_hash) = (Outline::of(&spec.op), Uuid::now_v7().as_bytes().to_vec());
        Self { spec, spec_hash, survey: None, pieces: Vec::new(), outline }
    }

    /// What it shows.
    #[must_use]
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// Starts the run: it is made with its chunks, and the first of them are enqueued.
    ///
    /// # Errors
    ///
    /// [`PlanError::Busy`] while another run works on the target.
    pub async fn start(&self, db: &PgPool) -> Result<Started, PlanError> {
        let client = Client::new(db.clone());
        let mut tx = db.begin().await?;
        let started = self.start_in(&mut tx, &client).await?;
        client.commit(tx).await?;
        Ok(started)
    }

    async fn start_in(&self, tx: &mut PgConnection, client: &Client) -> Result<Started, PlanError> {
        let run_id = Uuid::now_v7();
        let backup = self.outline.backup.clone();
        let (spec, pieces) = (&self.spec, self.pieces.as_slice());
        let new = NewRun { run_id, spec, spec_hash: &self.spec_hash, survey: self.survey.as_ref(), pieces, backup };
        if let Some(other) = store::insert(tx, &new).await? {
            return if other.same {
                Ok(Started { run_id: other.run_id, new: false })
            } else {
                let target = self.spec.op.target();
                Err(PlanError::Busy { run_id: other.run_id, state: other.state, target })
            };
        }
        let run = store::lock(tx, run_id).await?.ok_or(sqlx::Error::RowNotFound)?;
        life::go_on(tx, client, &run, Duration::ZERO).await?;
        Ok(Started { run_id, new: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_too_small_is_refused_and_one_that_nobody_sees_is_a_warning() {
        assert!(matches!(room(Some(599), 100), Err(PlanError::DiskFull { free: 599, needed: 600 })));
        assert_eq!(room(Some(600), 100).unwrap(), None);
        assert!(room(None, 100).unwrap().unwrap().contains("may take 600 bytes"));
        assert!(room(Some(u64::MAX - 1), u64::MAX).is_err());
    }
}
