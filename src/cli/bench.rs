//! `windlass bench`.

use clap::{Args, Subcommand};
use serde::Serialize;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use super::stop::stop_signal;
use super::suspects::{again, program};
use super::terminal::{facts, table};
use super::{CliError, Host};
use crate::bench::{
    About, Bench, BenchError, Ceiling, Drain, Figure, Figures, Ground, Machine, Program, Shape, Work, work,
};

/// How long it may take to stop the worker processes and to drop the database.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Debug, Subcommand)]
pub(super) enum BenchCommand {
    /// Working off jobs that wait: how fast.
    Drain(DrainArgs),
    /// Working off jobs that wait: processor time, log, commits.
    Cost(DrainArgs),
    /// The most this server can do of it: pgbench settles one batch and claims the next in one statement.
    Ceiling(CeilingArgs),
    /// What the worker processes of a bench do.
    #[command(hide = true)]
    Work(WorkArgs),
}

#[derive(Clone, Copy, Debug, Args)]
struct Rounds {
    /// So many rounds count, after one that does not.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct DrainArgs {
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
    rounds: Rounds,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct CeilingArgs {
    /// So many rows.
    #[arg(long, default_value_t = 200_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    jobs: u64,
    /// So many at a time.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    claims: u64,
    #[command(flatten)]
    rounds: Rounds,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct WorkArgs {
    #[arg(long)]
    jobs: usize,
    #[arg(long)]
    slots: usize,
    #[arg(long)]
    claims: usize,
    #[arg(long)]
    queues: usize,
}

/// The answer.
#[derive(Debug, Serialize)]
struct Answer {
    windlass: &'static str,
    machine: Machine,
    postgres: About,
    /// Where it was measured; it is gone.
    database: String,
    figures: Figures,
}

impl DrainArgs {
    fn drain(&self) -> Drain {
        let shape = Shape::claiming(self.claims.into());
        let slots = self.slots.map_or(shape.slots, usize::from);
        Drain { jobs: self.jobs, shape: Shape { workers: self.workers.into(), slots, ..shape } }
    }
}

pub(super) async fn run(host: &Host, command: BenchCommand) -> Result<(), CliError> {
    if let BenchCommand::Work(WorkArgs { jobs, slots, claims, queues }) = command {
        let connected = host.connect().await?;
        return Ok(work(connected.db, Work { jobs, slots, claims, queues }, host.config().worker_options()).await?);
    }
    let stop = stop_signal(PATIENCE, CancellationToken::new()).await?;
    let ground = Ground::on(host.server()?, &host.private_root()).await?;
    let program = Program { path: program()?, args: again(host, &["bench", "work"]) };
    let bar = host.terminal().bar(1, "bench");
    bar.enable_steady_tick(Duration::from_millis(250));
    let bench = Bench { ground, program, bar };
    let measured = tokio::select! {
        measured = measure(&bench, &command) => measured.map_err(CliError::from),
        () = stop => Err(CliError::failed("stopped; the bench's database is dropped")),
    };
    bench.bar.finish_and_clear();
    // What was measured stands, or why not; that the database could not be dropped comes after that.
    let cleared = bench.ground.clear().await;
    let answer = measured?;
    cleared?;
    host.terminal().answer(&answer, Answer::text)
}

async fn measure(bench: &Bench, command: &BenchCommand) -> Result<Answer, BenchError> {
    let mut figures = Figures::default();
    let rounds = match command {
        BenchCommand::Drain(args) | BenchCommand::Cost(args) => args.rounds.rounds,
        BenchCommand::Ceiling(args) => args.rounds.rounds,
        BenchCommand::Work(_) => 0,
    };
    bench.bar.set_length(u64::from(rounds) + 1);
    for round in 0..=rounds {
        let measured = match command {
            BenchCommand::Drain(args) => args.drain().round(bench, "drain").await?,
            BenchCommand::Cost(args) => args.drain().cost_round(bench).await?,
            BenchCommand::Ceiling(args) => Ceiling { jobs: args.jobs, claims: args.claims }.round(bench).await?,
            BenchCommand::Work(_) => Figures::default(),
        };
        // The first warms up: the server's cache, and the processor.
        if round > 0 {
            figures.extend(measured);
        }
        bench.bar.inc(1);
    }
    let postgres = bench.ground.about().await?;
    let database = bench.ground.name().to_owned();
    Ok(Answer { windlass: env!("CARGO_PKG_VERSION"), machine: Machine::here(), postgres, database, figures })
}

impl Answer {
    fn text(&self) -> String {
        let Self { windlass, machine, postgres, figures, .. } = self;
        let unknown = || "unknown".to_owned();
        let machine = format!(
            "{} cores of {}, {} GB, {}",
            machine.cores,
            machine.model.clone().unwrap_or_else(unknown),
            machine.memory_gigabytes.map_or_else(unknown, |memory| memory.to_string()),
            machine.kernel.clone().unwrap_or_else(unknown),
        );
        let settings = format!(
            "fsync {}, synchronous_commit {}, shared_buffers {}, max_wal_size {}, max_connections {}",
            postgres.fsync,
            postgres.synchronous_commit,
            postgres.shared_buffers,
            postgres.max_wal_size,
            postgres.max_connections,
        );
        let facts = facts([
            ("windlass", (*windlass).to_owned()),
            ("machine", machine),
            ("PostgreSQL", postgres.version.clone()),
            ("settings", settings),
        ]);
        let row = |figure: &Figure| {
            let numbers = [figure.median, figure.least, figure.most].map(number);
            [vec![figure.name.clone()], numbers.to_vec(), vec![figure.unit.to_owned()]].concat()
        };
        format!("{facts}\n\n{}", table(&["what", "median", "least", "most", "unit"], figures.iter().map(row)))
    }
}

/// As many digits as one can believe.
fn number(value: f64) -> String {
    match value.abs() {
        1000.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}
