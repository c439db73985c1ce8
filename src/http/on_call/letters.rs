//! Dead letters over HTTP.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{ETAG, IF_MATCH};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Operator, Why, asked, cursor, cursor_of, limit, read};
use crate::dead_letters;
use crate::http::body::Body;
use crate::http::path::InPath;
use crate::http::problem::{Changed, Found, Scoped};
use crate::http::token::Role;
use crate::http::{Api, Problem};
use crate::model::{AttemptRecord, DeadLetter, JobId, redacted_raw};
use crate::store::{LetterEdit, LetterFilter, LetterSummary};

/// Which letters.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Open ones of this group.
    group: Option<String>,
    /// Of this kind.
    kind: Option<String>,
    /// Replayed and discarded ones, too.
    #[serde(default)]
    all: bool,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 1,000; 100 if absent.
    limit: Option<i64>,
}

/// Letters, and where the list goes on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LetterPage)]
pub(super) struct Page {
    letters: Vec<LetterSummary>,
    /// `after` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A letter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LetterShown)]
pub(super) struct Shown {
    #[serde(flatten)]
    letter: DeadLetter,
    /// Its arguments: what its kind shows; of all else the type and the size.
    args: Value,
    /// Its failed attempts.
    attempts: Vec<AttemptRecord>,
    /// What was changed of its arguments.
    changes: Vec<LetterEdit>,
}

/// A change to a letter's arguments.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    /// A JSON Patch (RFC 6902).
    #[schema(value_type = Vec<Object>)]
    patch: Value,
    /// A reason.
    why: String,
}

/// A field to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reveal {
    /// Names of fields with dots between them.
    field: String,
    /// A reason.
    why: String,
}

/// What it holds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Revealed {
    field: String,
    /// `null` where there is nothing.
    value: Value,
}

/// The job that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Replayed {
    job: String,
}

/// Whether anything changed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Done {
    changed: bool,
}

