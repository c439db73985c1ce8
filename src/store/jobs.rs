//! Jobs as people look at them: lists, one whole, cancel.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;

use super::{Store, StoreError, sql};
use crate::model::{AttemptRecord, JobId, PublishedKind, PublishedRow, RawJson, SessionId};

/// Which live jobs to list.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Of this queue only.
    pub queue: Option<String>,
    /// Of this kind only.
    pub kind: Option<String>,
    /// In this stored state only: `available`, `running` or `parked`.
    pub state: Option<String>,
    /// At most so many.
    pub limit: i64,
}

/// A live job in a list.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct JobSummary {
    /// Its identity.
    pub id: JobId,
    /// Its queue.
    pub queue: String,
    /// Its kind.
    pub kind: String,
    /// Its stored state.
    pub state: String,
    /// How often it was claimed.
    pub attempt: i32,
    /// How often it failed.
    pub failures: i32,
    /// How often it may.
    pub max_failures: i32,
    /// 1 high to 4 low.
    pub priority: i16,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// When it is due.
    pub scheduled_at: DateTime<Utc>,
    /// When it was last claimed.
    pub attempted_at: Option<DateTime<Utc>>,
    /// Whether that is still to come, by the server's clock.
    pub later: bool,
}

/// A live job, whole.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct JobRow {
    /// The part a list shows.
    #[sqlx(flatten)]
    pub summary: JobSummary,
    /// How often its worker was lost.
    pub crashes: i32,
    /// Its arguments.
    #[serde(skip)]
    pub args: RawJson,
    /// The version of their shape.
    pub args_version: i16,
    /// Its idempotency key.
    pub unique_key: Option<String>,
    /// The person it is about.
    pub subject: Option<String>,
    /// The session that runs it.
    #[serde(skip)]
    pub leased_by: Option<SessionId>,
    /// What its last attempt left.
    #[serde(skip)]
    pub checkpoint: Option<RawJson>,
    /// Jobs of one ordering key run one at a time.
    pub ordering_key: Option<String>,
    /// When it is no longer to be run.
    pub expires_at: Option<DateTime<Utc>>,
    /// How often it was put off without having failed.
    pub deferrals: i32,
    /// When somebody asked for it to be cancelled.
    pub cancel_requested_at: Option<DateTime<Utc>>,
    /// How far it is …
    pub progress_done: Option<i64>,
    /// … of how much …
    pub progress_total: Option<i64>,
    /// … in its own words.
    pub progress_message: Option<String>,
}

/// A job that has ended and is no dead letter.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct EndedJob {
    /// Its identity.
    pub id: JobId,
    /// Its queue.
    pub queue: String,
    /// Its kind.
    pub kind: String,
    /// `completed`, `cancelled` or `expired`.
    pub outcome: String,
    /// How often it was claimed.
    pub attempt: i32,
    /// How often it failed.
    pub failures: i32,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// When it was due.
    pub scheduled_at: DateTime<Utc>,
    /// When its last attempt began.
    pub attempted_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
}

impl JobSummary {
    /// The operator's word for where it stands: the stored states are facts, "scheduled" and "retry" are dates.
    #[must_use]
    pub fn standing(&self) -> &str {
        match (self.state.as_str(), self.later, self.failures) {
            ("available", false, _) => "ready",
            ("available", true, 0) => "scheduled",
            ("available", true, _) => "retry",
            (state, ..) => state,
        }
    }
}

impl Store {
    /// Live jobs, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn jobs(&self, filter: &JobFilter) -> Result<Vec<JobSummary>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_JOBS)
            .bind(&filter.queue)
            .bind(&filter.kind)
            .bind(&filter.state)
            .bind(filter.limit)
            .bind(self.clock.now())
            .fetch_all(&self.db)
            .await?)
    }

    /// A live job, if there is one with this id.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn job(&self, id: JobId) -> Result<Option<JobRow>, StoreError> {
        Ok(sqlx::query_as(sql::SHOW_JOB).bind(id).bind(self.clock.now()).fetch_optional(&self.db).await?)
    }

    /// A job that has ended, if its day is still kept.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn ended_job(&self, id: JobId) -> Result<Option<EndedJob>, StoreError> {
        Ok(sqlx::query_as(sql::SHOW_HISTORY).bind(id).fetch_optional(&self.db).await?)
    }

    /// The failed attempts of a job, living or dead, the first first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn attempts(&self, id: JobId) -> Result<Vec<AttemptRecord>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_ATTEMPTS).bind(id).fetch_all(&self.db).await?)
    }

    /// Ends a waiting job unrun, or asks a running one to stop. `true`: it has ended already.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchJob`] when nothing lives under this id.
    pub async fn cancel(&self, tx: &mut PgConnection, id: JobId) -> Result<bool, StoreError> {
        let done: Option<String> =
            sqlx::query_scalar(sql::CANCEL_JOB).bind(id).bind(self.clock.now()).fetch_optional(tx).await?;
        done.map(|done| done == "cancelled").ok_or(StoreError::NoSuchJob(id))
    }

    /// How many of these jobs of a queue have not ended.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn unended(&self, queue: &str, jobs: &[JobId]) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(sql::COUNT_UNENDED).bind(queue).bind(jobs).fetch_one(&self.db).await?)
    }

    /// How these jobs ended, as far as they have: kind, outcome (`buried` for dead letters) and how many.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn outcomes(&self, jobs: &[JobId]) -> Result<Vec<(String, String, i64)>, StoreError> {
        Ok(sqlx::query_as(sql::COUNT_OUTCOMES).bind(jobs).fetch_all(&self.db).await?)
    }

    /// The queues this database knows.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn queues(&self) -> Result<Vec<String>, StoreError> {
        let mut line = self.line().await?;
        let queues = sqlx::query_scalar(sql::LIST_QUEUES).fetch_all(line.connection()?).await?;
        line.answered();
        Ok(queues)
    }

    /// Publishes the kinds and the queues of a program.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn publish(&self, kinds: &[PublishedKind]) -> Result<(), StoreError> {
        sqlx::query(sql::PUBLISH)
            .bind(kinds.iter().map(|kind| kind.kind).collect::<Vec<_>>())
            .bind(kinds.iter().map(|kind| kind.queue).collect::<Vec<_>>())
            .bind(kinds.iter().map(|kind| kind.args_version).collect::<Vec<_>>())
            .bind(self.clock.now())
            .bind(kinds.iter().map(|kind| kind.priority.number()).collect::<Vec<_>>())
            .bind(kinds.iter().map(|kind| kind.max_failures).collect::<Vec<_>>())
            .bind(kinds.iter().map(|kind| kind.identity.map(|fields| json!(fields))).collect::<Vec<_>>())
            .bind(kinds.iter().map(|kind| kind.args_schema.clone()).collect::<Vec<_>>())
            .bind(kinds.iter().map(|kind| json!(kind.shown)).collect::<Vec<_>>())
            .execute(&self.db)
            .await?;
        Ok(())
    }

    /// The fields of a kind's arguments that anybody who may look may see; none where nobody has published the kind.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn shown(&self, kind: &str) -> Result<Vec<String>, StoreError> {
        let kinds = self.published_kinds().await?;
        Ok(kinds.into_iter().find(|published| published.kind == kind).map(|kind| kind.shown.0).unwrap_or_default())
    }

    /// What programs have published of their kinds.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn published_kinds(&self) -> Result<Vec<PublishedRow>, StoreError> {
        Ok(sqlx::query_as(sql::LIST_PUBLISHED_KINDS).fetch_all(&self.db).await?)
    }
}
