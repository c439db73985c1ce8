//! What a run is asked to do: it is stored with the run, and holds no secret.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::backup::Backup;
use super::mapping::Mapping;
use super::quality::{Limits, Policy};
use super::source::{Cut, Source};
use super::target::Target;

/// What a run does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// Bring rows in.
    Import(Box<Import>),
    /// Compute aggregates anew: their buckets are made dirty, and the ordinary jobs do the work.
    Recompute(Recompute),
    /// Remove what a person, or a reset, asked to be removed.
    Erase {
        /// The request.
        request_id: i64,
    },
    /// Remove what is older than it may be.
    Retention,
    /// Make the first global benchmarks.
    SeedBenchmarks,
    /// Write a table to a file.
    Export(Export),
}

/// An import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Into what.
    pub target: Target,
    /// From where.
    pub source: Source,
    /// How columns become columns; empty: as they are.
    #[serde(default)]
    pub mapping: Mapping,
    /// What bad rows do.
    #[serde(default)]
    pub policy: Policy,
    /// The limits of gate 1.
    #[serde(default)]
    pub limits: Limits,
    /// Later days are in the future.
    pub as_of: DateTime<Utc>,
    /// The source that people belong to, where rows are about people.
    #[serde(default = "people")]
    pub people: String,
    /// The most rows of a chunk.
    #[serde(default = "chunk_rows")]
    pub chunk_rows: u64,
    /// The most bytes of a chunk, but for its last record.
    #[serde(default = "chunk_bytes")]
    pub chunk_bytes: u64,
    /// What one could go back to.
    pub backup: Backup,
}

/// A recomputation of spectrum weeks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recompute {
    /// The first person and the last.
    pub subjects: (i64, i64),
    /// The first day and the last; their weeks and months are computed anew.
    pub days: (NaiveDate, NaiveDate),
    /// How many people a chunk has.
    #[serde(default = "chunk_subjects")]
    pub chunk_subjects: u64,
}

/// An export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// What.
    pub target: Target,
    /// The file, as the workers find it.
    pub path: PathBuf,
}

/// How hard a run may work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pace {
    /// The share of the time it works, above 0 and up to 1.
    pub duty: f64,
    /// How many chunks run at once.
    pub parallel: i32,
    /// It waits while a replica is so many seconds behind.
    pub replication_lag_seconds: f64,
    /// It waits while the oldest job that is due in `queue` has waited so many seconds.
    pub oldest_ready_seconds: f64,
    /// The queue that goes before.
    pub queue: String,
    /// It waits while the machine's load is above this, for each of its processors.
    pub load_per_cpu: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            duty: 1.0,
            parallel: 2,
            replication_lag_seconds: 10.0,
            oldest_ready_seconds: 30.0,
            queue: "analysis".to_owned(),
            load_per_cpu: 16.0,
        }
    }
}

/// What a run is asked to do, and how hard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// What.
    #[serde(flatten)]
    pub op: Op,
    /// How hard.
    #[serde(default)]
    pub pace: Pace,
}

fn people() -> String {
    "import".to_owned()
}

const fn chunk_rows() -> u64 {
    5_000
}

const fn chunk_bytes() -> u64 {
    4 << 20
}

const fn chunk_subjects() -> u64 {
    1_000
}

impl Op {
    /// All of their words.
    pub const WORDS: [&'static str; 6] = ["import", "recompute", "erase", "retention", "seed_benchmarks", "export"];

    /// As stored.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Import(_) => "import",
            Self::Recompute(_) => "recompute",
            Self::Erase { .. } => "erase",
            Self::Retention => "retention",
            Self::SeedBenchmarks => "seed_benchmarks",
            Self::Export(_) => "export",
        }
    }

    /// What no other run may work on meanwhile.
    #[must_use]
    pub fn target(&self) -> String {
        match self {
            Self::Import(import) => import.target.to_string(),
            Self::Recompute(_) => "spectrum".to_owned(),
            Self::Erase { request_id } => format!("erasure {request_id}"),
            Self::Retention => "retention".to_owned(),
            Self::SeedBenchmarks => "benchmarks".to_owned(),
            Self::Export(export) => format!("export of {}", export.target),
        }
    }
}

impl Import {
    /// How the source is cut.
    #[must_use]
    pub const fn cut(&self) -> Cut {
        Cut { rows: self.chunk_rows, bytes: self.chunk_bytes }
    }

    /// What makes two imports the same: the bytes that come in, and what is made of them. Where the file lies, how it is cut
    /// and how fast it goes are no part of it.
    #[must_use]
    pub fn hash(&self, source_sha256: &[u8]) -> Vec<u8> {
        let Self { target, source, mapping, policy, limits, people, .. } = self;
        // A map of values has no order of its own; as JSON its keys stand sorted.
        let parts = serde_json::json!([target, source.format() as u8, mapping, policy, limits, people]);
        let mut hash = Sha256::new();
        hash.update(b"import:1:");
        hash.update(source_sha256);
        hash.update(parts.to_string());
        hash.finalize().to_vec()
    }
}
