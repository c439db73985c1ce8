//! What every worker process does beside running jobs. Any number of processes may do it at once.

mod grouper;
mod pruner;
mod releaser;
mod replayer;
mod rescuer;
mod sampler;
pub(crate) mod scheduler;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::model::{SessionId, WorkerOptions};
use crate::schedule::Schedules;
use crate::store::{Notices, Store};
use crate::telemetry::Read;
use sampler::Sample;

/// What of an application is seen to.
pub(crate) struct Duties {
    /// Its kinds, and the versions of their arguments.
    pub(crate) kinds: Vec<(&'static str, i16)>,
    /// Its schedules, and its own version.
    pub(crate) schedules: (Schedules, Vec<i64>),
    /// What reads its own gauges, and all of its queues, served here or not.
    pub(crate) own_gauges: Option<(Read, Vec<String>)>,
}

/// Starts all of it; aborting the set ends it.
pub(crate) fn start(
    store: &Store,
    notices: &watch::Sender<Notices>,
    session: impl Fn() -> SessionId + Clone + Send + 'static,
    duties: Duties,
    options: &WorkerOptions,
) -> JoinSet<()> {
    let mut helpers = JoinSet::new();
    helpers.spawn(rescuer::rescue(store.clone(), options.lease));
    helpers.spawn(releaser::release(store.clone(), notices.subscribe(), duties.kinds));
    helpers.spawn(pruner::prune(store.clone(), options.clone()));
    helpers.spawn(grouper::fold(store.clone()));
    helpers.spawn(replayer::replay(store.clone(), notices.subscribe()));
    helpers.spawn(scheduler::schedule(store.clone(), duties.schedules.0, duties.schedules.1));
    let ours = Sample { read: store.gauges_reader(), queues: None };
    helpers.spawn(sampler::sample(store.clone(), session.clone(), ours, options.sample));
    if let Some((read, all_queues)) = duties.own_gauges {
        let own = Sample { read, queues: Some(all_queues) };
        helpers.spawn(sampler::sample(store.clone(), session, own, options.sample));
    }
    helpers
}
