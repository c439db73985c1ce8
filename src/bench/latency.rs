//! How soon an idle worker in another process starts a job: from the return of the call that committed it to the handler's start.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::MissedTickBehavior;

use super::crew::{Crew, Shape};
use super::door::Door;
use super::drain::all_started;
use super::eye::Eye;
use super::figure::{Figures, float, quantile};
use super::job::{Noop, QUEUE, now};
use super::{Bench, BenchError, exactly};
use crate::client::Client;
use crate::model::WorkerOptions;

/// How long a worker is left alone before the first job comes.
const CALM: Duration = Duration::from_secs(2);

/// Jobs that come one at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency {
    /// So many by each door.
    pub(crate) jobs: u64,
    /// So many a second.
    pub(crate) rate: f64,
}

/// How a job comes.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// `POST /v1/jobs`, to an API in this process.
    Http,
    /// `client.enqueue(&pool, …)`.
    Pool,
    /// A transaction of the producer's, and `client.commit(tx)`.
    Client,
    /// The same, and `tx.commit()`: nobody is woken, the poll finds it.
    Plain,
}

impl Latency {
    /// One round.
    pub(crate) async fn round(&self, bench: &Bench) -> Result<Figures, BenchError> {
        let mut figures = Figures::default();
        for (way, name) in
            [(Way::Pool, "pool"), (Way::Client, "client_commit"), (Way::Http, "api"), (Way::Plain, "plain_commit")]
        {
            bench.say(format!("latency, {name}"));
            let mut waits = self.waits(bench, way).await?;
            waits.sort_by(f64::total_cmp);
            for (share, what) in [(0.5, "p50"), (0.95, "p95"), (0.99, "p99"), (1.0, "max")] {
                figures.add(format!("latency.{name}.{what}"), "ms", quantile(&waits, share));
            }
        }
        Ok(figures)
    }

    /// Each job's wait in milliseconds.
    async fn waits(&self, bench: &Bench, way: Way) -> Result<Vec<f64>, BenchError> {
        bench.ground.fresh().await?;
        bench.ground.settle().await?;
        let mut eye = Eye::open(&bench.ground).await?;
        let jobs = usize::try_from(self.jobs).unwrap_or(usize::MAX);
        let crew = Crew::start(&bench.program, &bench.ground, jobs, Shape::usual())?;
        crew.ready(&mut eye).await?;
        tokio::time::sleep(CALM).await;
        let pool = bench.ground.pool(2).await?;
        let client = Client::new(pool.clone());
        let mut door = Door::open(&pool).await.map_err(BenchError::process("serve an API"))?;
        let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / self.rate));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut committed = Vec::with_capacity(jobs);
        for i in 0..self.jobs {
            ticks.tick().await;
            way.enqueue(&client, &pool, &mut door, Noop { i }).await?;
            committed.push(now());
        }
        all_started(&crew, self.jobs).await?;
        drop(door);
        let started = crew.stop().await?;
        pool.close().await;
        exactly::check(self.jobs, 0, &started, eye.tables().await?)?;
        eye.close().await?;
        // A handler may start before the answer to the commit has come back.
        let wait = |(start, commit): (&u64, &u64)| (float(*start) - float(*commit)) / 1e6;
        Ok(started.at.iter().zip(&committed).map(wait).collect())
    }
}

impl Way {
    async fn enqueue(self, client: &Client, pool: &PgPool, door: &mut Door, job: Noop) -> Result<(), BenchError> {
        match self {
            Self::Pool => drop(client.enqueue(pool, job).await?),
            Self::Http => door.post(&job).map_err(BenchError::process("ask the API"))?,
            Self::Client | Self::Plain => {
                let mut tx = pool.begin().await?;
                client.enqueue(&mut *tx, job).await?;
                match self {
                    Self::Client => client.commit(tx).await?,
                    _ => tx.commit().await?,
                }
            }
        }
        Ok(())
    }
}

impl Shape {
    /// One process as its configuration has it where nobody says anything.
    pub(super) fn usual() -> Self {
        let options = WorkerOptions::default();
        Self { workers: 1, slots: options.slots(QUEUE), held: options.held(QUEUE), queues: 1 }
    }
}
