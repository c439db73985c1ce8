//! Queues and kinds: what there is, pause and resume.

use axum::Json;
use axum::extract::{FromRequest, State};
use serde::{Deserialize, Serialize};

use super::body::Body;
use super::path::InPath;
use super::problem::{Always, Scoped};
use super::token::{Caller, Role};
use super::{Api, Problem};
use crate::control;
use crate::store::Target;

/// A queue.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Queue {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_running: Option<i32>,
}

/// A kind, as programs published it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Published {
    kind: String,
    queue: String,
    args_version: i16,
    /// 1 (high) to 4 (low).
    priority: i16,
    max_failures: i32,
    /// A JSON Schema of its arguments, if one was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    args_schema: Option<serde_json::Value>,
}

/// Why a queue is paused; who says so is the token's name.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    /// For whoever finds it paused.
    why: String,
}

/// What holds now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Paused {
    queue: String,
    paused: bool,
}

/// Lists the queues in the token's scope.
#[utoipa::path(
    get, path = "/v1/queues", tag = "queues",
    responses(
        (status = 200, description = "The queues", body = Vec<Queue>),
        Always
    )
)]
pub(super) async fn list(State(api): State<Api>, caller: Caller) -> Result<Json<Vec<Queue>>, Problem> {
    caller.must(Role::Read)?;
    let queues = api.store.show_queues(None).await?;
    let shown = queues.into_iter().filter(|queue| caller.reaches(&queue.name)).map(|queue| Queue {
        name: queue.name,
        paused_by: queue.paused_by,
        paused_why: queue.paused_why,
        max_running: queue.max_running,
    });
    Ok(Json(shown.collect()))
}

/// Lists the kinds in the token's scope.
#[utoipa::path(
    get, path = "/v1/kinds", tag = "queues",
    responses(
        (status = 200, description = "The kinds", body = Vec<Published>),
        Always
    )
)]
pub(super) async fn kinds(State(api): State<Api>, caller: Caller) -> Result<Json<Vec<Published>>, Problem> {
    caller.must(Role::Read)?;
    let kinds = api.store.published_kinds().await?;
    let shown = kinds.into_iter().filter(|kind| caller.reaches(&kind.queue)).map(|kind| Published {
        kind: kind.kind,
        queue: kind.queue,
        args_version: kind.args_version,
        priority: kind.priority,
        max_failures: kind.max_failures,
        args_schema: kind.args_schema,
    });
    Ok(Json(shown.collect()))
}

/// Pauses a queue, fleet-wide within two seconds. What runs, runs on.
#[utoipa::path(
    post, path = "/v1/queues/{queue}:pause", tag = "queues", request_body = Reason,
    params(("queue" = String, Path, description = "Its name")),
    responses(
        (status = 200, description = "It is paused", body = Paused),
        (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such queue", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "No JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No reason", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn pause(api: &Api, caller: &Caller, queue: &str, Body(body): Body) -> Result<Json<Paused>, Problem> {
    let Reason { why } = serde_json::from_slice(&body).map_err(|error| Problem::malformed(error.to_string()))?;
    control::pause(&api.store, Target::Queue(queue), &caller.by(&why)).await?;
    Ok(Json(Paused { queue: queue.to_owned(), paused: true }))
}

/// Resumes a queue.
#[utoipa::path(
    post, path = "/v1/queues/{queue}:resume", tag = "queues",
    params(("queue" = String, Path, description = "Its name")),
    responses(
        (status = 200, description = "It runs", body = Paused),
        (status = 400, description = "No such call", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such queue", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn resume(api: &Api, caller: &Caller, queue: &str) -> Result<Json<Paused>, Problem> {
    control::resume(&api.store, Target::Queue(queue), &caller.by("asked for over HTTP")).await?;
    Ok(Json(Paused { queue: queue.to_owned(), paused: false }))
}

/// `{queue}:pause` and `{queue}:resume`, which one path has to tell apart.
pub(super) async fn call(
    State(api): State<Api>,
    caller: Caller,
    call: InPath,
    request: axum::extract::Request,
) -> Result<Json<Paused>, Problem> {
    let (queue, verb) = call.call(&["pause", "resume"], "")?;
    caller.must_with(Role::Operate, queue)?;
    if verb == "resume" {
        let _place = api.place()?;
        return resume(&api, &caller, queue).await;
    }
    let body = Body::from_request(request, &api).await?;
    let _place = api.place()?;
    pause(&api, &caller, queue, body).await
}
