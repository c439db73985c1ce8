//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::model::JobId;

/// A durable job queue and worker pool on Postgres.
#[derive(Debug, Parser)]
#[command(name = "windlass", version, propagate_version = true, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Args)]
pub(super) struct Global {
    /// The database; without it, and without `DATABASE_URL`, a private Postgres is used.
    #[arg(long, global = true, value_name = "URL")]
    pub(super) database_url: Option<String>,
    /// JSON instead of tables.
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// development or production.
    #[arg(long, global = true, env = "WINDLASS_PROFILE", default_value = "development")]
    pub(super) profile: String,
    /// A configuration file laid over the profile.
    #[arg(long, global = true, env = "WINDLASS_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run everything in one process until Ctrl-C: Postgres, migrations, workers, metrics.
    Dev,
    /// Run jobs until SIGTERM or Ctrl-C.
    Worker(WorkerArgs),
    /// Bring the schemas up to date.
    Migrate,
    /// Put a job into its queue.
    Enqueue(EnqueueArgs),
    /// Look at jobs that have not ended, and end waiting ones.
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Look at dead letters, and bring them back.
    #[command(subcommand)]
    Dead(DeadCommand),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Run one job in a worker's stead; workers do.
    #[command(hide = true)]
    RunSuspect,
    /// Say what is wrong with the installation, and what to do.
    Doctor,
}

#[derive(Debug, Args)]
pub(super) struct WorkerArgs {
    /// Only these queues.
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub(super) queues: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct EnqueueArgs {
    /// The kind of job.
    pub(super) kind: String,
    /// Its arguments: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON|@FILE|-")]
    pub(super) args: String,
    /// An idempotency key instead of the kind's own.
    #[arg(long)]
    pub(super) key: Option<String>,
    /// Not before so long from now, for example 90s, 15m, 2h, 3d.
    #[arg(long, value_name = "DURATION", value_parser = super::terminal::duration)]
    pub(super) after: Option<std::time::Duration>,
}

#[derive(Debug, Subcommand)]
pub(super) enum JobsCommand {
    /// Live jobs, the oldest first.
    List {
        /// Of this queue.
        #[arg(long)]
        queue: Option<String>,
        /// Of this kind.
        #[arg(long)]
        kind: Option<String>,
        /// In this state.
        #[arg(long, value_parser = ["available", "running", "parked"])]
        state: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// One job, live, ended or dead, with its failed attempts.
    Show {
        /// Its id.
        #[arg(value_parser = super::terminal::job_id)]
        id: JobId,
    },
    /// End a waiting job unrun.
    Cancel {
        /// Its id.
        #[arg(value_parser = super::terminal::job_id)]
        id: JobId,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum DeadCommand {
    /// Dead letters, the newest first.
    List {
        /// Of this kind.
        #[arg(long)]
        kind: Option<String>,
        /// Not older than this, for example 2d.
        #[arg(long, value_name = "DURATION", value_parser = super::terminal::duration)]
        since: Option<std::time::Duration>,
        /// Replayed ones, too.
        #[arg(long)]
        all: bool,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// One letter: arguments, every attempt, the last error whole.
    Show {
        /// Its id.
        #[arg(value_parser = super::terminal::job_id)]
        id: JobId,
    },
    /// Make a new job of a letter, once.
    Replay {
        /// Its id.
        #[arg(value_parser = super::terminal::job_id)]
        id: JobId,
        /// Who replays it.
        #[arg(long)]
        by: String,
        /// What for.
        #[arg(long)]
        why: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Every key and its value; secrets hidden.
    Show,
    /// Whether it is right. Starts nothing.
    Check,
}
