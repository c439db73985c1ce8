//! A database for measuring, made anew for each round and dropped at the end.

use std::time::Duration;

use serde::Serialize;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, FromRow, PgConnection, PgPool};
use uuid::Uuid;

use super::BenchError;
use crate::embedded::{Cluster, Mode};
use crate::registry::Registry;
use crate::store::{Migrations, Store};

/// What the names of the bench's databases begin with.
const PREFIX: &str = "windlass_bench_";
/// SQLSTATE: insufficient privilege.
const MAY_NOT: &str = "42501";

/// The server and the bench's own database on it.
#[derive(Debug)]
pub(crate) struct Ground {
    server: Server,
    name: String,
    /// On the private server, what holds the lock that keeps another bench away.
    _alone: Option<PgConnection>,
}

#[derive(Debug)]
enum Server {
    Private(Cluster),
    Given(Box<PgConnectOptions>),
}

/// A database that is kept to be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// Nothing but the jobs that are timed.
    Bare,
    /// And a pile of others.
    Full,
}

/// The server, and those of its settings that figures hang on.
#[derive(Clone, Debug, FromRow, Serialize)]
pub(crate) struct About {
    /// PostgreSQL's version.
    pub(crate) version: String,
    /// Whether what is committed is forced to disk.
    pub(crate) fsync: String,
    /// Whether a commit waits for that.
    pub(crate) synchronous_commit: String,
    /// Its cache.
    pub(crate) shared_buffers: String,
    /// How much it writes between two checkpoints.
    pub(crate) max_wal_size: String,
    /// Connections it takes.
    pub(crate) max_connections: String,
}

impl Ground {
    /// On this server, or on a private one of its own with settings for measuring, whose data stands under `root`.
    pub(crate) async fn on(given: Option<PgConnectOptions>, root: &std::path::Path) -> Result<Self, BenchError> {
        let server = if let Some(options) = given {
            Server::Given(Box::new(options))
        } else {
            let root = root.to_owned();
            let started = tokio::task::spawn_blocking(move || Cluster::start(&root, Mode::Bench));
            Server::Private(started.await.map_err(|error| BenchError::process("start a server")(error.into()))??)
        };
        // The last half of a v7 id is chance.
        let name = format!("{PREFIX}{:016x}", Uuid::now_v7().as_u64_pair().1);
        let ground = Self { server, name, _alone: None };
        let alone = match ground.server {
            Server::Private(_) => Some(ground.be_alone().await?),
            Server::Given(_) => None,
        };
        Ok(Self { _alone: alone, ..ground })
    }

    /// Two benches at a time would measure each other. What one that was killed has left behind goes.
    async fn be_alone(&self) -> Result<PgConnection, BenchError> {
        let mut db = self.outside().await?;
        let locked: bool = sqlx::query_scalar("select pg_try_advisory_lock(hashtextextended('windlass bench', 0))")
            .fetch_one(&mut db)
            .await?;
        if !locked {
            return Err(BenchError::Another);
        }
        let left: Vec<String> =
            sqlx::query_scalar("select datname::text from pg_database where starts_with(datname, $1)")
                .bind(PREFIX)
                .fetch_all(&mut db)
                .await?;
        for name in left {
            drop_database(&mut db, &name).await?;
        }
        Ok(db)
    }

    /// The database's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What the server is.
    pub(crate) async fn about(&self) -> Result<About, BenchError> {
        let mut db = self.outside().await?;
        let about = sqlx::query_as(include_str!("sql/about.sql")).fetch_one(&mut db).await?;
        db.close().await?;
        Ok(about)
    }

    /// An empty database with the engine's tables.
    pub(super) async fn fresh(&self) -> Result<(), BenchError> {
        let mut db = self.outside().await?;
        drop_database(&mut db, &self.name).await?;
        let make = format!("create database {}", self.name);
        db.execute(sqlx::query(AssertSqlSafe(make))).await.map_err(|error| self.refused(error))?;
        db.close().await?;
        let pool = self.pool(1).await?;
        Migrations::engine().run(&pool).await?;
        let store = Store::new(pool.clone());
        store.turn_history(Duration::from_hours(24)).await?;
        store.publish(&Registry::default().register::<super::job::Noop>().published_kinds()).await?;
        pool.close().await;
        Ok(())
    }

