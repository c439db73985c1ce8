//! apalis drives the slots: one apalis worker for each queue, fed from the claimer's channel. The only file that names it.
//!
//! Nothing durable depends on it. What it must never see: a database error (any error of a backend ends its worker and
//! drops the jobs in flight), an undecoded payload (the same), an end of the stream (it would wait for a stop that nobody
//! sends). So its tasks are claims, decoded and judged inside the handler, and its backend is a channel.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use apalis::layers::WorkerBuilderExt;
use apalis_core::backend::finalize::Ephemeral;
use apalis_core::backend::{Backend, BackendConfig};
use apalis_core::monitor::Monitor;
use apalis_core::task::Task;
use apalis_core::task::builder::TaskBuilder;
use apalis_core::task::data::Data;
use apalis_core::worker::builder::WorkerBuilder;
use apalis_core::worker::context::WorkerContext;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tower_layer::Identity;

use super::execute::{Finished, Held, Runner};
use super::held::HeldJobs;
use crate::telemetry::Meters;

/// One queue's jobs on their way from the claimer to the slots.
#[derive(Clone, Debug)]
pub(super) struct Feed(Arc<Mutex<mpsc::UnboundedReceiver<Held>>>);

impl Feed {
    pub(super) fn new(held: mpsc::UnboundedReceiver<Held>) -> Self {
        Self(Arc::new(Mutex::new(held)))
    }

    /// What no slot has taken yet.
    pub(super) fn drain(&self) -> Vec<Held> {
        let mut feed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| feed.try_recv().ok()).collect()
    }
}

impl Backend for Feed {
    type Task = Task<Held>;
    type Error = Infallible;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Option<Result<Task<Held>, Infallible>>> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).poll_recv(cx) {
            Poll::Ready(Some(held)) => Poll::Ready(Some(Ok(TaskBuilder::new(held).build()))),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    fn poll_close(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for Feed {
    type Args = Held;
    type Id = ();
    type Kind = Ephemeral;
    type Config = ();
    type Layer = Identity;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Identity {
        Identity::new()
    }
}

/// What a slot needs.
#[derive(Debug)]
pub(super) struct Slot<D> {
    pub(super) runner: Arc<Runner<D>>,
    pub(super) finished: mpsc::Sender<Finished>,
    pub(super) held: HeldJobs,
    pub(super) meters: Arc<Meters>,
}

impl<D> Clone for Slot<D> {
    fn clone(&self) -> Self {
        Self {
            runner: Arc::clone(&self.runner),
            finished: self.finished.clone(),
            held: self.held.clone(),
            meters: Arc::clone(&self.meters),
        }
    }
}

/// The slots of all queues of a process.
#[derive(Debug)]
pub(super) struct Slots(Monitor);

impl Slots {
    pub(super) fn new() -> Self {
        Self(Monitor::new())
    }

    /// Adds a queue with so many of them.
    pub(super) fn add<D: Clone + Send + Sync + 'static>(
        self,
        queue: &str,
        slots: usize,
        feed: Feed,
        slot: Slot<D>,
    ) -> Self {
        let name = format!("windlass-{queue}");
        Self(self.0.register(move |_restarts| {
            WorkerBuilder::new(name.as_str())
                .backend(feed.clone())
                .concurrency(slots)
                .data(slot.clone())
                .build(take::<D>)
        }))
    }

    /// Runs jobs until `stop`, and then until the last slot is free. The error is text: its type is not ours.
    pub(super) async fn run(self, stop: CancellationToken) -> Result<(), String> {
        let stopped = async move {
            stop.cancelled_owned().await;
            Ok(())
        };
        self.0.run_with_signal(stopped).await.map_err(|error| error.to_string())
    }
}

/// Runs one job in a slot. The slot is free as soon as the ending is handed on, not when it is durable; the channel is
/// bounded, so a database that is away holds the slots up rather than the memory.
async fn take<D: Clone + Send + Sync + 'static>(held: Held, slot: Data<Slot<D>>) {
    slot.meters.slot(true);
    match slot.runner.run(&held).await {
        // Nobody settles only when the process is past its shutdown's patience.
        Some(finished) => drop(slot.finished.send(finished).await),
        None if held.session.lost.is_cancelled() => slot.held.remove([held.claim.as_ref()]),
        // Its handler cannot be stopped: it stays ours until the process ends.
        None => {}
    }
    slot.meters.slot(false);
    drop(held.place);
}
