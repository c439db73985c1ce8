//! A pool at work: its tasks, the watch over them, and their end in order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::apalis::{Feed, Slot, Slots};
use super::claim::Claimer;
use super::execute::{Finished, Runner};
use super::heed::heed;
use super::held::{HeldJobs, correct};
use super::lease::Keeper;
use super::listen::listen;
use super::look::{Idle, are_few, look};
use super::settle::settle;
use crate::maintenance::{self, Duties};
use crate::model::WorkerOptions;
use crate::store::{Lease, Store, StoreError};
use crate::telemetry::Meters;

/// How many endings may wait for a database that is away, for each queue, before slots wait with them.
const UNSETTLED: usize = 4_096;
/// How much longer than a shutdown's patience finished work is worth, and a claim or a farewell on its way.
const FAREWELL: Duration = Duration::from_secs(5);

/// One queue's part of a process.
struct Lane {
    feed: Feed,
    finished: mpsc::Sender<Finished>,
}

/// The tasks of a process. None of them ends by itself.
pub(super) struct Running {
    claimers: JoinSet<()>,
    slots: JoinSet<Result<(), String>>,
    settlers: JoinSet<()>,
    keeper: JoinSet<()>,
    helpers: JoinSet<()>,
    lanes: Vec<Lane>,
    /// No more claims.
    stop: CancellationToken,
    /// What still runs is handed back.
    hurry: CancellationToken,
    /// What is not settled by now is left to the rescuer.
    give_up: CancellationToken,
    /// The session ends; also when all this is dropped, for the keeper's thread would go on.
    farewell: DropGuard,
}

impl Running {
    pub(super) async fn start<D: Clone + Send + Sync + 'static>(
        store: Store,
        ear: Option<PgPool>,
        lease: Lease,
        runner: Runner<D>,
        duties: Duties,
        options: &WorkerOptions,
    ) -> Result<Self, StoreError> {
        let [stop, give_up, farewell] = std::array::from_fn(|_| CancellationToken::new());
        let queues = lease.queues.clone();
        let (sessions, keeper) = Keeper::start(store.clone(), lease, options.renew, farewell.clone()).await?;
        let hurry = runner.hurry().clone();

        let (mut slots, mut lanes) = (Slots::new(), Vec::new());
        let (mut claimers, mut settlers) = (JoinSet::new(), JoinSet::new());
        let notices = store.notices(&queues).await?;
        let (say, controls) = watch::channel(notices.controls.clone());
        let notices = watch::Sender::new(notices);
        let runner = Arc::new(runner.heeding(controls.clone()));
        let (mut known, mut idle) = (BTreeMap::new(), BTreeMap::<String, Arc<Idle>>::new());
        for queue in &queues {
            let held_jobs = HeldJobs::default();
            known.insert(queue.clone(), held_jobs.clone());
            let (out, held) = mpsc::unbounded_channel();
            let (finished, endings) = mpsc::channel(UNSETTLED);
            let feed = Feed::new(held);
            let most = options.held(queue);
            let meters = Arc::new(Meters::new(queue, options.objective(queue)));
            let of_its_own = || if are_few(queues.len()) { store.keeping() } else { store.clone() };
            let claimer = Claimer {
                store: of_its_own(),
                queue: queue.clone(),
                sessions: sessions.clone(),
                places: Arc::new(Semaphore::new(most)),
                most,
                slots: options.slots(queue),
                held: held_jobs.clone(),
                idle: Arc::clone(idle.entry(queue.clone()).or_insert_with(|| Arc::new(Idle::one_of(queues.len())))),
                ageing: options.ageing,
                meters: Arc::clone(&meters),
                controls: controls.clone(),
                out,
                behind: Default::default(),
                far: AtomicBool::new(false),
                stop: stop.clone(),
            };
            let claimer = Arc::new(claimer);
            claimers.spawn(Arc::clone(&claimer).run());
            claimers.spawn(Arc::clone(&claimer).sweep(false));
            claimers.spawn(claimer.sweep(true));
            settlers.spawn(settle(
                of_its_own(),
                queue.clone(),
                held_jobs.clone(),
                controls.clone(),
                Arc::clone(&meters),
                endings,
                give_up.clone(),
            ));
            let slot = Slot { runner: Arc::clone(&runner), finished: finished.clone(), held: held_jobs, meters };
            slots = slots.add(queue, options.slots(queue), feed.clone(), slot);
            lanes.push(Lane { feed, finished });
        }
        let session = {
            let sessions = sessions.clone();
            move || sessions.borrow().id
        };
        let mut helpers = maintenance::start(&store, &notices, session, duties, options);
        if let Some(ear) = ear {
            helpers.spawn(listen(ear));
        }
        helpers.spawn(heed(store.clone(), queues.clone(), say, notices));
        helpers.spawn(look(store.clone(), idle, options.poll));
        helpers.spawn(correct(store, sessions, known));
        Ok(Self {
            claimers,
            slots: JoinSet::from_iter([slots.run(stop.clone())]),
            settlers,
            keeper,
            helpers,
            lanes,
            stop,
            hurry,
            give_up,
            farewell: farewell.drop_guard(),
        })
    }

    /// Waits until a part has ended that should not have: a worker that works no more must not look alive.
    pub(super) async fn part_that_ended(&mut self) -> String {
        let part = tokio::select! {
            Some(_) = self.claimers.join_next() => "a claimer",
            Some(_) = self.slots.join_next() => "the slots' runtime",
            Some(_) = self.settlers.join_next() => "a settler",
            Some(_) = self.keeper.join_next() => "the lease's keeper",
            Some(_) = self.helpers.join_next() => "a helper",
        };
        tracing::error!(part, "a part of the worker has ended; shutting down");
        format!("{part} has ended")
    }

    /// Stops claiming, lets what runs finish within `patience`, hands back what did not start and then what still runs,
    /// settles what has finished, and gives the session back.
    pub(super) async fn stop(mut self, patience: Duration) {
        tracing::info!("shutting down: no more claims");
        self.stop.cancel();
        let clock = tokio::spawn({
            let (hurry, give_up) = (self.hurry.clone(), self.give_up.clone());
            async move {
                tokio::time::sleep(patience).await;
                hurry.cancel();
                tokio::time::sleep(FAREWELL).await;
                give_up.cancel();
            }
        });
        // A claim on its way is waited for, so that what it brings can be handed back.
        within(FAREWELL, &mut self.claimers).await;
        for lane in std::mem::take(&mut self.lanes) {
            for held in lane.feed.drain() {
                tokio::select! {
                    _ = lane.finished.send(Finished::released(held.claim)) => {}
                    () = self.give_up.cancelled() => {}
                }
            }
        }
        within(patience + FAREWELL, &mut self.slots).await;
        // The last senders have gone with the slots, so the settlers end when they have settled everything.
        within(FAREWELL, &mut self.settlers).await;
        clock.abort();
        drop(self.farewell);
        within(FAREWELL, &mut self.keeper).await;
        self.helpers.shutdown().await;
        tracing::info!("shut down");
    }
}

