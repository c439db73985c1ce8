//! How fast the engine is, in a database of its own, beside what the same server can do at all in the same minutes: ratios repeat,
//! figures do not. It measures from outside, by the doors that everybody has, and every run ends by counting that each job
//! ended exactly once. It is no test: it asserts nothing about speed.
//!
//! `ground` is the database, `crew` the worker processes, `work` what such a process does. `drain`, `ceiling` are
//! what is measured, a round at a time, and `figure` what comes out.

mod ceiling;
mod crew;
mod drain;
mod error;
mod exactly;
mod eye;
mod figure;
mod ground;
mod job;
mod machine;
mod pgbench;
mod work;

pub(crate) use ceiling::Ceiling;
pub(crate) use crew::{Program, Shape};
pub(crate) use drain::Drain;
pub(crate) use error::BenchError;
pub(crate) use figure::{Figure, Figures};
pub(crate) use ground::{About, Ground};
pub(crate) use machine::Machine;
pub(crate) use work::{Work, work};

use indicatif::ProgressBar;

/// What every round is handed.
#[derive(Debug)]
pub(crate) struct Bench {
    /// Where.
    pub(crate) ground: Ground,
    /// How its worker processes are started.
    pub(crate) program: Program,
    /// Who waits sees what goes on.
    pub(crate) bar: ProgressBar,
}

impl Bench {
    fn say(&self, what: impl Into<std::borrow::Cow<'static, str>>) {
        self.bar.set_message(what);
    }
}
