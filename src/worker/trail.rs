//! Where a queue's claims were some seconds ago: nearly everything that is committed late stands behind there, and hardly anything
//! that a forgotten transaction keeps from being vacuumed away.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::store::Watermarks;

/// Marks are noted so often, and are of use once they are between one and two times as old.
pub(super) const EVERY: Duration = Duration::from_secs(3);

/// The claims' marks, those of a while ago, and of a while before that.
#[derive(Debug)]
pub(super) struct Trail(Mutex<Noted>);

#[derive(Debug)]
struct Noted {
    latest: Watermarks,
    marks: [Watermarks; 2],
    at: Instant,
}

impl Trail {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Noted { latest: Watermarks::default(), marks: Default::default(), at: Instant::now() }))
    }

    /// The claims have come to here.
    pub(super) fn pass(&self, marks: Watermarks) {
        let mut noted = self.noted();
        noted.latest = marks;
        if noted.at.elapsed() > EVERY {
            noted.marks = [marks, noted.marks[0]];
            noted.at = Instant::now();
        }
    }

    /// The marks of the last claim.
    pub(super) fn latest(&self) -> Watermarks {
        self.noted().latest
    }

    /// The marks of some seconds ago; at first the beginning of time.
    pub(super) fn lagging(&self) -> Watermarks {
        self.noted().marks[1]
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
