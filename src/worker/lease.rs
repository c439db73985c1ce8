//! The process's lease: renewed while it lives, and when it cannot be renewed, everything it covers is stopped in time.

use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::model::{RetryPolicy, SessionId};
use crate::store::{Lease, Store, StoreError};

/// Waits between tries to reach a database that is away.
const RECONNECT: RetryPolicy =
    RetryPolicy { base: Duration::from_millis(200), factor: 2.0, cap: Duration::from_secs(5), jitter: 0.2 };

/// One session of a process: what it claims under, and the signal that it is over.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    /// Cancelled when the session is condemned, or could not be renewed for three quarters of its lease.
    pub(crate) lost: CancellationToken,
}

impl Session {
    pub(crate) fn new(id: SessionId) -> Self {
        Self { id, lost: CancellationToken::new() }
    }
}

/// Keeps a session alive, and begins another when one is lost: a condemned session never comes back.
#[derive(Debug)]
pub(super) struct Keeper {
    store: Store,
    lease: Lease,
    renew: Duration,
    current: watch::Sender<Session>,
}

impl Keeper {
    /// Registers a first session.
    pub(super) async fn start(store: Store, lease: Lease, renew: Duration) -> Result<Self, StoreError> {
        store.register(&lease).await?;
        let current = watch::Sender::new(Session::new(lease.session));
        Ok(Self { store, lease, renew, current })
    }

    /// The session as it changes.
    pub(super) fn sessions(&self) -> watch::Receiver<Session> {
        self.current.subscribe()
    }

    /// Renews until `stop`; then takes the session back.
    pub(super) async fn keep(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let session = self.current.borrow().clone();
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.renew_until_lost(session.id) => {}
            }
            tracing::warn!(session = %session.id, "lost the lease; stopping what it covered");
            session.lost.cancel();
            // What has finished still settles under the old session: the fence on each row decides, not the lease.
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.begin_again() => {}
            }
        }
        let session = self.current.borrow().id;
        if let Err(error) = self.store.leave(session).await {
            tracing::warn!(%session, %error, "failed to take the session back; it will expire");
        }
    }

    /// Returns when the session was condemned, or when three quarters of the lease have gone without a renewal: the rest
    /// is the time that handlers have to stop before another worker may start them.
    async fn renew_until_lost(&self, session: SessionId) {
        let fence = self.lease.length.mul_f64(0.75);
        let mut confirmed = Instant::now();
        let mut connection: Option<PgConnection> = None;
        let mut failures = 0;
        loop {
            let wait = if failures == 0 { self.renew } else { RECONNECT.delay(failures, 0).min(self.renew) };
            tokio::time::sleep(wait.min(fence.saturating_sub(confirmed.elapsed()))).await;
            let left = fence.saturating_sub(confirmed.elapsed());
            let sent = Instant::now();
            match tokio::time::timeout(left, self.renew_once(&mut connection, session)).await {
                Ok(Ok(true)) => (confirmed, failures) = (sent, 0),
                Ok(Ok(false)) => return,
                Ok(Err(error)) => {
                    tracing::warn!(%session, %error, "failed to renew the lease");
                    (connection, failures) = (None, failures + 1);
                }
                Err(_elapsed) => {
                    tracing::warn!(%session, "no answer to a renewal of the lease");
                    return;
                }
            }
            if confirmed.elapsed() >= fence {
                return;
            }
        }
    }

    async fn renew_once(&self, connection: &mut Option<PgConnection>, session: SessionId) -> Result<bool, StoreError> {
        if connection.is_none() {
            *connection = Some(PgConnection::connect_with(&self.store.db().connect_options()).await?);
        }
        let Some(connection) = connection else { return Ok(false) };
        self.store.renew(connection, session, self.lease.length).await
    }

    /// Registers a new session, for as long as it takes.
    async fn begin_again(&mut self) {
        let mut failures = 0;
        loop {
            self.lease.session = SessionId::new();
            match self.store.register(&self.lease).await {
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
}
