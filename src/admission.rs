//! The door for jobs without their Rust types: by what programs have published of their kinds.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonschema::Validator;
use serde_json::Value;

use crate::model::{JobRequest, NewJob, NewJobError, PublishedRow};
use crate::store::{Store, StoreError};

/// How old what is known may be: so long after a program published a kind, everybody knows.
const FRESH: Duration = Duration::from_secs(5);

/// Checks jobs against the published kinds.
///
/// ```no_run
/// # async fn example(db: sqlx::PgPool) -> Result<(), Box<dyn std::error::Error>> {
/// use windlass::{Admission, Client, Store, model::JobRequest};
///
/// let admission = Admission::new(Store::new(db.clone()));
/// let request = JobRequest { kind: "greet".into(), key: Some("greet:7".into()), ..JobRequest::default() };
/// let job = admission.admit(request).await?;
/// Client::new(db.clone()).enqueue_raw(&db, &[job]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Admission {
    store: Store,
    known: Arc<RwLock<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    read: Option<Instant>,
    kinds: BTreeMap<String, Arc<Kind>>,
}

#[derive(Debug)]
struct Kind {
    published: PublishedRow,
    schema: Option<Validator>,
}

/// Why a job was not let in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdmitError {
    /// No program has published the kind.
    #[error("unknown kind {kind:?}; there are: {known}")]
    UnknownKind {
        /// The kind asked for.
        kind: String,
        /// The kinds there are.
        known: String,
    },
    /// The arguments are not as the kind's schema says.
    #[error("args of kind {kind:?}: {wrong}")]
    BadArguments {
        /// The kind.
        kind: String,
        /// Where and what, without the value itself.
        wrong: String,
    },
    /// A field that cannot be stored.
    #[error(transparent)]
    Refused(#[from] NewJobError),
    /// The database was away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Admission {
    /// By what is published in these tables.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, known: Arc::default() }
    }

    /// Checks one job: its kind, its arguments by the kind's schema, and every field's bounds.
    ///
    /// # Errors
    ///
    /// [`AdmitError`], which names the field.
    pub async fn admit(&self, request: JobRequest) -> Result<NewJob, AdmitError> {
        let kind = self.kind(&request.kind).await?;
        let job = request.into_new_job(&kind.published)?;
        if let Some(schema) = &kind.schema {
            check(schema, &job.args).map_err(|wrong| AdmitError::BadArguments { kind: job.kind.clone(), wrong })?;
        }
        Ok(job)
    }

    /// Checks arguments by their kind's schema.
    ///
    /// # Errors
    ///
    /// [`AdmitError::UnknownKind`], [`AdmitError::BadArguments`], [`AdmitError::Store`].
    pub async fn check(&self, kind: &str, args: &Value) -> Result<(), AdmitError> {
        match &self.kind(kind).await?.schema {
            Some(schema) => {
                check(schema, args).map_err(|wrong| AdmitError::BadArguments { kind: kind.to_owned(), wrong })
            }
            None => Ok(()),
        }
    }

    async fn kind(&self, name: &str) -> Result<Arc<Kind>, AdmitError> {
        if let Some(kind) = self.fresh(name) {
            return Ok(kind);
        }
        let kinds = self.store.published_kinds().await?;
        let kinds = kinds.into_iter().map(|published| {
            // A schema that is none lets everything through; the worker decodes for itself.
            let schema = published.args_schema.as_ref().and_then(|schema| jsonschema::validator_for(schema).ok());
            (published.kind.clone(), Arc::new(Kind { published, schema }))
        });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Known { read: Some(Instant::now()), kinds: kinds.collect() };
        known.kinds.get(name).cloned().ok_or_else(|| AdmitError::UnknownKind {
            kind: name.to_owned(),
            known: known.kinds.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }

    fn fresh(&self, name: &str) -> Option<Arc<Kind>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.read.filter(|read| read.elapsed() < FRESH)?;
        known.kinds.get(name).cloned()
    }
}

/// The first thing that is wrong, by its place. The message of the validator itself quotes the value.
fn check(schema: &Validator, args: &Value) -> Result<(), String> {
    let Some(error) = schema.iter_errors(args).next() else { return Ok(()) };
    let place = error.instance_path().to_string();
    let place = if place.is_empty() { "args".to_owned() } else { format!("args{place}") };
    Err(format!("{place} breaks the schema's rule {:?} (`GET /v1/kinds` shows the schema)", error.kind().keyword()))
}
