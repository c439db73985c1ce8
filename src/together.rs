//! Jobs that several callers enqueue at once, in one statement: while one is under way those that come wait for the next, so that
//! under load a commit is shared. Nobody waits who need not, nor for long, and only jobs without a key take part: a key may be in
//! somebody's hands.

use std::io;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::model::{Clock, NewJob};
use crate::store::{self, Answer, StoreError};

/// A statement that takes longer is not waited for by those that come after it.
const PATIENCE: Duration = Duration::from_millis(100);
/// Those whom one statement has answered come again at nearly the same moment. The first of them lets the others run so often before
/// it goes: alone it would keep them waiting for a statement of its own. With eight callers that is worth 40 %.
const TURNS: u32 = 3;
/// A connection that is kept from statement to statement goes back then, so that others who wait for one of their pool have their turn.
const TURN: Duration = Duration::from_millis(100);
/// Jobs in one statement: at 64 KiB of arguments each it still is one that the server takes.
const MOST: usize = 1_000;

/// Where jobs meet.
#[derive(Clone, Debug)]
pub(crate) struct Together {
    db: PgPool,
    clock: Clock,
    waiting: Arc<Mutex<Vec<Waiting>>>,
    statement: Arc<Semaphore>,
}

#[derive(Debug)]
struct Waiting {
    job: NewJob,
    told: oneshot::Sender<Result<Answer, StoreError>>,
}

impl Together {
    pub(crate) fn new(db: PgPool, clock: Clock) -> Self {
        Self { db, clock, waiting: Arc::default(), statement: Arc::new(Semaphore::new(1)) }
    }

    /// Another one for the same pool, at another clock.
    pub(crate) fn at(&self, clock: Clock) -> Self {
        Self::new(self.db.clone(), clock)
    }

    /// Whether jobs meet for this pool.
    pub(crate) fn is_for(&self, pool: &PgPool) -> bool {
        // Clones of a pool share their options, and nobody else does.
        Arc::ptr_eq(&pool.connect_options(), &self.db.connect_options())
    }

    /// Enqueues a job without a key.
    pub(crate) async fn enqueue(&self, job: NewJob) -> Result<Answer, StoreError> {
        store::check(&job)?;
        let (told, answer) = oneshot::channel();
        self.waiting().push(Waiting { job, told });
        self.begin();
        answer.await.unwrap_or(Err(StoreError::NoAnswer))
    }

    /// In a task of its own: a caller that goes away takes nobody's job along.
    fn begin(&self) {
        tokio::spawn(self.clone().store_waiting());
    }

    /// Stores what waits, as long as anything does; whoever finds a statement under way leaves it to that one.
    async fn store_waiting(self) {
        // Looked at again at the end: one that came in between has found no statement free.
        while !self.waiting().is_empty() {
            let Ok(statement) = self.statement.try_acquire() else { return };
            // To give it back after each statement would cost a round trip.
            let (mut connection, began) = (None, Instant::now());
            loop {
                for _ in 0..TURNS {
                    yield_now().await;
                }
                let waiting = if began.elapsed() < TURN { self.next() } else { Vec::new() };
                if waiting.is_empty() {
                    break;
                }
                let mut stored = pin!(self.store(waiting, &mut connection));
                if timeout(PATIENCE, &mut stored).await.is_err() {
                    drop(statement);
                    self.begin();
                    stored.await;
                    return;
                }
            }
        }
    }

    /// Those who have waited longest.
    fn next(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting();
        if waiting.len() <= MOST {
            return mem::take(&mut *waiting);
        }
        waiting.drain(..MOST).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn store(&self, waiting: Vec<Waiting>, connection: &mut Option<PoolConnection<Postgres>>) {
        let (jobs, tells): (Vec<_>, Vec<_>) = waiting.into_iter().map(|Waiting { job, told }| (job, told)).unzip();
        match store::observed("enqueue", self.send(&jobs, connection)).await {
            Ok(answers) => {
                // Who has gone away is told nothing.
                for (told, answer) in tells.into_iter().zip(answers) {
                    let _ = told.send(Ok(answer));
                }
            }
            // What is wrong with one is not held against the others.
            Err(error) if jobs.len() > 1 && error.sqlstate().is_some() => {
                for (job, told) in jobs.into_iter().zip(tells) {
                    Box::pin(self.store(vec![Waiting { job, told }], connection)).await;
                }
            }
            Err(error) => {
                let mut tells = tells.into_iter();
                let first = tells.next();
                for told in tells {
                    let _ = told.send(Err(told_again(&error)));
                }
                if let Some(told) = first {
                    let _ = told.send(Err(error));
                }
            }
        }
    }

    /// Sends them on this connection, or another one; which is kept when they are stored.
    async fn send(
        &self,
        jobs: &[NewJob],
        connection: &mut Option<PoolConnection<Postgres>>,
    ) -> Result<Vec<Answer>, StoreError> {
        let mut taken = match connection.take() {
            Some(taken) => taken,
            None => self.db.acquire().await?,
        };
        let answers = store::enqueue(&mut *taken, &self.clock, jobs).await?;
        *connection = Some(taken);
        Ok(answers)
    }
}

/// The same failure for each of those who shared the statement; the server's own refusals never come here.
fn told_again(error: &StoreError) -> StoreError {
    match error {
        StoreError::NoAnswer => StoreError::NoAnswer,
        StoreError::Database(sqlx::Error::PoolTimedOut) => sqlx::Error::PoolTimedOut.into(),
        StoreError::Database(sqlx::Error::PoolClosed) => sqlx::Error::PoolClosed.into(),
        other => sqlx::Error::Io(io::Error::other(other.to_string())).into(),
    }
}
