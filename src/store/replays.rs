//! Replays in the tables: made, looked at, and moved by people. Their steps are in `replay_step`.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::audit::{self, Deed};
use super::{Store, StoreError, sql};
use crate::model::{By, Pace, Replay, ReplayFilter, ReplayItem, ReplayKind};

/// SQLSTATE `query_canceled`: the statement took longer than its connection may.
const CANCELLED: &str = "57014";

/// What people do to a replay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Move {
    /// It begins, at this pace.
    Start(Pace),
    /// Nothing more is released.
    Pause,
    /// It goes on: after a pause where it was, after a stop of its own with new canaries.
    Resume,
    /// It ends here; what is released runs on, what waits stays a letter.
    Abort,
}

impl Move {
    /// From where, to where, and its name.
    fn path(self) -> (&'static [&'static str], &'static str, &'static str) {
        match self {
            Self::Start(_) => (&["planned"], "canary", "replay.start"),
            Self::Pause => (&["canary", "running"], "paused", "replay.pause"),
            Self::Resume => (&["paused", "stopped"], "resume", "replay.resume"),
            Self::Abort => {
                (&["planning", "planned", "canary", "running", "paused", "stopped"], "aborted", "replay.abort")
            }
        }
    }
}

impl Store {
    /// Chooses the open letters of these queues that the filter takes, once, and writes them down; nothing moves. Where they are
    /// more than the connection has time for, the replay stays in `planning` until a worker has chosen them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsigned`], [`StoreError::Database`].
    pub async fn plan_replay(&self, queues: &[String], filter: &ReplayFilter, by: &By) -> Result<Uuid, StoreError> {
        let (who, why) = by.signed().map_err(StoreError::Unsigned)?;
        let id = Uuid::now_v7();
        let mut tx = self.db.begin().await?;
        sqlx::query(sql::PLAN_REPLAY)
            .bind(id)
            .bind(self.clock.now())
            .bind(who)
            .bind(why)
            .bind(Json(filter))
            .bind(queues)
            .execute(&mut *tx)
            .await?;
        audit::write(&mut tx, &self.clock, by, Deed::new("replay.plan", &id)).await?;
        tx.commit().await?;
        match self.choose_letters(id, filter, &mut *self.db.acquire().await?).await {
            // More than this connection has time for: a worker does it.
            Err(error) if error.sqlstate().is_some_and(|code| code == CANCELLED) => Ok(id),
            done => done.map(|()| id),
        }
    }

    /// Chooses the letters of a replay that is being planned, however long that takes.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchReplay`], [`StoreError::Database`].
    #[cfg(feature = "worker")]
    pub async fn finish_plan(&self, id: Uuid) -> Result<(), StoreError> {
        let filter = self.show_replay(id).await?.filter;
        let filter = serde_json::from_value(filter).map_err(|error| sqlx::Error::Decode(error.into()))?;
        let mut tx = self.db.begin().await?;
        sqlx::query(sql::TAKE_LONG).execute(&mut *tx).await?;
        self.choose_letters(id, &filter, &mut tx).await?;
        Ok(tx.commit().await?)
    }

    async fn choose_letters(
        &self,
        id: Uuid,
        filter: &ReplayFilter,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        let (path, value) = filter.argument();
        sqlx::query(sql::CHOOSE_LETTERS)
            .bind(id)
            .bind(&filter.fingerprint)
            .bind(&filter.kind)
            .bind(filter.since)
            .bind(filter.until)
            .bind(&filter.revision)
            .bind(path)
            .bind(value)
            .bind(&filter.letters)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// A replay.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchReplay`], [`StoreError::Database`].
    pub async fn show_replay(&self, id: Uuid) -> Result<Replay, StoreError> {
        let replay = sqlx::query_as(sql::SHOW_REPLAY).bind(id).fetch_optional(&self.db).await?;
        replay.ok_or(StoreError::NoSuchReplay(id))
    }

    /// Replays, the newest first, after one of them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn list_replays(
        &self,
        limit: i64,
        after: Option<(DateTime<Utc>, Uuid)>,
    ) -> Result<Vec<Replay>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_REPLAYS)
            .bind(limit)
            .bind(after.map(|(at, _)| at))
            .bind(after.map(|(_, id)| id))
            .fetch_all(&self.db)
            .await?)
    }

    /// What a replay holds, by queue and kind.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn replay_kinds(&self, id: Uuid) -> Result<Vec<ReplayKind>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_REPLAY_QUEUES).bind(id).fetch_all(&self.db).await?)
    }

    /// Letters of a replay after a place, in one state or in any.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn replay_items(
        &self,
        id: Uuid,
        after: i32,
        state: Option<&str>,
        limit: i64,
    ) -> Result<Vec<ReplayItem>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_REPLAY_ITEMS)
            .bind(id)
            .bind(after)
            .bind(state)
            .bind(limit)
            .fetch_all(&self.db)
            .await?)
    }

    /// How many letters of the same causes have died since the replay was planned, 10,000 a cause at most.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn new_since(&self, id: Uuid) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(sql::COUNT_NEW_SINCE).bind(id).fetch_one(&self.db).await?)
    }

    /// Moves a replay, and writes down who did.
    ///
    /// # Errors
    ///
    /// [`StoreError::WrongState`] where it is not in a state for that, [`StoreError::NoSuchReplay`],
    /// [`StoreError::Unsigned`], [`StoreError::Database`].
    pub async fn move_replay(&self, id: Uuid, to: Move, by: &By) -> Result<(), StoreError> {
        let (from, state, action) = to.path();
        let pace = if let Move::Start(pace) = to { Some(pace) } else { None };
        let mut tx = self.db.begin().await?;
        let moved: Option<(String, String)> = sqlx::query_as(sql::CHANGE_REPLAY)
            .bind(id)
            .bind(from)
            .bind(state)
            .bind(None::<&str>)
            .bind(pace.map(|pace| pace.canary))
            .bind(pace.map(|pace| pace.rate))
            .bind(pace.map(|pace| pace.concurrency))
            .bind(pace.map(|pace| pace.stop_share))
            .bind(self.clock.now())
            .fetch_optional(&mut *tx)
            .await?;
        let Some((before, after)) = moved else {
            let state = self.show_replay(id).await?.state;
            return Err(StoreError::WrongState { id, state, action, from: from.join(", ") });
        };
        let deed = Deed {
            before: Some(json!({ "state": before })),
            after: Some(json!({ "state": after, "pace": pace })),
            ..Deed::new(action, &id)
        };
        audit::write(&mut tx, &self.clock, by, deed).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets one replay that ended so long ago, with its letters' fates; says whether there was one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn prune_replay(&self, seconds: i64) -> Result<bool, StoreError> {
        let mut line = self.line().await?;
        let done =
            sqlx::query(sql::PRUNE_REPLAYS).bind(seconds).bind(self.clock.now()).execute(line.connection()?).await?;
        line.answered();
        Ok(done.rows_affected() > 0)
    }
}
