//! All of the engine's SQL: one statement a file in `store/sql/`, one call for each. Knows the words, not what a job does.
//!
//! The statements are plain text, not the checking macros: a program that depends on us must not be built against its own
//! `DATABASE_URL`. The test `plans` prepares and plans every file instead.

mod dead_letters;
mod enqueue;
mod error;
mod jobs;
mod migrate;
mod notify;
mod retention;
mod server;
mod sql;
mod worker;

use sqlx::PgPool;

use crate::model::Clock;

pub use dead_letters::{LetterFilter, LetterSummary};
pub use enqueue::enqueue;
pub use error::StoreError;
pub use jobs::{EndedJob, JobFilter, JobRow, JobSummary};
pub use migrate::{Migrations, SchemaState};
#[cfg(feature = "worker")]
pub(crate) use notify::CHANNEL;
pub(crate) use notify::notify;
pub use server::Server;
pub use sql::STATEMENTS;
pub use worker::{Lease, Settled, Settlement, Watermarks, complete};

/// The engine's tables in one database, seen at one clock.
#[derive(Clone, Debug)]
pub struct Store {
    db: PgPool,
    clock: Clock,
}

impl Store {
    /// The tables behind `db`, at the server's own time.
    #[must_use]
    pub fn new(db: PgPool) -> Self {
        Self { db, clock: Clock::Server }
    }

    /// The same tables at another clock; a test's.
    #[must_use]
    pub fn at(self, clock: impl Into<Clock>) -> Self {
        Self { clock: clock.into(), ..self }
    }

    /// The connections it uses.
    #[must_use]
    pub fn db(&self) -> &PgPool {
        &self.db
    }

    /// The clock it is seen at.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}
