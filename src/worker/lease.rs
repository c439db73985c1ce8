//! The process's lease: renewed while it lives, and when it cannot be renewed, everything it covers is stopped in time.
//!
//! It has a thread and connections of its own: a handler that blocks a thread, or all of them, must not cost the lease of
//! the others, nor keep anybody from noticing that it is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::model::{RetryPolicy, SessionId};
use crate::store::{Lease, Store, StoreError, answered, observed};
use crate::telemetry;

/// Waits between tries to reach a database that is away.
const RECONNECT: RetryPolicy =
    RetryPolicy { base: Duration::from_millis(200), factor: 2.0, cap: Duration::from_secs(5), jitter: 0.2 };
/// The share of the lease after which, without a renewal, handlers are stopped: the rest is their time to do so.
const STOP_AFTER: f64 = 0.75;
/// The share that handlers have to stop in, before the process ends itself. Together with the other, less than the lease;
/// after a freeze the lease is over already, and they are given as long all the same, to find out that they are fenced.
const TO_STOP: f64 = 0.2;
/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(10);

/// One session of a process: what it claims under, and the signal that it is over.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    /// Cancelled when the session is condemned, or could not be renewed for three quarters of its lease.
    pub(crate) lost: CancellationToken,
    handlers: Arc<AtomicUsize>,
}

/// A handler that has not ended. It stands in the handler's own task, so that it goes when the handler really has gone.
#[derive(Debug)]
pub(crate) struct Present(Arc<AtomicUsize>);

impl Session {
    pub(crate) fn new(id: SessionId) -> Self {
        Self { id, lost: CancellationToken::new(), handlers: Arc::default() }
    }

    /// Counts a handler until it has gone.
    pub(crate) fn enter(&self) -> Present {
        self.handlers.fetch_add(1, Ordering::AcqRel);
        Present(Arc::clone(&self.handlers))
    }

    fn handlers(&self) -> usize {
        self.handlers.load(Ordering::Acquire)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Keeps a session alive, and begins another when one is lost: a condemned session never comes back.
#[derive(Debug)]
pub(super) struct Keeper {
    store: Store,
    lease: Lease,
    renew: Duration,
    current: watch::Sender<Session>,
    connection: Option<PgConnection>,
    /// When the last registration or renewal that counted was sent.
    confirmed: Instant,
}

impl Keeper {
    /// Registers a first session and keeps one until `stop`, in a thread of its own, whose end is the set's only task's.
    pub(super) async fn start(
        store: Store,
        lease: Lease,
        renew: Duration,
        stop: CancellationToken,
    ) -> Result<(watch::Receiver<Session>, JoinSet<()>), StoreError> {
        let current = watch::Sender::new(Session::new(lease.session));
        let sessions = current.subscribe();
        let keeper = Self { store, lease, renew, current, connection: None, confirmed: Instant::now() };
        let (registered, answer) = oneshot::channel();
        let mut thread = JoinSet::new();
        thread.spawn_blocking(move || {
            // Without a runtime there is no answer, and the caller is told so.
            if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
                runtime.block_on(keeper.run(registered, stop));
            }
        });
        answer.await.unwrap_or(Err(StoreError::NoAnswer))?;
        Ok((sessions, thread))
    }

    async fn run(mut self, registered: oneshot::Sender<Result<(), StoreError>>, stop: CancellationToken) {
        let answer = self.register().await;
        let begun = answer.is_ok();
        // Nobody waits for the answer of a worker that was given up meanwhile.
        if registered.send(answer).is_ok() && begun {
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.keep() => {}
            }
            self.leave().await;
        }
    }

    /// Renews for ever, under one session after another.
    async fn keep(&mut self) {
        loop {
            let session = self.current.borrow().clone();
            self.renew_until_lost(session.id).await;
            tracing::warn!(session = %session.id, "lost the lease; stopping what it covered");
            // What has finished still settles under the old session: the fence on each row decides, not the lease.
            session.lost.cancel();
            self.see_off(&session).await;
            self.begin_again().await;
        }
    }

