//! Jobs of many requests in one statement: while one is under way those that come wait for the next, so that under load a
//! commit is shared. Nobody waits who need not, and only jobs without a key take part: a key may be in somebody's hands.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, oneshot};

use super::Problem;
use crate::client::{Client, EnqueueError};
use crate::model::{Enqueued, NewJob};
use crate::store::{Answer, StoreError};

/// Statements under way at once: one is answered while the next one's jobs are stored.
const STATEMENTS: usize = 2;

/// Where jobs meet.
#[derive(Clone, Debug)]
pub(super) struct Together {
    client: Client,
    db: sqlx::PgPool,
    waiting: Arc<Mutex<Vec<Waiting>>>,
    statements: Arc<Semaphore>,
}

#[derive(Debug)]
struct Waiting {
    job: NewJob,
    told: oneshot::Sender<Result<Answer, Problem>>,
}

impl Together {
    pub(super) fn new(client: Client, db: sqlx::PgPool) -> Self {
        Self { client, db, waiting: Arc::default(), statements: Arc::new(Semaphore::new(STATEMENTS)) }
    }

    /// Enqueues a job without a key.
    pub(super) async fn enqueue(&self, job: NewJob) -> Result<Enqueued, Problem> {
        let (told, answer) = oneshot::channel();
        self.waiting().push(Waiting { job, told });
        // A task of its own: a caller that goes away takes nobody's job along.
        tokio::spawn(self.clone().store_waiting());
        let answer = answer.await.map_err(|_dropped| Problem::from(StoreError::NoAnswer))??;
        answer.map_err(|conflict| Problem::from(EnqueueError::from(conflict)))
    }

    /// Stores what waits, as long as anything does; whoever finds enough statements under way leaves it to them.
    async fn store_waiting(self) {
        // Looked at again after each: one that came in between has found no statement free.
        while !self.waiting().is_empty() {
            let Ok(statement) = self.statements.try_acquire() else { return };
            let waiting = mem::take(&mut *self.waiting());
            self.store(waiting).await;
            drop(statement);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn store(&self, waiting: Vec<Waiting>) {
        let (jobs, tells): (Vec<_>, Vec<_>) = waiting.into_iter().map(|Waiting { job, told }| (job, told)).unzip();
        match self.client.enqueue_raw(&self.db, &jobs).await {
            Ok(answers) => {
                // Who has gone away is told nothing.
                for (told, answer) in tells.into_iter().zip(answers) {
                    let _ = told.send(Ok(answer));
                }
            }
            // What is wrong with one is not held against the others.
            Err(EnqueueError::Store(error)) if jobs.len() > 1 && error.sqlstate().is_some() => {
                for (job, told) in jobs.into_iter().zip(tells) {
                    Box::pin(self.store(vec![Waiting { job, told }])).await;
                }
            }
            Err(error) => {
                let problem = Problem::from(error);
                for told in tells {
                    let _ = told.send(Err(problem.clone()));
                }
            }
        }
    }
}
