//! All of the engine's SQL: one statement a file in `store/sql/`, one call for each. Knows the words, not what a job does.
//!
//! The statements are plain text, not the checking macros: a program that depends on us must not be built against its own
//! `DATABASE_URL`. The test `plans` prepares and plans every file instead.

mod audit;
mod claim;
mod controls;
mod dead_letters;
mod enqueue;
mod error;
mod forget;
mod groups;
mod jobs;
mod kept;
mod line;
mod migrate;
mod notify;
mod overview;
mod pooler;
mod prune;
#[cfg(feature = "worker")]
mod replay_step;
mod replays;
mod retention;
#[cfg(feature = "worker")]
mod sample;
#[cfg(feature = "worker")]
mod schedules;
mod server;
mod settle;
mod sql;
#[cfg(feature = "worker")]
mod suspect;
mod tokens;
mod worker;

use std::time::{Duration, Instant};

use sqlx::PgPool;

use crate::model::Clock;
use crate::telemetry;
use kept::Kept;
use line::{Doubt, Line, own_connections};

pub use audit::{AuditFilter, Deed};
pub use claim::{Ask, Claimed, Watermarks};
pub use controls::{HeldUp, Notices, Target};
pub use dead_letters::{LetterEdit, LetterFilter, LetterSummary, SetAside};
pub(crate) use enqueue::check;
pub use enqueue::{Answer, enqueue};
pub use error::StoreError;
pub use groups::GroupChange;
pub use jobs::{EndedJob, JobFilter, JobRow, JobSummary};
pub use line::guard;
#[cfg(feature = "cli")]
pub(crate) use line::limit_session;
pub use migrate::{Migrations, SchemaState};
#[cfg(feature = "worker")]
pub(crate) use notify::CHANNEL;
pub(crate) use notify::notify;
#[cfg(feature = "worker")]
pub(crate) use notify::ping;
pub use overview::{Depth, Flow, WorkerRow};
pub use pooler::{Pooling, pooling};
pub use prune::Retention;
pub use replays::Move;
#[cfg(feature = "worker")]
pub use schedules::{Fate, Plan, ScheduleRow, ScheduleSummary, Tick};
pub use server::{Server, Upkeep};
pub use settle::{Settled, Settlement, complete};
pub(crate) use settle::{report_progress, save_checkpoint};
pub use sql::STATEMENTS;
pub use tokens::{NewToken, TokenRow, TokenSummary};
pub use worker::{Condemned, HeldRow, Lease};

/// How long an answer of the database is waited for where a loop depends on it.
pub(crate) const ANSWER: Duration = Duration::from_secs(10);

/// Waits for an answer, but not for ever: a connection that was cut in silence would hold its loop up for hours.
///
/// # Errors
///
/// [`StoreError::NoAnswer`]; then it is unknown whether the statement counted.
pub async fn answered<T>(asked: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(ANSWER, asked).await.unwrap_or(Err(StoreError::NoAnswer))
}

/// Counts how long the database takes to answer, and how it fails.
pub(crate) fn observed<T>(
    op: &'static str,
    asked: impl Future<Output = Result<T, StoreError>>,
) -> impl Future<Output = Result<T, StoreError>> {
    // Statements' futures are large, and this one stands inside others.
    let asked = Box::pin(asked);
    async move {
        let started = Instant::now();
        let answer = asked.await;
        telemetry::asked(op, started.elapsed(), answer.as_ref().err().and_then(StoreError::class).as_deref());
        answer
    }
}

/// The same for an answer that is not waited for for ever.
#[cfg(feature = "worker")]
pub(crate) fn measured<T>(
    op: &'static str,
    asked: impl Future<Output = Result<T, StoreError>>,
) -> impl Future<Output = Result<T, StoreError>> {
    observed(op, answered(asked))
}

/// The engine's tables in one database, seen at one clock.
#[derive(Clone, Debug)]
pub struct Store {
    db: PgPool,
    clock: Clock,
    doubt: Doubt,
    /// How long a settlement waits for a lock, where that is not the limit of its connection.
    lock_wait: Option<&'static str>,
    kept: Option<Kept>,
}

impl Store {
    /// The tables behind `db`, at the server's own time.
    #[must_use]
    pub fn new(db: PgPool) -> Self {
        Self { db, clock: Clock::Server, doubt: Doubt::default(), lock_wait: None, kept: None }
    }

    /// The same tables at another clock; a test's.
    #[must_use]
    pub fn at(self, clock: impl Into<Clock>) -> Self {
        Self { clock: clock.into(), ..self }
    }

    /// The same tables through connections of its own, made when they are needed.
    #[must_use]
    pub fn with_own_connections(&self, most: usize, pooling: Pooling) -> Self {
        let doubt = Doubt::default();
        let db = own_connections((*self.db.connect_options()).clone(), most, &doubt, pooling);
        let lock_wait = (pooling == Pooling::Shared).then_some(line::LOCK);
        Self { db, clock: self.clock.clone(), doubt, lock_wait, kept: None }
    }

    /// The same tables, for endings whose rows somebody else has locked: a settlement waits for them no longer than others
    /// notice.
    #[cfg(feature = "worker")]
    pub(crate) fn if_free(&self) -> Self {
        Self { lock_wait: Some(line::AT_ONCE), kept: None, ..self.clone() }
    }

    /// The same tables, for somebody whose statements mostly come one after the other: a connection is kept between them.
    #[cfg(feature = "worker")]
    pub(crate) fn keeping(&self) -> Self {
        Self { kept: Some(Kept::default()), ..self.clone() }
    }

    /// A connection for one question.
    async fn line(&self) -> Result<Line, StoreError> {
        Line::open(&self.db, &self.doubt, self.kept.as_ref()).await
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
