//! How a worker runs a job apart from all others.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// How to start a child process for a job that is suspected of killing its workers. Made by the command line, whose own
/// program the child is.
#[derive(Clone)]
pub struct Isolation {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    /// May hold a password: handed over by a pipe, never as an argument.
    pub(crate) database_url: String,
    /// By how many megabytes a child may grow; 0 for as much as it likes.
    pub(crate) memory_megabytes: u64,
}

impl fmt::Debug for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Isolation")
            .field("program", &self.program)
            .field("args", &self.args)
            .field("memory_megabytes", &self.memory_megabytes)
            .finish_non_exhaustive()
    }
}
