#![doc = include_str!("../README.md")]
//!
//! # The modules
//!
//! From the ground up; each uses only what stands above it in this list (`tests/it/order.rs` checks that).
//!
//! - `model`: the words, plain values. `telemetry`: every metric, and logs. `config`: settings.
//! - `store`: all the SQL. `wake`: how a worker learns at once that there is something to do.
//! - `job`: what a job is. `schedule`: a job that a clock enqueues. `registry`: kind → how to run it.
//! - `client`: for producers. `admission`: jobs without their type, by what is published of their kind. `http`: over HTTP. `dead_letters`, `replays`, `control`: for operators.
//! - `maintenance`: what every worker does beside running jobs. `worker`: running them.
//! - `ops`: pages for people on call.
//! - `bench`: how fast all that is, beside what the server can do at all.
//! - `cli`: the doors for a terminal. `embedded`: the private Postgres. `testing`: for tests, yours and ours.

#[cfg(feature = "admission")]
mod admission;
#[cfg(feature = "cli")]
mod bench;
#[cfg(feature = "cli")]
pub mod cli;
pub mod client;
#[cfg(feature = "cli")]
pub mod config;
pub mod control;
pub mod dead_letters;
#[cfg(feature = "embedded")]
pub mod embedded;
#[cfg(feature = "http")]
pub mod http;
pub mod job;
#[cfg(feature = "worker")]
mod maintenance;
pub mod model;
#[cfg(feature = "http")]
pub mod ops;
pub mod registry;
pub mod replays;
#[cfg(feature = "worker")]
pub mod schedule;
pub mod store;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod together;
mod wake;
#[cfg(feature = "worker")]
pub mod worker;

#[cfg(feature = "admission")]
pub use admission::{Admission, AdmitError};
pub use client::{Client, Enqueue, EnqueueError, EnqueueOn, JobExt};
pub use job::{Job, JobContext, JobError};
pub use model::{DeadLetter, Enqueued, JobId, KeyConflict, KeyScope, Policy, Priority, RetryPolicy, Standing};
#[cfg(feature = "worker")]
pub use model::{Missed, Overlap, WorkerOptions};
pub use registry::{Registry, RegistryError};
#[cfg(feature = "worker")]
pub use schedule::Schedule;
pub use store::{Store, StoreError};
#[cfg(feature = "worker")]
pub use worker::{WorkerError, WorkerPool};
