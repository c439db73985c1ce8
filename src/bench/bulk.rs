//! Many jobs at once, beside `copy` into the same table.

use std::fmt::Write;
use std::time::Instant;

use chrono::Utc;
use sqlx::{ConnectOptions, Executor, PgPool};

use super::figure::{Figures, per};
use super::job::{Noop, QUEUE};
use super::{Bench, BenchError};
use crate::client::{Client, Enqueue};
use crate::job::Job;
use crate::model::JobId;

/// Jobs of one statement, and how many clients send such: the best of them counts, for us and for `copy`.
const WAYS: [(u64, u64); 4] = [(1_000, 1), (1_000, 2), (5_000, 1), (5_000, 2)];

/// One round of so many jobs.
pub(super) async fn round(bench: &Bench, jobs: u64) -> Result<Figures, BenchError> {
    bench.ground.fresh().await?;
    let pool = bench.ground.pool(2).await?;
    let (mut ours, mut keys, mut copied) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (batch, clients) in WAYS {
        bench.say(format!("{batch} at once, {clients} clients"));
        let way = Way { bench, pool: &pool, jobs, batch, clients };
        ours = ours.max(way.rate(|pool, from, to| enqueue(pool, from, to, Enqueue::from)).await?);
        keys = keys.max(way.rate(|pool, from, to| enqueue(pool, from, to, keyed)).await?);
        copied = copied.max(way.copied().await?);
    }
    pool.close().await;
    let mut figures = Figures::default();
    figures.add("enqueue.bulk.rate", "jobs/s", ours);
    figures.add("enqueue.bulk.keyed", "jobs/s", keys);
    figures.add("enqueue.bulk.copy", "rows/s", copied);
    figures.add("enqueue.bulk.ratio", "of copy", ours / copied);
    Ok(figures)
}

/// With an idempotency key of its own.
pub(super) fn keyed(job: Noop) -> Enqueue {
    let key = format!("bench-{}", job.i);
    Enqueue::from(job).unique(key)
}

/// One way to send them.
struct Way<'a> {
    bench: &'a Bench,
    pool: &'a PgPool,
    jobs: u64,
    batch: u64,
    clients: u64,
}

impl Way<'_> {
    /// Jobs a second, into empty tables; each client sends its share of the batches.
    async fn rate<F, Fut>(&self, send: F) -> Result<f64, BenchError>
    where
        F: Fn(PgPool, u64, u64) -> Fut + Copy + Send + 'static,
        Fut: Future<Output = Result<(), BenchError>> + Send,
    {
        self.empty().await?;
        let began = Instant::now();
        let (jobs, batch, clients) = (self.jobs, self.batch, self.clients);
        let sending = (0..clients).map(|client| {
            let pool = self.pool.clone();
            tokio::spawn(async move {
                let mut from = client * batch;
                while from < jobs {
                    send(pool.clone(), from, (from + batch).min(jobs)).await?;
                    from += clients * batch;
                }
                Ok(())
            })
        });
        all(sending.collect()).await?;
        Ok(per(jobs, began.elapsed().as_secs_f64()))
    }

    /// The same rows by `copy`, which finds them ready.
    async fn copied(&self) -> Result<f64, BenchError> {
        self.empty().await?;
        let mut shares = vec![Vec::new(); usize::try_from(self.clients).unwrap_or(1)];
        let places = shares.len();
        for (place, from) in (0..self.jobs).step_by(usize::try_from(self.batch).unwrap_or(1)).enumerate() {
            shares[place % places].push(rows(from, (from + self.batch).min(self.jobs)));
        }
        let began = Instant::now();
        let sending = shares.into_iter().map(|share| {
            let pool = self.pool.clone();
            tokio::spawn(async move {
                let mut db = pool.acquire().await?;
                for rows in share {
                    let mut copy = db.copy_in_raw(include_str!("sql/copy.sql")).await?;
                    copy.send(rows.into_bytes()).await?;
                    copy.finish().await?;
                }
                Ok(())
            })
        });
        all(sending.collect()).await?;
        Ok(per(self.jobs, began.elapsed().as_secs_f64()))
    }

    async fn empty(&self) -> Result<(), BenchError> {
        let mut db = self.bench.ground.options().connect().await?;
        db.execute("truncate windlass.jobs, windlass.unique_keys").await?;
        self.bench.ground.settle().await
    }
}

async fn enqueue(pool: PgPool, from: u64, to: u64, job: fn(Noop) -> Enqueue) -> Result<(), BenchError> {
    Client::new(pool.clone()).enqueue_many(&pool, (from..to).map(|i| job(Noop { i }))).await?;
    Ok(())
}

/// What an enqueue would store, as `copy` reads it.
fn rows(from: u64, to: u64) -> String {
    let (now, kind, most) = (Utc::now().to_rfc3339(), Noop::KIND, Noop::POLICY.max_failures);
    (from..to).fold(String::new(), |mut rows, i| {
        // A string takes everything.
        let _ = writeln!(rows, "{}\t{QUEUE}\t{kind}\t{{\"i\": {i}}}\t{most}\t{now}\t{now}", JobId::new());
        rows
    })
}

async fn all(sending: Vec<tokio::task::JoinHandle<Result<(), BenchError>>>) -> Result<(), BenchError> {
    for one in sending {
        one.await.map_err(|error| BenchError::process("enqueue")(error.into()))??;
    }
    Ok(())
}
