//! Why there is no private Postgres, and what to do about it.

use std::path::PathBuf;

/// A failure of the private Postgres.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// The machine has no server programs.
    #[error(
        "no PostgreSQL server programs (initdb, pg_ctl, postgres) were found: run `make postgres`, or install the package \
         yourself (apt-get install postgresql, dnf install postgresql-server, brew install postgresql@17), or name their \
         folder in WINDLASS_PG_BIN, or set DATABASE_URL to a database of yours"
    )]
    NoPrograms,
    /// `WINDLASS_PG_BIN` names a folder without them.
    #[error("WINDLASS_PG_BIN is {folder}, which lacks {missing}")]
    WrongPrograms {
        /// The folder.
        folder: PathBuf,
        /// The first program that is missing.
        missing: &'static str,
    },
    /// A program does not say which version it is.
    #[error("failed to learn the version of {program}: {said}")]
    Version {
        /// The program.
        program: PathBuf,
        /// What it said.
        said: String,
    },
    /// We are root, the server may not be, and there is nobody else to be.
    #[error("the server must not run as root, and this machine has neither a user `postgres` nor `nobody`")]
    NoUser,
    /// The server's user cannot enter a folder above the data.
    #[error(
        "the server runs as {user}, who cannot enter {folder}: make it searchable (chmod o+x {folder}), or set \
         embedded.data_dir to a folder that {user} can reach"
    )]
    NoEntry {
        /// The server's user.
        user: String,
        /// The folder.
        folder: PathBuf,
    },
    /// A file or folder could not be made or read.
    #[error("failed to {what} {path}: {error}")]
    File {
        /// What was being done.
        what: &'static str,
        /// To what.
        path: PathBuf,
        /// Why it failed.
        error: std::io::Error,
    },
    /// A server program failed.
    #[error("{program} failed: {said}{advice}")]
    Program {
        /// The program.
        program: &'static str,
        /// The last that it, or the server's log, said.
        said: String,
        /// What to do.
        advice: &'static str,
    },
    /// The server's databases could not be reached or made.
    #[error("private Postgres: {0}")]
    Database(#[from] sqlx::Error),
    /// A test database's template could not be filled.
    #[error("failed to fill the template of the test databases: {0}")]
    Template(String),
    /// `DATABASE_URL` is none.
    #[error("DATABASE_URL is no Postgres URL; it looks like postgres://user:password@host:5432/database")]
    Url,
}

impl EmbeddedError {
    /// A program's failure, with what to do where its words tell.
    pub(super) fn program(program: &'static str, said: &str) -> Self {
        let advice = if said.contains("No space left") {
            "; the disk is full: free some space, or set embedded.data_dir to another disk"
        } else if said.contains("Permission denied") {
            "; set embedded.data_dir to a folder that the server's user may write"
        } else if said.contains("shared memory") || said.contains("semaphores") {
            "; the machine lacks shared memory for another server"
        } else {
            ""
        };
        let mut last: Vec<&str> = said.trim().lines().rev().take(6).collect();
        last.reverse();
        Self::Program { program, said: last.join("; "), advice }
    }
}
