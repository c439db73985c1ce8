//! What a person may ask for over HTTP: each is a function of `control`, and holds when the answer is there. What is left to remove is
//! a run of the backfill, and the answer says where to see how far it is.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Postgres, Transaction};
use windlass::http::{Api, Caller, Problem, Role, Scoped};
use windlass::{Job, StoreError};

use super::{Key, id, person_id};
use crate::backfill::life::GoOnError;
use crate::backfill::plan::{PlanError, start_erasure};
use crate::control::{self, ControlError};
use crate::{Backfill, PostSessionAnalysis};

/// Whether a session is left out.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Exclusion {
    excluded: bool,
    /// Whether this request made it so.
    changed: bool,
}

/// What is being removed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Removal {
    /// `GET /v1/erasures/{request_id}` says how far each is.
    requests: Vec<i64>,
}

/// How far a removal is. Of whom is not said: it outlives the person.
#[derive(Debug, Serialize, FromRow, utoipa::ToSchema)]
pub(super) struct Erasure {
    request_id: i64,
    /// `session`, `spectrum_reset` or `subject`.
    scope: String,
    requested_at: DateTime<Utc>,
    /// By then everything must be gone.
    due_at: DateTime<Utc>,
    /// Absent while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<DateTime<Utc>>,
    /// Rows by table.
    #[schema(value_type = std::collections::BTreeMap<String, i64>)]
    #[sqlx(rename = "deleted_counts")]
    removed: serde_json::Value,
}

/// What a reset takes along.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    /// `true`: what was said before it goes too. Else only what was made of it.
    #[serde(default)]
    sessions: bool,
}

