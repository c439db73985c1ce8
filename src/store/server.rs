//! The server as `doctor` looks at it.

use chrono::{DateTime, Utc};

use super::{Store, StoreError, sql};

/// What the server is, and whether it keeps what it commits.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Server {
    /// Its version, as people write it.
    pub version: String,
    /// The same as a number: 15.4 is 150004.
    pub number: i32,
    /// The setting `fsync`.
    pub fsync: String,
    /// The setting `synchronous_commit`.
    pub synchronous_commit: String,
}

/// How the tables are kept.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Upkeep {
    /// The history's days after today that are ready.
    pub days_ahead: i64,
    /// Live rows of the jobs' table, as the server counts them.
    pub live_rows: i64,
    /// Dead ones.
    pub dead_rows: i64,
    /// The server's clock.
    pub now: DateTime<Utc>,
}

impl Store {
    /// How the tables are kept.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn upkeep(&self) -> Result<Upkeep, StoreError> {
        Ok(sqlx::query_as(sql::SHOW_UPKEEP).fetch_one(&self.db).await?)
    }

    /// The versions of the programs that work, and how many processes of each.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn versions(&self) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_VERSIONS).bind(self.clock.now()).fetch_all(&self.db).await?)
    }

    /// What the server is.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn server(&self) -> Result<Server, StoreError> {
        Ok(sqlx::query_as(sql::SHOW_SERVER).fetch_one(&self.db).await?)
    }

    /// For how many seconds the oldest of the others' transactions has been open.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn oldest_transaction_seconds(&self) -> Result<f64, StoreError> {
        let age: Option<f64> = sqlx::query_scalar(sql::SHOW_OLDEST_TRANSACTION).fetch_one(&self.db).await?;
        Ok(age.unwrap_or(0.0))
    }

    /// How many worker processes live.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn living_workers(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(sql::COUNT_WORKERS).bind(self.clock.now()).fetch_one(&self.db).await?)
    }
}
