//! The one list: kind → how to decode it, run it, and by which policy.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

use crate::job::{Job, JobContext, JobError};
#[cfg(feature = "worker")]
use crate::model::ScheduleSettings;
use crate::model::{JobId, NewJob, Policy, PublishedKind, identity_of};
#[cfg(feature = "worker")]
use crate::schedule::{Schedule, ScheduleError, Schedules, Template};
#[cfg(feature = "worker")]
use crate::telemetry::Instruments;

/// The kinds of an application.
///
/// ```
/// # use windlass::{Job, JobContext, JobError, Registry};
/// # #[derive(serde::Serialize, serde::Deserialize)] struct Greet;
/// # impl Job for Greet {
/// #     const KIND: &'static str = "greet";
/// #     type Deps = ();
/// #     async fn run(&self, _: &JobContext<()>) -> Result<(), JobError> { Ok(()) }
/// # }
/// let registry = Registry::<()>::default().register::<Greet>();
/// assert_eq!(registry.queues(), ["default"]);
/// ```
pub struct Registry<D> {
    kinds: BTreeMap<&'static str, Arc<Kind<D>>>,
    twice: Vec<&'static str>,
    #[cfg(feature = "worker")]
    schedules: Schedules,
    #[cfg(feature = "worker")]
    instruments: Option<Instruments<D>>,
}

/// A job on its way.
pub type Run = Pin<Box<dyn Future<Output = Result<(), JobError>> + Send>>;
type Start<D> = fn(&str, JobContext<D>) -> Result<Run, serde_json::Error>;

/// One kind in the registry.
pub struct Kind<D> {
    /// Its stable name.
    pub name: &'static str,
    /// Its queue.
    pub queue: &'static str,
    /// Its policy.
    pub policy: Policy,
    /// The version of its arguments' shape.
    pub args_version: i16,
    identity: Option<&'static [&'static str]>,
    schema: fn() -> Option<Value>,
    shown: &'static [&'static str],
    start: Start<D>,
    admit: fn(Value) -> Result<NewJob, serde_json::Error>,
}

/// What is wrong with a registry, or with a job that it is asked about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Two types share one name.
    #[error("kind {0:?} is registered twice; every kind needs a name of its own")]
    Twice(&'static str),
    /// Nobody here knows the kind.
    #[error("unknown kind {kind:?}; this program knows: {known}")]
    UnknownKind {
        /// The kind asked for.
        kind: String,
        /// The kinds there are.
        known: String,
    },
    /// The arguments do not decode.
    #[error("arguments of kind {kind:?}: {error}")]
    BadArguments {
        /// The kind.
        kind: &'static str,
        /// Where and why.
        error: serde_json::Error,
    },
    /// A schedule that could not be fired.
    #[cfg(feature = "worker")]
    #[error("schedules.{name}.{}: {error}", error.field())]
    Schedule {
        /// Which.
        name: String,
        /// Which part is wrong, and why.
        error: Arc<ScheduleError>,
    },
    /// A version of which nobody could say whether it is newer than another.
    #[cfg(feature = "worker")]
    #[error("the program's version is {0:?}; numbers with dots between them are needed, like 1.2.3")]
    Version(String),
}

impl<D> Default for Registry<D> {
    fn default() -> Self {
        Self {
            kinds: BTreeMap::new(),
            twice: Vec::new(),
            #[cfg(feature = "worker")]
            schedules: Schedules::default(),
            #[cfg(feature = "worker")]
            instruments: None,
        }
    }
}

impl<D> Clone for Registry<D> {
    fn clone(&self) -> Self {
        Self {
            kinds: self.kinds.clone(),
            twice: self.twice.clone(),
            #[cfg(feature = "worker")]
            schedules: self.schedules.clone(),
            #[cfg(feature = "worker")]
            instruments: self.instruments,
        }
    }
}

impl<D> fmt::Debug for Registry<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.kinds.keys()).finish()
    }
}

impl<D> fmt::Debug for Kind<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kind").field("name", &self.name).field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl<D: Clone + Send + Sync + 'static> Registry<D> {
    /// Adds a kind. A name that is taken is reported by [`Registry::check`], which every worker calls.
    #[must_use]
    pub fn register<J: Job<Deps = D>>(self) -> Self {
        self.register_as::<J>(J::KIND, J::QUEUE)
    }

    /// The same under another name, in another queue.
    pub(crate) fn register_as<J: Job<Deps = D>>(mut self, name: &'static str, queue: &'static str) -> Self {
        let kind = Kind {
            name,
            queue,
            policy: J::POLICY,
            args_version: J::ARGS_VERSION,
            identity: J::IDENTITY,
            schema: J::args_schema,
            shown: J::SHOWN,
            start: start::<J>,
            admit: |args| Ok(new_job(&serde_json::from_value::<J>(args.clone())?, args)),
        };
        if self.kinds.insert(name, Arc::new(kind)).is_some() {
            self.twice.push(name);
        }
        self
    }
}

impl<D> Registry<D> {
    /// Refuses a registry that names a kind twice, or holds a schedule that could not be fired.
    ///
    /// # Errors
    ///
    /// [`RegistryError`], for the first thing that is wrong.
    pub fn check(&self) -> Result<(), RegistryError> {
        self.twice.first().map_or(Ok(()), |name| Err(RegistryError::Twice(name)))?;
        #[cfg(feature = "worker")]
        self.check_schedules()?;
        Ok(())
    }

