//! A connection that goes back to its pool only when the database has answered.
//!
//! A statement that was cut off leaves its connection in an unknown state, perhaps without anybody at the other end. Given
//! back, it would be tested without a limit of time and hold its place; so it is closed, and so are, one by one, those
//! that were made before that moment.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor, PgConnection, PgPool, Postgres};

use super::kept::{Kept, Taken};
use super::{ANSWER, Pooling, StoreError, sql};
#[cfg(feature = "worker")]
use crate::telemetry;

/// The server gives up on a statement a little before we do, so that it is known not to have counted.
const STATEMENT: &str = "9s";
/// The engine's statements wait for each other for milliseconds; for a stuck handler's lock they must not.
pub(super) const LOCK: &str = "2s";

/// What was locked a moment ago is not waited for.
#[cfg(feature = "worker")]
pub(super) const AT_ONCE: &str = "50ms";

/// What took longer may have a plan of other times. Planning takes one or two milliseconds.
const SLOW: Duration = Duration::from_millis(10);
/// So often at once plans are thrown away, a few times for each connection; where everything is slow, once a second from then on.
const REPLANS: f64 = 48.0;

/// What makes connections, or their plans, doubtful.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubt(Arc<Mutex<Doubts>>);

#[derive(Debug, Default)]
struct Doubts {
    /// When the last statement went unanswered.
    unanswered: Option<Instant>,
    /// When plans were last thrown away, and how often they might have been from then on.
    replanned: Option<(Instant, f64)>,
}

impl Doubt {
    fn doubts(&self) -> MutexGuard<'_, Doubts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arise(&self) {
        self.doubts().unanswered = Some(Instant::now());
    }

    /// Whether a connection of that age is older than the doubt.
    fn concerns(&self, age: Duration) -> bool {
        self.doubts().unanswered.is_some_and(|doubt| age >= doubt.elapsed())
    }

    /// Whether plans are thrown away for a statement that took so long.
    fn concerns_plans(&self, took: Duration) -> bool {
        if took < SLOW {
            return false;
        }
        let mut doubts = self.doubts();
        let left = doubts.replanned.map_or(REPLANS, |(last, left)| (left + last.elapsed().as_secs_f64()).min(REPLANS));
        if left < 1.0 {
            return false;
        }
        doubts.replanned = Some((Instant::now(), left - 1.0));
        true
    }
}

/// Connections of the engine's own, made when they are needed. The server ends what they ask for in time, and lets go of
/// what they held when nobody is left at their other end.
pub(super) fn own_connections(options: PgConnectOptions, most: usize, doubt: &Doubt, pooling: Pooling) -> PgPool {
    let doubt = doubt.clone();
    let pool = PgPoolOptions::new()
        .max_connections(u32::try_from(most).unwrap_or(u32::MAX))
        .acquire_timeout(ANSWER)
        .test_before_acquire(false)
        .before_acquire(move |_, about| {
            let fit = !doubt.concerns(about.age);
            Box::pin(async move { Ok(fit) })
        });
    let pool = match pooling {
        Pooling::Own => pool.after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::query(sql::PLAN_FOR_ROWS).execute(&mut *connection).await?;
                limit_session(connection, STATEMENT, LOCK).await
            })
        }),
        // The limits would fall on whoever borrows the process next.
        Pooling::Shared => pool,
    };
    pool.connect_lazy_with(options)
}

/// Makes a connection for jobs' handlers let go of what it holds when its transaction idles, or its other end is gone.
///
/// A worker that freezes or loses its network inside a transaction would keep the rows that it has locked, its own jobs
/// among them, from everybody. The command-line program does this; a program that brings its own pool should too:
///
/// ```no_run
/// # use sqlx::postgres::PgPoolOptions;
/// let pool = PgPoolOptions::new().after_connect(|connection, _| Box::pin(windlass::store::guard(connection)));
/// ```
///
/// Leave it out where [`pooling`](super::pooling) says [`Pooling::Shared`]: the limits would stay with a process that others
/// borrow too.
///
/// # Errors
///
/// The connection's.
pub async fn guard(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    limit_session(connection, "0", "0").await
}

pub(crate) async fn limit_session(
    connection: &mut PgConnection,
    statement: &str,
    lock: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(sql::LIMIT_SESSION).bind(statement).bind(lock).execute(connection).await.map(drop)
}

/// One of the pool's, and how long it was waited for.
async fn acquire(db: &PgPool) -> Result<PoolConnection<Postgres>, sqlx::Error> {
    #[cfg(feature = "worker")]
    let started = Instant::now();
    let acquired = db.acquire().await;
    #[cfg(feature = "worker")]
    telemetry::acquired(started.elapsed());
    acquired
}

/// A connection with a question on its way.
#[derive(Debug)]
pub(super) struct Line {
    connection: Option<Taken>,
    opened: Instant,
    doubt: Doubt,
    kept: Option<Kept>,
}

impl Line {
    pub(super) async fn open(db: &PgPool, doubt: &Doubt, kept: Option<&Kept>) -> Result<Self, StoreError> {
        let taken = match kept.and_then(Kept::take) {
            Some(taken) if !doubt.concerns(taken.age()) => taken,
            doubtful => {
                if let Some(doubtful) = doubtful {
                    doubtful.close();
                }
                Taken::now(acquire(db).await?)
            }
        };
        Ok(Self { connection: Some(taken), opened: Instant::now(), doubt: doubt.clone(), kept: kept.cloned() })
    }

    /// The connection to ask on.
    pub(super) fn connection(&mut self) -> Result<&mut PgConnection, StoreError> {
        self.connection.as_mut().map(|taken| &mut *taken.connection).ok_or(StoreError::NoAnswer)
    }

    /// The answer has come; the connection may be used again.
    pub(super) fn answered(mut self) {
        if self.doubt.concerns_plans(self.opened.elapsed()) {
            tokio::spawn(self.replan());
        } else {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        if let (Some(connection), Some(kept)) = (self.connection.take(), &self.kept) {
            kept.put(connection);
        }
    }

    /// Has every statement planned anew when it comes next.
    async fn replan(mut self) {
        let Ok(connection) = self.connection() else { return };
        let discarded = connection.execute(sqlx::raw_sql(sql::DISCARD_PLANS));
        if matches!(tokio::time::timeout(ANSWER, discarded).await, Ok(Ok(_))) {
            self.give_back();
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(taken) = self.connection.take() {
            self.doubt.arise();
            taken.close();
        }
    }
}
