//! What is wrong, as `application/problem+json` (RFC 9457) with a stable type.

use std::collections::BTreeMap;

use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

use crate::admission::AdmitError;
use crate::client::EnqueueError;
use crate::control::ControlError;
use crate::model::JobId;
use crate::store::StoreError;

/// A problem. The type is a name that stays; the detail is for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Which problem: `urn:windlass:problem:…`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What exactly, and what to do.
    pub detail: String,
    /// The job that is in the way, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// Which of several jobs, from 1 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<usize>,
    /// The methods that are possible, where this one is not.
    #[serde(skip)]
    allow: Option<&'static str>,
}

impl Problem {
    /// A problem of this name. It must not hold anybody's words.
    pub fn new(status: StatusCode, name: &str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:windlass:problem:{name}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            job: None,
            place: None,
            allow: None,
        }
    }

    /// The same, of the job in this place.
    pub(super) fn at(self, place: usize) -> Self {
        Self { place: Some(place), ..self }
    }

    /// Something is not as it is written.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "The request is malformed", detail)
    }

    pub(super) fn content_type(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", "The content type is not understood", detail)
    }

    pub(super) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large", detail)
    }

    pub(super) fn refused(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "refused", "The job is refused", detail)
    }

    pub(super) fn unauthorised() -> Self {
        let detail = "send a good token as `Authorization: Bearer windlass_…` (`windlass token create`)";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorised", "No good token", detail)
    }

    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "The token may not do this", detail)
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is no such thing", detail)
    }

    /// Where `allow` is `None`, the router knows what is possible.
    pub(super) fn method(allow: Option<&'static str>, detail: impl Into<String>) -> Self {
        Self { allow, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", "Not by this method", detail) }
    }

    pub(super) fn conflict(detail: impl Into<String>, job: JobId) -> Self {
        let title = "The key belongs to another job";
        Self { job: Some(job), ..Self::new(StatusCode::CONFLICT, "key-conflict", title, detail) }
    }

    pub(super) fn key_reused(job: JobId) -> Self {
        let detail = "this Idempotency-Key was used with another body; take a new one";
        let title = "The Idempotency-Key was used already";
        let new = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", title, detail);
        Self { job: Some(job), ..new }
    }

    /// What was asked for does not fit how things are.
    fn state(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "state", "That is not how things are", detail)
    }

    pub(super) fn precondition(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "changed", "It was changed meanwhile", detail)
    }

    pub(super) fn no_precondition(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_REQUIRED, "precondition-required", "Say what you have seen", detail)
    }

    fn in_flight() -> Self {
        let detail = "a request with the same key is under way; ask again in a second";
        Self::new(StatusCode::CONFLICT, "in-flight", "The same is under way", detail)
    }

    pub(super) fn overloaded() -> Self {
        let detail = "as many requests as there are connections are under way; ask again in a second";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Too much at once", detail)
    }

    pub(super) fn timeout() -> Self {
        let detail = "the request took too long to arrive or to answer; ask again";
        Self::new(StatusCode::REQUEST_TIMEOUT, "timeout", "It took too long", detail)
    }

    /// The database's trouble is not told: it may hold names and values.
    fn of_database(error: &StoreError) -> Self {
        if let Some(code) = error.sqlstate() {
            tracing::error!(%code, "a statement failed");
            let detail = format!("a statement failed with SQLSTATE {code}; the log of the server has more");
            return Self::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "Something is broken here", detail);
        }
        tracing::warn!(%error, "the database is away");
        let title = "The database is away";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "away", title, "the database cannot be reached; ask again")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            _ if error.is_locked() => Self::in_flight(),
            StoreError::Database(sqlx::Error::PoolTimedOut) | StoreError::NoAnswer => Self::overloaded(),
            StoreError::Database(_) => Self::of_database(&error),
            StoreError::Refused { .. } | StoreError::Unsigned(_) => Self::refused(error.to_string()),
            StoreError::KeyTaken { .. }
            | StoreError::AlreadyReplayed { .. }
            | StoreError::Discarded(_)
            | StoreError::WrongState { .. } => Self::state(error.to_string()),
            StoreError::EditedMeanwhile(_) => Self::precondition(error.to_string()),
            StoreError::NoSuchJob(_)
            | StoreError::NoSuchQueue { .. }
            | StoreError::NoSuchKind { .. }
            | StoreError::NoSuchLetter(_)
            | StoreError::NoSuchGroup(_)
            | StoreError::NoSuchReplay(_) => Self::not_found(error.to_string()),
            _ => {
                tracing::error!(%error, "a request failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "Something is broken here", error.to_string())
            }
        }
    }
}

impl From<EnqueueError> for Problem {
    fn from(error: EnqueueError) -> Self {
        match error {
            EnqueueError::KeyConflict(conflict) => Self::conflict(conflict.to_string(), conflict.holder),
            EnqueueError::Store(error) => error.into(),
            EnqueueError::Unwritable { .. } => Self::refused(error.to_string()),
        }
    }
}

impl From<AdmitError> for Problem {
    fn from(error: AdmitError) -> Self {
        match error {
            AdmitError::Store(error) => error.into(),
            AdmitError::UnknownKind { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-kind", "The kind is unknown", error.to_string())
            }
            AdmitError::BadArguments { .. } => {
                let title = "The arguments are not as the kind says";
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-arguments", title, error.to_string())
            }
            AdmitError::Refused(_) => Self::refused(error.to_string()),
        }
    }
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Store(error) => error.into(),
            ControlError::Unsigned(_) | ControlError::Unfit { .. } => Self::refused(error.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let again = matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT)
            || self.kind.ends_with(":in-flight");
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let allow = self.allow.map(HeaderValue::from_static);
        let mut response = (status, body).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(allow) = allow {
            response.headers_mut().insert(ALLOW, allow);
        }
        if again {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The problems that every request may meet.
#[derive(Clone, Copy, Debug)]
pub struct Always;

/// The same, and a token that is not for this.
#[derive(Clone, Copy, Debug)]
pub struct Scoped;

/// The same, of something that may not be there.
pub(super) struct Found;

/// The same, where something is changed.
pub(super) struct Changed;

impl IntoResponses for Always {
    fn responses() -> Responses {
        documented(&[
            ("401", "No good token"),
            ("408", "Too slow"),
            ("503", "Too much at once, or the database is away"),
        ])
    }
}

impl IntoResponses for Scoped {
    fn responses() -> Responses {
        let mut responses = Always::responses();
        responses.append(&mut documented(&[("403", "Not this token")]));
        responses
    }
}

impl IntoResponses for Found {
    fn responses() -> Responses {
        let mut responses = Scoped::responses();
        responses.append(&mut documented(&[("400", "Malformed"), ("404", "There is no such thing")]));
        responses
    }
}

impl IntoResponses for Changed {
    fn responses() -> Responses {
        let mut responses = Found::responses();
        responses.append(&mut documented(&[
            ("409", "That is not how things are"),
            ("413", "Too large"),
            ("415", "No JSON"),
            ("422", "Refused, by the field's name"),
        ]));
        responses
    }
}

type Responses = BTreeMap<String, RefOr<utoipa::openapi::Response>>;

fn documented(problems: &[(&str, &str)]) -> Responses {
    let one = |(status, description): &(&str, &str)| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(*description).content("application/problem+json", content);
        ((*status).to_owned(), RefOr::T(response.build()))
    };
    problems.iter().map(one).collect()
}
