//! What a worker costs that has nothing to do, by the number of its queues; and its memory when it has.

use std::time::{Duration, Instant};

use super::crew::{Crew, Shape};
use super::drain::Drain;
use super::eye::Eye;
use super::figure::Figures;
use super::{Bench, BenchError};

/// How long a worker takes to settle down after its start.
const CALM: Duration = Duration::from_secs(30);
/// The slots of the worker whose memory is looked at.
const SLOTS: usize = 128;

/// An idle worker.
#[derive(Clone, Debug)]
pub(crate) struct Idle {
    /// With so many queues.
    pub(crate) queues: Vec<usize>,
    /// For so long.
    pub(crate) time: Duration,
    /// How many jobs a worker does before its memory is looked at.
    pub(crate) jobs: u64,
}

impl Idle {
    /// One round.
    pub(crate) async fn round(&self, bench: &Bench) -> Result<Figures, BenchError> {
        let mut figures = Figures::default();
        for queues in &self.queues {
            self.watch(bench, *queues, &mut figures).await?;
        }
        let shape = Shape { slots: SLOTS, held: SLOTS + SLOTS / 4, ..Shape::usual() };
        let drained = Drain { jobs: self.jobs, shape }.run(bench).await?;
        figures.add_known(format!("idle.memory_at_{SLOTS}_slots"), "MB", drained.memory);
        Ok(figures)
    }

    async fn watch(&self, bench: &Bench, queues: usize, figures: &mut Figures) -> Result<(), BenchError> {
        bench.ground.fresh().await?;
        bench.ground.settle().await?;
        bench.ground.count_statements().await?;
        bench.say(format!("idle, {queues} queues"));
        let mut eye = Eye::open(&bench.ground).await?;
        let crew = Crew::start(&bench.program, &bench.ground, 0, Shape { queues, ..Shape::usual() })?;
        crew.ready(&mut eye).await?;
        tokio::time::sleep(CALM).await;
        let (began, cpu, before) = (Instant::now(), crew.cpu(), eye.spent().await?);
        tokio::time::sleep(self.time).await;
        let (seconds, now) = (began.elapsed().as_secs_f64(), crew.cpu());
        let cost = eye.spent().await?.since(&before);
        crew.still_there()?;
        crew.stop().await?;
        eye.close().await?;
        let share = |used: f64| used / seconds * 100.0;
        figures.add(format!("idle.{queues}.commits"), "commits/s", cost.commits / seconds);
        figures.add_known(format!("idle.{queues}.statements"), "statements/s", cost.statements.map(|n| n / seconds));
        let used = now.zip(cpu).map(|(now, then)| share(now - then));
        figures.add_known(format!("idle.{queues}.worker_cpu"), "% of a processor", used);
        figures.add_known(format!("idle.{queues}.server_cpu"), "% of a processor", cost.cpu.map(share));
        Ok(())
    }
}
