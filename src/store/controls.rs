//! What operators say about queues, kinds and waiting jobs.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Store, StoreError, sql};
use crate::model::{Controls, JobId, Keep, KindInfo, Limits, Priority, QueueControl, QueueInfo};

/// What to pause or resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A queue: nothing of it is started; what waits, waits.
    Queue(&'a str),
    /// A kind: its jobs are parked as they come up, so that they are in nobody's way.
    Kind(&'a str),
}

#[derive(sqlx::FromRow)]
struct ControlRow {
    queue: String,
    #[sqlx(flatten)]
    control: QueueControl,
    paused_kinds: Vec<String>,
    parked: bool,
    blocked: bool,
    replaying: bool,
}

/// What a worker of some queues must heed, as of one look.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    /// What operators have said.
    pub controls: Controls,
    /// Those of the queues where jobs wait out of the claim's sight.
    pub held_up: Vec<HeldUp>,
    /// Whether any replay is under way.
    pub replaying: bool,
}

/// A queue where jobs wait out of the claim's sight.
#[derive(Clone, Debug)]
pub struct HeldUp {
    /// The queue.
    pub queue: String,
    /// Whether any is parked: its kind is paused, or nobody knew it.
    pub parked: bool,
    /// Whether any is blocked, behind another of its ordering key.
    pub blocked: bool,
}