/// Leaves a session out of every aggregate. Needs the role `operate`, and the queue of the analysis in the token's scope.
#[utoipa::path(
    put, path = "/v1/people/{subject_id}/sessions/{session_id}/exclusion", tag = "spectrum",
    params(("subject_id" = i64, Path, description = "The person"), ("session_id" = i64, Path, description = "The session")),
    responses(
        (status = 200, description = "It is left out; aggregates follow", body = Exclusion),
        (status = 400, description = "No id", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such person or session", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn exclude(
    State(api): State<Api>,
    caller: Caller,
    Path(path): Path<(String, String)>,
) -> Result<Json<Exclusion>, Problem> {
    caller.must_with(Role::Operate, PostSessionAnalysis::QUEUE)?;
    let (subject_id, session_id) = ids(&path)?;
    let mut tx = begin(&api).await?;
    let changed = control::exclude(&mut tx, api.client(), subject_id, session_id, None).await.map_err(refused)?;
    commit(&api, tx).await?;
    Ok(Json(Exclusion { excluded: true, changed }))
}

/// Takes a session in again. Needs the role `operate`, and the queue of the analysis in the token's scope.
#[utoipa::path(
    delete, path = "/v1/people/{subject_id}/sessions/{session_id}/exclusion", tag = "spectrum",
    params(("subject_id" = i64, Path, description = "The person"), ("session_id" = i64, Path, description = "The session")),
    responses(
        (status = 200, description = "It is in; aggregates follow", body = Exclusion),
        (status = 400, description = "No id", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such person or session", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn include(
    State(api): State<Api>,
    caller: Caller,
    Path(path): Path<(String, String)>,
) -> Result<Json<Exclusion>, Problem> {
    caller.must_with(Role::Operate, PostSessionAnalysis::QUEUE)?;
    let (subject_id, session_id) = ids(&path)?;
    let mut tx = begin(&api).await?;
    let changed = control::include(&mut tx, api.client(), subject_id, session_id).await.map_err(refused)?;
    commit(&api, tx).await?;
    Ok(Json(Exclusion { excluded: false, changed }))
}

/// Deletes a session. Needs the role `operate`, and the queue of the backfill in the token's scope.
#[utoipa::path(
    delete, path = "/v1/people/{subject_id}/sessions/{session_id}", tag = "spectrum",
    params(("subject_id" = i64, Path, description = "The person"), ("session_id" = i64, Path, description = "The session")),
    responses(
        (status = 202, description = "It is hidden, and being removed", body = Removal, headers(("Location" = String))),
        (status = 400, description = "No id", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such person or session", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn delete(
    State(api): State<Api>,
    Extension(key): Extension<Key>,
    caller: Caller,
    Path(path): Path<(String, String)>,
) -> Result<Response, Problem> {
    caller.must_with(Role::Operate, Backfill::QUEUE)?;
    let (subject_id, session_id) = ids(&path)?;
    let mut tx = begin(&api).await?;
    let request = control::delete(&mut tx, key.get()?, subject_id, session_id).await.map_err(refused)?;
    remove(&api, tx, vec![request]).await
}

/// Begins a person's spectrum anew. Needs the role `operate`, and the queue of the backfill in the token's scope.
#[utoipa::path(
    delete, path = "/v1/people/{subject_id}/spectrum", tag = "spectrum",
    params(("subject_id" = i64, Path, description = "The person"), Reset),
    responses(
        (status = 202, description = "Nothing before now counts; it is being removed", body = Removal, headers(("Location" = String))),
        (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such person", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn reset(
    State(api): State<Api>,
    Extension(key): Extension<Key>,
    caller: Caller,
    Path(person): Path<String>,
    query: Result<Query<Reset>, QueryRejection>,
) -> Result<Response, Problem> {
    caller.must_with(Role::Operate, Backfill::QUEUE)?;
    let Query(Reset { sessions }) = query.map_err(|error| Problem::malformed(error.body_text()))?;
    let (subject_id, key) = (person_id(&person)?, key.get()?);
    let mut tx = begin(&api).await?;
    let requests = if sessions {
        control::reset_with_sessions(&mut tx, key, subject_id, None).await.map(Vec::from)
    } else {
        control::reset(&mut tx, key, subject_id, None).await.map(|request| vec![request])
    };
    remove(&api, tx, requests.map_err(refused)?).await
}

/// Erases a person. Needs the role `admin`, and the queue of the backfill in the token's scope.
#[utoipa::path(
    delete, path = "/v1/people/{subject_id}", tag = "spectrum",
    params(("subject_id" = i64, Path, description = "The person")),
    responses(
        (status = 202, description = "Nobody finds them any more; they are being removed", body = Removal, headers(("Location" = String))),
        (status = 400, description = "No id", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such person", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn erase(
    State(api): State<Api>,
    Extension(key): Extension<Key>,
    caller: Caller,
    Path(person): Path<String>,
) -> Result<Response, Problem> {
    caller.must_with(Role::Admin, Backfill::QUEUE)?;
    let subject_id = person_id(&person)?;
    let mut tx = begin(&api).await?;
    let request = control::erase(&mut tx, key.get()?, subject_id).await.map_err(refused)?;
    remove(&api, tx, vec![request]).await
}

/// How far a removal is. Needs the role `read`, and the queue of the backfill in the token's scope.
#[utoipa::path(
    get, path = "/v1/erasures/{request_id}", tag = "spectrum",
    params(("request_id" = i64, Path, description = "Its id")),
    responses(
        (status = 200, description = "The removal", body = Erasure),
        (status = 400, description = "No id", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such removal", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn erasure(
    State(api): State<Api>,
    caller: Caller,
    Path(request): Path<String>,
) -> Result<Json<Erasure>, Problem> {
    caller.must_with(Role::Read, Backfill::QUEUE)?;
    let request_id = id(&request, "a request's id")?;
    let read = sqlx::query_as(include_str!("sql/read_request.sql")).bind(request_id);
    let found: Option<Erasure> = read.fetch_optional(api.db()).await.map_err(StoreError::from)?;
    found.map(Json).ok_or_else(|| Problem::not_found(format!("erasure request {request_id} is unknown")))
}

/// Starts the runs that remove what is asked for, commits, and says where to look.
async fn remove(api: &Api, mut tx: Transaction<'static, Postgres>, requests: Vec<i64>) -> Result<Response, Problem> {
    for request in &requests {
        start_erasure(&mut tx, api.client(), *request).await.map_err(unstarted)?;
    }
    commit(api, tx).await?;
    let last = requests.last().copied().unwrap_or_default();
    let at = [(LOCATION, format!("/v1/erasures/{last}"))];
    Ok((StatusCode::ACCEPTED, at, Json(Removal { requests })).into_response())
}

async fn begin(api: &Api) -> Result<Transaction<'static, Postgres>, Problem> {
    Ok(api.db().begin().await.map_err(StoreError::from)?)
}

async fn commit(api: &Api, tx: Transaction<'static, Postgres>) -> Result<(), Problem> {
    Ok(api.client().commit(tx).await.map_err(StoreError::from)?)
}

fn ids((person, session): &(String, String)) -> Result<(i64, i64), Problem> {
    Ok((person_id(person)?, id(session, "a session's id")?))
}

fn refused(error: ControlError) -> Problem {
    match error {
        ControlError::NoSubject(_) | ControlError::NoSession { .. } => Problem::not_found(error.to_string()),
        ControlError::Enqueue(error) => error.into(),
        ControlError::Database(error) => StoreError::from(error).into(),
    }
}

fn unstarted(error: PlanError) -> Problem {
    match error {
        PlanError::Database(error) | PlanError::GoOn(GoOnError::Database(error)) => StoreError::from(error).into(),
        PlanError::GoOn(GoOnError::Enqueue(error)) => error.into(),
        other => {
            tracing::error!(error = %other, "an erasure's run could not be started");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "Something is broken here", other.to_string())
        }
    }
}
