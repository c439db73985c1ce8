//! Replays over HTTP.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Operator, Why, asked, cursor, cursor_of, limit, read};
use crate::http::body::Body;
use crate::http::path::InPath;
use crate::http::problem::{Changed, Found, Scoped};
use crate::http::token::Role;
use crate::http::{Api, Problem};
use crate::model::{Pace, Replay, ReplayFilter, ReplayItem, ReplayKind};
use crate::replays;

/// Which letters to bring back, and what for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// All of it has to be true of a letter; nothing said: all open letters in the token's scope.
    #[serde(default)]
    filter: ReplayFilter,
    /// A reason.
    why: String,
}

/// How fast, and what for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    #[serde(default)]
    pace: Pace,
    /// A reason.
    why: String,
}

/// Where a list goes on.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Paging {
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 1,000; 100 if absent.
    limit: Option<i64>,
}

/// Which letters of a replay.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Items {
    /// In this state.
    state: Option<String>,
    /// After this place.
    after: Option<i32>,
    /// 1 to 1,000; 100 if absent.
    limit: Option<i64>,
}

/// Replays, and where the list goes on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayPage)]
pub(super) struct Page {
    replays: Vec<Replay>,
    /// `after` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A replay, and what it holds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayShown)]
pub(super) struct Shown {
    #[serde(flatten)]
    replay: Replay,
    /// What it holds, by queue and kind.
    kinds: Vec<ReplayKind>,
    /// Letters that died of the same causes since it was planned; they are not part of it.
    new_since: i64,
}

/// Chooses letters, once; nothing moves until it is started.
#[utoipa::path(post, path = "/v1/replays", tag = "replays", request_body = Plan,
    responses((status = 201, description = "It is planned", body = Shown), (status = 202, description = "So many that a worker chooses them: look at the location", body = Shown), Changed))]
pub(super) async fn plan(State(api): State<Api>, operator: Operator, body: Body) -> Result<Response, Problem> {
    let queues = operator.queues(&api, Role::Operate).await?;
    let Plan { filter, why } = read(&body)?;
    let id = replays::plan(&api.store, &queues, &filter, &operator.by(&why)).await?;
    let shown = shown(&api, id).await?;
    let status = if shown.replay.state == "planning" { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    Ok((status, [(LOCATION, location(id))], shown).into_response())
}

/// Lists the replays in the token's scope, the newest first.
#[utoipa::path(get, path = "/v1/replays", tag = "replays", params(Paging),
    responses((status = 200, description = "The replays", body = Page), (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"), Scoped))]
pub(super) async fn list(
    State(api): State<Api>,
    operator: Operator,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Page>, Problem> {
    operator.caller.must(Role::Read)?;
    let Paging { after, limit: most } = asked(paging)?;
    let most = limit(most)?;
    let found = api.store.list_replays(most, cursor(after.as_deref())?).await?;
    let full = i64::try_from(found.len()).unwrap_or(i64::MAX) >= most;
    let next = found.last().filter(|_| full).map(|last| cursor_of(last.planned_at, last.id));
    let mut replays = Vec::with_capacity(found.len());
    for replay in found {
        if operator.reach_replay(&api, Role::Read, replay.id).await.is_ok() {
            replays.push(replay);
        }
    }
    Ok(Json(Page { replays, next }))
}

/// Shows a replay.
#[utoipa::path(get, path = "/v1/replays/{id}", tag = "replays", params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The replay", body = Shown), Found))]
pub(super) async fn show(
    State(api): State<Api>,
    operator: Operator,
    InPath(id): InPath,
) -> Result<Json<Shown>, Problem> {
    let id = super::uuid(&id)?;
    operator.reach_replay(&api, Role::Read, id).await?;
    shown(&api, id).await
}

async fn shown(api: &Api, id: Uuid) -> Result<Json<Shown>, Problem> {
    let replay = api.store.show_replay(id).await?;
    let kinds = api.store.replay_kinds(id).await?;
    Ok(Json(Shown { replay, kinds, new_since: api.store.new_since(id).await? }))
}

/// Lists what became of a replay's letters, in their order.
#[utoipa::path(get, path = "/v1/replays/{id}/items", tag = "replays", params(("id" = String, Path, description = "Its id"), Items),
    responses((status = 200, description = "The letters", body = Vec<ReplayItem>), Found))]
pub(super) async fn items(
    State(api): State<Api>,
    operator: Operator,
    InPath(id): InPath,
    items: Result<Query<Items>, QueryRejection>,
) -> Result<Json<Vec<ReplayItem>>, Problem> {
    let id = super::uuid(&id)?;
    operator.reach_replay(&api, Role::Read, id).await?;
    let Items { state, after, limit: most } = asked(items)?;
    api.store.show_replay(id).await?;
    Ok(Json(api.store.replay_items(id, after.unwrap_or(0), state.as_deref(), limit(most)?).await?))
}

/// Begins: a few go first and are waited for, then the rest. The workers do it; look at the location.
#[utoipa::path(post, path = "/v1/replays/{id}:start", tag = "replays", request_body = Start, params(("id" = String, Path, description = "Its id")),
    responses((status = 202, description = "It begins", body = Shown), Changed))]
