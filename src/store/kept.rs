//! The connection of the last statement, kept for the next one of its kind: the server's process has at hand what that needs, and
//! giving a connection back to its pool costs a round trip.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::Postgres;
use sqlx::pool::PoolConnection;

/// Then it goes back, so that the pool can renew it some time.
const FOR: Duration = Duration::from_mins(10);

/// A connection, and since when it is out of its pool.
pub(super) type Since = (PoolConnection<Postgres>, Instant);

/// Room for one connection. A transaction on it must have been ended, not dropped: what is kept ends none until it is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(Arc<Mutex<Option<Since>>>);

impl Kept {
    /// What is kept, if nobody else uses it now.
    pub(super) fn take(&self) -> Option<Since> {
        self.room().take()
    }

    /// Keeps it, where there is room and it is not too old.
    pub(super) fn put(&self, (connection, since): Since) {
        let mut room = self.room();
        if room.is_none() && since.elapsed() < FOR {
            *room = Some((connection, since));
        }
    }

    fn room(&self) -> MutexGuard<'_, Option<Since>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