    /// Returns when the session was condemned, or when it could not be renewed for too long.
    async fn renew_until_lost(&mut self, session: SessionId) {
        let fence = self.lease.length.mul_f64(STOP_AFTER);
        let mut failures = 0;
        loop {
            let wait = if failures == 0 { self.renew } else { RECONNECT.delay(failures, 0).min(self.renew) };
            tokio::time::sleep(wait.min(fence.saturating_sub(self.confirmed.elapsed()))).await;
            let left = fence.saturating_sub(self.confirmed.elapsed());
            let sent = Instant::now();
            // Less than what is left: an answer that was lost costs one renewal, not the lease.
            match tokio::time::timeout(left.min(self.renew), self.renew_once(session)).await {
                Ok(Ok(true)) => {
                    telemetry::renewed("ok");
                    (self.confirmed, failures) = (sent, 0);
                }
                Ok(Ok(false)) => {
                    telemetry::renewed("lost");
                    return;
                }
                Ok(Err(error)) => {
                    telemetry::renewed("error");
                    tracing::warn!(%session, %error, "failed to renew the lease");
                    (self.connection, failures) = (None, failures + 1);
                }
                Err(_elapsed) => {
                    telemetry::renewed("error");
                    tracing::warn!(%session, "no answer to a renewal of the lease");
                    (self.connection, failures) = (None, failures + 1);
                }
            }
            if self.confirmed.elapsed() >= fence {
                return;
            }
        }
    }

    /// Waits until the session's handlers are gone. Where one cannot be stopped, because it blocks its thread, the
    /// process ends itself: the alternative is that its job runs twice.
    async fn see_off(&self, session: &Session) {
        let deadline = Instant::now() + self.lease.length.mul_f64(TO_STOP);
        while session.handlers() > 0 {
            if Instant::now() >= deadline {
                tracing::error!(
                    handlers = session.handlers(),
                    "the lease is over and handlers that block their threads cannot be stopped; ending the process"
                );
                std::process::abort();
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Registers a new session, for as long as it takes.
    async fn begin_again(&mut self) {
        let mut failures = 0;
        loop {
            self.lease.session = SessionId::new();
            match self.register().await {
                Ok(()) => {
                    tracing::info!(session = %self.lease.session, "began a new session");
                    self.current.send_replace(Session::new(self.lease.session));
                    return;
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(%error, "failed to begin a new session");
                    tokio::time::sleep(RECONNECT.delay(failures, 0)).await;
                }
            }
        }
    }

    /// Takes the session back, unless one of its handlers still blocks a thread: then only the lease's end frees its jobs.
    async fn leave(&mut self) {
        let session = self.current.borrow().clone();
        if session.handlers() > 0 {
            tracing::warn!(session = %session.id, "handlers have not stopped; the session will expire");
            return;
        }
        // Perhaps in the middle of a renewal.
        self.connection = None;
        let store = self.store.clone();
        let left = answered(async {
            let connection = self.connection().await?;
            store.leave(connection, session.id).await
        });
        if let Err(error) = left.await {
            tracing::warn!(session = %session.id, %error, "failed to take the session back; it will expire");
        }
    }

    async fn register(&mut self) -> Result<(), StoreError> {
        let (store, lease) = (self.store.clone(), self.lease.clone());
        self.confirmed = Instant::now();
        let registered = answered(async {
            let connection = self.connection().await?;
            store.register(connection, &lease).await
        })
        .await;
        if registered.is_err() {
            self.connection = None;
        }
        registered
    }

    async fn renew_once(&mut self, session: SessionId) -> Result<bool, StoreError> {
        let (store, length) = (self.store.clone(), self.lease.length);
        observed("renew", async {
            let connection = self.connection().await?;
            store.renew(connection, session, length).await
        })
        .await
    }

    /// Its own connection, made when it is needed.
    async fn connection(&mut self) -> Result<&mut PgConnection, StoreError> {
        if self.connection.is_none() {
            let connect = PgConnection::connect_with(&self.store.db().connect_options()).await?;
            self.connection = Some(connect);
        }
        self.connection.as_mut().ok_or(StoreError::NoAnswer)
    }
}
