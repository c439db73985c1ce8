//! A schedule: a job that a clock enqueues. What it is and what is wrong with it; firing it is maintenance's.

mod list;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::job::Job;
use crate::model::{Cron, CronError, Declaration, JobId, Missed, NewJob, NewJobError, Overlap, ScheduleSettings};

pub use list::Schedules;

/// The longest name.
const LONGEST_NAME: usize = 64;

/// A job that a clock enqueues.
///
/// Of each tick there is one job, however many nodes run. Its `scheduled_at` is the tick, or the moment at which a missed
/// tick is caught up with; a job that must know its tick in any case takes it as an argument ([`Schedule::each`]).
///
/// A local time that does not exist (02:30, where the clock jumps from 02:00 to 03:00) ticks once, at the jump; one that
/// comes twice ticks the first time only.
///
/// ```
/// # use windlass::{Job, JobContext, JobError, Registry};
/// use windlass::{Missed, Overlap, Schedule};
/// # #[derive(serde::Serialize, serde::Deserialize)] struct Tidy { folder: i64 }
/// # impl Job for Tidy {
/// #     const KIND: &'static str = "tidy";
/// #     type Deps = ();
/// #     async fn run(&self, _: &JobContext<()>) -> Result<(), JobError> { Ok(()) }
/// # }
/// let registry = Registry::<()>::default()
///     .program("tidier", env!("CARGO_PKG_VERSION"))
///     .register::<Tidy>()
///     .schedule(Schedule::new("tidy", "0 3 * * *", Tidy { folder: 7 }).zone("Europe/Berlin").missed(Missed::Skip))
///     .schedule(Schedule::each("sweep", "*/10 * * * *", |tick| Tidy { folder: tick.timestamp() }).overlap(Overlap::Skip));
/// registry.check().unwrap();
/// ```
pub struct Schedule<J> {
    name: String,
    settings: ScheduleSettings,
    make: Make<J>,
}

/// The job of a tick.
enum Make<J> {
    Same(J),
    Each(Arc<dyn Fn(DateTime<Utc>) -> J + Send + Sync>),
}

/// What is wrong with a schedule.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// Its name cannot be stored.
    #[error("the name has {0} characters; it takes 1 to {LONGEST_NAME}, and no NUL")]
    Name(usize),
    /// Two have the same name.
    #[error("it is declared twice; every schedule needs a name of its own")]
    Twice,
    /// Its expression or zone.
    #[error(transparent)]
    Cron(#[from] CronError),
    /// Its rule for missed ticks.
    #[error("{0} cannot be kept; it is skip, latest, or all(N) with N from 1 to 1000")]
    Missed(Missed),
    /// Nobody here knows the kind of its jobs.
    #[error("unknown kind {kind:?}; this program knows: {known}")]
    UnknownKind {
        /// The kind asked for.
        kind: String,
        /// The kinds there are.
        known: String,
    },
    /// Its arguments do not decode as its kind's, or cannot be written.
    #[error("arguments of kind {kind:?}: {error}")]
    Args {
        /// The kind.
        kind: String,
        /// Where and why.
        error: serde_json::Error,
    },
    /// Its jobs would be refused.
    #[error(transparent)]
    Job(#[from] NewJobError),
}

impl ScheduleError {
    /// Which part of it is wrong.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Name(_) | Self::Twice => "name",
            Self::Cron(error) => error.field(),
            Self::Missed(_) => "missed",
            Self::UnknownKind { .. } => "kind",
            Self::Args { .. } | Self::Job(_) => "args",
        }
    }
}

impl<J: Job> Schedule<J> {
    /// The same job at every tick of a cron expression: 5 fields, or 6 with seconds first.
    ///
    /// Its tick is all that makes it one job; the kind's own idempotency key is not asked, for it would be the same each
    /// time, and a key makes one job for ever.
    pub fn new(name: impl Into<String>, cron: impl Into<String>, job: J) -> Self {
        Self::of(name.into(), cron.into(), Make::Same(job))
    }

    /// A job of each tick's own. Its idempotency key is its kind's.
    pub fn each(
        name: impl Into<String>,
        cron: impl Into<String>,
        make: impl Fn(DateTime<Utc>) -> J + Send + Sync + 'static,
    ) -> Self {
        Self::of(name.into(), cron.into(), Make::Each(Arc::new(make)))
    }

