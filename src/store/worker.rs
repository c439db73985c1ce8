//! What keeps a worker's jobs its own, and takes them back when it is gone: lease, rescue, gauges.

use std::time::Duration;

use chrono::{DateTime, Utc};
#[cfg(feature = "worker")]
use sqlx::Connection;
use sqlx::PgConnection;

use super::enqueue::micros;
use super::{Store, StoreError, sql};
use crate::model::{JobId, QueueGauges, SessionId};
#[cfg(feature = "worker")]
use crate::telemetry::{Read, Reading};

/// A statement that only looks is given up after so long.
#[cfg(feature = "worker")]
const READING: &str = "5s";

/// Who a worker process says it is.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The session.
    pub session: SessionId,
    /// How long a renewal lasts.
    pub length: Duration,
    /// The process's id on its host.
    pub pid: i32,
    /// Its host.
    pub host: String,
    /// The program's version.
    pub version: String,
    /// The queues it serves.
    pub queues: Vec<String>,
}

/// A job that a session holds, as the tables see it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct HeldRow {
    /// Its queue.
    pub queue: String,
    /// Its identity.
    pub id: JobId,
    /// The attempt that holds it.
    pub attempt: i32,
    /// Its kind.
    pub kind: String,
    /// Whether somebody has asked for it to be cancelled.
    pub cancel_requested: bool,
    /// How long ago it was claimed, by the server's clock.
    pub held_ms: i64,
}

/// What a rescuer has found.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Condemned {
    /// The sessions that have just been condemned.
    pub sessions: Vec<SessionId>,
    /// Whether others were before, and stand there yet.
    pub remembered: bool,
    /// The queues where jobs run under sessions that are condemned or missing.
    pub queues: Vec<String>,
}

impl Store {
    /// Makes a session known, with a fresh lease.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn register(&self, connection: &mut PgConnection, lease: &Lease) -> Result<(), StoreError> {
        sqlx::query(sql::REGISTER_WORKER)
            .bind(lease.session)
            .bind(micros(lease.length))
            .bind(lease.pid)
            .bind(&lease.host)
            .bind(&lease.version)
            .bind(&lease.queues)
            .bind(self.clock.now())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Renews a session's lease on a connection of its own, so that a busy pool cannot cost it. `false`: it was condemned.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn renew(
        &self,
        connection: &mut PgConnection,
        session: SessionId,
        length: Duration,
    ) -> Result<bool, StoreError> {
        let until: Option<DateTime<Utc>> = sqlx::query_scalar(sql::RENEW_LEASE)
            .bind(session)
            .bind(micros(length))
            .bind(self.clock.now())
            .fetch_optional(connection)
            .await?;
        Ok(until.is_some())
    }

    /// Takes a session back; what it still holds is free for the rescuer at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn leave(&self, connection: &mut PgConnection, session: SessionId) -> Result<(), StoreError> {
        sqlx::query(sql::REMOVE_WORKER).bind(session).execute(connection).await?;
        Ok(())
    }

    /// What a session holds in these queues.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn held(&self, queues: &[String], session: SessionId) -> Result<Vec<HeldRow>, StoreError> {
        let mut line = self.line().await?;
        let held = sqlx::query_as(sql::LIST_HELD_JOBS)
            .bind(queues)
            .bind(session)
            .bind(self.clock.now())
            .fetch_all(line.connection()?)
            .await?;
        line.answered();
        Ok(held)
    }

    /// The rescuer's first step: condemns every session whose lease has passed, if the server has run for a whole `lease`; nobody
    /// without one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn condemn(&self, lease: Option<Duration>) -> Result<Condemned, StoreError> {
        let mut line = self.line().await?;
        let condemned = sqlx::query_as(sql::CONDEMN_WORKERS)
            .bind(lease.map(micros))
            .bind(self.clock.now())
            .fetch_one(line.connection()?)
            .await?;
        line.answered();
        Ok(condemned)
    }

    /// The rescuer's second step: frees what condemned and missing sessions hold in `queue`, at most 1,000 jobs.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn rescue(&self, queue: &str) -> Result<Vec<JobId>, StoreError> {
        let mut line = self.line().await?;
        let rescued = sqlx::query_scalar(sql::RESCUE_JOBS)
            .bind(queue)
            .bind(self.clock.now())
            .fetch_all(line.connection()?)
            .await?;
        line.answered();
        Ok(rescued)
    }

    /// Removes condemned sessions that no running job names.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn forget_condemned(&self) -> Result<(), StoreError> {
        let mut line = self.line().await?;
        sqlx::query(sql::FORGET_WORKERS).execute(line.connection()?).await?;
        line.answered();
        Ok(())
    }

    /// Whether a session is the one that samples for all; for all that serve these queues, where they are given.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn is_sampler(&self, session: SessionId, queues: Option<&[String]>) -> Result<bool, StoreError> {
        let mut line = self.line().await?;
        let is: Option<bool> = sqlx::query_scalar(sql::IS_SAMPLER)
            .bind(session)
            .bind(queues)
            .bind(self.clock.now())
            .fetch_optional(line.connection()?)
            .await?;
        line.answered();
        Ok(is.unwrap_or(false))
    }

    /// Reads gauges, in a transaction that may only read, each statement for five seconds at most.
    #[cfg(feature = "worker")]
    pub(crate) async fn read_gauges(&self, read: &Read) -> Result<Vec<Reading>, StoreError> {
        let mut line = self.line().await?;
        let mut tx = line.connection()?.begin().await?;
        sqlx::query(sql::LIMIT_READING).bind(READING).execute(&mut *tx).await?;
        let readings = read(&mut tx).await?;
        tx.commit().await?;
        line.answered();
        Ok(readings)
    }

    /// What a queue holds.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn gauges(&self, queue: &str) -> Result<QueueGauges, StoreError> {
        let mut line = self.line().await?;
        let gauges = sqlx::query_as(sql::GAUGE_QUEUES)
            .bind([queue])
            .bind(self.clock.now())
            .fetch_one(line.connection()?)
            .await?;
        line.answered();
        Ok(gauges)
    }
}
