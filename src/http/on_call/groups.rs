//! Groups over HTTP.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Query, Request, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Operator, Why, asked, limit, read};
use crate::dead_letters::{self, Scope};
use crate::http::body::Body;
use crate::http::path::InPath;
use crate::http::problem::{Changed, Found, Scoped};
use crate::http::token::Role;
use crate::http::{Api, Problem};
use crate::model::Group;

/// The hours of a trend.
const HOURS: i32 = 24;
/// For so long one request goes on discarding; what is left is said, and asked for again.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// Which groups.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Of this queue.
    queue: Option<String>,
    /// Of this kind.
    kind: Option<String>,
    /// `open`, `snoozed`, `resolved` or `discarded`.
    state: Option<String>,
    /// 1 to 1,000; 100 if absent.
    limit: Option<i64>,
}

/// A group and its last 24 hours.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = GroupShown)]
pub(super) struct Shown {
    #[serde(flatten)]
    group: Group,
    /// Deaths an hour, the oldest first.
    trend: Vec<i64>,
}

/// Until when.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Snooze {
    until: DateTime<Utc>,
    /// A reason.
    why: String,
}

/// To whom; empty: nobody.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Assign {
    /// A name of at most 64 characters.
    to: String,
    /// A reason.
    why: String,
}

/// What is known; empty: nothing.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    /// At most 4,096 characters.
    text: String,
    /// A reason.
    why: String,
}

/// How many letters changed, and how many are left: ask again.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Counted {
    letters: i64,
    left: i64,
}

/// Lists the groups in the token's scope, the one with the most open letters first.
#[utoipa::path(get, path = "/v1/dead-letters/groups", tag = "dead letters", params(Which),
    responses((status = 200, description = "The groups", body = Vec<Shown>), (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"), Scoped))]
pub(super) async fn list(
    State(api): State<Api>,
    operator: Operator,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Vec<Shown>>, Problem> {
    let Which { queue, kind, state, limit: most } = asked(which)?;
    let mut queues = operator.queues(&api, Role::Read).await?;
    queues.retain(|name| queue.as_ref().is_none_or(|queue| queue == name));
    let mut shown = Vec::new();
    for group in api.store.groups(&queues, None, limit(most)?).await? {
        let wanted = state.as_ref().is_none_or(|state| group.state == *state);
        if wanted && kind.as_ref().is_none_or(|kind| group.kind == *kind) {
            shown.push(with_trend(&api, group).await?);
        }
    }
    Ok(Json(shown))
}

/// Shows a group, once for each queue its kind was in.
#[utoipa::path(get, path = "/v1/dead-letters/groups/{fingerprint}", tag = "dead letters", params(("fingerprint" = String, Path, description = "Like v1:0123456789abcdef")),
    responses((status = 200, description = "The group", body = Vec<Shown>), Found))]
pub(super) async fn show(
    State(api): State<Api>,
    operator: Operator,
    InPath(fingerprint): InPath,
) -> Result<Json<Vec<Shown>>, Problem> {
    let queues = operator.queues(&api, Role::Read).await?;
    shown(&api, &queues, &fingerprint).await
}

async fn shown(api: &Api, queues: &[String], fingerprint: &str) -> Result<Json<Vec<Shown>>, Problem> {
    let mut shown = Vec::new();
    for group in api.store.group(queues, fingerprint).await? {
        shown.push(with_trend(api, group).await?);
    }
    Ok(Json(shown))
}

async fn with_trend(api: &Api, group: Group) -> Result<Shown, Problem> {
    let trend = api.store.trend(&group.queue, &group.fingerprint, HOURS).await?;
    Ok(Shown { group, trend })
}

/// Hears nothing of a group for a while, whatever dies.
#[utoipa::path(post, path = "/v1/dead-letters/groups/{fingerprint}:snooze", tag = "dead letters", request_body = Snooze, params(("fingerprint" = String, Path, description = "Which")),
    responses((status = 200, description = "It sleeps", body = Vec<Shown>), Changed))]
async fn snooze(api: &Api, operator: &Operator, group: Scope<'_>, body: &Body) -> Result<(), Problem> {
    let Snooze { until, why } = read(body)?;
    Ok(dead_letters::snooze(&api.store, group, until, &operator.by(&why)).await?)
}

/// Says who sees to a group.
#[utoipa::path(post, path = "/v1/dead-letters/groups/{fingerprint}:assign", tag = "dead letters", request_body = Assign, params(("fingerprint" = String, Path, description = "Which")),
    responses((status = 200, description = "It is somebody's", body = Vec<Shown>), Changed))]
