//! The schemas and their versions.

use sqlx::PgPool;
use sqlx::migrate::Migrator;

use super::StoreError;
use crate::model::hex;

/// A schema's migrations: the engine's, or an application's own. Each schema keeps its own history table.
///
/// ```
/// use windlass::store::Migrations;
///
/// let engine = Migrations::engine();
/// assert_eq!(engine.schema(), "windlass");
/// ```
#[derive(Debug)]
pub struct Migrations {
    schema: &'static str,
    migrator: Migrator,
}

/// Where a schema stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaState {
    /// Which schema.
    pub schema: &'static str,
    /// The newest version applied; 0 if there is none.
    pub found: i64,
    /// The newest version this program brings.
    pub needed: i64,
}

impl Migrations {
    /// The migrations of `schema`, as `sqlx::migrate!("…")` embeds them.
    #[must_use]
    pub fn new(schema: &'static str, mut migrator: Migrator) -> Self {
        migrator.dangerous_set_table_name(format!("{schema}.migrations"));
        migrator.create_schema(schema);
        // A newer program may have migrated further; expand-then-contract keeps this one working.
        migrator.set_ignore_missing(true);
        Self { schema, migrator }
    }

    /// The engine's own.
    #[must_use]
    pub fn engine() -> Self {
        Self::new("windlass", sqlx::migrate!("./migrations/engine"))
    }

    /// The schema they make.
    #[must_use]
    pub fn schema(&self) -> &'static str {
        self.schema
    }

    /// The migrations' versions and checksums: what a test database's template is named by.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut text = self.schema.to_owned();
        for migration in self.migrator.iter() {
            text.extend(["-", &migration.version.to_string(), "-", &hex(&migration.checksum[..4])]);
        }
        text
    }

    /// Applies what is missing. Safe to call from many processes at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::Migrate`] when a migration cannot be applied.
    pub async fn run(&self, db: &PgPool) -> Result<SchemaState, StoreError> {
        self.migrator.run(db).await.map_err(|source| StoreError::Migrate { schema: self.schema, source })?;
        self.state(db).await
    }

    /// Where the schema stands, changing nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn state(&self, db: &PgPool) -> Result<SchemaState, StoreError> {
        let needed = self.migrator.iter().map(|migration| migration.version).max().unwrap_or(0);
        let table = format!("{}.migrations", self.schema);
        let exists: bool = sqlx::query_scalar("select to_regclass($1) is not null").bind(&table).fetch_one(db).await?;
        let found = if exists {
            // The schema's name is a literal of the program, never input.
            let latest = format!("select coalesce(max(version), 0) from {table} where success");
            sqlx::query_scalar(sqlx::AssertSqlSafe(latest)).fetch_one(db).await?
        } else {
            0
        };
        Ok(SchemaState { schema: self.schema, found, needed })
    }

    /// Refuses a schema older than this program.
    ///
    /// # Errors
    ///
    /// [`StoreError::OldSchema`], whose message names the command to run.
    pub async fn require(&self, db: &PgPool) -> Result<(), StoreError> {
        let SchemaState { schema, found, needed } = self.state(db).await?;
        if found < needed { Err(StoreError::OldSchema { schema, found, needed }) } else { Ok(()) }
    }
}
