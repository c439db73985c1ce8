//! Why there is no private Postgres, and what to do about it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    /// The server's user cannot enter a folder.
    #[error(
        "the server runs as {user}, since PostgreSQL refuses root, and {user} cannot enter {folder}, on the way to {path}: \
         make it searchable (chmod o+x {folder}), or choose another place (embedded.data_dir, or WINDLASS_PG_BIN for programs)"
    )]
    NoEntry {
        /// The server's user.
        user: String,
        /// The first folder that is shut.
        folder: PathBuf,
        /// Where the way leads.
        path: PathBuf,
    },
    /// A folder of the cluster's is somebody else's, or none.
    #[error(
        "{folder} is no folder of {user}, who runs the server (it belongs to user id {owner}), so it is left alone: remove it \
         (rm -r {folder}) if its data may go, or set embedded.data_dir to another place"
    )]
    Foreign {
        /// The folder, or what is there.
        folder: PathBuf,
        /// Whose it is.
        owner: u32,
        /// The server's user.
        user: String,
    },
    /// A file or folder could not be made or read.
    #[error("failed to {what} {path}: {error}{advice}")]
    File {
        /// What was being done.
        what: &'static str,
        /// To what.
        path: PathBuf,
        /// Why it failed.
        error: std::io::Error,
        /// What to do.
        advice: &'static str,
    },
    /// There is a server, and it does not answer.
    #[error(
        "the private Postgres in {folder} does not answer after {seconds} s ({why}): it may need longer to recover, so read \
         {folder}/log and try again; if it is stuck, end it (kill -QUIT {pid}, then kill -KILL {pid}) and try again"
    )]
    NotReady {
        /// The cluster's folder.
        folder: PathBuf,
        /// The last that was found.
        why: String,
        /// How long it was waited for.
        seconds: u64,
        /// The server's process, as its file has it.
        pid: String,
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
    /// A program's failure, with what to do where its words or the disk tell. The disk is asked, since a full one keeps
    /// the server's log empty.
    pub(super) fn program(program: &'static str, said: &str, folder: &Path) -> Self {
        let advice = if said.contains("No space left") || is_full(folder) {
            FULL
        } else if said.contains("wrong ownership") {
            "; it was copied or moved by another user: give it to the server's user (chown -R), or remove it to begin anew"
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

    pub(super) fn not_ready(folder: &Path, why: &str, waited: Duration) -> Self {
        let pid = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
        let pid = pid.lines().next().unwrap_or("its process").to_owned();
        Self::NotReady { folder: folder.into(), why: why.to_owned(), seconds: waited.as_secs(), pid }
    }
}

const FULL: &str = "; the disk is full: free some space, or set embedded.data_dir to another disk";

/// Less than a segment of the server's log is left.
fn is_full(folder: &Path) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < 16 << 20)
}

/// For `map_err`: what was being done, and to what.
pub(super) fn file(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> EmbeddedError {
    let path = path.to_owned();
    move |error| {
        let advice = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FULL,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "; set embedded.data_dir to a folder that this user may write"
            }
            _ => "",
        };
        EmbeddedError::File { what, path, error, advice }
    }
}
