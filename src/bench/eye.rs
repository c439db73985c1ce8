//! One connection that watches a run, and what the run costs the server.

use std::time::Duration;

use sqlx::{ConnectOptions, Connection, FromRow, PgConnection};

use super::{BenchError, Ground, exactly, machine};
use exactly::Tables;

/// How often the server is asked for something that is about to be so.
pub(super) const SOON: Duration = Duration::from_millis(10);
/// How long the connections of processes that have ended take to go.
const GOING: Duration = Duration::from_secs(5);

/// A connection beside those that are measured.
#[derive(Debug)]
pub(super) struct Eye {
    db: PgConnection,
    backend: u32,
    looks: i64,
}

/// What the server has done so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spent {
    cpu: Option<f64>,
    counted: Counted,
    statements: Option<i64>,
    looks: i64,
}

#[derive(Clone, Copy, Debug, FromRow)]
struct Counted {
    wal: f64,
    commits: i64,
}

/// What it did between two looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// Processor seconds, where the server is on this machine.
    pub(super) cpu: Option<f64>,
    /// Bytes of its log.
    pub(super) wal: f64,
    /// Transactions that were committed in the database, without this eye's.
    pub(super) commits: f64,
    /// Statements, where the server counts them.
    pub(super) statements: Option<f64>,
}

impl Eye {
    /// Opens it as soon as nobody else is connected: what they did is counted when they go.
    pub(super) async fn open(ground: &Ground) -> Result<Self, BenchError> {
        let mut db = ground.options().connect().await?;
        let backend: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut db).await?;
        let mut eye = Self { db, backend: backend.unsigned_abs(), looks: 0 };
        eye.alone().await?;
        Ok(eye)
    }

    /// How many of the bench's jobs have not ended.
    pub(super) async fn left(&mut self) -> Result<u64, BenchError> {
        self.looks += 1;
        let left: i64 = sqlx::query_scalar(include_str!("sql/left.sql")).fetch_one(&mut self.db).await?;
        Ok(left.unsigned_abs())
    }

    /// How many worker processes have registered.
    pub(super) async fn workers(&mut self) -> Result<usize, BenchError> {
        self.looks += 1;
        let workers: i64 = sqlx::query_scalar("select count(*) from windlass.workers").fetch_one(&mut self.db).await?;
        Ok(usize::try_from(workers).unwrap_or_default())
    }

    /// What the tables say in the end.
    pub(super) async fn tables(&mut self) -> Result<Tables, BenchError> {
        self.looks += 1;
        Ok(exactly::look(&mut self.db).await?)
    }

    /// The server's processor seconds so far, where they are to be had.
    pub(super) fn cpu(&self) -> Option<f64> {
        machine::cpu_of_server(self.backend)
    }

    /// What the server has done so far. Each backend hands in its counts about once a second, and when it goes.
    pub(super) async fn spent(&mut self) -> Result<Spent, BenchError> {
        self.looks += 3;
        sqlx::query("select pg_stat_force_next_flush()").execute(&mut self.db).await?;
        let counted = sqlx::query_as(include_str!("sql/spent.sql")).fetch_one(&mut self.db).await?;
        // There is no such table where the server does not count them.
        let statements = sqlx::query_scalar(include_str!("sql/statements.sql")).fetch_one(&mut self.db).await.ok();
        Ok(Spent { cpu: self.cpu(), counted, statements, looks: self.looks })
    }

    /// Waits until nobody else is connected.
    pub(super) async fn alone(&mut self) -> Result<(), BenchError> {
        let others = async {
            loop {
                self.looks += 1;
                let others: i64 = sqlx::query_scalar(include_str!("sql/others.sql")).fetch_one(&mut self.db).await?;
                if others == 0 {
                    return Ok(());
                }
                tokio::time::sleep(SOON).await;
            }
        };
        // Whoever stays for longer is counted a little later; no more than that hangs on it.
        tokio::time::timeout(GOING, others).await.unwrap_or(Ok(()))
    }

    pub(super) async fn close(self) -> Result<(), BenchError> {
        Ok(self.db.close().await?)
    }
}

impl Spent {
    /// What came after the one before.
    pub(super) fn since(&self, before: &Self) -> Cost {
        let looks = self.looks - before.looks;
        let statements = self.statements.zip(before.statements).map(|(now, then)| now - then - looks);
        Cost {
            cpu: self.cpu.zip(before.cpu).map(|(now, then)| now - then),
            wal: self.counted.wal - before.counted.wal,
            commits: number(self.counted.commits - before.counted.commits - looks),
            statements: statements.map(number),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench are far below 2^52")]
fn number(count: i64) -> f64 {
    count as f64
}
