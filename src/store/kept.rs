//! The connection of the last statement, kept for the next one of its kind: the server's process has at hand what that needs, and
//! giving a connection back to its pool costs a round trip.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::Postgres;
use sqlx::pool::PoolConnection;

/// Then it goes back, so that the pool can renew it some time.
const FOR: Duration = Duration::from_mins(10);
/// What has not been used for so long may have been cut in silence, by whoever stands between us and the server.
const UNUSED: Duration = Duration::from_secs(30);

/// A connection out of its pool.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) connection: PoolConnection<Postgres>,
    since: Instant,
}

/// Room for one connection. A transaction on it must have been ended, not dropped: what is kept ends none until it is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(Arc<Mutex<Option<(Taken, Instant)>>>);

impl Taken {
    pub(super) fn now(connection: PoolConnection<Postgres>) -> Self {
        Self { connection, since: Instant::now() }
    }

    /// It is older than this, if anything.
    pub(super) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Closes it at once, without a farewell that nobody may hear.
    pub(super) fn close(self) {
        drop(self.connection.detach());
    }
}

impl Kept {
    /// What is kept, if nobody else uses it now.
    pub(super) fn take(&self) -> Option<Taken> {
        let (taken, put) = self.room().take()?;
        if put.elapsed() < UNUSED {
            return Some(taken);
        }
        taken.close();
        None
    }

    /// Keeps it, where there is room and it is not too old.
    pub(super) fn put(&self, taken: Taken) {
        let mut room = self.room();
        if room.is_none() && taken.age() < FOR {
            *room = Some((taken, Instant::now()));
        }
    }

    fn room(&self) -> MutexGuard<'_, Option<(Taken, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
