//! Jobs that come at an even rate: from the enqueue to the end of each, and whether their table grows. Also while somebody holds a
//! transaction open, under which nothing that has ended can be vacuumed away.

use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, Connection, Executor, FromRow, PgConnection, PgPool};

use super::crew::{Crew, Shape};
use super::drain::{Drain, all_started, nothing_left};
use super::eye::Eye;
use super::figure::{Figures, float, per};
use super::job::Noop;
use super::{Bench, BenchError, exactly};
use crate::client::Client;

/// How often jobs are sent: what has come due since the last time.
const TICK: Duration = Duration::from_millis(5);
/// Of the time, what comes before the table is first looked at.
const EARLY: f64 = 0.1;
/// The most that are sent at once.
const BATCH: u64 = 5_000;

/// An even load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steady {
    /// Jobs a second; half of what a drain does where it is not said.
    pub(crate) rate: Option<f64>,
    /// For so long.
    pub(crate) time: Duration,
    /// How many jobs the drain takes that finds the rate.
    pub(crate) jobs: u64,
    /// Once more with a transaction held open.
    pub(crate) pinned: bool,
}

/// What came of it.
#[derive(Clone, Copy, Debug, FromRow)]
struct Lasted {
    /// Jobs that ended before the last was to come.
    ended: i64,
    p50: f64,
    p95: f64,
    p99: f64,
    longest: f64,
    /// Of the table of jobs in bytes, after a tenth of the time and at its end.
    #[sqlx(skip)]
    sizes: [f64; 2],
}

impl Steady {
    /// One round.
    pub(crate) async fn round(&self, bench: &Bench) -> Result<Figures, BenchError> {
        let shape = Shape::claiming(1_000);
        let rate = match self.rate {
            Some(rate) => rate,
            None => Drain { jobs: self.jobs, shape }.run(bench).await?.rate() / 2.0,
        };
        let mut figures = Figures::default();
        let name = if self.pinned { "horizon.free" } else { "steady" };
        let free = self.run(bench, rate, false).await?;
        free.add_to(&mut figures, name, rate, self.time);
        if self.pinned {
            let pinned = self.run(bench, rate, true).await?;
            pinned.add_to(&mut figures, "horizon.pinned", rate, self.time);
            figures.add("horizon.rate_ratio", "of the rate without", pinned.rate(self.time) / free.rate(self.time));
            figures.add("horizon.p99_ratio", "times the p99 without", pinned.p99 / free.p99);
        }
        Ok(figures)
    }

    async fn run(&self, bench: &Bench, rate: f64, pinned: bool) -> Result<Lasted, BenchError> {
        bench.ground.fresh().await?;
        bench.ground.settle().await?;
        let mut eye = Eye::open(&bench.ground).await?;
        let jobs = whole(rate * self.time.as_secs_f64()).max(1);
        let places = usize::try_from(jobs).unwrap_or(usize::MAX);
        let crew = Crew::start(&bench.program, &bench.ground, places, Shape::claiming(1_000))?;
        crew.ready(&mut eye).await?;
        let pin = if pinned { Some(pin(bench).await?) } else { None };
        bench.say(if pinned { "steady, a transaction held open" } else { "steady" });
        let pool = bench.ground.pool(2).await?;
        let sizes = send(&crew, &pool, jobs, rate).await?;
        all_started(&crew, jobs).await?;
        nothing_left(&crew, &mut eye, jobs).await?;
        if let Some(pin) = pin {
            pin.close().await?;
        }
        let started = crew.stop().await?;
        pool.close().await;
        exactly::check(jobs, 0, &started, eye.tables().await?)?;
        eye.close().await?;
        let mut db = bench.ground.options().connect().await?;
        let lasted = sqlx::query_as(include_str!("sql/lasted.sql")).bind(self.time.as_secs_f64());
        let lasted: Lasted = lasted.fetch_one(&mut db).await?;
        db.close().await?;
        Ok(Lasted { sizes, ..lasted })
    }
}

impl Lasted {
    /// Jobs that ended a second, while they came.
    fn rate(&self, time: Duration) -> f64 {
        per(self.ended.unsigned_abs(), time.as_secs_f64())
    }

    fn add_to(&self, figures: &mut Figures, name: &str, asked: f64, time: Duration) {
        figures.add(format!("{name}.asked"), "jobs/s", asked);
        figures.add(format!("{name}.rate"), "jobs/s", self.rate(time));
        for (what, value) in [("p50", self.p50), ("p95", self.p95), ("p99", self.p99), ("max", self.longest)] {
            figures.add(format!("{name}.{what}"), "ms", value);
        }
        let [early, late] = self.sizes;
        figures.add(format!("{name}.table"), "MB of jobs at the end", late / 1e6);
        figures.add(format!("{name}.growth"), "times its size at a tenth of the time", late / early);
    }
}

/// Sends what is due by the rate, however long the last answer took: who falls behind catches up. Answers with the table's sizes.
async fn send(crew: &Crew, pool: &PgPool, jobs: u64, rate: f64) -> Result<[f64; 2], BenchError> {
    let client = Client::new(pool.clone());
    let began = Instant::now();
    let (mut sent, mut early) = (0, None);
    while sent < jobs {
        if early.is_none() && float(sent) > EARLY * float(jobs) {
            early = Some(size(pool).await?);
        }
        crew.still_there()?;
        let due = whole(rate * began.elapsed().as_secs_f64()).min(jobs).min(sent + BATCH);
        if due > sent {
            client.enqueue_many(pool, (sent..due).map(|i| Noop { i })).await?;
            sent = due;
        }
        if float(sent) >= rate * began.elapsed().as_secs_f64() - 1.0 {
            tokio::time::sleep(TICK).await;
        }
    }
    let late = size(pool).await?;
    Ok([early.unwrap_or(late), late])
}

async fn size(pool: &PgPool) -> Result<f64, BenchError> {
    Ok(sqlx::query_scalar(include_str!("sql/size.sql")).fetch_one(pool).await?)
}

/// Somebody's forgotten transaction: with a snapshot, and with a number of its own.
async fn pin(bench: &Bench) -> Result<PgConnection, BenchError> {
    let mut db = bench.ground.options().connect().await?;
    db.execute(sqlx::raw_sql(include_str!("sql/pin.sql"))).await?;
    Ok(db)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of jobs")]
fn whole(count: f64) -> u64 {
    count as u64
}