/// Waits for all of these tasks; those that take longer are stopped.
async fn within<T: 'static>(patience: Duration, tasks: &mut JoinSet<T>) {
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(patience, all).await.is_err() {
        tracing::warn!(tasks = tasks.len(), "a part of the worker did not end in time");
        tasks.abort_all();
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    async fn never<T>() -> T {
        std::future::pending().await
    }

    /// A pool of parts that go on for ever, but for one.
    fn running(ending: &str) -> Running {
        let part = |name: &str| (name == ending).then(|| ready(())).into_iter().collect::<JoinSet<()>>();
        let mut running = Running {
            claimers: part("claimers"),
            slots: JoinSet::new(),
            settlers: part("settlers"),
            keeper: part("keeper"),
            helpers: part("helpers"),
            lanes: Vec::new(),
            stop: CancellationToken::new(),
            hurry: CancellationToken::new(),
            give_up: CancellationToken::new(),
            farewell: CancellationToken::new().drop_guard(),
        };
        if ending == "slots" {
            running.slots.spawn(ready(Ok(())));
        }
        for set in [&mut running.claimers, &mut running.settlers, &mut running.keeper, &mut running.helpers] {
            set.spawn(never());
        }
        running
    }

    #[tokio::test]
    async fn a_part_that_ends_is_noticed_whichever_it_is() {
        for (ending, said) in [
            ("claimers", "a claimer has ended"),
            ("slots", "the slots' runtime has ended"),
            ("settlers", "a settler has ended"),
            ("keeper", "the lease's keeper has ended"),
            ("helpers", "a helper has ended"),
        ] {
            assert_eq!(running(ending).part_that_ended().await, said);
        }
    }
}