    /// Keeps the database as it is under this name, for copies of it.
    pub(super) async fn keep(&self, name: Kept) -> Result<(), BenchError> {
        let mut db = self.outside().await?;
        let rename = format!("alter database {} rename to {}", self.name, self.kept(name));
        db.execute(sqlx::query(AssertSqlSafe(rename))).await?;
        Ok(db.close().await?)
    }

    /// The database as it was kept.
    pub(super) async fn copy_of(&self, name: Kept) -> Result<(), BenchError> {
        let mut db = self.outside().await?;
        drop_database(&mut db, &self.name).await?;
        // Every page of a large one would go through the log otherwise.
        let copy = format!("create database {} template {} strategy file_copy", self.name, self.kept(name));
        db.execute(sqlx::query(AssertSqlSafe(copy))).await?;
        Ok(db.close().await?)
    }

    /// Drops the databases, whoever is connected to them.
    pub(crate) async fn clear(&self) -> Result<(), BenchError> {
        let mut db = self.outside().await?;
        for name in [self.name.clone(), self.kept(Kept::Bare), self.kept(Kept::Full)] {
            drop_database(&mut db, &name).await?;
        }
        Ok(db.close().await?)
    }

    fn kept(&self, name: Kept) -> String {
        format!("{}_{}", self.name, if name == Kept::Bare { "bare" } else { "full" })
    }

    /// Lets the server count this database's statements from the next connection on, if it can at all.
    pub(super) async fn count_statements(&self) -> Result<(), BenchError> {
        let mut db = self.options().connect().await?;
        for sql in ["create extension if not exists pg_stat_statements".to_owned(), {
            format!("alter database {} set pg_stat_statements.track = 'all'", self.name)
        }] {
            // Its administrator has not let it: then commits are counted, which the server always does.
            if db.execute(sqlx::query(AssertSqlSafe(sql))).await.is_err() {
                break;
            }
        }
        Ok(db.close().await?)
    }

    /// So many connections to it, as a producer would have them.
    pub(super) async fn pool(&self, most: u32) -> Result<PgPool, BenchError> {
        // Asking a connection whether it lives costs a second round trip.
        let pool = PgPoolOptions::new().max_connections(most).min_connections(most).test_before_acquire(false);
        Ok(pool.connect_with(self.options()).await?)
    }

    /// As after a quiet night: nothing to vacuum, statistics at hand, nothing of the preparations left to be written.
    pub(super) async fn settle(&self) -> Result<(), BenchError> {
        // A role that is no superuser would be told of each of the system's tables that it may not vacuum.
        let quiet = self.options().options([("client_min_messages", "error")]);
        let mut db = quiet.connect().await?;
        db.execute("vacuum analyze").await?;
        match db.execute("checkpoint").await {
            // On somebody else's server it goes without; the server's own checkpoints fall where they fall.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(MAY_NOT) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        Ok(db.close().await?)
    }

    /// How to connect to it.
    pub(super) fn options(&self) -> PgConnectOptions {
        let options = match &self.server {
            Server::Private(cluster) => cluster.options(&self.name),
            Server::Given(options) => (**options).clone().database(&self.name),
        };
        // Much here is slow, and meant to be.
        options.disable_statement_logging()
    }

    /// The same as a URL, for a process's environment. It may hold a password.
    pub(super) fn url(&self) -> String {
        match &self.server {
            Server::Private(cluster) => cluster.url(&self.name),
            Server::Given(_) => self.options().to_url_lossy().to_string(),
        }
    }

    /// A connection to the database that is there already.
    async fn outside(&self) -> Result<PgConnection, BenchError> {
        let options = match &self.server {
            Server::Private(cluster) => cluster.options("postgres"),
            Server::Given(options) => (**options).clone(),
        };
        Ok(options.disable_statement_logging().connect().await?)
    }

    fn refused(&self, error: sqlx::Error) -> BenchError {
        match (&error, &self.server) {
            (sqlx::Error::Database(why), Server::Given(options)) if why.code().as_deref() == Some(MAY_NOT) => {
                BenchError::MayNotCreate { role: options.get_username().to_owned() }
            }
            _ => error.into(),
        }
    }
}

/// Drops a database of the bench's, whoever is connected to it. Names are of our own making: nothing to escape.
async fn drop_database(db: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    let drop = format!("drop database if exists {name} with (force)");
    db.execute(sqlx::query(AssertSqlSafe(drop))).await.map(|_| ())
}
