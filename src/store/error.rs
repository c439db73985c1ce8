//! What can go wrong with the tables, as types a caller can act on.

use std::borrow::Cow;

use uuid::Uuid;

use crate::model::{JobId, NewJobError};

/// A failure of the engine's store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A job was refused before it reached the database.
    #[error("job of kind {kind:?} is refused: {error}")]
    Refused {
        /// Its kind.
        kind: String,
        /// What is wrong with it.
        error: NewJobError,
    },
    /// The job is no longer this worker's: it was rescued after its lease ran out. Nothing was changed.
    #[error("job {0} is no longer held by this attempt: its lease was lost")]
    LeaseLost(JobId),
    /// No job, ended or not, has this id.
    #[error("no job {0} is known; ended jobs are kept for a day only (`windlass jobs list`, `windlass dead list`)")]
    NoSuchJob(JobId),
    /// The job runs; only a waiting one can be changed so.
    #[error("job {0} is running; only a waiting job can be given another time or priority")]
    Running(JobId),
    /// No program has published a queue of this name.
    #[error("no queue {name:?} is known; there are: {known} (`windlass queue list`)")]
    NoSuchQueue {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// No program has published a kind of this name.
    #[error("no kind {name:?} is known; there are: {known} (`windlass kind list`)")]
    NoSuchKind {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A letter's idempotency key is another job's by now.
    #[error(
        "dead letter {id} was not replayed: job {holder} has its idempotency key by now (`windlass jobs show {holder}`)"
    )]
    KeyTaken {
        /// The letter.
        id: JobId,
        /// The job.
        holder: JobId,
    },
    /// No dead letter has this id.
    #[error("no dead letter {0} (`windlass dead list` shows them)")]
    NoSuchLetter(JobId),
    /// It is done by a named person, for a stated reason.
    #[error("this needs {0}: `--by <NAME> --why <REASON>`")]
    Unsigned(&'static str),
    /// The letter was set aside.
    #[error("dead letter {0} was discarded: `windlass dead restore {0} --by <NAME> --why <REASON>` takes it back")]
    Discarded(JobId),
    /// Somebody else changed the letter.
    #[error("dead letter {0} was edited, replayed or discarded meanwhile: look at it again (`windlass dead show {0}`)")]
    EditedMeanwhile(JobId),
    /// No group has this fingerprint.
    #[error("no group {0:?} of dead letters (`windlass dead groups` shows them)")]
    NoSuchGroup(String),
    /// No replay has this id.
    #[error("no replay {0} (`windlass replay list` shows them)")]
    NoSuchReplay(Uuid),
    /// A replay cannot do this from where it is.
    #[error("replay {id} is {state}: {action} is for {from} (`windlass replay status {id}`)")]
    WrongState {
        /// Which.
        id: Uuid,
        /// Where it is.
        state: String,
        /// What was asked for.
        action: &'static str,
        /// Where it would have to be.
        from: String,
    },
    /// Somebody else was faster.
    #[error("dead letter {id} was replayed by {by} already, as job {again}")]
    AlreadyReplayed {
        /// The letter.
        id: JobId,
        /// Who replayed it.
        by: String,
        /// The job that made.
        again: JobId,
    },
    /// No schedule has this name.
    #[error("no schedule {name:?}; {known} (`windlass schedule list` shows them)")]
    NoSuchSchedule {
        /// The name asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// A pooler that mixes up prepared statements.
    #[error(
        "a pooler lends out server processes by transaction and mixes up prepared statements (PgBouncer before 1.21, or \
         max_prepared_statements = 0): set max_prepared_statements in PgBouncer 1.21 or newer, use its session mode, or \
         connect directly"
    )]
    Pooler,
    /// The system has no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
    /// The schema is older than this program.
    #[error("schema {schema:?} is at version {found}, this program needs {needed}: run `windlass migrate`")]
    OldSchema {
        /// Which schema.
        schema: &'static str,
        /// What is there (0: nothing).
        found: i64,
        /// What is needed.
        needed: i64,
    },
    /// A migration could not be applied.
    #[error("failed to migrate schema {schema:?}")]
    Migrate {
        /// Which schema.
        schema: &'static str,
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
    /// The database did not answer in time.
    #[error("the database did not answer in time")]
    NoAnswer,
    /// The database refused or was away.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
}

/// SQLSTATE `lock_not_available`: somebody else has locked a row, and the wait for it is over.
const LOCKED: &str = "55P03";

impl StoreError {
    /// The server's code for what went wrong, if it was the server that refused.
    #[must_use]
    pub fn sqlstate(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Database(error) => error.as_database_error()?.code(),
            _ => None,
        }
    }

    /// What class of failure of the database this is, for counting: the first two letters of its SQLSTATE, or `io`, `pool`,
    /// `timeout`; `None` where the database did as it should.
    pub(crate) fn class(&self) -> Option<String> {
        Some(match self {
            Self::NoAnswer => "timeout".to_owned(),
            Self::Database(sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed) => "pool".to_owned(),
            Self::Database(sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_)) => "io".to_owned(),
            Self::Database(_) => self.sqlstate().and_then(|code| code.get(..2).map(str::to_owned)).unwrap_or_default(),
            _ => return None,
        })
    }

    /// Whether somebody else had locked a row for longer than was waited.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.sqlstate().is_some_and(|code| code == LOCKED)
    }
}
