//! Round after round of what is asked for.

use std::borrow::Cow;

use indicatif::ProgressBar;

use super::{Backlog, BenchError, Ceiling, Drain, Enqueueing, Figures, Ground, Idle, Latency, Program, Steady};

/// What every round is handed.
#[derive(Debug)]
pub(crate) struct Bench {
    /// Where.
    pub(crate) ground: Ground,
    /// How its worker processes are started.
    pub(crate) program: Program,
    /// Who waits sees what goes on.
    pub(crate) bar: ProgressBar,
}

/// Something to measure.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// Working off, and the name of its figures.
    Drain(Drain, &'static str),
    Cost(Drain),
    Ceiling(Ceiling),
    Enqueue(Enqueueing),
    Latency(Latency),
    Steady(Steady),
    Idle(Idle),
    /// It goes through its rounds itself.
    Backlog(Backlog),
}

/// Things that are measured in turns: the machine is not as fast all the time, and what is compared is to meet the same.
#[derive(Clone, Debug)]
pub(crate) struct Rounds {
    /// The things.
    pub(crate) of: Vec<What>,
    /// So often.
    pub(crate) count: u32,
    /// After a round that does not count, for the server's cache and the processor's speed.
    pub(crate) warm_up: bool,
}

impl Bench {
    /// Measures all of it.
    pub(crate) async fn measure(&self, all: &[Rounds]) -> Result<Figures, BenchError> {
        let steps = |rounds: &Rounds| rounds.of.len() as u64 * u64::from(rounds.count + u32::from(rounds.warm_up));
        self.bar.set_length(all.iter().map(steps).sum());
        let mut figures = Figures::default();
        for Rounds { of, count, warm_up } in all {
            for round in 0..count + u32::from(*warm_up) {
                for what in of {
                    let measured = what.round(self).await?;
                    if round > 0 || !warm_up {
                        figures.extend(measured);
                    }
                    self.bar.inc(1);
                }
            }
        }
        Ok(figures)
    }

    pub(super) fn say(&self, what: impl Into<Cow<'static, str>>) {
        self.bar.set_message(what);
    }
}

impl What {
    async fn round(&self, bench: &Bench) -> Result<Figures, BenchError> {
        match self {
            Self::Drain(drain, name) => drain.round(bench, name).await,
            Self::Cost(drain) => drain.cost_round(bench).await,
            Self::Ceiling(ceiling) => ceiling.round(bench).await,
            Self::Enqueue(enqueueing) => enqueueing.round(bench).await,
            Self::Latency(latency) => latency.round(bench).await,
            Self::Steady(steady) => steady.round(bench).await,
            Self::Idle(idle) => idle.round(bench).await,
            Self::Backlog(backlog) => backlog.run(bench).await,
        }
    }
}