    /// The kind of that name.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&Arc<Kind<D>>> {
        self.kinds.get(name)
    }

    /// All kinds, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind<D>> {
        self.kinds.values().map(AsRef::as_ref)
    }

    /// What is published of the kinds.
    #[must_use]
    pub fn published_kinds(&self) -> Vec<PublishedKind> {
        let publish = |kind: &Kind<D>| PublishedKind {
            kind: kind.name,
            queue: kind.queue,
            args_version: kind.args_version,
            priority: kind.policy.priority,
            max_failures: kind.policy.max_failures,
            identity: kind.identity,
            args_schema: (kind.schema)(),
            shown: kind.shown,
        };
        self.kinds().map(publish).collect()
    }

    /// The queues of all kinds, each once, by name.
    #[must_use]
    pub fn queues(&self) -> Vec<&'static str> {
        let mut queues: Vec<_> = self.kinds().map(|kind| kind.queue).collect();
        queues.sort_unstable();
        queues.dedup();
        queues
    }

    /// Makes a job of a kind's name and its arguments as JSON, both checked.
    ///
    /// # Errors
    ///
    /// [`RegistryError::UnknownKind`], [`RegistryError::BadArguments`].
    pub fn admit(&self, kind: &str, args: Value) -> Result<NewJob, RegistryError> {
        let known = self.kind(kind).ok_or_else(|| RegistryError::UnknownKind {
            kind: kind.to_owned(),
            known: self.kinds.keys().copied().collect::<Vec<_>>().join(", "),
        })?;
        (known.admit)(args).map_err(|error| RegistryError::BadArguments { kind: known.name, error })
    }
}

#[cfg(feature = "worker")]
impl<D> Registry<D> {
    /// Says which program this is: of its versions the newest declares the schedules. Without it, windlass itself is.
    #[must_use]
    pub fn program(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.schedules.declared_by(name.into(), version.into());
        self
    }

    /// Gives the application metrics of its own.
    #[must_use]
    pub fn instruments(self, instruments: Instruments<D>) -> Self {
        Self { instruments: Some(instruments), ..self }
    }

    pub(crate) fn own_instruments(&self) -> Option<Instruments<D>> {
        self.instruments
    }

    /// Adds a schedule. What is wrong with it is reported by [`Registry::check`], which every worker calls.
    #[must_use]
    pub fn schedule<J: Job<Deps = D>>(mut self, schedule: Schedule<J>) -> Self {
        let (name, settings, template) = schedule.erase(new_job);
        let unwritable = |error| ScheduleError::Args { kind: J::KIND.to_owned(), error };
        self.schedules.add(name, settings, template.map_err(unwritable));
        self
    }

    /// Adds a schedule of a configuration; of the kinds that are registered by then.
    #[must_use]
    pub fn schedule_of(mut self, name: impl Into<String>, settings: ScheduleSettings) -> Self {
        let job = self.admit(&settings.kind, settings.args.clone()).map(Template::same).map_err(|error| match error {
            RegistryError::BadArguments { kind, error } => ScheduleError::Args { kind: kind.to_owned(), error },
            _ => self.unknown(&settings.kind),
        });
        self.schedules.add(name.into(), settings, job);
        self
    }

    /// The schedules.
    #[must_use]
    pub fn schedules(&self) -> &Schedules {
        &self.schedules
    }

    /// The program's version as numbers that can be compared.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Version`].
    pub fn version(&self) -> Result<Vec<i64>, RegistryError> {
        self.schedules.version().map_err(|version| RegistryError::Version(version.to_owned()))
    }

    fn check_schedules(&self) -> Result<(), RegistryError> {
        self.version()?;
        let known = |kind: &str| if self.kinds.contains_key(kind) { Ok(()) } else { Err(self.unknown(kind)) };
        self.schedules
            .check(known)
            .map_or(Ok(()), |(name, error)| Err(RegistryError::Schedule { name: name.to_owned(), error }))
    }

    fn unknown(&self, kind: &str) -> ScheduleError {
        let known = self.kinds.keys().copied().collect::<Vec<_>>().join(", ");
        ScheduleError::UnknownKind { kind: kind.to_owned(), known }
    }
}

impl<D> Kind<D> {
    /// Decodes the arguments and makes the future that runs the job.
    ///
    /// # Errors
    ///
    /// The arguments do not decode.
    pub fn start(&self, args: &str, cx: JobContext<D>) -> Result<Run, serde_json::Error> {
        (self.start)(args, cx)
    }
}

fn start<J: Job>(args: &str, cx: JobContext<J::Deps>) -> Result<Run, serde_json::Error> {
    let job: J = serde_json::from_str(args)?;
    Ok(Box::pin(async move { job.run(&cx).await }))
}

/// A job of a kind, by the kind's own declarations.
pub(crate) fn new_job<J: Job>(job: &J, args: Value) -> NewJob {
    NewJob {
        id: JobId::new(),
        queue: J::QUEUE.to_owned(),
        kind: J::KIND.to_owned(),
        identity: identity_of(&args, J::IDENTITY),
        args,
        args_version: J::ARGS_VERSION,
        priority: J::POLICY.priority,
        scheduled_at: None,
        delay: std::time::Duration::ZERO,
        expires_at: None,
        max_failures: J::POLICY.max_failures,
        unique_key: job.unique_key(),
        key_scope: job.key_scope(),
        ordering_key: job.ordering_key(),
        subject: job.subject(),
        traceparent: None,
    }
}
