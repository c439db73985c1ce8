//! The audit over HTTP.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Operator, asked, cursor, cursor_of, limit};
use crate::http::problem::Scoped;
use crate::http::token::Role;
use crate::http::{Api, Problem};
use crate::model::AuditEntry;
use crate::store::AuditFilter;

/// Which entries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// By this person.
    actor: Option<String>,
    /// About this: a fingerprint, a letter, a replay, a queue.
    target: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 1,000; 100 if absent.
    limit: Option<i64>,
}

/// Entries, and where the list goes on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditPage)]
pub(super) struct Page {
    entries: Vec<AuditEntry>,
    /// `after` of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists who did what, the newest first.
#[utoipa::path(get, path = "/v1/audit", tag = "audit", params(Which),
    responses((status = 200, description = "The entries", body = Page), (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"), Scoped))]
pub(super) async fn list(
    State(api): State<Api>,
    operator: Operator,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Page>, Problem> {
    operator.caller.must(Role::Operate)?;
    let Which { actor, target, after, limit: most } = asked(which)?;
    let (after, limit) = (cursor(after.as_deref())?, limit(most)?);
    let queues = operator.caller.queues.clone();
    let filter = AuditFilter { actor, target, after, limit, queues, since_seconds: None };
    let entries = api.store.audit(&filter).await?;
    let full = i64::try_from(entries.len()).unwrap_or(i64::MAX) >= limit;
    let next = entries.last().filter(|_| full).map(|last| cursor_of(last.at, last.id));
    Ok(Json(Page { entries, next }))
}
