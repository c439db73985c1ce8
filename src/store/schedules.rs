//! Schedules: what is declared, and what became of every tick. When a schedule ticks is not known here.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::enqueue::micros;
use super::{Answer, Deed, Store, StoreError, enqueue, sql};
use crate::model::{By, Declaration, JobId, NewJob};

/// A schedule as whoever fires it sees it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ScheduleRow {
    /// What was declared.
    #[sqlx(flatten)]
    pub declaration: Declaration,
    /// By which program.
    pub program: String,
    /// By which version of it.
    pub version: Vec<i64>,
    /// Every tick up to here is dealt with.
    pub fired_to: DateTime<Utc>,
    /// Since when it is paused.
    pub paused_at: Option<DateTime<Utc>>,
    /// Since when nobody declares it any more.
    pub retired_at: Option<DateTime<Utc>>,
    /// The tick of its last job.
    pub last_fired_at: Option<DateTime<Utc>>,
    last_queue: Option<String>,
    last_job: Option<JobId>,
    /// The server's time.
    pub now: DateTime<Utc>,
}

/// A schedule as people look at it.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct ScheduleSummary {
    /// What was declared.
    #[sqlx(flatten)]
    #[serde(flatten)]
    pub declaration: Declaration,
    /// By which program.
    pub program: String,
    /// By which version of it.
    pub version: Vec<i64>,
    /// Since when it ticks as it does.
    pub declared_at: DateTime<Utc>,
    /// Every tick up to here is dealt with.
    pub fired_to: DateTime<Utc>,
    /// Since when it is paused.
    pub paused_at: Option<DateTime<Utc>>,
    /// Since when nobody declares it any more.
    pub retired_at: Option<DateTime<Utc>>,
    /// The tick of its last job.
    pub last_fired_at: Option<DateTime<Utc>>,
    /// That job.
    pub last_job: Option<JobId>,
    /// The last tick of all.
    pub last_tick: Option<DateTime<Utc>>,
    /// What became of it: `fired`, `skipped`, `missed` or `triggered`.
    pub last_outcome: Option<String>,
    /// Why it made no job.
    pub last_reason: Option<String>,
    /// The server's time.
    pub now: DateTime<Utc>,
}

/// What is to become of a tick, or of several in a row that make no job.
#[derive(Clone, Debug)]
pub struct Tick {
    /// The first.
    pub tick: DateTime<Utc>,
    /// The last.
    pub through: DateTime<Utc>,
    /// How many.
    pub count: i32,
    /// What becomes of them.
    pub fate: Fate,
}

/// What becomes of a tick.
#[derive(Clone, Debug)]
pub enum Fate {
    /// It makes this job.
    Fired(Box<NewJob>),
    /// It makes none, for this reason.
    Skipped(String),
    /// Nobody was there when it came, and by this rule it makes none.
    Missed(String),
}

/// What is to become of a schedule's due ticks.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Tick by tick, in order.
    pub ticks: Vec<Tick>,
    /// The last of them.
    pub through: DateTime<Utc>,
}

impl Fate {
    /// Its stored name.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Fired(_) => "fired",
            Self::Skipped(_) => "skipped",
            Self::Missed(_) => "missed",
        }
    }

    fn reason(&self) -> Option<String> {
        match self {
            Self::Fired(_) => None,
            Self::Skipped(why) | Self::Missed(why) => Some(why.clone()),
        }
    }
}

