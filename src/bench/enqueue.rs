//! Jobs one by one, each a commit of its own, beside rows of the same width that pgbench inserts into a bare table.

use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, Connection, Executor};

use super::figure::{Figures, per};
use super::job::Noop;
use super::pgbench::{self, Script, Until};
use super::{Bench, BenchError, bulk};
use crate::client::{Client, Enqueue};

/// What a row is made of beside its filler: its head, the key, and the filler's length.
const BARE_WIDTH: i64 = 24 + 8 + 4;
/// Clients that enqueue with keys.
const KEYED: u32 = 8;

/// What is enqueued.
#[derive(Clone, Debug)]
pub(crate) struct Enqueueing {
    /// One by one by so many clients.
    pub(crate) clients: Vec<u32>,
    /// For so long.
    pub(crate) time: Duration,
    /// In bulk so many.
    pub(crate) jobs: u64,
}

impl Enqueueing {
    /// One round.
    pub(crate) async fn round(&self, bench: &Bench) -> Result<Figures, BenchError> {
        let mut figures = Figures::default();
        for clients in &self.clients {
            bench.ground.fresh().await?;
            bench.say(format!("one by one, {clients} clients"));
            let ours = self.singly(bench, *clients, Enqueue::from).await?;
            let bare = self.bare(bench, *clients).await?;
            figures.add(format!("enqueue.{clients}.rate"), "jobs/s", ours);
            figures.add(format!("enqueue.{clients}.bare"), "rows/s", bare);
            figures.add(format!("enqueue.{clients}.ratio"), "of the bare insert", ours / bare);
        }
        bench.ground.fresh().await?;
        bench.say("one by one, with keys");
        let keyed = self.singly(bench, KEYED, bulk::keyed).await?;
        figures.add(format!("enqueue.{KEYED}.keyed"), "jobs/s", keyed);
        figures.extend(bulk::round(bench, self.jobs).await?);
        Ok(figures)
    }

    /// Each client has a task and waits for each answer; one program's, they share its door and a pool of as many connections.
    async fn singly(&self, bench: &Bench, clients: u32, job: fn(Noop) -> Enqueue) -> Result<f64, BenchError> {
        let pool = bench.ground.pool(clients).await?;
        let door = Client::new(pool.clone());
        bench.ground.settle().await?;
        let (began, time) = (Instant::now(), self.time);
        let enqueueing: Vec<_> = (0..u64::from(clients))
            .map(|client| {
                let (pool, door) = (pool.clone(), door.clone());
                tokio::spawn(async move {
                    let mut made = 0;
                    while began.elapsed() < time {
                        door.enqueue(&pool, job(Noop { i: client << 32 | made })).await?;
                        made += 1;
                    }
                    Ok::<u64, BenchError>(made)
                })
            })
            .collect();
        let mut made = 0;
        for one in enqueueing {
            made += one.await.map_err(|error| BenchError::process("enqueue")(error.into()))??;
        }
        let rate = per(made, began.elapsed().as_secs_f64());
        pool.close().await;
        Ok(rate)
    }

    /// Into a table with a primary key and nothing else.
    async fn bare(&self, bench: &Bench, clients: u32) -> Result<f64, BenchError> {
        let mut db = bench.ground.options().connect().await?;
        let width: i64 = sqlx::query_scalar(include_str!("sql/width.sql")).fetch_one(&mut db).await?;
        db.execute(include_str!("sql/bare.sql")).await?;
        db.close().await?;
        bench.ground.settle().await?;
        let filler = "x".repeat(usize::try_from(width - BARE_WIDTH).unwrap_or_default());
        let script = Script {
            text: include_str!("sql/insert.sql"),
            clients: usize::try_from(clients).unwrap_or(1),
            until: Until::Seconds(self.time.as_secs().max(1)),
            variables: vec![("made", "0".to_owned()), ("filler", filler)],
        };
        pgbench::run(&bench.ground, script).await
    }
}
