//! What can be asked of `windlass bench`.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::bench::{Ceiling, Drain, Enqueueing, Latency, Rounds, Shape, What};
use crate::cli::terminal;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BenchCommand {
    /// Working off jobs that wait: how fast.
    Drain(DrainArgs),
    /// Working off jobs that wait: processor time, log, commits.
    Cost(DrainArgs),
    /// The most this server can do of it: pgbench settles one batch and claims the next in one statement.
    Ceiling(CeilingArgs),
    /// Putting jobs in: one by one beside pgbench's bare inserts, many at once beside `copy`, with keys.
    Enqueue(EnqueueArgs),
    /// How soon an idle worker starts a job: from its commit to its handler.
    Latency(LatencyArgs),
    /// What the worker processes of a bench do.
    #[command(hide = true)]
    Work(WorkArgs),
}

#[derive(Clone, Copy, Debug, Args)]
struct RoundsArg {
    /// So many rounds count, after one that does not.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
}

#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct DrainArgs {
    /// So many jobs.
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    jobs: u64,
    /// So many worker processes.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    workers: u8,
    /// The most jobs of one claim.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    claims: u16,
    /// So many run at once in each process; as many as one claim takes, and 512 at most, where it is not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    slots: Option<u16>,
    #[command(flatten)]
    rounds: RoundsArg,
}

#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct CeilingArgs {
    /// So many rows.
    #[arg(long, default_value_t = 200_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    jobs: u64,
    /// So many at a time.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    claims: u64,
    #[command(flatten)]
    rounds: RoundsArg,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct EnqueueArgs {
    /// One by one by so many clients.
    #[arg(long, value_delimiter = ',', default_value = "1,8,32", value_name = "N,…",
          value_parser = clap::value_parser!(u32).range(1..=200))]
    clients: Vec<u32>,
    /// For so long.
    #[arg(long, default_value = "5s", value_name = "DURATION", value_parser = terminal::duration)]
    time: Duration,
    /// In bulk so many.
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    jobs: u64,
    #[command(flatten)]
    rounds: RoundsArg,
}

#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct LatencyArgs {
    /// So many by each door.
    #[arg(long, default_value_t = 500, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    jobs: u64,
    /// So many a second.
    #[arg(long, default_value = "50/s", value_name = "RATE", value_parser = terminal::rate)]
    rate: f64,
    #[command(flatten)]
    rounds: RoundsArg,
}

#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct WorkArgs {
    #[arg(long)]
    pub(super) jobs: usize,
    #[arg(long)]
    pub(super) slots: usize,
    #[arg(long)]
    pub(super) claims: usize,
    #[arg(long)]
    pub(super) queues: usize,
}

impl DrainArgs {
    fn drain(&self) -> Drain {
        let shape = Shape::claiming(self.claims.into());
        let slots = self.slots.map_or(shape.slots, usize::from);
        Drain { jobs: self.jobs, shape: Shape { workers: self.workers.into(), slots, ..shape } }
    }
}

impl BenchCommand {
    /// What is asked for.
    pub(super) fn rounds(&self) -> Vec<Rounds> {
        let (what, RoundsArg { rounds: count }) = match self {
            Self::Drain(args) => (What::Drain(args.drain(), "drain"), args.rounds),
            Self::Cost(args) => (What::Cost(args.drain()), args.rounds),
            Self::Ceiling(CeilingArgs { jobs, claims, rounds }) => {
                (What::Ceiling(Ceiling { jobs: *jobs, claims: *claims }), *rounds)
            }
            Self::Enqueue(EnqueueArgs { clients, time, jobs, rounds }) => {
                (What::Enqueue(Enqueueing { clients: clients.clone(), time: *time, jobs: *jobs }), *rounds)
            }
            Self::Latency(LatencyArgs { jobs, rate, rounds }) => {
                (What::Latency(Latency { jobs: *jobs, rate: *rate }), *rounds)
            }
            Self::Work(_) => return Vec::new(),
        };
        vec![Rounds { of: vec![what], count, warm_up: true }]
    }
}