async fn start(api: &Api, operator: &Operator, id: Uuid, body: &Body) -> Result<(), Problem> {
    let Start { pace, why } = read(body)?;
    Ok(replays::start(&api.store, id, pace, &operator.by(&why)).await?)
}

/// Releases nothing more, until it is resumed.
#[utoipa::path(post, path = "/v1/replays/{id}:pause", tag = "replays", request_body = Why, params(("id" = String, Path, description = "Its id")),
    responses((status = 202, description = "It pauses", body = Shown), Changed))]
async fn pause(api: &Api, operator: &Operator, id: Uuid, body: &Body) -> Result<(), Problem> {
    let Why { why } = read(body)?;
    Ok(replays::pause(&api.store, id, &operator.by(&why)).await?)
}

/// Goes on: after a pause where it was, after a stop of its own with new canaries.
#[utoipa::path(post, path = "/v1/replays/{id}:resume", tag = "replays", request_body = Why, params(("id" = String, Path, description = "Its id")),
    responses((status = 202, description = "It goes on", body = Shown), Changed))]
async fn resume(api: &Api, operator: &Operator, id: Uuid, body: &Body) -> Result<(), Problem> {
    let Why { why } = read(body)?;
    Ok(replays::resume(&api.store, id, &operator.by(&why)).await?)
}

/// Ends it: what is released runs on, what waits stays a letter.
#[utoipa::path(post, path = "/v1/replays/{id}:abort", tag = "replays", request_body = Why, params(("id" = String, Path, description = "Its id")),
    responses((status = 202, description = "It is over", body = Shown), Changed))]
async fn abort(api: &Api, operator: &Operator, id: Uuid, body: &Body) -> Result<(), Problem> {
    let Why { why } = read(body)?;
    Ok(replays::abort(&api.store, id, &operator.by(&why)).await?)
}

/// `{id}:start` and the others, which one path has to tell apart.
pub(super) async fn call(
    State(api): State<Api>,
    operator: Operator,
    call: InPath,
    request: Request,
) -> Result<Response, Problem> {
    let (id, verb) = call.call(&["start", "pause", "resume", "abort"], "GET")?;
    let id = super::uuid(id)?;
    operator.reach_replay(&api, Role::Operate, id).await?;
    let body = Body::from_request(request, &api).await?;
    match verb {
        "start" => start(&api, &operator, id, &body).await?,
        "pause" => pause(&api, &operator, id, &body).await?,
        "resume" => resume(&api, &operator, id, &body).await?,
        _ => abort(&api, &operator, id, &body).await?,
    }
    Ok((StatusCode::ACCEPTED, [(LOCATION, location(id))], shown(&api, id).await?).into_response())
}

fn location(id: Uuid) -> String {
    format!("/v1/replays/{id}")
}