impl Store {
    /// Declares what a version of a program knows, and retires what it knows no more. Answers with what was retired.
    ///
    /// A newer version's declarations stay as they are, and so do another program's.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn declare_schedules(
        &self,
        program: &str,
        version: &[i64],
        declarations: &[Declaration],
    ) -> Result<Vec<String>, StoreError> {
        let column = |field: fn(&Declaration) -> &String| declarations.iter().map(field).cloned().collect::<Vec<_>>();
        let names = column(|one| &one.name);
        let mut tx = self.db.begin().await?;
        sqlx::query(sql::LOCK_SCHEDULES).execute(&mut *tx).await?;
        sqlx::query(sql::DECLARE_SCHEDULES)
            .bind(program)
            .bind(version)
            .bind(&names)
            .bind(column(|one| &one.cron))
            .bind(column(|one| &one.zone))
            .bind(column(|one| &one.kind))
            .bind(column(|one| &one.missed))
            .bind(column(|one| &one.overlap))
            .bind(self.clock.now())
            .execute(&mut *tx)
            .await?;
        let retired = sqlx::query_scalar(sql::RETIRE_SCHEDULES)
            .bind(program)
            .bind(version)
            .bind(&names)
            .bind(self.clock.now())
            .fetch_all(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(retired)
    }

    /// All schedules, as whoever fires them sees them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn look_at_schedules(&self) -> Result<Vec<ScheduleRow>, StoreError> {
        let mut line = self.line().await?;
        let rows = sqlx::query_as(sql::LOOK_AT_SCHEDULES).bind(self.clock.now()).fetch_all(line.connection()?).await?;
        line.answered();
        Ok(rows)
    }

    /// Deals with a schedule's ticks as `plan` says, which is shown the schedule under a lock and whether its last job has
    /// yet to end. Ticks and jobs are one transaction. Nothing where another node has the lock, or `plan` says so.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`]; then nothing has happened, or all of it.
    pub async fn fire_schedule(
        &self,
        name: &str,
        plan: impl FnOnce(&ScheduleRow, bool) -> Option<Plan>,
    ) -> Result<Option<Plan>, StoreError> {
        let mut line = self.line().await?;
        let mut tx = line.connection()?.begin().await?;
        let row: Option<ScheduleRow> =
            sqlx::query_as(sql::LOCK_SCHEDULE).bind(name).bind(self.clock.now()).fetch_optional(&mut *tx).await?;
        let mut planned = None;
        if let Some(row) = row {
            let unended =
                sqlx::query_scalar(sql::IS_LIVE).bind(&row.last_queue).bind(row.last_job).fetch_one(&mut *tx).await?;
            planned = plan(&row, unended);
        }
        if let Some(plan) = &planned {
            self.record(&mut tx, name, plan).await?;
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        line.answered();
        Ok(planned)
    }

    async fn record(&self, tx: &mut PgConnection, name: &str, plan: &Plan) -> Result<(), StoreError> {
        let fired = |tick: &Tick| match &tick.fate {
            Fate::Fired(job) => Some(NewJob::clone(job)),
            Fate::Skipped(_) | Fate::Missed(_) => None,
        };
        let jobs: Vec<NewJob> = plan.ticks.iter().filter_map(fired).collect();
        let mut ids = enqueue(&mut *tx, &self.clock, &jobs).await?.into_iter().map(|answer| made_by(&answer));
        let made: Vec<Option<JobId>> =
            plan.ticks.iter().map(|tick| if tick.fate.reason().is_none() { ids.next() } else { None }).collect();
        let queues: Vec<Option<String>> = plan.ticks.iter().map(|tick| fired(tick).map(|job| job.queue)).collect();
        let last = made.iter().rposition(Option::is_some);
        sqlx::query(sql::RECORD_TICKS)
            .bind(name)
            .bind(plan.ticks.iter().map(|tick| tick.tick).collect::<Vec<_>>())
            .bind(plan.ticks.iter().map(|tick| tick.through).collect::<Vec<_>>())
            .bind(plan.ticks.iter().map(|tick| tick.count).collect::<Vec<_>>())
            .bind(plan.ticks.iter().map(|tick| tick.fate.as_str()).collect::<Vec<_>>())
            .bind(plan.ticks.iter().map(|tick| tick.fate.reason()).collect::<Vec<_>>())
            .bind(&queues)
            .bind(made.iter().map(|id| id.map(|id| id.0)).collect::<Vec<Option<Uuid>>>())
            .bind(plan.through)
            .bind(last.and_then(|at| queues[at].clone()))
            .bind(last.and_then(|at| made[at]))
            .bind(last.map(|at| plan.ticks[at].tick))
            .bind(self.clock.now())
            .execute(tx)
            .await?;
        Ok(())
    }

    /// Makes a job of a schedule now, because a person wants it; paused or not, and whatever runs.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchSchedule`]; [`StoreError::Refused`]; [`StoreError::Unsigned`]; [`StoreError::Database`].
    pub async fn trigger_schedule(&self, name: &str, job: &NewJob, by: &By) -> Result<JobId, StoreError> {
        let mut tx = self.db.begin().await?;
        let row: Option<ScheduleRow> =
            sqlx::query_as(sql::WAIT_FOR_SCHEDULE).bind(name).bind(self.clock.now()).fetch_optional(&mut *tx).await?;
        let Some(row) = row else { return Err(self.no_such_schedule(name).await?) };
        let last: Option<DateTime<Utc>> =
            sqlx::query_scalar(sql::SHOW_LAST_TICK).bind(name).fetch_one(&mut *tx).await?;
        let tick = beside_the_ticks(row.now, last);
        let answers = enqueue(&mut *tx, &self.clock, std::slice::from_ref(job)).await?;
        let id = answers.first().map(made_by).ok_or(sqlx::Error::RowNotFound)?;
        sqlx::query(sql::RECORD_TICKS)
            .bind(name)
            .bind([tick])
            .bind([tick])
            .bind([1])
            .bind(["triggered"])
            .bind([None::<String>])
            .bind([&job.queue])
            .bind([id.0])
            .bind(row.fired_to)
            .bind(&job.queue)
            .bind(id)
            .bind(tick)
            .bind(self.clock.now())
            .execute(&mut *tx)
            .await?;
        let deed =
            Deed { queue: Some(&job.queue), after: Some(json!({ "job": id })), ..Deed::new("schedule.trigger", name) };
        self.note_in(&mut tx, by, deed).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Stops a schedule from firing. Answers since when it is paused.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchSchedule`]; [`StoreError::Unsigned`]; [`StoreError::Database`].
    pub async fn pause_schedule(&self, name: &str, by: &By) -> Result<DateTime<Utc>, StoreError> {
        let mut tx = self.db.begin().await?;
        let since =
            sqlx::query_scalar(sql::PAUSE_SCHEDULE).bind(name).bind(self.clock.now()).fetch_optional(&mut *tx).await?;
        let Some(since) = since else { return Err(self.no_such_schedule(name).await?) };
        self.note_in(&mut tx, by, Deed::new("schedule.pause", name)).await?;
        tx.commit().await?;
        Ok(since)
    }

    /// Lets a schedule fire again. Answers since when it was paused, if it was.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchSchedule`]; [`StoreError::Unsigned`]; [`StoreError::Database`].
    pub async fn resume_schedule(&self, name: &str, by: &By) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut tx = self.db.begin().await?;
        let was: Option<Option<DateTime<Utc>>> =
            sqlx::query_scalar(sql::RESUME_SCHEDULE).bind(name).fetch_optional(&mut *tx).await?;
        let Some(was) = was else { return Err(self.no_such_schedule(name).await?) };
        let deed = Deed { before: Some(json!({ "paused_at": was })), ..Deed::new("schedule.resume", name) };
        self.note_in(&mut tx, by, deed).await?;
        tx.commit().await?;
        Ok(was)
    }

    /// All schedules, by name.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn schedules(&self) -> Result<Vec<ScheduleSummary>, StoreError> {
        let all = sqlx::query_as(sql::LIST_SCHEDULES).bind(None::<String>).bind(self.clock.now());
        Ok(all.fetch_all(&self.db).await?)
    }

    /// One schedule.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchSchedule`]; [`StoreError::Database`].
    pub async fn schedule(&self, name: &str) -> Result<ScheduleSummary, StoreError> {
        let one = sqlx::query_as(sql::LIST_SCHEDULES).bind(name).bind(self.clock.now());
        match one.fetch_optional(&self.db).await? {
            Some(schedule) => Ok(schedule),
            None => Err(self.no_such_schedule(name).await?),
        }
    }

    /// Forgets some of a schedule's ticks that are older than `kept`, but not its last one. Answers how many.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn prune_ticks(&self, name: &str, kept: std::time::Duration) -> Result<u64, StoreError> {
        let mut line = self.line().await?;
        let prune = sqlx::query(sql::PRUNE_TICKS).bind(name).bind(micros(kept)).bind(self.clock.now());
        let pruned = prune.execute(line.connection()?).await?.rows_affected();
        line.answered();
        Ok(pruned)
    }

    async fn no_such_schedule(&self, name: &str) -> Result<StoreError, StoreError> {
        let names: Vec<String> = self.schedules().await?.into_iter().map(|one| one.declaration.name).collect();
        let known = match names.len() {
            0 => "no worker has declared one yet".to_owned(),
            _ => format!("there are {}", names.join(", ")),
        };
        Ok(StoreError::NoSuchSchedule { name: name.to_owned(), known })
    }
}

/// A time for what a person triggers at `now`: after the last tick recorded, and never on a whole second, where ticks are.
fn beside_the_ticks(now: DateTime<Utc>, last: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let next = last.map_or(now, |last| now.max(last + TimeDelta::microseconds(1)));
    if next.timestamp_subsec_micros() == 0 { next + TimeDelta::microseconds(1) } else { next }
}

/// The job that stands for a tick: its own, or the one that has its key.
fn made_by(answer: &Answer) -> JobId {
    match answer {
        Ok(enqueued) => enqueued.id(),
        Err(conflict) => conflict.holder,
    }
}
