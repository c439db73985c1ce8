//! A database for one test: a copy of a template that is filled once.

use std::fmt::Display;
use std::future::Future;
use std::path::{Path, PathBuf};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use uuid::Uuid;

use super::home::{private_folder, short_hash};
use super::user::User;
use super::{Cluster, EmbeddedError, Mode};

/// A database of a test's own. Dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    server: Server,
}

/// Where test databases are made.
#[derive(Clone, Debug)]
enum Server {
    Private(Cluster),
    Given(Box<PgConnectOptions>),
}

impl TestDatabase {
    /// Copies the template of this fingerprint, which `prepare` fills when there is none yet. The server is a private one for
    /// `mode` below the build's target folder, or the one that `DATABASE_URL` names.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError`].
    pub async fn create<F, Fut, E>(mode: Mode, fingerprint: &str, prepare: F) -> Result<Self, EmbeddedError>
    where
        F: FnOnce(PgConnectOptions) -> Fut,
        Fut: Future<Output = Result<(), E>>,
        E: Display,
    {
        let server = Server::for_tests(mode).await?;
        let template = format!("windlass_template_{}", short_hash(fingerprint.as_bytes()));
        let mut connection = server.options("postgres").connect().await?;
        // One fills the template, the others wait. The lock goes with the connection.
        sqlx::query("select pg_advisory_lock(hashtextextended($1, 0))")
            .bind(&template)
            .execute(&mut connection)
            .await?;
        if !exists(&mut connection, &template).await? {
            let unfinished = format!("{template}_unfinished");
            connection.execute(sql(format!("drop database if exists {unfinished}"))).await?;
            connection.execute(sql(format!("create database {unfinished}"))).await?;
            prepare(server.options(&unfinished)).await.map_err(|error| EmbeddedError::Template(error.to_string()))?;
            connection.execute(sql(format!("alter database {unfinished} rename to {template}"))).await?;
        }
        let name = format!("windlass_test_{}", Uuid::now_v7().simple());
        // Copying files beats logging every page here: 16 ms against 29 ms.
        let copy = format!("create database {name} template {template} strategy file_copy");
        connection.execute(sql(copy)).await?;
        connection.close().await?;
        Ok(Self { name, server })
    }

    /// How to connect to it.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        self.server.options(&self.name)
    }

    /// The same as a URL, for processes.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.server {
            Server::Private(cluster) => cluster.url(&self.name),
            Server::Given(options) => (**options).clone().database(&self.name).to_url_lossy().to_string(),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (options, name) = (self.server.options("postgres"), std::mem::take(&mut self.name));
        // The test's runtime may be on its way out, so this has one of its own. Whatever fails here leaves a database behind
        // that nobody misses.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let mut connection = options.connect().await.ok()?;
                connection.execute(sql(format!("drop database if exists {name} with (force)"))).await.ok()
            })
        });
        let _ = dropped.join();
    }
}

impl Server {
    async fn for_tests(mode: Mode) -> Result<Self, EmbeddedError> {
        if let Some(url) = std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty()) {
            return Ok(Self::Given(Box::new(url.parse().map_err(|_| EmbeddedError::Url)?)));
        }
        let started = tokio::task::spawn_blocking(move || {
            let below_target = target_folder().join("postgres");
            match Cluster::start(&below_target, mode) {
                // Root's checkout may stand where the server's user cannot go.
                Err(EmbeddedError::NoEntry { .. }) => Cluster::start(&elsewhere(&below_target)?, mode),
                started => started,
            }
        });
        let cluster = started.await.map_err(|error| EmbeddedError::Template(error.to_string()))??;
        Ok(Self::Private(cluster))
    }

    fn options(&self, database: &str) -> PgConnectOptions {
        match self {
            Self::Private(cluster) => cluster.options(database),
            Self::Given(options) => (**options).clone().database(database),
        }
    }
}

/// The build's target folder: the one that this program was built into.
fn target_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    target.map_or_else(|| PathBuf::from("target"), Path::to_path_buf)
}

/// A folder for a checkout that the server's user cannot enter. Anybody may have made one of this name.
fn elsewhere(below_target: &Path) -> Result<PathBuf, EmbeddedError> {
    let hash = short_hash(below_target.as_os_str().as_encoded_bytes());
    let folder = std::env::temp_dir().join(format!("windlass-{hash}"));
    private_folder(&folder, &User::of_the_server()?)?;
    Ok(folder)
}

async fn exists(connection: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(connection)
        .await
}

/// Names of our own making: nothing to escape.
fn sql(text: String) -> sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments> {
    sqlx::query(AssertSqlSafe(text))
}
