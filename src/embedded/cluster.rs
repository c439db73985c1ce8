//! One private server: found, started or attached to, and left to its reaper.

use std::path::{Path, PathBuf};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};

use super::error::{EmbeddedError, file};
use super::home::{Home, Mode};
use super::programs::Programs;
use super::reaper::{self, Using};
use super::server::{self, ROLE, Server};
use super::user::User;

/// A private Postgres. It lives as long as a clone of this in any process that has started or attached to it, and about ten
/// seconds longer.
#[derive(Clone, Debug)]
pub struct Cluster {
    programs: Programs,
    home: Home,
    _using: Using,
}

impl Cluster {
    /// Starts the server whose data stands under `root`, or attaches to it where it runs. Blocks for as long as that takes:
    /// half a second the first time, milliseconds later. Any number of processes may call it at once.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError`], which says what to do.
    pub fn start(root: &Path, mode: Mode) -> Result<Self, EmbeddedError> {
        let programs = Programs::find()?;
        let user = User::of_the_server()?;
        user.check_way_to(&programs.path("postgres"))?;
        let home = Home::open(root, mode, programs.major(), &user)?;
        let lock = home.lockable("lock")?;
        lock.lock().map_err(file("lock", home.folder()))?;
        let using = Using::sign_in(&home, &user)?;
        let server = Server { programs: &programs, user: &user, home: &home, mode };
        server.initialise()?;
        reaper::watch(&home, &programs, &user)?;
        server.run()?;
        drop(lock);
        Ok(Self { programs, home, _using: using })
    }

    /// Where data is kept unless somebody says otherwise: the platform's data folder, or where we are root a folder that
    /// the server's user can enter.
    #[must_use]
    pub fn default_root() -> PathBuf {
        if rustix::process::geteuid().is_root() {
            return PathBuf::from("/var/lib/windlass");
        }
        let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
        if cfg!(target_os = "macos") {
            return home.join("Library/Application Support/windlass");
        }
        std::env::var_os("XDG_DATA_HOME").map_or_else(|| home.join(".local/share"), PathBuf::from).join("windlass")
    }

    /// How to connect to one of its databases.
    #[must_use]
    pub fn options(&self, database: &str) -> PgConnectOptions {
        server::options(self.home.socket(), database)
    }

    /// The same as a URL. There is no password: the socket's folder is shut to everybody else.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{ROLE}@localhost/{database}?host={}", self.home.socket().display())
    }

    /// The server's programs.
    #[must_use]
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Makes a database if there is none of this name.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError::Database`].
    pub async fn ensure_database(&self, name: &str) -> Result<(), EmbeddedError> {
        let mut connection = self.options("postgres").connect().await?;
        let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await?;
        if exists {
            return Ok(());
        }
        let make = format!("create database \"{}\"", name.replace('"', "\"\""));
        match connection.execute(sqlx::query(AssertSqlSafe(make))).await {
            Ok(_) => Ok(()),
            // Somebody was faster; which of the two codes it is depends on how much faster.
            Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42P04" | "23505")) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