async fn assign(api: &Api, operator: &Operator, group: Scope<'_>, body: &Body) -> Result<(), Problem> {
    let Assign { to, why } = read(body)?;
    within("to", &to, 64)?;
    Ok(dead_letters::assign(&api.store, group, &to, &operator.by(&why)).await?)
}

/// Says what is known of a group.
#[utoipa::path(post, path = "/v1/dead-letters/groups/{fingerprint}:note", tag = "dead letters", request_body = Note, params(("fingerprint" = String, Path, description = "Which")),
    responses((status = 200, description = "It is noted", body = Vec<Shown>), Changed))]
async fn note(api: &Api, operator: &Operator, group: Scope<'_>, body: &Body) -> Result<(), Problem> {
    let Note { text, why } = read(body)?;
    within("text", &text, 4_096)?;
    Ok(dead_letters::note(&api.store, group, &text, &operator.by(&why)).await?)
}

/// Says that a group's cause is gone; the next death of it opens it again.
#[utoipa::path(post, path = "/v1/dead-letters/groups/{fingerprint}:resolve", tag = "dead letters", request_body = Why, params(("fingerprint" = String, Path, description = "Which")),
    responses((status = 200, description = "It is resolved", body = Vec<Shown>), Changed))]
async fn resolve(api: &Api, operator: &Operator, group: Scope<'_>, body: &Body) -> Result<(), Problem> {
    let Why { why } = read(body)?;
    Ok(dead_letters::resolve(&api.store, group, &operator.by(&why)).await?)
}

/// Sets a group's open letters aside; they can be restored. Where there are many, ask again until none is left.
#[utoipa::path(post, path = "/v1/dead-letters/groups/{fingerprint}:discard", tag = "dead letters", request_body = Why, params(("fingerprint" = String, Path, description = "Which")),
    responses((status = 200, description = "How many", body = Counted), Changed))]
async fn discard(api: &Api, operator: &Operator, group: Scope<'_>, body: &Body) -> Result<Json<Counted>, Problem> {
    let Why { why } = read(body)?;
    let since = std::time::Instant::now();
    let done = dead_letters::discard(&api.store, group, &operator.by(&why), |_| since.elapsed() < PATIENCE).await?;
    let left = api.store.group(group.queues, group.fingerprint).await?.iter().map(|group| group.open).sum();
    Ok(Json(Counted { letters: done, left }))
}

/// Takes back letters of a group that were set aside.
#[utoipa::path(post, path = "/v1/dead-letters/groups/{fingerprint}:restore", tag = "dead letters", request_body = Why, params(("fingerprint" = String, Path, description = "Which")),
    responses((status = 200, description = "How many", body = Counted), Changed))]
async fn restore(api: &Api, operator: &Operator, group: Scope<'_>, body: &Body) -> Result<Json<Counted>, Problem> {
    let Why { why } = read(body)?;
    let since = std::time::Instant::now();
    let mut whole = true;
    let done = dead_letters::restore(&api.store, group, &operator.by(&why), |_| {
        whole = since.elapsed() < PATIENCE;
        whole
    })
    .await?;
    Ok(Json(Counted { letters: done, left: i64::from(!whole) }))
}

/// `{fingerprint}:snooze` and the others, which one path has to tell apart.
pub(super) async fn call(
    State(api): State<Api>,
    operator: Operator,
    call: InPath,
    request: Request,
) -> Result<axum::response::Response, Problem> {
    use axum::response::IntoResponse;
    let (fingerprint, verb) = call.call(&["snooze", "assign", "note", "resolve", "discard", "restore"], "GET")?;
    let queues = operator.queues(&api, Role::Operate).await?;
    let group = Scope { queues: &queues, fingerprint };
    let body = Body::from_request(request, &api).await?;
    match verb {
        "snooze" => snooze(&api, &operator, group, &body).await?,
        "assign" => assign(&api, &operator, group, &body).await?,
        "note" => note(&api, &operator, group, &body).await?,
        "resolve" => resolve(&api, &operator, group, &body).await?,
        "discard" => return Ok(discard(&api, &operator, group, &body).await?.into_response()),
        _ => return Ok(restore(&api, &operator, group, &body).await?.into_response()),
    }
    Ok(shown(&api, &queues, fingerprint).await?.into_response())
}

fn within(field: &str, text: &str, most: usize) -> Result<(), Problem> {
    let length = text.chars().count();
    if length <= most && !text.contains('\0') {
        return Ok(());
    }
    Err(Problem::refused(format!("{field} has {length} characters; at most {most} are kept, and no NUL")))
}
