//! A worker process: its queues, its lease, and its end.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::apalis::{Feed, Slots};
use super::claim::Claimer;
use super::execute::{Finished, Runner};
use super::lease::Keeper;
use super::listen::listen;
use super::settle::settle;
use crate::maintenance;
use crate::model::{SessionId, WorkerOptions};
use crate::registry::{Registry, RegistryError};
use crate::store::{Lease, Migrations, Store, StoreError};
use crate::telemetry;

/// How many endings may wait for a database that is away, for each queue, before slots wait with them.
const UNSETTLED: usize = 4_096;

/// Runs an application's jobs until it is told to stop.
///
/// ```no_run
/// # async fn example(db: sqlx::PgPool, registry: windlass::Registry<()>) -> Result<(), windlass::WorkerError> {
/// use windlass::{Store, WorkerPool};
/// WorkerPool::new(Store::new(db), registry, ())
///     .run(async { drop(tokio::signal::ctrl_c().await) })
///     .await
/// # }
/// ```
#[derive(Debug)]
pub struct WorkerPool<D> {
    store: Store,
    registry: Registry<D>,
    deps: D,
    options: WorkerOptions,
}

/// Why a worker did not start, or ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// The registry contradicts itself.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A queue that no kind here uses.
    #[error("unknown queue {queue:?}; this program's kinds use: {known}")]
    UnknownQueue {
        /// The queue asked for.
        queue: String,
        /// The queues there are.
        known: String,
    },
    /// The database refused, or its schema is old.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The runtime under the slots failed.
    #[error("the worker's runtime ended: {0}")]
    Runtime(String),
}

/// One queue's part of a process.
struct Lane {
    feed: Feed,
    finished: mpsc::Sender<Finished>,
}

impl<D: Clone + Send + Sync + 'static> WorkerPool<D> {
    /// A pool for all of the registry's queues.
    #[must_use]
    pub fn new(store: Store, registry: Registry<D>, deps: D) -> Self {
        Self { store, registry, deps, options: WorkerOptions::default() }
    }

    /// With other options.
    #[must_use]
    pub fn options(self, options: WorkerOptions) -> Self {
        Self { options, ..self }
    }

    /// Runs jobs until `shutdown` resolves; then stops claiming, lets what runs finish, hands back what did not start, and
    /// after the shutdown's patience what still runs, without using up an attempt.
    ///
    /// # Errors
    ///
    /// [`WorkerError`] when it cannot start. A database that goes away later is waited for.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), WorkerError> {
        self.registry.check()?;
        let queues = self.queues()?;
        Migrations::engine().require(self.store.db()).await?;
        let kinds: Vec<_> = self.registry.kinds().map(|kind| (kind.name, kind.queue, kind.args_version)).collect();
        self.store.publish(&kinds).await?;
        telemetry::start_at_zero(kinds.iter().map(|kind| (kind.1, kind.0)), |queue| self.options.slots(queue));

        let [stop, hurry, give_up, left] = std::array::from_fn(|_| CancellationToken::new());
        let keeper = Keeper::start(self.store.clone(), self.lease(&queues), self.options.renew).await?;
        let sessions = keeper.sessions();
        let keeping = tokio::spawn(keeper.keep(left.clone()));
        let runner = Arc::new(Runner::new(self.store.clone(), self.registry.clone(), self.deps.clone(), hurry.clone()));

        let (mut slots, mut lanes) = (Slots::new(), Vec::new());
        let (mut claimers, mut settlers) = (JoinSet::new(), JoinSet::new());
        for queue in &queues {
            let (out, held) = mpsc::unbounded_channel();
            let (finished, endings) = mpsc::channel(UNSETTLED);
            let feed = Feed::new(held);
            let most = self.options.held(queue);
            let claimer = Claimer {
                store: self.store.clone(),
                queue: queue.clone(),
                sessions: sessions.clone(),
                places: Arc::new(Semaphore::new(most)),
                held: most,
                poll: self.options.poll,
                out,
            };
            claimers.spawn(claimer.run(stop.clone()));
            settlers.spawn(settle(self.store.clone(), queue.clone(), endings, give_up.clone()));
            slots = slots.add(queue, self.options.slots(queue), feed.clone(), &runner, finished.clone());
            lanes.push(Lane { feed, finished });
        }
        let mut helpers = maintenance::start(&self.store, &queues, &self.options);
        helpers.spawn(listen(self.store.db().clone()));
        tracing::info!(queues = queues.join(","), "working");

        let slots = tokio::spawn(slots.run(stop.clone()));
        shutdown.await;

        tracing::info!("shutting down: no more claims");
        stop.cancel();
        while claimers.join_next().await.is_some() {}
        for lane in lanes {
            for held in lane.feed.drain() {
                let _ = lane.finished.send(Finished::released(held.claim)).await;
            }
        }
        let patience = tokio::spawn({
            let (hurry, wait) = (hurry.clone(), self.options.shutdown);
            async move {
                tokio::time::sleep(wait).await;
                hurry.cancel();
                // What has finished is worth a few seconds more.
                tokio::time::sleep(wait.min(std::time::Duration::from_secs(5))).await;
                give_up.cancel();
            }
        });
        let ended = slots.await;
        drop(runner);
        while settlers.join_next().await.is_some() {}
        patience.abort();
        left.cancel();
        let _ = keeping.await;
        helpers.shutdown().await;
        tracing::info!("shut down");
        match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(WorkerError::Runtime(error)),
            Err(error) => Err(WorkerError::Runtime(error.to_string())),
        }
    }

    fn queues(&self) -> Result<Vec<String>, WorkerError> {
        let known = self.registry.queues();
        if let Some(queue) = self.options.queues.iter().find(|queue| !known.contains(&queue.as_str())) {
            return Err(WorkerError::UnknownQueue { queue: queue.clone(), known: known.join(", ") });
        }
        if self.options.queues.is_empty() {
            return Ok(known.into_iter().map(str::to_owned).collect());
        }
        Ok(self.options.queues.clone())
    }

    fn lease(&self, queues: &[String]) -> Lease {
        Lease {
            session: SessionId::new(),
            length: self.options.lease,
            pid: i32::try_from(std::process::id()).unwrap_or(0),
            host: std::fs::read_to_string("/etc/hostname")
                .map_or_else(|_| String::new(), |host| host.trim().to_owned()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            queues: queues.to_vec(),
        }
    }
}
