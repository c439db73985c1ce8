//! Settings. `config/default.toml` is compiled in and complete: the file is the documentation, and no default hides
//! elsewhere. Unknown keys are refused by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::{Deserialize, Serialize, Serializer};

use crate::model::{ScheduleSettings, WorkerOptions};
use crate::telemetry::{LogFormat, is_filter};

/// The longest that ended jobs may be remembered: ten years of daily partitions are more than a server should plan.
const LONGEST_RETENTION_HOURS: u64 = 87_600;
/// With less, a child process would die of itself, and the job be blamed for it.
const LEAST_MEMORY_MEGABYTES: u64 = 64;

/// The whole configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The database.
    pub database: Database,
    /// The door over HTTP.
    pub api: ApiSettings,
    /// The private Postgres.
    pub embedded: Embedded,
    /// The worker process.
    pub worker: Worker,
    /// What is remembered of ended jobs.
    pub history: History,
    /// The schedules beside those in the code, by name.
    pub schedules: BTreeMap<String, ScheduleSettings>,
    /// Metrics and logs.
    pub telemetry: Telemetry,
}

/// `[database]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Its URL; empty for the private Postgres. Never printed: it may hold a password.
    #[serde(serialize_with = "hidden")]
    pub url: Secret,
    /// The same database past a pooler; empty where there is none. Never printed either.
    #[serde(serialize_with = "hidden")]
    pub direct_url: Secret,
    /// Connections of one process.
    pub max_connections: u32,
    /// How long to wait for one.
    pub acquire_seconds: u64,
}

/// `[api]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApiSettings {
    /// Where it listens.
    pub address: String,
    /// Connections, and so requests that are served at once.
    pub connections: u32,
    /// Where `/metrics` listens; empty for nowhere.
    pub metrics_address: String,
    /// Where the pages lead to a trace, with `{trace_id}` in it; empty: nowhere.
    pub trace_url: String,
}

/// `[embedded]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Embedded {
    /// Its data folder; empty for the platform's.
    pub data_dir: PathBuf,
}

/// `[worker]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// The queues it serves; empty for all.
    pub queues: Vec<String>,
    /// Slots of a queue that `slots` does not name.
    pub default_slots: usize,
    /// Jobs held beyond the slots, as a share of them.
    pub prefetch: f64,
    /// The lease.
    pub lease_seconds: u64,
    /// How often it is renewed.
    pub renew_seconds: u64,
    /// How often an idle queue is looked at.
    pub poll_milliseconds: u64,
    /// When a job of lower priority is aged.
    pub ageing_seconds: u64,
    /// How far it stands back for other processes, 0 to 19.
    pub niceness: u8,
    /// A shutdown's patience.
    pub shutdown_seconds: u64,
    /// By how much the child process of a suspect may grow; 0 for no limit.
    pub suspect_memory_megabytes: u64,
    /// Slots by queue.
    pub slots: BTreeMap<String, usize>,
}

/// `[history]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// How long ended jobs are remembered.
    pub retention_hours: u64,
    /// How long dead letters are kept.
    pub dead_letter_days: u64,
    /// How long failed attempts are.
    pub attempt_days: u64,
}

/// `[telemetry]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// Where `/metrics` listens; empty for nowhere.
    pub metrics_address: String,
    /// How often gauges are sampled.
    pub sample_seconds: u64,
    /// How soon due jobs are to be claimed, in queues that `objectives` does not name.
    pub objective_seconds: u64,
    /// The same by queue.
    pub objectives: BTreeMap<String, u64>,
    /// The log filter.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
}

/// A text that is not shown.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "\"\"" } else { "\"(hidden)\"" })
    }
}

fn hidden<S: Serializer>(secret: &Secret, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(if secret.0.is_empty() { "" } else { "(hidden)" })
}

/// What is wrong with the configuration: which file or variable, which key, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A key or value is wrong.
    #[error("configuration: {0} (`windlass config show` prints every key)")]
    Wrong(Box<figment::Error>),
    /// There is no such profile.
    #[error("unknown profile {0:?}; there are development and production (WINDLASS_PROFILE or --profile)")]
    UnknownProfile(String),
    /// The file named cannot be read.
    #[error("failed to read the configuration file {path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Values that do not go together.
    #[error("configuration: {key} is {found}; {needed}")]
    Unfit {
        /// The key.
        key: &'static str,
        /// Its value.
        found: String,
        /// What is needed.
        needed: &'static str,
    },
}

impl Config {
    /// Lays default, profile, file and the variables `WINDLASS__…` over each other, and checks the result.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], naming the source and the key.
    pub fn load(profile: &str, file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut layers = Figment::new().merge(layer("config/default.toml", include_str!("../config/default.toml")));
        layers = match profile {
            "development" => layers.merge(layer("config/development.toml", include_str!("../config/development.toml"))),
            "production" => layers.merge(layer("config/production.toml", include_str!("../config/production.toml"))),
            other => return Err(ConfigError::UnknownProfile(other.to_owned())),
        };
        if let Some(path) = file {
            let text =
                std::fs::read_to_string(path).map_err(|error| ConfigError::File { path: path.to_owned(), error })?;
            layers = layers.merge(layer(&path.display().to_string(), &text));
        }
        let config: Self = layers
            .merge(Env::prefixed("WINDLASS__").split("__"))
            .extract()
            .map_err(|error| ConfigError::Wrong(Box::new(error)))?;
        config.check()?;
        Ok(config)
    }

