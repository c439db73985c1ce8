//! Dead letters, replays and the audit, for people on call and their tools.

mod audit;
mod groups;
mod letters;
mod replays;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::OpenApi;
use uuid::Uuid;

use super::body::Body;
use super::token::{Caller, Role};
use super::{Api, Problem};
use crate::model::{By, JobId};
use crate::store::StoreError;

/// The most rows of one answer.
const MOST: i64 = 1_000;
/// Unless something else is asked for.
const USUAL: i64 = 100;

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/dead-letters", get(letters::list))
        .route("/v1/dead-letters/groups", get(groups::list))
        .route("/v1/dead-letters/groups/{id}", get(groups::show).post(groups::call))
        .route("/v1/dead-letters/{id}", get(letters::show).post(letters::call).patch(letters::edit))
        .route("/v1/replays", get(replays::list).post(replays::plan))
        .route("/v1/replays/{id}", get(replays::show).post(replays::call))
        .route("/v1/replays/{id}/items", get(replays::items))
        .route("/v1/audit", get(audit::list))
}

#[derive(OpenApi)]
#[openapi(
    paths(
        groups::list, groups::show, groups::snooze, groups::assign, groups::note, groups::resolve, groups::discard,
        groups::restore, letters::list, letters::show, letters::edit, letters::replay, letters::discard, letters::restore,
        letters::reveal, replays::plan, replays::list, replays::show, replays::items, replays::start, replays::pause,
        replays::resume, replays::abort, audit::list
    ),
    tags((name = "dead letters"), (name = "replays"), (name = "audit"))
)]
pub(super) struct Contract;

/// Somebody with a token, and which request it is.
pub(super) struct Operator {
    caller: Caller,
    request: String,
}

impl FromRequestParts<Api> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let given = parts.headers.get("x-request-id").and_then(|id| id.to_str().ok()).filter(|id| id.len() <= 128);
        let request = given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
        Ok(Self { caller: Caller::from_request_parts(parts, api).await?, request })
    }
}

impl Operator {
    /// The queues in reach, for somebody who may do so much.
    async fn queues(&self, api: &Api, role: Role) -> Result<Vec<String>, Problem> {
        self.caller.must(role)?;
        let queues = api.store.queues().await?;
        Ok(queues.into_iter().filter(|queue| self.caller.reaches(queue)).collect())
    }

    /// Refuses who may not do so much with this letter.
    async fn reach_letter(&self, api: &Api, role: Role, id: JobId) -> Result<(), Problem> {
        self.caller.must(role)?;
        self.caller.must_with(role, &api.store.dead_letter(id).await?.queue)
    }

    /// Refuses who may not do so much with all that this replay holds.
    async fn reach_replay(&self, api: &Api, role: Role, id: Uuid) -> Result<(), Problem> {
        self.caller.must(role)?;
        if self.caller.queues.is_none() {
            return Ok(());
        }
        for kind in api.store.replay_kinds(id).await? {
            self.caller.must_with(role, &kind.queue)?;
        }
        Ok(())
    }

    fn by(&self, why: &str) -> By {
        By::new(self.caller.name.clone(), why).through(self.caller.role.as_str(), self.request.clone())
    }
}

/// What something is done for; who does it is the token's name.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Why {
    /// A reason, of at most 1,000 characters.
    why: String,
}

fn read<T: DeserializeOwned>(body: &Body) -> Result<T, Problem> {
    serde_json::from_slice(&body.0).map_err(|error| Problem::malformed(error.to_string()))
}

fn asked<T>(query: Result<axum::extract::Query<T>, axum::extract::rejection::QueryRejection>) -> Result<T, Problem> {
    query.map(|query| query.0).map_err(|error| Problem::malformed(error.body_text()))
}

/// At most so many.
fn limit(asked: Option<i64>) -> Result<i64, Problem> {
    match asked.unwrap_or(USUAL) {
        limit @ 1..=MOST => Ok(limit),
        other => Err(Problem::malformed(format!("limit is {other}; 1 to {MOST} are possible"))),
    }
}

fn uuid(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::malformed("an id is a UUID, like 01a1fd17-cbaf-7276-ba18-184802d431d1"))
}

/// Where a page goes on: the time and the id of its last row.
fn cursor(text: Option<&str>) -> Result<Option<(DateTime<Utc>, Uuid)>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let parts = text.split_once('_').and_then(|(time, id)| {
        let micros: i64 = time.parse().ok()?;
        Some((DateTime::from_timestamp_micros(micros)?, id.parse().ok()?))
    });
    parts.map(Some).ok_or_else(|| Problem::malformed("`after` is the `next` of the page before"))
}

fn cursor_of(at: DateTime<Utc>, id: Uuid) -> String {
    format!("{}_{id}", at.timestamp_micros())
}

impl From<crate::replays::ReplayError> for Problem {
    fn from(error: crate::replays::ReplayError) -> Self {
        match error {
            crate::replays::ReplayError::Store(error) => error.into(),
            other => Self::refused(other.to_string()),
        }
    }
}

impl From<crate::dead_letters::EditError> for Problem {
    fn from(error: crate::dead_letters::EditError) -> Self {
        use crate::dead_letters::EditError;
        match error {
            EditError::Store(StoreError::EditedMeanwhile(id)) => {
                Self::precondition(StoreError::EditedMeanwhile(id).to_string())
            }
            EditError::Store(error) => error.into(),
            EditError::Admit(error) => error.into(),
            other => Self::refused(other.to_string()),
        }
    }
}
