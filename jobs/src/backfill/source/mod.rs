//! Where rows come from: a CSV or JSONL file, or a table of another Postgres. A source is surveyed once, from its first byte to
//! its last, and cut into pieces at the borders of records; a piece is read again when its chunk runs, and must be what it was.

pub mod file;
pub mod postgres;
pub mod records;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::mapping::MappingError;

/// The longest record, in bytes. A quote that is never closed would otherwise swallow the file.
pub const LONGEST_RECORD: u64 = 1 << 20;

/// A source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// A file of comma-separated values under a header.
    Csv {
        /// Where the workers find it.
        path: PathBuf,
    },
    /// A file with a JSON object a line.
    Jsonl {
        /// Where the workers find it.
        path: PathBuf,
    },
    /// A table, opened read-only.
    Postgres {
        /// The name of its database: the URL stands in the environment, as `WINDLASS_SOURCE_<NAME>`.
        dsn: String,
        /// The table, with its schema if need be.
        table: String,
        /// A column that is unique and not null; rows are read in its order.
        key: String,
    },
}

/// How a source's records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// A JSON object a line.
    Json,
}

/// A piece of a source: whole records, and no other piece's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its place.
    pub seq: i32,
    /// Its bytes, of a file: from the first to before the second.
    pub bytes: Option<(i64, i64)>,
    /// Its keys, of a table: after the first and up to the second.
    pub keys: Option<(Option<String>, String)>,
    /// The number of its first row, from 1.
    pub first_row: i64,
    /// How many rows it has.
    pub rows: i64,
    /// What it holds.
    pub sha256: Vec<u8>,
}

/// What a survey found.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The columns.
    pub header: Vec<String>,
    /// All bytes of the source.
    pub bytes: u64,
    /// All rows.
    pub rows: u64,
    /// Rows that have not as many fields as the header, or are no objects.
    pub malformed: u64,
    /// Of all bytes.
    pub sha256: [u8; 32],
    /// The pieces, which tile the rows.
    pub pieces: Vec<Piece>,
    /// Whether the last record is closed by a line end: a file that was cut off is not.
    pub whole: bool,
}

/// How large a piece may become.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Why a source cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// It cannot be opened or read.
    #[error("failed to read {path}: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It has no rows.
    #[error("{0} has no rows")]
    Empty(String),
    /// It is written in an encoding that is not UTF-8.
    #[error("{path} is not UTF-8 but {encoding}; convert it, for example with iconv -f {encoding} -t UTF-8")]
    Encoding {
        /// The file.
        path: String,
        /// What it seems to be.
        encoding: &'static str,
    },
    /// A record has no end.
    #[error("the record that begins at row {row} of {path} is longer than 1 MiB: is a quote never closed?")]
    Endless {
        /// The file.
        path: String,
        /// The row, from 1.
        row: u64,
    },
    /// Most rows cannot be read at all.
    #[error("{malformed} of {rows} rows of {path} are malformed, more than half: is it another format or separator?")]
    MostlyMalformed {
        /// The source.
        path: String,
        /// How many.
        malformed: u64,
        /// Of how many.
        rows: u64,
    },
    /// The header does not fit.
    #[error(transparent)]
    Header(#[from] MappingError),
    /// It is not what it was when it was surveyed.
    #[error("the source has changed since the run was planned (chunk {seq} is another); start a run of what it is now")]
    Changed {
        /// Where it was noticed.
        seq: i32,
    },
    /// The name of a database that the environment does not know.
    #[error("the source database {name:?} has no URL: set {variable} where the workers run")]
    UnknownDsn {
        /// The name.
        name: String,
        /// What to set.
        variable: String,
    },
    /// A table, column or name that cannot be.
    #[error("{0:?} is no name of a table, column or database: letters, digits and _ only, a table also schema.table")]
    BadName(String),
    /// The other database refused or was away. Its own words may quote rows, so only its code is said.
    #[error("the source database failed: {0}")]
    Database(String),
}

impl SourceError {
    /// Whether trying again may help.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Database(_) | Self::Unreadable { .. })
    }
}

impl Source {
    /// How its records are written.
    #[must_use]
    pub const fn format(&self) -> Format {
        match self {
            Self::Csv { .. } => Format::Csv,
            Self::Jsonl { .. } | Self::Postgres { .. } => Format::Json,
        }
    }

    /// As one may show it.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Csv { path } | Self::Jsonl { path } => path.display().to_string(),
            Self::Postgres { dsn, table, .. } => format!("{table} of {dsn}"),
        }
    }

    /// Reads it from end to end and cuts it.
    ///
    /// # Errors
    ///
    /// [`SourceError`].
    pub async fn survey(&self, cut: Cut) -> Result<Survey, SourceError> {
        let survey = match self {
            Self::Csv { path } | Self::Jsonl { path } => {
                let (path, format) = (path.clone(), self.format());
                let stopped = |error: crate::apart::Stopped| SourceError::Database(error.to_string());
                crate::apart::apart(move || file::survey(&path, format, cut)).await.map_err(stopped)??
            }
            Self::Postgres { dsn, table, key } => postgres::survey(dsn, table, key, cut).await?,
        };
        let Survey { rows, malformed, .. } = survey;
        if rows == 0 {
            return Err(SourceError::Empty(self.shown()));
        }
        if malformed * 2 > rows {
            return Err(SourceError::MostlyMalformed { path: self.shown(), malformed, rows });
        }
        Ok(survey)
    }

    /// Reads a piece again.
    ///
    /// # Errors
    ///
    /// [`SourceError::Changed`] if it is not what it was.
    pub async fn read(&self, piece: &Piece) -> Result<Vec<u8>, SourceError> {
        let bytes = match self {
            Self::Csv { path } | Self::Jsonl { path } => file::read(path, piece).await?,
            Self::Postgres { dsn, table, key } => postgres::read(dsn, table, key, piece).await?,
        };
        if Sha256::digest(&bytes)[..] == piece.sha256[..] {
            Ok(bytes)
        } else {
            Err(SourceError::Changed { seq: piece.seq })
        }
    }
}
