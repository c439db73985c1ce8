//! Working off jobs that were there before: how fast, and what that costs.

use std::time::{Duration, Instant};

use sqlx::PgPool;

use super::crew::{Crew, Shape};
use super::eye::{Cost, Eye};
use super::figure::{Figures, float, per, seconds};
use super::job::{Noop, now};
use super::{Bench, BenchError, exactly};
use crate::client::Client;

/// How often one looks whether all have started, and then asks the database whether all have ended: an error of so much.
const LOOK: Duration = Duration::from_millis(2);
/// After so long without a job nothing is waited for any more.
const PATIENCE: Duration = Duration::from_mins(1);
/// Jobs of one enqueue while preparing.
const BATCH: u64 = 5_000;

/// What is worked off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drain {
    /// So many jobs.
    pub(crate) jobs: u64,
    /// By these processes.
    pub(crate) shape: Shape,
}

/// What came of one round.
#[derive(Debug)]
pub(super) struct Drained {
    jobs: u64,
    /// From the first handler's start until nothing was left.
    seconds: f64,
    /// Of the worker processes, from their launch.
    cpu: Option<f64>,
    pub(super) memory: Option<f64>,
    cost: Cost,
}

impl Drain {
    /// One round: how fast.
    pub(crate) async fn round(&self, bench: &Bench, name: &str) -> Result<Figures, BenchError> {
        let drained = self.run(bench).await?;
        let mut figures = Figures::default();
        figures.add(format!("{name}.rate"), "jobs/s", drained.rate());
        figures.add(format!("{name}.jobs"), "jobs, each exactly once", float(drained.jobs));
        figures.add_known(format!("{name}.memory"), "MB", drained.memory);
        Ok(figures)
    }

    /// One round: what it costs.
    pub(crate) async fn cost_round(&self, bench: &Bench) -> Result<Figures, BenchError> {
        let drained = self.watched(bench, true).await?;
        let jobs = float(drained.jobs);
        let Cost { cpu, wal, commits, statements } = drained.cost;
        let in_100_000 = |seconds: f64| seconds / jobs * 100_000.0;
        let mut figures = Figures::default();
        figures.add("cost.rate", "jobs/s", drained.rate());
        figures.add_known("cost.worker_cpu", "s CPU per 100,000 jobs", drained.cpu.map(in_100_000));
        figures.add_known("cost.server_cpu", "s CPU per 100,000 jobs", cpu.map(in_100_000));
        figures.add("cost.wal", "bytes of WAL per job", wal / jobs);
        figures.add("cost.commits", "commits per job", commits / jobs);
        figures.add_known("cost.statements", "statements per job", statements.map(|count| count / jobs));
        figures.add_known("cost.memory", "MB", drained.memory);
        Ok(figures)
    }

    pub(super) async fn run(&self, bench: &Bench) -> Result<Drained, BenchError> {
        self.watched(bench, false).await
    }

    /// Counting statements costs a little, and so is for whoever asks for it.
    async fn watched(&self, bench: &Bench, statements: bool) -> Result<Drained, BenchError> {
        let Self { jobs, shape } = *self;
        bench.say("preparing");
        bench.ground.fresh().await?;
        let pool = bench.ground.pool(2).await?;
        preload(&pool, jobs).await?;
        pool.close().await;
        bench.ground.settle().await?;
        if statements {
            bench.ground.count_statements().await?;
        }
        bench.say("working off");
        let mut eye = Eye::open(&bench.ground).await?;
        let before = eye.spent().await?;
        let crew = Crew::start(&bench.program, &bench.ground, usize::try_from(jobs).unwrap_or(usize::MAX), shape)?;
        all_started(&crew, jobs).await?;
        let end = nothing_left(&crew, &mut eye, jobs).await?;
        let (cpu, memory) = (crew.cpu(), crew.peak_memory());
        let started = crew.stop().await?;
        eye.alone().await?;
        let cost = eye.spent().await?.since(&before);
        let tables = eye.tables().await?;
        eye.close().await?;
        exactly::check(jobs, 0, &started, tables)?;
        let first = started.in_order().first().copied().unwrap_or(end);
        Ok(Drained { jobs, seconds: seconds(end.saturating_sub(first)), cpu, memory, cost })
    }
}

impl Drained {
    pub(super) fn rate(&self) -> f64 {
        per(self.jobs, self.seconds)
    }
}

/// Enqueues jobs 0 to `jobs`.
pub(super) async fn preload(db: &PgPool, jobs: u64) -> Result<(), BenchError> {
    let client = Client::new(db.clone());
    let mut from = 0;
    while from < jobs {
        let to = (from + BATCH).min(jobs);
        client.enqueue_many(db, (from..to).map(|i| Noop { i })).await?;
        from = to;
    }
    Ok(())
}

/// Waits until so many jobs have been started.
pub(super) async fn all_started(crew: &Crew, jobs: u64) -> Result<(), BenchError> {
    let (mut before, mut since) = (0, Instant::now());
    loop {
        let started = crew.started();
        if started >= jobs {
            return Ok(());
        }
        crew.still_there()?;
        if started > before {
            (before, since) = (started, Instant::now());
        } else if since.elapsed() > PATIENCE {
            return Err(BenchError::Stuck(PATIENCE, started, jobs));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until none is left; when that was.
pub(super) async fn nothing_left(crew: &Crew, eye: &mut Eye, jobs: u64) -> Result<u64, BenchError> {
    let since = Instant::now();
    loop {
        let left = eye.left().await?;
        if left == 0 {
            return Ok(now());
        }
        crew.still_there()?;
        if since.elapsed() > PATIENCE {
            return Err(BenchError::Stuck(PATIENCE, jobs.saturating_sub(left), jobs));
        }
        tokio::time::sleep(LOOK).await;
    }
}