    /// The worker's part, as the worker takes it.
    #[must_use]
    pub fn worker_options(&self) -> WorkerOptions {
        WorkerOptions {
            queues: self.worker.queues.clone(),
            // The deploy's word, not a setting's: `windlass worker --revision`.
            revision: None,
            slots: self.worker.slots.clone(),
            default_slots: self.worker.default_slots,
            prefetch: self.worker.prefetch,
            lease: Duration::from_secs(self.worker.lease_seconds),
            renew: Duration::from_secs(self.worker.renew_seconds),
            poll: Duration::from_millis(self.worker.poll_milliseconds),
            ageing: Duration::from_secs(self.worker.ageing_seconds),
            shutdown: Duration::from_secs(self.worker.shutdown_seconds),
            sample: Duration::from_secs(self.telemetry.sample_seconds),
            objectives: self
                .telemetry
                .objectives
                .iter()
                .map(|(name, n)| (name.clone(), Duration::from_secs(*n)))
                .collect(),
            default_objective: Duration::from_secs(self.telemetry.objective_seconds),
            history: Duration::from_secs(self.history.retention_hours * 3600),
            dead_letters: Duration::from_secs(self.history.dead_letter_days * 86_400),
            attempts: Duration::from_secs(self.history.attempt_days * 86_400),
            isolation: None,
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let Worker { lease_seconds, renew_seconds, poll_milliseconds, default_slots, prefetch, slots, .. } =
            &self.worker;
        let unfit =
            |key, found: &dyn ToString, needed| Err(ConfigError::Unfit { key, found: found.to_string(), needed });
        if *renew_seconds == 0 || renew_seconds * 3 > *lease_seconds {
            return unfit(
                "worker.renew_seconds",
                renew_seconds,
                "it must be at least 1 and at most a third of worker.lease_seconds, or one lost packet costs the lease",
            );
        }
        if *poll_milliseconds == 0 {
            return unfit("worker.poll_milliseconds", poll_milliseconds, "it must be at least 1");
        }
        if (1..LEAST_MEMORY_MEGABYTES).contains(&self.worker.suspect_memory_megabytes) {
            let found = &self.worker.suspect_memory_megabytes;
            return unfit("worker.suspect_memory_megabytes", found, "it must be 0, for no limit, or at least 64");
        }
        if self.worker.niceness > 19 {
            return unfit("worker.niceness", &self.worker.niceness, "it is 0 to 19");
        }
        if *default_slots == 0 || slots.values().any(|slots| *slots == 0) {
            return unfit("worker.default_slots or worker.slots", &0, "a queue needs at least 1 slot");
        }
        if !(0.0..=1.0).contains(prefetch) {
            return unfit("worker.prefetch", prefetch, "it is a share, 0 to 1");
        }
        if self.database.max_connections < 4 {
            return unfit("database.max_connections", &self.database.max_connections, "a worker needs at least 4");
        }
        if self.telemetry.sample_seconds == 0 {
            return unfit("telemetry.sample_seconds", &0, "it must be at least 1");
        }
        let Telemetry { objective_seconds, objectives, .. } = &self.telemetry;
        if let Some(found) = objectives.values().chain([objective_seconds]).find(|n| !(1..=86_400).contains(*n)) {
            return unfit("telemetry.objective_seconds or telemetry.objectives", found, "it is 1 to 86400, a day");
        }
        if self.history.retention_hours > LONGEST_RETENTION_HOURS {
            return unfit("history.retention_hours", &self.history.retention_hours, "it is at most 87600, ten years");
        }
        for (key, days) in [
            ("history.dead_letter_days", self.history.dead_letter_days),
            ("history.attempt_days", self.history.attempt_days),
        ] {
            if !(1..=36_500).contains(&days) {
                return unfit(key, &days, "it is 1 to 36500");
            }
        }
        for (key, seconds) in [
            ("worker.ageing_seconds", self.worker.ageing_seconds),
            ("worker.lease_seconds", *lease_seconds),
            ("worker.shutdown_seconds", self.worker.shutdown_seconds),
            ("database.acquire_seconds", self.database.acquire_seconds),
            ("telemetry.sample_seconds", self.telemetry.sample_seconds),
            ("worker.poll_milliseconds", poll_milliseconds / 1000),
        ] {
            if seconds > 86_400 {
                return unfit(key, &seconds, "it is at most a day");
            }
        }
        if !is_filter(&self.telemetry.log) {
            return unfit("telemetry.log", &self.telemetry.log, "it must be a filter like info or windlass=debug,info");
        }
        Ok(())
    }
}

/// One file's layer, under its own name, which is what an error points at.
fn layer(name: &str, text: &str) -> impl figment::Provider {
    Named { name: name.to_owned(), toml: Toml::string(text) }
}

struct Named<P> {
    name: String,
    toml: P,
}

impl<P: figment::Provider> figment::Provider for Named<P> {
    fn metadata(&self) -> figment::Metadata {
        figment::Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<figment::value::Map<figment::Profile, figment::value::Dict>, figment::Error> {
        self.toml.data().map_err(|error| error.with_path(&self.name))
    }
}
