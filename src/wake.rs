//! Wake-ups: how a worker learns at once that there is something to do. Never needed for correctness: the poll is.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::Notify;

use crate::store;

/// Rings within this time become one notification: committing one takes a lock that the whole instance shares. A hundred a second
/// are not felt; and what comes less often than that is not kept waiting.
const COALESCE: Duration = Duration::from_millis(10);

/// Every waiting claimer of this process.
static HERE: LazyLock<Notify> = LazyLock::new(Notify::new);

/// Waits for the next ring in this process.
#[cfg(feature = "worker")]
pub(crate) fn rung() -> tokio::sync::futures::Notified<'static> {
    HERE.notified()
}

/// Rings in this process only; the listener passes other processes' rings on with it.
pub(crate) fn ring_here() {
    HERE.notify_waiters();
}

/// When a database's bell last rang, or is to ring next.
type Last = Arc<Mutex<Option<Instant>>>;

/// One bell for each database, by its address, however many clients ring it: apart they would notify a hundred times a second each.
static BELLS: LazyLock<Mutex<HashMap<String, Last>>> = LazyLock::new(Mutex::default);

/// Rings for all workers on a database.
#[derive(Clone, Debug)]
pub(crate) struct Bell {
    db: PgPool,
    last: Last,
}

impl Bell {
    pub(crate) fn new(db: PgPool) -> Self {
        let mut bells = BELLS.lock().unwrap_or_else(PoisonError::into_inner);
        let last = Arc::clone(bells.entry(address(&db)).or_default());
        Self { db, last }
    }

    /// Rings once and waits until it has gone out: for a process that ends right after.
    pub(crate) async fn ring_and_wait(&self) {
        ring_here();
        notify(&self.db).await;
    }

    /// The first ring goes out at once; those that follow closely share one that goes out a moment later.
    pub(crate) fn ring(&self) {
        ring_here();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let wait = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            match *last {
                // One that is yet to go out will cover this ring too.
                Some(due) if due > now => return,
                Some(due) if now < due + COALESCE => {
                    *last = Some(due + COALESCE);
                    Some(due + COALESCE - now)
                }
                _ => {
                    *last = Some(now);
                    None
                }
            }
        };
        let db = self.db.clone();
        runtime.spawn(async move {
            // tokio's shortest sleep is a millisecond, also for no time at all.
            if let Some(wait) = wait {
                tokio::time::sleep(wait).await;
            }
            notify(&db).await;
        });
    }
}

fn address(db: &PgPool) -> String {
    let to = db.connect_options();
    let database = to.get_database().unwrap_or(to.get_username());
    format!(
        "{}:{}/{database} {}",
        to.get_host(),
        to.get_port(),
        to.get_socket().map_or_else(String::new, |path| path.display().to_string())
    )
}

async fn notify(db: &PgPool) {
    if let Err(error) = store::notify(db).await {
        tracing::debug!(%error, "failed to notify other workers; they will poll");
    }
}
