//! One job: enqueue, look, cancel.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::body::Body;
use super::path::InPath;
use super::problem::Scoped;
use super::token::{Caller, Role};
use super::{Api, Problem};
use crate::control;
use crate::model::{Enqueued, JobId, JobRequest, KeyScope};
use crate::store::{EndedJob, JobRow, StoreError};

/// The header of the IETF's draft: the same key and body have the same answer.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// For so long an Idempotency-Key is remembered: a weekend, and a day to notice.
const REMEMBERED: std::time::Duration = std::time::Duration::from_hours(72);

/// The answer to an enqueue.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Accepted {
    /// The job that does the work, whoever made it.
    id: String,
    /// Whether this request made it; false: its key had made it already.
    created: bool,
    /// Where the job that was there stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<&'static str>,
}

impl Accepted {
    pub(super) fn of(enqueued: Enqueued) -> Self {
        match enqueued {
            Enqueued::Created(id) => Self { id: id.to_string(), created: true, standing: None },
            Enqueued::Existing(id, standing) => {
                Self { id: id.to_string(), created: false, standing: Some(standing.as_str()) }
            }
        }
    }
}

/// A job as it is: live, or ended. Of its arguments nothing is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct JobState {
    id: String,
    kind: String,
    queue: String,
    /// `available`, `running`, `blocked`, `parked`, `dead`, or how it ended: `completed`, `cancelled`, `expired`.
    state: String,
    attempt: i32,
    failures: i32,
    created_at: String,
    scheduled_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<Progress>,
}

/// How far a running job says it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Progress {
    done: i64,
    total: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// Enqueues one job.
