//! How fast the engine is, in a database of its own, beside what the same server can do at all in the same minutes: ratios repeat,
//! figures do not. It measures from outside, by the doors that everybody has, and every run ends by counting that each job
//! ended exactly once. It is no test: it asserts nothing about speed.
//!
//! `ground` is the database, `crew` the worker processes, `work` what such a process does. `measure` goes
//! through the rounds of what is asked for, each of which has a file, and `figure` is what comes out.

mod backlog;
mod bulk;
mod ceiling;
mod crew;
mod door;
mod drain;
mod enqueue;
mod error;
mod exactly;
mod eye;
mod figure;
mod goals;
mod ground;
mod idle;
mod job;
mod latency;
mod machine;
mod measure;
mod pgbench;
mod steady;
mod work;

pub(crate) use backlog::{Backlog, Pile};
pub(crate) use ceiling::Ceiling;
pub(crate) use crew::{Program, Shape};
pub(crate) use drain::Drain;
pub(crate) use enqueue::Enqueueing;
pub(crate) use error::BenchError;
pub(crate) use figure::{Figure, Figures};
pub(crate) use goals::{Verdict, number, verdicts};
pub(crate) use ground::{About, Ground};
pub(crate) use idle::Idle;
pub(crate) use latency::Latency;
pub(crate) use machine::Machine;
pub(crate) use measure::{Bench, Rounds, What};
pub(crate) use steady::Steady;
pub(crate) use work::{Work, work};
