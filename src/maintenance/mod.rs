//! What every worker process does beside running jobs. Any number of processes may do it at once.

mod pruner;
mod releaser;
mod rescuer;
mod sampler;

use tokio::task::JoinSet;

use crate::model::WorkerOptions;
use crate::store::Store;

/// Starts all of it; aborting the set ends it.
pub(crate) fn start(
    store: &Store,
    queues: &[String],
    kinds: Vec<(&'static str, i16)>,
    options: &WorkerOptions,
) -> JoinSet<()> {
    let mut helpers = JoinSet::new();
    helpers.spawn(rescuer::rescue(store.clone(), options.lease));
    helpers.spawn(releaser::release(store.clone(), queues.to_vec(), kinds));
    helpers.spawn(pruner::prune(store.clone(), options.clone()));
    helpers.spawn(sampler::sample(store.clone(), queues.to_vec(), options.sample));
    helpers
}