impl Store {
    /// What a worker of these queues must heed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn notices(&self, queues: &[String]) -> Result<Notices, StoreError> {
        let mut line = self.line().await?;
        let rows: Vec<ControlRow> =
            sqlx::query_as(sql::LIST_CONTROLS).bind(queues).fetch_all(line.connection()?).await?;
        line.answered();
        let replaying = rows.iter().any(|row| row.replaying);
        let kinds = rows.iter().flat_map(|row| row.paused_kinds.iter().cloned()).collect();
        let (mut queues, mut held_up) = (BTreeMap::new(), Vec::new());
        for ControlRow { queue, control, parked, blocked, .. } in rows {
            if parked || blocked {
                held_up.push(HeldUp { queue: queue.clone(), parked, blocked });
            }
            queues.insert(queue, control);
        }
        Ok(Notices { controls: Controls::new(queues, kinds), held_up, replaying })
    }

    /// Pauses (`Some`: by whom, and why) or resumes (`None`), fleet-wide.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchQueue`], [`StoreError::NoSuchKind`], [`StoreError::Database`].
    pub async fn set_paused(
        &self,
        tx: &mut PgConnection,
        target: Target<'_>,
        by: Option<(&str, &str)>,
    ) -> Result<(), StoreError> {
        let (statement, name) = match target {
            Target::Queue(name) => (sql::PAUSE_QUEUE, name),
            Target::Kind(name) => (sql::PAUSE_KIND, name),
        };
        let found: Option<String> = sqlx::query_scalar(statement)
            .bind(name)
            .bind(by.map(|(who, _)| who))
            .bind(by.map(|(_, why)| why))
            .bind(self.clock.now())
            .fetch_optional(tx)
            .await?;
        match (found, target) {
            (Some(_), _) => Ok(()),
            (None, Target::Queue(name)) => Err(self.no_such_queue(name).await),
            (None, Target::Kind(name)) => Err(self.no_such_kind(name).await),
        }
    }

    /// Limits a queue over the whole fleet.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchQueue`], [`StoreError::Database`] (a limit below 1 among them).
    pub async fn limit_queue(&self, tx: &mut PgConnection, queue: &str, limits: Limits) -> Result<(), StoreError> {
        let found: Option<String> = sqlx::query_scalar(sql::LIMIT_QUEUE)
            .bind(queue)
            .bind(limits.max_running)
            .bind(limits.rate.map(|(jobs, _)| jobs))
            .bind(limits.rate.map(|(_, seconds)| seconds))
            .bind(self.clock.now())
            .fetch_optional(tx)
            .await?;
        if found.is_some() { Ok(()) } else { Err(self.no_such_queue(queue).await) }
    }

    /// Says what is remembered of a queue's jobs.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchQueue`], [`StoreError::Database`].
    pub async fn keep_queue(&self, tx: &mut PgConnection, queue: &str, keep: Keep) -> Result<(), StoreError> {
        let found: Option<String> = sqlx::query_scalar(sql::KEEP_QUEUE)
            .bind(queue)
            .bind(keep.history)
            .bind(keep.dead_letters)
            .bind(keep.attempts)
            .bind(keep.keys)
            .fetch_optional(tx)
            .await?;
        if found.is_some() { Ok(()) } else { Err(self.no_such_queue(queue).await) }
    }

    /// All queues, or one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn show_queues(&self, name: Option<&str>) -> Result<Vec<QueueInfo>, StoreError> {
        Ok(sqlx::query_as(sql::SHOW_QUEUES).bind(name).fetch_all(&self.db).await?)
    }

    /// All kinds, or one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn show_kinds(&self, name: Option<&str>) -> Result<Vec<KindInfo>, StoreError> {
        Ok(sqlx::query_as(sql::SHOW_KINDS).bind(name).fetch_all(&self.db).await?)
    }

    /// Gives a waiting job another time or priority.
    ///
    /// # Errors
    ///
    /// [`StoreError::Running`] when a worker holds it, [`StoreError::NoSuchJob`], [`StoreError::Database`].
    pub async fn reschedule(
        &self,
        tx: &mut PgConnection,
        id: JobId,
        at: Option<DateTime<Utc>>,
        priority: Option<Priority>,
    ) -> Result<(), StoreError> {
        let found: Option<JobId> = sqlx::query_scalar(sql::RESCHEDULE_JOB)
            .bind(id)
            .bind(at)
            .bind(priority.map(Priority::number))
            .fetch_optional(tx)
            .await?;
        match found {
            Some(_) => Ok(()),
            None if self.job(id).await?.is_some() => Err(StoreError::Running(id)),
            None => Err(StoreError::NoSuchJob(id)),
        }
    }

    /// Makes parked jobs due whose kinds (and versions of arguments) are these and not paused; says how many.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn unpark(&self, queue: &str, kinds: &[(&str, i16)]) -> Result<usize, StoreError> {
        let mut line = self.line().await?;
        let (names, versions): (Vec<&str>, Vec<i16>) = kinds.iter().copied().unzip();
        let freed: Vec<JobId> = sqlx::query_scalar(sql::UNPARK_JOBS)
            .bind(queue)
            .bind(names)
            .bind(versions)
            .bind(self.clock.now())
            .fetch_all(line.connection()?)
            .await?;
        line.answered();
        Ok(freed.len())
    }

    /// Makes blocked jobs due that nothing is in front of any more, a few hundred ordering keys after `after`; says where it
    /// came to (none: the end) and how many were freed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn unblock(&self, queue: &str, after: &str) -> Result<(Option<String>, i64), StoreError> {
        let mut line = self.line().await?;
        let done = sqlx::query_as(sql::UNBLOCK_JOBS)
            .bind(queue)
            .bind(after)
            .bind(self.clock.now())
            .fetch_one(line.connection()?)
            .await?;
        line.answered();
        Ok(done)
    }

    async fn no_such_queue(&self, name: &str) -> StoreError {
        match self.show_queues(None).await {
            Ok(known) => {
                let known: Vec<_> = known.into_iter().map(|queue| queue.name).collect();
                StoreError::NoSuchQueue { name: name.to_owned(), known: known.join(", ") }
            }
            Err(error) => error,
        }
    }

    async fn no_such_kind(&self, name: &str) -> StoreError {
        match self.show_kinds(None).await {
            Ok(known) => {
                let known: Vec<_> = known.into_iter().map(|kind| kind.kind).collect();
                StoreError::NoSuchKind { name: name.to_owned(), known: known.join(", ") }
            }
            Err(error) => error,
        }
    }
}
