//! A database for one test: the migrated schema, and nothing in it.

use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::embedded::{EmbeddedError, Mode, TestDatabase};
use crate::store::{Migrations, Store, StoreError};

/// A database of a test's own, dropped with this value. It is cloned from a template in tens of milliseconds.
#[derive(Debug)]
pub struct Database {
    database: TestDatabase,
    pool: PgPool,
}

/// Why a test has no database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The server or the template.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The connection.
    #[error(transparent)]
    Connect(#[from] sqlx::Error),
}

/// The history has a table for each day: yesterday's template is not today's.
#[expect(clippy::disallowed_methods, reason = "no due time or lease hangs on it")]
fn today() -> String {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since_1970.as_secs() / 86_400).to_string()
}

impl Database {
    /// The engine's schema and these.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`].
    pub async fn new(migrations: Vec<Migrations>) -> Result<Self, DatabaseError> {
        Self::create(migrations, Mode::Test).await
    }

    /// The same on a server with durable settings, for tests that kill it.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`].
    pub async fn durable(migrations: Vec<Migrations>) -> Result<Self, DatabaseError> {
        Self::create(migrations, Mode::Durable).await
    }

    async fn create(migrations: Vec<Migrations>, mode: Mode) -> Result<Self, DatabaseError> {
        let mut all = vec![Migrations::engine()];
        all.extend(migrations);
        let fingerprint: String = all.iter().map(Migrations::fingerprint).chain([today()]).collect();
        let database = TestDatabase::create(mode, &fingerprint, |options| async move {
            let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
            for one in &all {
                one.run(&pool).await?;
            }
            Store::new(pool.clone()).turn_history(std::time::Duration::from_hours(24)).await?;
            pool.close().await;
            Ok::<(), StoreError>(())
        })
        .await?;
        let pool = PgPoolOptions::new().max_connections(12).connect_with(database.options()).await?;
        Ok(Self { database, pool })
    }

    /// Connections to it.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The engine's tables in it.
    #[must_use]
    pub fn store(&self) -> Store {
        Store::new(self.pool.clone())
    }

    /// Its URL, for processes.
    #[must_use]
    pub fn url(&self) -> String {
        self.database.url()
    }
}
