//! A worker process, as its caller sees it.

use std::future::Future;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::execute::Runner;
use super::isolate::Suspects;
use super::look::are_few;
use super::running::Running;
use crate::maintenance::{Duties, scheduler};
use crate::model::{SessionId, WorkerOptions};
use crate::registry::{Registry, RegistryError};
use crate::store::{Lease, Migrations, Pooling, Store, StoreError, pooling};
use crate::telemetry;

/// Connections of a process for claims, endings and upkeep, however many queues it serves: each is used for milliseconds.
const MOST_CONNECTIONS: usize = 24;

/// So many of them: for each queue's claims and endings, and beside those for the rest. Few queues keep theirs.
fn connections(queues: usize) -> usize {
    let kept = if are_few(queues) { 2 * queues } else { 0 };
    (kept + 2 * queues + 5).min(MOST_CONNECTIONS)
}

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
    hurry: CancellationToken,
    ear: Option<PgPool>,
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
    /// A part that never ends has ended; what ran was handed back.
    #[error("the worker stopped: {0}; its jobs run again elsewhere, start it anew")]
    Runtime(String),
}

impl<D: Clone + Send + Sync + 'static> WorkerPool<D> {
    /// A pool for all of the registry's queues.
    #[must_use]
    pub fn new(store: Store, registry: Registry<D>, deps: D) -> Self {
        Self { store, registry, deps, options: WorkerOptions::default(), hurry: CancellationToken::new(), ear: None }
    }

    /// With other options.
    #[must_use]
    pub fn options(self, options: WorkerOptions) -> Self {
        Self { options, ..self }
    }

    /// Cuts a shutdown's patience short when `hurry` is cancelled: what still runs is handed back at once.
    #[must_use]
    pub fn hurry(self, hurry: CancellationToken) -> Self {
        Self { hurry, ..self }
    }

    /// Listens for wake-ups there: connections to the same database that pass by the pooler which the store's pass through.
    /// Without them a worker behind a pooler that lends out server processes polls.
    #[must_use]
    pub fn listen_at(self, direct: PgPool) -> Self {
        Self { ear: Some(direct), ..self }
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
        let schedules = (self.registry.schedules().clone(), self.registry.version()?);
        let pooling = pooling(&self.store.db().connect_options()).await?;
        Migrations::engine().require(self.store.db()).await?;
        let kinds: Vec<_> = self.registry.kinds().map(|kind| (kind.name, kind.queue, kind.args_version)).collect();
        self.store.publish(&self.registry.published_kinds()).await?;
        telemetry::start_at_zero(kinds.iter().map(|kind| (kind.1, kind.0)), &self.options);

        scheduler::declare(&self.store, &schedules.0, &schedules.1).await?;

        // Handlers have the caller's connections; what keeps the jobs ours and ends them never queues behind those.
        let store = self.store.with_own_connections(connections(queues.len()), pooling);
        let lease = self.lease(&queues);
        let known = kinds.iter().map(|kind| (kind.0, kind.2)).collect();
        let suspects = self.options.isolation.clone().map(|isolation| Suspects::new(store.clone(), isolation));
        let own_gauges = self.registry.own_instruments().map(|instruments| {
            instruments.begin();
            (instruments.reader(self.deps.clone()), self.registry.queues().into_iter().map(str::to_owned).collect())
        });
        let duties = Duties { kinds: known, schedules, own_gauges };
        let runner = Runner::new(self.store, self.registry, self.deps, self.hurry).isolating(suspects);
        // A helper tries again; the default partition catches what ends meanwhile.
        if let Err(error) = store.turn_history(self.options.history).await {
            tracing::warn!(%error, "failed to make the history's days");
        }
        let ear = self.ear.or_else(|| (pooling == Pooling::Own).then(|| store.db().clone()));
        if ear.is_none() {
            tracing::warn!("behind a pooler that cannot listen: polling; set database.direct_url to be woken");
        }
        let mut running = Running::start(store, ear, lease, runner, duties, &self.options).await?;
        tracing::info!(queues = queues.join(","), "working");
        let broken = tokio::select! {
            () = shutdown => None,
            part = running.part_that_ended() => Some(part),
        };
        running.stop(self.options.shutdown).await;
        broken.map_or(Ok(()), |part| Err(WorkerError::Runtime(part)))
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
            version: self
                .options
                .revision
                .clone()
                .unwrap_or_else(|| self.registry.schedules().program_version().to_owned()),
            queues: queues.to_vec(),
        }
    }
}