    fn of(name: String, cron: String, make: Make<J>) -> Self {
        let settings = ScheduleSettings {
            cron,
            zone: ScheduleSettings::default_zone(),
            kind: J::KIND.to_owned(),
            args: Value::Null,
            missed: Missed::default(),
            overlap: Overlap::default(),
        };
        Self { name, settings, make }
    }

    /// On the clock of this time zone, by its IANA name; UTC otherwise.
    #[must_use]
    pub fn zone(mut self, zone: impl Into<String>) -> Self {
        self.settings.zone = zone.into();
        self
    }

    /// What becomes of ticks that came while nobody fired them; the newest fires otherwise.
    #[must_use]
    pub fn missed(mut self, missed: Missed) -> Self {
        self.settings.missed = missed;
        self
    }

    /// What becomes of a tick whose predecessor's job has not ended; it fires otherwise.
    #[must_use]
    pub fn overlap(mut self, overlap: Overlap) -> Self {
        self.settings.overlap = overlap;
        self
    }

    /// Without its type, and checked.
    pub(crate) fn erase(
        self,
        new_job: fn(&J, Value) -> NewJob,
    ) -> (String, ScheduleSettings, Result<Template, serde_json::Error>) {
        let new = move |job: &J| serde_json::to_value(job).map(|args| new_job(job, args));
        let template = match self.make {
            Make::Same(job) => new(&job).map(Template::same),
            Make::Each(make) => Ok(Template::Each(Arc::new(move |tick| new(&make(tick)).map_err(|e| e.to_string())))),
        };
        (self.name, self.settings, template)
    }
}

impl<J> fmt::Debug for Schedule<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schedule").field("name", &self.name).field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// How the job of a tick is made.
#[derive(Clone)]
pub(crate) enum Template {
    Same(Box<NewJob>),
    Each(Arc<dyn Fn(DateTime<Utc>) -> Result<NewJob, String> + Send + Sync>),
}

impl Template {
    /// The same job each time, by its tick alone.
    pub(crate) fn same(job: NewJob) -> Self {
        Self::Same(Box::new(NewJob { unique_key: None, ..job }))
    }
}

/// A schedule as it is fired: without its type, and known to be right.
#[derive(Clone)]
pub struct Scheduled {
    declaration: Declaration,
    cron: Cron,
    missed: Missed,
    overlap: Overlap,
    template: Template,
}

impl Scheduled {
    pub(crate) fn new(name: String, settings: ScheduleSettings, template: Template) -> Result<Self, ScheduleError> {
        let length = name.chars().count();
        if length == 0 || length > LONGEST_NAME || name.contains('\0') {
            return Err(ScheduleError::Name(length));
        }
        let ScheduleSettings { cron, zone, kind, missed, overlap, .. } = settings;
        let parsed = Cron::parse(&cron, &zone)?;
        if !missed.is_fit() {
            return Err(ScheduleError::Missed(missed));
        }
        if let Template::Same(job) = &template {
            job.check()?;
        }
        let declaration =
            Declaration { name, cron, zone, kind, missed: missed.to_string(), overlap: overlap.to_string() };
        Ok(Self { declaration, cron: parsed, missed, overlap, template })
    }

    /// What is declared of it.
    #[must_use]
    pub fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    /// When it ticks.
    #[must_use]
    pub fn cron(&self) -> &Cron {
        &self.cron
    }

    /// What becomes of missed ticks.
    #[must_use]
    pub fn missed(&self) -> Missed {
        self.missed
    }

    /// What becomes of ticks whose predecessor's job has not ended.
    #[must_use]
    pub fn overlap(&self) -> Overlap {
        self.overlap
    }

    /// The job of a tick, with an id of its own.
    ///
    /// # Errors
    ///
    /// Why there is none: what makes it panicked, or made one that cannot be stored.
    pub fn job(&self, tick: DateTime<Utc>) -> Result<NewJob, String> {
        let job = match &self.template {
            Template::Same(job) => NewJob { id: JobId::new(), ..NewJob::clone(job) },
            // The application's code: it must not take the scheduler with it.
            Template::Each(make) => std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| make(tick)))
                .map_err(|_panic| "what makes its job panicked".to_owned())??,
        };
        job.check().map_err(|error| error.to_string())?;
        Ok(job)
    }
}

impl fmt::Debug for Scheduled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scheduled").field(&self.declaration).finish()
    }
}
