//! What every worker process does beside running jobs. Any number of processes may do it at once.

mod grouper;
mod pruner;
mod releaser;
mod replayer;
mod rescuer;
mod sampler;
pub(crate) mod scheduler;

use tokio::task::JoinSet;

use crate::model::WorkerOptions;
use crate::schedule::Schedules;
use crate::store::Store;

/// Starts all of it; aborting the set ends it.
pub(crate) fn start(
    store: &Store,
    queues: &[String],
    kinds: Vec<(&'static str, i16)>,
    schedules: (Schedules, Vec<i64>),
    options: &WorkerOptions,
) -> JoinSet<()> {
    let mut helpers = JoinSet::new();
    helpers.spawn(rescuer::rescue(store.clone(), options.lease));
    helpers.spawn(releaser::release(store.clone(), queues.to_vec(), kinds));
    helpers.spawn(pruner::prune(store.clone(), options.clone()));
    helpers.spawn(grouper::fold(store.clone()));
    helpers.spawn(replayer::replay(store.clone()));
    helpers.spawn(scheduler::schedule(store.clone(), schedules.0, schedules.1));
    helpers.spawn(sampler::sample(store.clone(), queues.to_vec(), options.sample));
    helpers
}
