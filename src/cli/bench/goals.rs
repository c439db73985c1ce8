//! `windlass bench goals`: all that the goals are about.

use std::time::Duration;

use clap::Args;

use super::args::{PilesArg, RoundsArg, backlog};
use crate::bench::{Ceiling, Drain, Enqueueing, Figures, Idle, Latency, Rounds, Shape, Steady, What};
use crate::cli::terminal;

/// How long one way to enqueue is measured, and an idle worker watched.
const LOOK: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct GoalsArgs {
    /// So many jobs to be worked off.
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    jobs: u64,
    /// So many jobs by each door for the latency.
    #[arg(long, default_value_t = 500, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pickups: u64,
    /// How long a transaction is held open; 600s for the goal itself.
    #[arg(long, default_value = "60s", value_name = "DURATION", value_parser = terminal::duration)]
    time: Duration,
    /// The rate meanwhile; half of what a drain does where it is not given.
    #[arg(long, value_name = "RATE", value_parser = terminal::rate)]
    rate: Option<f64>,
    /// What graphile-worker did of the same drain on this machine, in jobs a second, if somebody has measured it.
    #[arg(long, value_name = "RATE")]
    graphile: Option<f64>,
    /// The same with claims of at most 32.
    #[arg(long, value_name = "RATE")]
    graphile_small: Option<f64>,
    #[command(flatten)]
    piles: PilesArg,
    #[command(flatten)]
    rounds: RoundsArg,
}

impl GoalsArgs {
    pub(super) fn rounds(&self) -> Vec<Rounds> {
        let (jobs, count) = (self.jobs, self.rounds.rounds);
        let drain = |claims| Drain { jobs, shape: Shape::claiming(claims) };
        let turns = |of| Rounds { of, count, warm_up: true };
        let once = |of| Rounds { of: vec![of], count: 1, warm_up: false };
        vec![
            turns(vec![
                What::Drain(drain(1_000), "drain"),
                What::Ceiling(Ceiling { jobs: 2 * jobs, claims: 1_000 }),
                What::Drain(drain(32), "small"),
                What::Cost(drain(1_000)),
            ]),
            turns(vec![What::Enqueue(Enqueueing { clients: vec![8, 32], time: LOOK, jobs })]),
            once(What::Latency(Latency { jobs: self.pickups, rate: 50.0 })),
            once(What::Idle(Idle { queues: vec![1, 10, 100], time: IDLE, jobs: jobs / 5 })),
            backlog(jobs, vec![self.piles.everything()], count),
            once(What::Steady(Steady { rate: self.rate, time: self.time, jobs, pinned: true })),
        ]
    }

    /// What others have measured.
    pub(super) fn add_peers(&self, figures: &mut Figures) {
        figures.add_known("graphile.rate", "jobs/s", self.graphile);
        figures.add_known("graphile.small", "jobs/s", self.graphile_small);
    }
}
