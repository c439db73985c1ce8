//! What stands before every page: nothing from other sites, no more at once than there are connections, an end to patience, and
//! headers that let a browser do only what the pages need.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::Pages;
use super::trouble::Trouble;

/// Longer than a statement may take, shorter than people wait.
const PATIENCE: Duration = Duration::from_secs(10);
/// No script, no frame, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";
const HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, "same-origin"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
];

/// Refuses what a page of another site sends.
pub(super) fn same_site() -> CsrfLayer<fn(ProtectionError) -> Response> {
    CsrfLayer::new().with_rejection_response(|_| Trouble::cross_site().into_response())
}

/// One request for one connection, as at the door.
pub(super) async fn shed(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    match pages.api.place() {
        Ok(_place) => next.run(request).await,
        Err(_full) => Trouble::busy().into_response(),
    }
}

pub(super) async fn in_time(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(PATIENCE, next.run(request)).await;
    answered.unwrap_or_else(|_elapsed| Trouble::slow().into_response())
}

pub(super) async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What is not said to be kept shows what only the signed-in may see.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