/// Lists letters in the token's scope, the newest first.
#[utoipa::path(get, path = "/v1/dead-letters", tag = "dead letters", params(Which),
    responses((status = 200, description = "The letters", body = Page), (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"), Scoped))]
pub(super) async fn list(
    State(api): State<Api>,
    operator: Operator,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Page>, Problem> {
    let Which { group, kind, all, after, limit: most } = asked(which)?;
    let queues = operator.queues(&api, Role::Read).await?;
    let (after, most) = (cursor(after.as_deref())?.map(|(at, id)| (at, JobId(id))), limit(most)?);
    let mut letters = Vec::new();
    if let Some(fingerprint) = group {
        for queue in &queues {
            letters.extend(api.store.letters_of_group(queue, &fingerprint, most, after).await?);
        }
        letters.sort_by(|a, b| b.died_at.cmp(&a.died_at).then(a.id.cmp(&b.id)));
        letters.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    } else {
        let filter = LetterFilter { kind, all, after, queues: Some(queues), limit: most, ..LetterFilter::default() };
        letters = api.store.dead_letters(&filter).await?;
    }
    let full = i64::try_from(letters.len()).unwrap_or(i64::MAX) >= most;
    let next = letters.last().filter(|_| full).map(|last| cursor_of(last.died_at, last.id.0));
    Ok(Json(Page { letters, next }))
}

/// Shows a letter; its `ETag` is what a PATCH asks for.
#[utoipa::path(get, path = "/v1/dead-letters/{id}", tag = "dead letters", params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The letter", body = Shown), Found))]
pub(super) async fn show(State(api): State<Api>, operator: Operator, InPath(id): InPath) -> Result<Response, Problem> {
    let id = JobId(super::uuid(&id)?);
    operator.reach_letter(&api, Role::Read, id).await?;
    shown(&api, id).await
}

async fn shown(api: &Api, id: JobId) -> Result<Response, Problem> {
    let letter = api.store.dead_letter(id).await?;
    let args = redacted_raw(&letter.args, &api.store.shown(&letter.kind).await?);
    let attempts = api.store.attempts(id).await?;
    let changes = api.store.edits(&letter.queue, id).await?;
    let tag = format!("\"{}\"", letter.edits);
    Ok(([(ETAG, tag)], Json(Shown { letter, args, attempts, changes })).into_response())
}

/// Changes a letter's arguments before it is replayed; the old ones are kept.
#[utoipa::path(patch, path = "/v1/dead-letters/{id}", tag = "dead letters", request_body = Edit,
    params(("id" = String, Path, description = "Its id"), ("If-Match" = String, Header, description = "The letter's `ETag`")),
    responses((status = 200, description = "The letter", body = Shown), (status = 412, description = "It was changed meanwhile", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "Without an If-Match", body = Problem, content_type = "application/problem+json"), Changed))]
pub(super) async fn edit(
    State(api): State<Api>,
    operator: Operator,
    InPath(id): InPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = JobId(super::uuid(&id)?);
    operator.reach_letter(&api, Role::Operate, id).await?;
    let tag = headers.get(IF_MATCH).and_then(|tag| tag.to_str().ok());
    let tag = tag.ok_or_else(|| Problem::no_precondition("send the letter's ETag as If-Match"))?;
    let edits =
        tag.trim().trim_matches('"').parse().map_err(|_| Problem::malformed("If-Match is no ETag of a letter"))?;
    let Edit { patch, why } = read(&body)?;
    dead_letters::edit(&api.store, id, edits, patch, &operator.by(&why)).await?;
    shown(&api, id).await
}

/// Makes a new job of a letter, once.
#[utoipa::path(post, path = "/v1/dead-letters/{id}:replay", tag = "dead letters", request_body = Why, params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The job", body = Replayed), Changed))]
async fn replay(api: &Api, operator: &Operator, id: JobId, body: &Body) -> Result<Json<Replayed>, Problem> {
    let Why { why } = read(body)?;
    let job = dead_letters::replay(&api.store, id, &operator.by(&why)).await?;
    Ok(Json(Replayed { job: job.to_string() }))
}

/// Sets a letter aside; it can be restored.
#[utoipa::path(post, path = "/v1/dead-letters/{id}:discard", tag = "dead letters", request_body = Why, params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "Whether it was open", body = Done), Changed))]
async fn discard(api: &Api, operator: &Operator, id: JobId, body: &Body) -> Result<Json<Done>, Problem> {
    let Why { why } = read(body)?;
    Ok(Json(Done { changed: dead_letters::discard_one(&api.store, id, &operator.by(&why)).await? }))
}

/// Takes back a letter that was set aside.
#[utoipa::path(post, path = "/v1/dead-letters/{id}:restore", tag = "dead letters", request_body = Why, params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "Whether it was set aside", body = Done), Changed))]
async fn restore(api: &Api, operator: &Operator, id: JobId, body: &Body) -> Result<Json<Done>, Problem> {
    let Why { why } = read(body)?;
    Ok(Json(Done { changed: dead_letters::restore_one(&api.store, id, &operator.by(&why)).await? }))
}

/// Shows one field that is not shown otherwise; that it was looked at is written down.
#[utoipa::path(post, path = "/v1/dead-letters/{id}:reveal", tag = "dead letters", request_body = Reveal, params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The field", body = Revealed), Changed))]
async fn reveal(api: &Api, operator: &Operator, id: JobId, body: &Body) -> Result<Json<Revealed>, Problem> {
    let Reveal { field, why } = read(body)?;
    if field.chars().count() > 512 {
        return Err(Problem::refused("field has more than 512 characters"));
    }
    let value = dead_letters::reveal(&api.store, id, &field, &operator.by(&why)).await?;
    Ok(Json(Revealed { field, value: value.unwrap_or_default() }))
}

/// `{id}:replay` and the others, which one path has to tell apart.
pub(super) async fn call(
    State(api): State<Api>,
    operator: Operator,
    call: InPath,
    request: Request,
) -> Result<Response, Problem> {
    let (id, verb) = call.call(&["replay", "discard", "restore", "reveal"], "GET, PATCH")?;
    let id = JobId(super::uuid(id)?);
    operator.reach_letter(&api, Role::Operate, id).await?;
    let body = Body::from_request(request, &api).await?;
    match verb {
        "replay" => Ok(replay(&api, &operator, id, &body).await?.into_response()),
        "discard" => Ok(discard(&api, &operator, id, &body).await?.into_response()),
        "restore" => Ok(restore(&api, &operator, id, &body).await?.into_response()),
        _ => Ok(reveal(&api, &operator, id, &body).await?.into_response()),
    }
}
