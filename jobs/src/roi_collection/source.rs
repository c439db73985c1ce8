//! Where entries come from: a file, a table, the ledger of model costs. Staged as they are read, a batch at a time.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow, PgConnection, PgPool};

use super::entry::{BadRow, Entry, Learner, Tally};
use super::file::{self, Encoding, FileError};
use super::shape::Shape;
use super::staging;
use super::window::Bounds;
use crate::calendar::Zone;

/// A source, as an operator has set it up in `insights.roi_sources`.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Source {
    pub(super) side: String,
    pub(super) format: String,
    pub(super) location: Option<String>,
    pub(super) subject_source: Option<String>,
    pub(super) enabled: bool,
}

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Nobody has set it up.
    #[error("unknown source {0:?}: insights.roi_sources names those there are")]
    Unknown(String),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A relative path would depend on where the worker was started.
    #[error("the location {0} is relative: a source's file is named by its whole path")]
    Relative(PathBuf),
    /// A table.
    #[error("there is no table {0:?} to read entries from")]
    NoTable(String),
    /// Its rows come by themselves.
    #[error("entries of the source {0:?} are recorded by their producer: there is nothing to collect")]
    Recorded(String),
    /// The database's.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl SourceError {
    /// Whether trying again is useless until somebody has changed something.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        !matches!(self, Self::Database(_) | Self::File(FileError::Read { .. }))
    }
}

#[derive(FromRow)]
struct Row {
    entry_id: Option<String>,
    learner_id: Option<String>,
    subject_id: Option<i64>,
    ts: Option<DateTime<Utc>>,
    category: Option<String>,
    amount_micros: Option<i64>,
}

impl Row {
    fn entry(self, shape: Shape) -> Result<Entry, BadRow> {
        let learner = match (self.subject_id, self.learner_id.filter(|id| !id.is_empty())) {
            (Some(subject_id), _) => Learner::Subject(subject_id),
            (None, Some(id)) => Learner::External(id),
            (None, None) => Learner::Nobody,
        };
        shape.checked(Entry {
            learner,
            entry_id: self.entry_id.ok_or(BadRow::Id)?,
            ts: self.ts.ok_or(BadRow::Time)?,
            category: self.category.ok_or(BadRow::Category)?,
            amount_micros: self.amount_micros.ok_or(BadRow::Amount)?,
        })
    }
}

impl Source {
    /// Whether what is read of a window is all there is of it, so that what is gone from it is to be taken back.
    pub(super) fn is_whole(&self) -> bool {
        self.format == "ledger"
    }

    /// Stages what the source holds of a window, on `tx`; reads by a connection of its own.
    pub(super) async fn stage(
        &self,
        db: &PgPool,
        tx: &mut PgConnection,
        name: &str,
        within: &Bounds,
        books: Zone,
    ) -> Result<Tally, SourceError> {
        let shape = if self.side == "finance" { Shape::Totals(books) } else { Shape::Entries };
        staging::begin(tx).await?;
        let location = self.location.as_deref().unwrap_or_default();
        match self.format.as_str() {
            "csv" => self.stage_file(tx, location, Encoding::Csv, shape, within).await,
            "jsonl" => self.stage_file(tx, location, Encoding::JsonLines, shape, within).await,
            "ledger" => Self::stage_rows(db, tx, include_str!("sql/open_ledger.sql"), shape, within).await,
            "table" => {
                let sql = match shape {
                    Shape::Entries => include_str!("sql/open_entries.sql"),
                    Shape::Totals(_) => include_str!("sql/open_totals.sql"),
                };
                let table: Option<String> =
                    sqlx::query_scalar(include_str!("sql/name_table.sql")).bind(location).fetch_one(&mut *tx).await?;
                let table = table.ok_or_else(|| SourceError::NoTable(location.to_owned()))?;
                Self::stage_rows(db, tx, &sql.replace("{table}", &table), shape, within).await
            }
            _ => Err(SourceError::Recorded(name.to_owned())),
        }
    }

    async fn stage_file(
        &self,
        tx: &mut PgConnection,
        location: &str,
        encoding: Encoding,
        shape: Shape,
        within: &Bounds,
    ) -> Result<Tally, SourceError> {
        let path = Path::new(location);
        if !path.is_absolute() {
            return Err(SourceError::Relative(path.to_owned()));
        }
        let mut tally = Tally::default();
        let mut batches = file::read(path.to_owned(), encoding, shape);
        while let Some(batch) = batches.recv().await {
            let place = tally.read;
            let entries = batch?.into_iter().filter_map(|row| tally.admit(row, within)).collect::<Vec<_>>();
            staging::add(tx, place, &entries).await?;
        }
        Ok(tally)
    }

    async fn stage_rows(
        db: &PgPool,
        tx: &mut PgConnection,
        sql: &str,
        shape: Shape,
        within: &Bounds,
    ) -> Result<Tally, SourceError> {
        let mut reading = db.begin().await?;
        sqlx::query("set transaction isolation level repeatable read, read only").execute(&mut *reading).await?;
        let open = sqlx::query(AssertSqlSafe(sql.to_owned())).bind(within.start).bind(within.end);
        match shape {
            Shape::Totals(books) => open.bind(books.tz.name()).execute(&mut *reading).await?,
            Shape::Entries => open.execute(&mut *reading).await?,
        };
        let mut tally = Tally::default();
        loop {
            let rows: Vec<Row> = sqlx::query_as(include_str!("sql/fetch_rows.sql")).fetch_all(&mut *reading).await?;
            if rows.is_empty() {
                return Ok(tally);
            }
            let place = tally.read;
            let entries = rows.into_iter().filter_map(|row| tally.admit(row.entry(shape), within)).collect::<Vec<_>>();
            staging::add(tx, place, &entries).await?;
        }
    }
}
