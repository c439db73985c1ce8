//! What a command finds when it starts: the configuration, the terminal, and a database if it asks for one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgMatches, FromArgMatches};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};

use super::args::Global;
use super::{Application, CliError, Terminal};
use crate::config::{Config, Database, Secret};
use crate::embedded::{Cluster, Mode};
use crate::registry::{Registry, RegistryError};
use crate::store::{Migrations, Pooling, SchemaState, Store, guard, pooling};
use crate::telemetry::start_logs;

/// The database's name in the private Postgres.
const DATABASE: &str = "windlass";

/// What every command is handed.
#[derive(Debug)]
pub struct Host {
    config: Config,
    terminal: Terminal,
    profile: String,
    file: Option<PathBuf>,
}

/// A database, and the private server behind it while somebody uses it.
#[derive(Debug)]
pub struct Connected {
    /// Connections to it.
    pub db: PgPool,
    /// Its URL as one may show it: without a password.
    pub shown_url: String,
    /// The private server, if it is one.
    pub cluster: Option<Cluster>,
    /// Whether something lends out server processes to these connections.
    pub pooling: Pooling,
    /// Connections that pass by it, if they are configured.
    pub direct: Option<PgPool>,
}

impl Host {
    pub(super) fn new(matches: &ArgMatches) -> Result<Self, CliError> {
        let global = Global::from_arg_matches(matches).map_err(|error| CliError::usage(error.to_string()))?;
        let mut config = Config::load(&global.profile, global.config.as_deref())?;
        let url = global.database_url.or_else(|| std::env::var("DATABASE_URL").ok()).filter(|url| !url.is_empty());
        if let Some(url) = url {
            config.database.url = Secret::from(url);
        }
        let stays = matches!(matches.subcommand_name(), Some("api" | "worker" | "dev" | "run-suspect"));
        let filter = if stays { config.telemetry.log.as_str() } else { "warn" };
        start_logs(filter, config.telemetry.log_format)
            .map_err(|error| CliError::failed(format!("failed to start logs: {error}")))?;
        Ok(Self { config, terminal: Terminal::new(global.json), profile: global.profile, file: global.config })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The profile, and the file that is laid over it.
    pub(super) fn layers(&self) -> (&str, Option<&Path>) {
        (&self.profile, self.file.as_deref())
    }

    /// The same with this database.
    pub(super) fn at(&self, database_url: String) -> Self {
        let mut config = self.config.clone();
        config.database.url = Secret::from(database_url);
        Self { config, terminal: self.terminal, profile: self.profile.clone(), file: self.file.clone() }
    }

    /// The terminal.
    #[must_use]
    pub fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// The application's registry and the configuration's schedules, checked.
    ///
    /// # Errors
    ///
    /// What is wrong with it, by name.
    pub(super) fn registry<A: Application>(&self, application: &A) -> Result<Registry<A::Deps>, RegistryError> {
        let ours = application.registry();
        let schedules = self.config.schedules.clone().into_iter();
        let registry = schedules.fold(ours, |registry, (name, settings)| registry.schedule_of(name, settings));
        registry.check()?;
        Ok(registry)
    }

    /// Connects to the database: the one that is configured, or the private one, which it starts if it must.
    ///
    /// # Errors
    ///
    /// Why there is none, and what to do.
    pub async fn connect(&self) -> Result<Connected, CliError> {
        let url = self.config.database.url.reveal();
        let (options, shown_url, cluster) = if url.is_empty() {
            let root = self.private_root();
            let cluster = tokio::task::spawn_blocking(move || Cluster::start(&root, Mode::Durable)).await??;
            cluster.ensure_database(DATABASE).await?;
            (cluster.options(DATABASE), cluster.url(DATABASE), Some(cluster))
        } else {
            let options = parse("DATABASE_URL", url)?;
            let shown = shown(&options);
            (options, shown, None)
        };
        let direct = Some(self.config.database.direct_url.reveal()).filter(|url| !url.is_empty());
        let direct = direct.map(|url| parse("database.direct_url", url)).transpose()?;
        let role = std::env::args().nth(1).unwrap_or_default();
        let options = options.application_name(&format!("windlass/{role}"));
        // A pool would try for as long as it waits, and say no more than that it has waited.
        let pooling = pooling(&options).await.map_err(|why| {
            CliError::failed(format!(
                "failed to connect to {shown_url}: {why}; check DATABASE_URL, or unset it to use a private Postgres"
            ))
        })?;
        let pool = PgPoolOptions::new()
            .max_connections(self.config.database.max_connections)
            .acquire_timeout(Duration::from_secs(self.config.database.acquire_seconds));
        let direct = direct.map(|options| pool.clone().connect_lazy_with(options));
        let pool = match pooling {
            Pooling::Own => pool.after_connect(|connection, _| Box::pin(guard(connection))),
            Pooling::Shared => pool,
        };
        Ok(Connected { db: pool.connect_lazy_with(options), shown_url, cluster, pooling, direct })
    }

    /// How to connect to the configured server, past a pooler if there is one. None is configured: a private one is meant.
    pub(super) fn server(&self) -> Result<Option<PgConnectOptions>, CliError> {
        let Database { url, direct_url, .. } = &self.config.database;
        let named = [("database.direct_url", direct_url.reveal()), ("DATABASE_URL", url.reveal())];
        named.into_iter().find(|(_, url)| !url.is_empty()).map(|(name, url)| parse(name, url)).transpose()
    }

    /// Where the private server's data stands.
    pub(super) fn private_root(&self) -> PathBuf {
        let configured = &self.config.embedded.data_dir;
        if configured.as_os_str().is_empty() { Cluster::default_root() } else { configured.clone() }
    }

    /// Brings the engine's schema and these up to date.
    ///
    /// # Errors
    ///
    /// A migration could not be applied.
    pub async fn migrate(&self, connected: &Connected, own: Vec<Migrations>) -> Result<Vec<SchemaState>, CliError> {
        // The lock that keeps two migrations apart is a session's.
        let db = match (connected.pooling, &connected.direct) {
            (_, Some(direct)) => direct,
            (Pooling::Own, None) => &connected.db,
            (Pooling::Shared, None) => {
                return Err(CliError::failed(
                    "a pooler lends out server processes by transaction, and migrating needs a session of its own: set \
                     database.direct_url, or pass a URL that goes by the pooler to --database-url",
                ));
            }
        };
        let mut states = vec![Migrations::engine().run(db).await?];
        for migrations in own {
            states.push(migrations.run(db).await?);
        }
        // Without them the history's default partition catches what ends; the next worker tries again.
        if let Err(error) = Store::new(db.clone()).turn_history(self.config.worker_options().history).await {
            tracing::warn!(%error, "failed to make the history's days");
        }
        Ok(states)
    }
}

fn parse(name: &str, url: &str) -> Result<PgConnectOptions, CliError> {
    // The parser takes any scheme, and its own error may quote the URL and so its password.
    let ours = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
    let options = url.parse::<PgConnectOptions>().ok().filter(|_| ours).ok_or_else(|| {
        CliError::failed(format!(
            "{name} is no Postgres URL; it looks like postgres://user:password@host:5432/database"
        ))
    })?;
    // Over a network the server proves who it is, unless somebody says otherwise.
    let said = url.contains("sslmode=") || std::env::var_os("PGSSLMODE").is_some();
    let near =
        options.get_socket().is_some() || matches!(options.get_host(), "localhost" | "127.0.0.1" | "::1" | "[::1]");
    Ok(if said || near { options } else { options.ssl_mode(PgSslMode::VerifyFull) })
}

fn shown(options: &PgConnectOptions) -> String {
    let socket = options.get_socket().map(|socket| format!("?host={}", socket.display()));
    format!(
        "postgres://{}@{}:{}/{}{}",
        options.get_username(),
        options.get_host(),
        options.get_port(),
        options.get_database().unwrap_or_default(),
        socket.unwrap_or_default()
    )
}
