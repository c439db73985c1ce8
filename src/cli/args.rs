//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::model::{By, JobId};

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
    /// Serve the door over HTTP until SIGTERM or Ctrl-C; runs no jobs.
    Api(super::api::ApiArgs),
    /// Make, list and revoke tokens for the door over HTTP.
    #[command(subcommand)]
    Token(super::token::TokenCommand),
    /// Queues, workers and dead letters at one look, until q is pressed.
    Top(super::top::TopArgs),
    /// Bring the schemas up to date.
    Migrate,
    /// Put a job into its queue.
    Enqueue(EnqueueArgs),
    /// Look at jobs that have not ended, end them, and change those that wait.
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Look at queues; pause, resume and limit them.
    #[command(subcommand)]
    Queue(QueueCommand),
    /// Look at kinds; pause and resume them.
    #[command(subcommand)]
    Kind(KindCommand),
    /// Look at dead letters, group by group, and bring one back.
    #[command(subcommand)]
    Dead(super::dead::DeadCommand),
    /// Bring many dead letters back: plan, try a few, carry through, verify.
    #[command(subcommand)]
    Replay(super::replay::ReplayCommand),
    /// Who did what, and why.
    Audit(super::audit::AuditArgs),
    /// Look at schedules, hold them, and make a job of one now.
    #[command(subcommand)]
    Schedule(ScheduleCommand),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Measure how fast the engine is here, in a database of its own, beside what the server can do at all.
    #[command(subcommand)]
    Bench(super::bench::BenchCommand),
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
    /// What the deploy calls this code, for example a git commit; dead letters say by which one they failed. The program's version
    /// where it is not given.
    #[arg(long, env = "WINDLASS_REVISION", value_parser = revision)]
    pub(super) revision: Option<String>,
}

fn revision(text: &str) -> Result<String, &'static str> {
    if (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err("1 to 64 visible characters of ASCII are needed")
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
        #[arg(long, value_parser = ["available", "running", "blocked", "parked"])]
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
    /// End a waiting job unrun; ask a running one to stop, and stop it a few seconds later.
    Cancel {
        /// Its id.
        #[arg(value_parser = super::terminal::job_id)]
        id: JobId,
        #[command(flatten)]
        by: Name,
    },
    /// Give a waiting job another time or priority.
    Reschedule {
        /// Its id.
        #[arg(value_parser = super::terminal::job_id)]
        id: JobId,
        /// So long from now, for example 0s, 15m, 2h.
        #[arg(long, value_name = "DURATION", value_parser = super::terminal::duration)]
        after: Option<std::time::Duration>,
        /// 1 high to 4 low.
        #[arg(long, value_parser = clap::value_parser!(i16).range(1..=4))]
        priority: Option<i16>,
        #[command(flatten)]
        by: Name,
    },
}

/// Who does it, and what for. Both are kept.
#[derive(Debug, Args)]
pub(super) struct Signature {
    /// Who does it.
    #[arg(long, env = "WINDLASS_BY", value_name = "NAME")]
    pub(super) by: String,
    /// What for.
    #[arg(long, value_name = "REASON")]
    pub(super) why: String,
}

impl Signature {
    pub(super) fn by(&self) -> By {
        By::new(self.by.clone(), self.why.clone())
    }
}

/// The same, where nobody has to say it.
#[derive(Debug, Args)]
pub(super) struct Name {
    /// Who does it.
    #[arg(long, env = "WINDLASS_BY", value_name = "NAME", default_value = "somebody")]
    by: String,
    /// What for.
    #[arg(long, value_name = "REASON", default_value = "not said")]
    why: String,
}

impl Name {
    pub(super) fn by(&self) -> By {
        By::new(self.by.clone(), self.why.clone())
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum QueueCommand {
    /// All queues: what they hold, what is paused and limited.
    List,
    /// One queue.
    Show {
        /// Its name.
        name: String,
    },
    /// Start nothing of it any more; what runs, runs on.
    Pause {
        /// Its name.
        name: String,
        #[command(flatten)]
        by: Signature,
    },
    /// Start its jobs again.
    Resume {
        /// Its name.
        name: String,
        #[command(flatten)]
        by: Name,
    },
    /// Limit it over the whole fleet; what is not said has no limit.
    Limit {
        /// Its name.
        name: String,
        /// At most so many run at once.
        #[arg(long, value_name = "JOBS")]
        max_running: Option<i32>,
        /// At most so many start …
        #[arg(long, value_name = "JOBS", requires = "per")]
        rate: Option<i32>,
        /// … in so long, for example 60s.
        #[arg(long, value_name = "DURATION", value_parser = super::terminal::duration, requires = "rate")]
        per: Option<std::time::Duration>,
        #[command(flatten)]
        by: Name,
    },
    /// Say what is remembered of its jobs; what is not said is as the configuration says.
    Keep {
        /// Its name.
        name: String,
        /// Remember nothing of jobs that ended well.
        #[arg(long)]
        no_history: bool,
        /// Dead letters for so long.
        #[arg(long, value_name = "DURATION", value_parser = super::terminal::duration)]
        dead_letters: Option<std::time::Duration>,
        /// Failed attempts for so long.
        #[arg(long, value_name = "DURATION", value_parser = super::terminal::duration)]
        attempts: Option<std::time::Duration>,
        /// Idempotency keys for so long, whatever their scope.
        #[arg(long, value_name = "DURATION", value_parser = super::terminal::duration)]
        keys: Option<std::time::Duration>,
        #[command(flatten)]
        by: Name,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum KindCommand {
    /// All kinds.
    List,
    /// Park its jobs as they come up; what runs, runs on.
    Pause {
        /// Its name.
        name: String,
        #[command(flatten)]
        by: Signature,
    },
    /// Run its jobs again.
    Resume {
        /// Its name.
        name: String,
        #[command(flatten)]
        by: Name,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ScheduleCommand {
    /// Every schedule that was ever declared, and how it stands.
    List,
    /// When it ticks next, on its own clock and in UTC.
    Next {
        /// Its name.
        name: String,
        /// So many ticks.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
        count: u16,
    },
    /// Let it make no jobs until it is resumed.
    Pause {
        /// Its name.
        name: String,
        #[command(flatten)]
        by: Name,
    },
    /// Let it go on; what ticked meanwhile counts as missed.
    Resume {
        /// Its name.
        name: String,
        #[command(flatten)]
        by: Name,
    },
    /// Make a job of it now.
    Trigger {
        /// Its name.
        name: String,
        #[command(flatten)]
        by: Name,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Every key and its value; secrets hidden.
    Show,
    /// Whether it is right. Starts nothing.
    Check,
}