///
/// With an `Idempotency-Key` the same key and body have the same answer for 72 hours; with a `key` in the body the job's own
/// ledger answers, for as long as its scope says.
#[utoipa::path(
    post, path = "/v1/jobs", tag = "jobs", request_body = JobRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 characters; not beside `key`")),
    responses(
        (status = 201, description = "The job is stored", body = Accepted),
        (status = 200, description = "Its key had made it already", body = Accepted),
        (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The key belongs to a job with other arguments, or is in flight", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Refused, by the field's name", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn enqueue(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Response, Problem> {
    caller.must(Role::Enqueue)?;
    let _place = api.place()?;
    let mut request: JobRequest =
        serde_json::from_slice(&body).map_err(|error| Problem::malformed(error.to_string()))?;
    let once = text(&headers, &IDEMPOTENCY_KEY)?;
    if once.is_some() && request.key.is_some() {
        return Err(Problem::malformed("an Idempotency-Key stands beside a `key`; one of them is enough"));
    }
    if request.traceparent.is_none() {
        request.traceparent = text(&headers, &TRACEPARENT)?;
    }
    let mut job = api.admission.admit(request).await?;
    caller.must_with(Role::Enqueue, &job.queue)?;
    let Some(once) = once else {
        let enqueued = api.client.enqueue(&api.db, job).await?;
        let status = if enqueued.is_created() { StatusCode::CREATED } else { StatusCode::OK };
        return Ok((status, axum::Json(Accepted::of(enqueued))).into_response());
    };
    if once.is_empty() || once.chars().count() > 255 {
        return Err(Problem::malformed("an Idempotency-Key has 1 to 255 characters"));
    }
    job.unique_key = Some(format!("http:{once}"));
    job.key_scope = KeyScope::For(REMEMBERED);
    // Not only the arguments: the whole body is what is asked for again.
    job.identity = Some(serde_json::from_slice(&body).map_err(|error| Problem::malformed(error.to_string()))?);
    match api.client.enqueue_raw(&api.db, &[job]).await?.pop() {
        Some(Ok(enqueued)) => {
            // The same answer as the first time; the header tells the two apart.
            let again = HeaderValue::from_static(if enqueued.is_created() { "false" } else { "true" });
            let accepted = Accepted { id: enqueued.id().to_string(), created: true, standing: None };
            Ok((StatusCode::CREATED, [("idempotency-replayed", again)], axum::Json(accepted)).into_response())
        }
        Some(Err(conflict)) => Err(Problem::key_reused(conflict.holder)),
        None => Err(Problem::from(StoreError::NoAnswer)),
    }
}

/// Shows a job.
#[utoipa::path(
    get, path = "/v1/jobs/{id}", tag = "jobs", params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The job", body = JobState),
        (status = 400, description = "No id", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such job is known any more", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn show(
    State(api): State<Api>,
    caller: Caller,
    InPath(id): InPath,
) -> Result<axum::Json<JobState>, Problem> {
    caller.must(Role::Read)?;
    Ok(axum::Json(find(&api, &caller, job_id(&id)?).await?))
}

/// Ends a waiting job unrun (`"cancelled"`), or asks a running one to stop (`"requested"`).
#[utoipa::path(
    post, path = "/v1/jobs/{id}:cancel", tag = "jobs", params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "Done, or asked for", body = Cancelled),
        (status = 400, description = "No id", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such job lives", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    call: InPath,
) -> Result<axum::Json<Cancelled>, Problem> {
    caller.must(Role::Operate)?;
    let (id, _cancel) = call.call(&["cancel"], "GET")?;
    let id = job_id(id)?;
    let job = find(&api, &caller, id).await?;
    caller.must_with(Role::Operate, &job.queue)?;
    let ended = control::cancel(&api.store, id, &caller.by("asked for over HTTP")).await?;
    Ok(axum::Json(Cancelled { done: if ended { "cancelled" } else { "requested" } }))
}

/// What came of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Cancelled {
    /// `cancelled`, or `requested` where it runs.
    done: &'static str,
}

async fn find(api: &Api, caller: &Caller, id: JobId) -> Result<JobState, Problem> {
    let state = if let Some(job) = api.store.job(id).await? {
        JobState::from(job)
    } else if let Some(ended) = api.store.ended_job(id).await? {
        JobState::from(ended)
    } else {
        match api.store.dead_letter(id).await {
            Ok(letter) => JobState {
                id: id.to_string(),
                kind: letter.kind,
                queue: letter.queue,
                state: "dead".to_owned(),
                attempt: letter.attempt,
                failures: letter.failures,
                created_at: letter.created_at.to_rfc3339(),
                scheduled_at: letter.scheduled_at.to_rfc3339(),
                ended_at: Some(letter.died_at.to_rfc3339()),
                progress: None,
            },
            Err(_) => return Err(StoreError::NoSuchJob(id).into()),
        }
    };
    caller.must_with(Role::Read, &state.queue)?;
    Ok(state)
}

impl From<JobRow> for JobState {
    fn from(job: JobRow) -> Self {
        let progress = job.progress_done.zip(job.progress_total);
        Self {
            id: job.summary.id.to_string(),
            kind: job.summary.kind,
            queue: job.summary.queue,
            state: job.summary.state,
            attempt: job.summary.attempt,
            failures: job.summary.failures,
            created_at: job.summary.created_at.to_rfc3339(),
            scheduled_at: job.summary.scheduled_at.to_rfc3339(),
            ended_at: None,
            progress: progress.map(|(done, total)| Progress { done, total, message: job.progress_message }),
        }
    }
}

impl From<EndedJob> for JobState {
    fn from(job: EndedJob) -> Self {
        Self {
            id: job.id.to_string(),
            kind: job.kind,
            queue: job.queue,
            state: job.outcome,
            attempt: job.attempt,
            failures: job.failures,
            created_at: job.created_at.to_rfc3339(),
            scheduled_at: job.scheduled_at.to_rfc3339(),
            ended_at: Some(job.ended_at.to_rfc3339()),
            progress: None,
        }
    }
}

fn job_id(text: &str) -> Result<JobId, Problem> {
    text.parse().map_err(|_| Problem::malformed("a job's id is a UUID, like 01a1fd17-cbaf-7276-ba18-184802d431d1"))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Problem> {
    let text = headers.get(name).map(|value| value.to_str().map(str::to_owned)).transpose();
    text.map_err(|_| Problem::malformed(format!("the header {name} holds more than visible ASCII")))
}
