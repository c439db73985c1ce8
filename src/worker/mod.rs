//! Running jobs. Data flows one way through these files:
//! `claim` takes due jobs → `apalis` hands them to free slots → `execute` runs one → `settle` ends a batch in the tables;
//! `lease` keeps what is held ours, and stops it when it no longer is; `held` hands back what the tables say we hold and
//! we do not know of, and passes requests to cancel on; `heed` learns what is paused and limited. `isolate` runs a suspect in a
//! child process, and `suspect` is what the two say to each other.

mod apalis;
mod claim;
mod execute;
mod heed;
mod held;
mod isolate;
mod judge;
mod lease;
mod listen;
mod look;
mod panics;
mod pool;
mod rest;
mod running;
mod settle;
mod suspect;
mod trail;

pub use panics::hide_panic_messages;
pub use pool::{WorkerError, WorkerPool};

#[cfg(feature = "testing")]
pub(crate) use execute::{Finished, Held, Runner};
#[cfg(feature = "testing")]
pub(crate) use lease::Session;
#[cfg(feature = "cli")]
pub(crate) use suspect::{Request, Said, Suspect};
