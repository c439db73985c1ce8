//! What can be asked of `windlass bench`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::goals::GoalsArgs;
use crate::bench::{Backlog, Ceiling, Drain, Enqueueing, Idle, Latency, Pile, Rounds, Shape, Steady, What};
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
    /// Jobs that come at an even rate: from the enqueue to the end of each.
    Steady(SteadyArgs),
    /// The same while another connection holds a transaction open, beside the same without.
    Horizon(SteadyArgs),
    /// Working off the first of many jobs, beside piles of others.
    Backlog(BacklogArgs),
    /// What an idle worker costs, by the number of its queues, and how much memory a busy one takes.
    Idle(IdleArgs),
    /// All of it, and the goals: which are met, and what is missing.
    Goals(GoalsArgs),
    /// What the worker processes of a bench do.
    #[command(hide = true)]
    Work(WorkArgs),
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct RoundsArg {
    /// So many rounds count, after one that does not.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) rounds: u32,
}

#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct DrainArgs {
    /// So many jobs.
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    jobs: u64,
    /// So many worker processes.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    workers: u8,
    /// The most jobs of one claim. So many run at once in each process, and as many are held ready behind them.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    claims: u16,
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
pub(in crate::cli) struct SteadyArgs {
    /// So many jobs a second; half of what a drain does where it is not given.
    #[arg(long, value_name = "RATE", value_parser = terminal::rate)]
    rate: Option<f64>,
    /// For so long.
    #[arg(long, default_value = "60s", value_name = "DURATION", value_parser = terminal::duration)]
    time: Duration,
    /// So many jobs for the drain that finds the rate.
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    jobs: u64,
    #[command(flatten)]
    rounds: RoundsArg,
}

#[derive(Clone, Debug, Args)]
pub(super) struct PilesArg {
    /// Beside so many that wait behind them.
    #[arg(long, value_delimiter = ',', default_value = "10000,1000000", value_name = "N,…")]
    waiting: Vec<u64>,
    /// And, beside the most of those, so many that are due tomorrow,
    #[arg(long, default_value_t = 10_000_000, value_name = "N")]
    scheduled: u64,
    /// so many dead letters,
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    dead: u64,
    /// and so many that have ended.
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    retained: u64,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct BacklogArgs {
    /// So many jobs are timed.
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    jobs: u64,
    #[command(flatten)]
    piles: PilesArg,
    #[command(flatten)]
    rounds: RoundsArg,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct IdleArgs {
    /// With so many queues.
    #[arg(long, value_delimiter = ',', default_value = "1,10,100", value_name = "N,…")]
    queues: Vec<usize>,
    /// For so long.
    #[arg(long, default_value = "20s", value_name = "DURATION", value_parser = terminal::duration)]
    time: Duration,
    /// So many jobs before the memory is looked at.
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    jobs: u64,
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
    pub(super) held: usize,
    #[arg(long)]
    pub(super) queues: usize,
}

impl DrainArgs {
    fn drain(&self) -> Drain {
        let shape = Shape { workers: self.workers.into(), ..Shape::claiming(self.claims.into()) };
        Drain { jobs: self.jobs, shape }
    }
}

impl SteadyArgs {
    fn rounds(&self, pinned: bool) -> Rounds {
        let steady = Steady { rate: self.rate, time: self.time, jobs: self.jobs, pinned };
        Rounds { of: vec![What::Steady(steady)], count: self.rounds.rounds, warm_up: false }
    }
}

impl PilesArg {
    /// Each number that waits for itself.
    fn waiting(&self) -> Vec<(String, Pile)> {
        let pile = |waiting: &u64| (format!("{waiting}_waiting"), Pile { waiting: *waiting, ..Pile::default() });
        self.waiting.iter().map(pile).collect()
    }

    pub(super) fn everything(&self) -> (String, Pile) {
        let Self { scheduled, dead, retained, .. } = *self;
        let waiting = self.waiting.iter().max().copied().unwrap_or(0);
        ("everything".to_owned(), Pile { waiting, scheduled, dead, retained })
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
            // An even load warms itself up, and an hour of it is not for nothing.
            Self::Steady(args) => return vec![args.rounds(false)],
            Self::Horizon(args) => return vec![args.rounds(true)],
            Self::Idle(IdleArgs { queues, time, jobs, rounds }) => {
                (What::Idle(Idle { queues: queues.clone(), time: *time, jobs: *jobs }), *rounds)
            }
            Self::Backlog(args) => {
                let piles = [args.piles.waiting(), vec![args.piles.everything()]].concat();
                return vec![backlog(args.jobs, piles, args.rounds.rounds)];
            }
            Self::Goals(args) => return args.rounds(),
            Self::Work(_) => return Vec::new(),
        };
        vec![Rounds { of: vec![what], count, warm_up: true }]
    }
}

/// A backlog goes through its rounds itself.
pub(super) fn backlog(take: u64, piles: Vec<(String, Pile)>, rounds: u32) -> Rounds {
    let backlog = Backlog { take, piles, shape: Shape::claiming(1_000), rounds };
    Rounds { of: vec![What::Backlog(backlog)], count: 1, warm_up: false }
}
