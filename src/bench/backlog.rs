//! The first jobs of many: what lies behind them, ahead of them and under them must not matter.

use sqlx::{ConnectOptions, Connection, Executor};

use super::crew::{Crew, Shape};
use super::drain::all_started;
use super::eye::Eye;
use super::figure::{Figures, per, seconds};
use super::ground::Kept;
use super::{Bench, BenchError, exactly};

/// What lies in the tables.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pile {
    /// Due, and behind those that are timed.
    pub(crate) waiting: u64,
    /// Due tomorrow.
    pub(crate) scheduled: u64,
    /// Dead letters.
    pub(crate) dead: u64,
    /// Ended.
    pub(crate) retained: u64,
}

/// The first jobs, beside nothing and beside each pile.
#[derive(Clone, Debug)]
pub(crate) struct Backlog {
    /// So many.
    pub(crate) take: u64,
    /// What is in their way, and what that is called.
    pub(crate) piles: Vec<(String, Pile)>,
    /// By such processes.
    pub(crate) shape: Shape,
    /// So often each.
    pub(crate) rounds: u32,
}

impl Backlog {
    /// All rounds: a large pile is made once and copied for each of them, in turns with the jobs alone.
    pub(crate) async fn run(&self, bench: &Bench) -> Result<Figures, BenchError> {
        let mut figures = Figures::default();
        for (name, pile) in &self.piles {
            bench.ground.clear().await?;
            bench.say(format!("piling up, {name}"));
            self.pile_up(bench, &Pile::default(), Kept::Bare).await?;
            self.pile_up(bench, pile, Kept::Full).await?;
            for round in 0..=self.rounds {
                bench.say(format!("working off, {name}, round {round}"));
                bench.ground.copy_of(Kept::Bare).await?;
                let alone = self.round(bench, &Pile::default()).await?;
                bench.ground.copy_of(Kept::Full).await?;
                let beside = self.round(bench, pile).await?;
                if round > 0 {
                    figures.add(format!("backlog.{name}.alone"), "jobs/s", alone);
                    figures.add(format!("backlog.{name}.rate"), "jobs/s", beside);
                    figures.add(format!("backlog.{name}.ratio"), "of the rate alone", beside / alone);
                }
            }
        }
        Ok(figures)
    }

    async fn pile_up(&self, bench: &Bench, pile: &Pile, name: Kept) -> Result<(), BenchError> {
        bench.ground.fresh().await?;
        let mut db = bench.ground.options().connect().await?;
        for (sql, rows) in [
            (include_str!("sql/pile_jobs.sql"), self.take + pile.waiting),
            (include_str!("sql/pile_scheduled.sql"), pile.scheduled),
            (include_str!("sql/pile_dead.sql"), pile.dead),
            (include_str!("sql/pile_history.sql"), pile.retained),
        ] {
            sqlx::query(sql).bind(i64::try_from(rows).unwrap_or(i64::MAX)).execute(&mut db).await?;
        }
        db.execute("vacuum analyze").await?;
        db.close().await?;
        bench.ground.keep(name).await
    }

    /// From the first handler's start to that of the last that is timed, and no ending counts that is not in the tables.
    async fn round(&self, bench: &Bench, pile: &Pile) -> Result<f64, BenchError> {
        bench.ground.settle().await?;
        let mut eye = Eye::open(&bench.ground).await?;
        let jobs = self.take + pile.waiting;
        let places = usize::try_from(jobs).unwrap_or(usize::MAX);
        let crew = Crew::start(&bench.program, &bench.ground, places, self.shape)?;
        all_started(&crew, self.take).await?;
        let started = crew.stop().await?;
        exactly::check(jobs, pile.waiting, &started, eye.tables().await?)?;
        eye.close().await?;
        let order = started.in_order();
        let last = usize::try_from(self.take).unwrap_or(usize::MAX).min(order.len()).saturating_sub(1);
        let (first, last) = (order.first().copied().unwrap_or_default(), order.get(last).copied().unwrap_or_default());
        Ok(per(self.take, seconds(last.saturating_sub(first))))
    }
}
