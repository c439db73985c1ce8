//! Bodies: read whole, within bounds, or a problem.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;

use super::Problem;

/// The largest body of one job: its arguments, written more widely than they are stored, and the rest.
pub(super) const ONE_JOB: usize = 256 * 1024;
/// The largest body of a batch.
pub(super) const BATCH: usize = 16 * 1024 * 1024;

/// A body of JSON.
pub(super) struct Body(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match content_type(&request).as_deref() {
            Some("application/json") => read(request, state).await.map(Self),
            _ => Err(Problem::content_type("send `Content-Type: application/json`")),
        }
    }
}

/// A body of JSON, or of one JSON a line.
pub(super) enum Lines {
    /// One JSON.
    Whole(Bytes),
    /// One a line.
    Each(Bytes),
}

impl<S: Send + Sync> FromRequest<S> for Lines {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match content_type(&request).as_deref() {
            Some("application/json") => read(request, state).await.map(Self::Whole),
            Some("application/x-ndjson") => read(request, state).await.map(Self::Each),
            _ => Err(Problem::content_type("send `Content-Type: application/json` or `application/x-ndjson`")),
        }
    }
}

fn content_type(request: &Request) -> Option<String> {
    let text = request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    text.split(';').next().map(|kind| kind.trim().to_ascii_lowercase())
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::too_large(format!("a job takes {ONE_JOB} bytes at most, a batch {BATCH}"))
        }
        _ => Problem::malformed("the body did not arrive whole"),
    })
}
