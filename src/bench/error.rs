//! Why there is no figure.

use std::time::Duration;

use super::exactly::Miscount;
use crate::client::EnqueueError;
use crate::embedded::EmbeddedError;
use crate::store::StoreError;
use crate::telemetry::ExpositionError;

/// A bench that did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// It needs a database of its own.
    #[error(
        "the role {role:?} may not create a database, and a bench needs one of its own: `alter role {role} createdb`, name another \
         role in DATABASE_URL, or unset it to use a private Postgres"
    )]
    MayNotCreate { role: String },
    /// Two would measure each other.
    #[error("another bench runs on the private server; wait for its end")]
    Another,
    /// The private server.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// A statement of the bench's.
    #[error("the bench's database: {0}")]
    Database(#[from] sqlx::Error),
    /// The engine's tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The producer's door.
    #[error(transparent)]
    Enqueue(#[from] EnqueueError),
    /// Telemetry.
    #[error(transparent)]
    Exposition(#[from] ExpositionError),
    /// A process could not be started or talked to.
    #[error("failed to {what}: {error}")]
    Process { what: &'static str, error: std::io::Error },
    /// A worker process went before its time.
    #[error("a worker process has ended before the bench; its own words stand above")]
    WorkerEnded,
    /// Nothing is worked off any more.
    #[error("no job has ended for {0:?}: {1} of {2} are done")]
    Stuck(Duration, u64, u64),
    /// What must hold whatever the speed.
    #[error(transparent)]
    Miscount(#[from] Miscount),
    /// There is nothing to compare with.
    #[error(
        "pgbench was not found, neither beside PostgreSQL's server programs nor on the search path; it comes with them in most \
         packages (Debian: postgresql, Fedora: postgresql-contrib)"
    )]
    NoPgbench,
    /// It said so itself.
    #[error("pgbench failed: {0}")]
    Pgbench(String),
}

impl BenchError {
    pub(super) fn process(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::Process { what, error }
    }
}
