//! The engine.
#[cfg(feature = "cli")]
pub mod cli;
pub mod client;
#[cfg(feature = "cli")]
pub mod config;
pub mod dead_letters;
#[cfg(feature = "embedded")]
pub mod embedded;
pub mod job;
#[cfg(feature = "worker")]
mod maintenance;
pub mod model;
pub mod registry;
pub mod store;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod wake;
#[cfg(feature = "worker")]
pub mod worker;

pub use client::{Client, Enqueue, EnqueueError, JobExt};
pub use job::{Job, JobContext, JobError};
#[cfg(feature = "worker")]
pub use model::WorkerOptions;
pub use model::{DeadLetter, Enqueued, JobId, Policy, Priority, RetryPolicy};
pub use registry::{Registry, RegistryError};
pub use store::{Store, StoreError};
#[cfg(feature = "worker")]
pub use worker::{WorkerError, WorkerPool};
