//! For testing jobs, yours and ours: run what is due and look at how it ended, at a clock you turn.
//!
//! ```no_run
//! # use windlass::{Registry, Store};
//! # async fn example(store: Store, registry: Registry<()>) -> Result<(), windlass::StoreError> {
//! use windlass::testing::drain;
//! let ran = drain(&store, &registry, ()).await?;
//! assert!(ran.iter().all(|ran| ran.outcome == windlass::model::Outcome::Completed));
//! # Ok(())
//! # }
//! ```

mod database;
pub mod toys;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use crate::model::ManualClock;
pub use database::{Database, DatabaseError};

use crate::maintenance::scheduler;
use crate::model::{Claim, Outcome, SessionId};
use crate::registry::{Registry, RegistryError};
use crate::store::{Ask, Lease, Plan, Settlement, Store, StoreError, Watermarks};
use crate::worker::{Finished, Held, Runner, Session};

/// An attempt that was run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// What was run.
    pub claim: Arc<Claim>,
    /// How it ended.
    pub outcome: Outcome,
}

/// Runs every due job of the registry's queues, and what they make due, one after another, until nothing is due at the
/// store's clock. Jobs that wait for a retry stay waiting: turn the clock.
///
/// # Errors
///
/// [`StoreError::Database`].
pub async fn drain<D>(store: &Store, registry: &Registry<D>, deps: D) -> Result<Vec<Ran>, StoreError>
where
    D: Clone + Send + Sync + 'static,
{
    let session = open(store, registry).await?;
    let mut all = Vec::new();
    while let Some(ran) = step(store, registry, deps.clone(), session).await? {
        all.push(ran);
    }
    close(store, session).await?;
    Ok(all)
}

/// Runs the next due job, if there is one.
///
/// # Errors
///
/// [`StoreError::Database`].
pub async fn run_one<D>(store: &Store, registry: &Registry<D>, deps: D) -> Result<Option<Ran>, StoreError>
where
    D: Clone + Send + Sync + 'static,
{
    let session = open(store, registry).await?;
    let ran = step(store, registry, deps, session).await?;
    close(store, session).await?;
    Ok(ran)
}

async fn open<D>(store: &Store, registry: &Registry<D>) -> Result<SessionId, StoreError> {
    store.publish(&registry.published_kinds()).await?;
    begin(store).await
}

async fn close(store: &Store, session: SessionId) -> Result<(), StoreError> {
    store.leave(&mut *store.db().acquire().await?, session).await
}

async fn step<D>(store: &Store, registry: &Registry<D>, deps: D, session: SessionId) -> Result<Option<Ran>, StoreError>
where
    D: Clone + Send + Sync + 'static,
{
    for queue in registry.queues() {
        if let Some(claim) = claim(store, queue, session).await? {
            return run(store, registry, deps, claim).await.map(Some);
        }
    }
    Ok(None)
}

/// The next due job of a queue, passing over what is blocked.
async fn claim(store: &Store, queue: &str, session: SessionId) -> Result<Option<Claim>, StoreError> {
    let limited = store.notices(&[queue.to_owned()]).await?.controls.queue(queue).limited;
    let ask = Ask { limited, ..Ask::new(queue, session, 1) };
    loop {
        let claimed = store.claim(&ask, &mut Watermarks::default()).await?;
        if claimed.blocked == 0 || !claimed.jobs.is_empty() {
            return Ok(claimed.jobs.into_iter().next());
        }
    }
}

/// Registers a session with a lease of an hour, for claims by hand.
///
/// # Errors
///
/// [`StoreError::Database`].
pub async fn begin(store: &Store) -> Result<SessionId, StoreError> {
    let session = SessionId::new();
    let lease = Lease {
        session,
        length: Duration::from_hours(1),
        pid: 0,
        host: "test".to_owned(),
        version: "test".to_owned(),
        queues: Vec::new(),
    };
    store.register(&mut *store.db().acquire().await?, &lease).await?;
    Ok(session)
}

/// Declares a program's schedules, as a worker does when it starts: they tick from here on.
///
/// # Errors
///
/// What is wrong with the registry, or the database's.
pub async fn declare_schedules<D>(store: &Store, registry: &Registry<D>) -> Result<(), DeclareError> {
    registry.check()?;
    Ok(scheduler::declare(store, registry.schedules(), &registry.version()?).await?)
}

/// Fires what is due at the store's clock, as a worker's scheduler does. Answers with what became of each tick, by schedule;
/// of ticks that another node deals with meanwhile it answers nothing.
///
/// # Errors
///
/// What is wrong with the registry, or the database's.
pub async fn fire_schedules<D>(store: &Store, registry: &Registry<D>) -> Result<Vec<(String, Plan)>, DeclareError> {
    Ok(scheduler::look(store, registry.schedules(), &registry.version()?).await?.plans)
}

/// Why schedules were not declared or fired.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeclareError {
    /// The registry's fault.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The database's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

async fn run<D>(store: &Store, registry: &Registry<D>, deps: D, claim: Claim) -> Result<Ran, StoreError>
where
    D: Clone + Send + Sync + 'static,
{
    let controls = store.notices(std::slice::from_ref(&claim.queue)).await?.controls;
    let keep_history = controls.queue(&claim.queue).keep_history;
    let runner = Runner::new(store.clone(), registry.clone(), deps, CancellationToken::new())
        .heeding(watch::channel(controls).1);
    let (session, claim) = (Session::new(claim.session), Arc::new(claim));
    let cancelled = watch::channel(false).1;
    // Nobody cancels this session, so every attempt has an ending.
    let end = runner
        .run(&Held { claim: Arc::clone(&claim), session, cancelled, place: None })
        .await
        .unwrap_or_else(|| Finished::released(Arc::clone(&claim)));
    let settled =
        store.settle(&claim.queue, claim.session, claim.attempt, &[Settlement::from(&end)], keep_history).await?;
    let outcome = if end.completed_itself && settled.is_empty() { Outcome::Completed } else { end.ending.outcome() };
    Ok(Ran { claim, outcome })
}
