//! The Spectrum over HTTP: what a person sees of it, and what they may ask for. Routes of the engine's door, with its tokens, its
//! problems and its limits; nothing is computed here.
//!
//! | asked | role | queue in the token's scope |
//! |---|---|---|
//! | weekly feed | `read` | of the weekly aggregation |
//! | a month in depth | `read` | of the narratives |
//! | how far a removal is | `read` | of the backfill |
//! | exclude a session, include it | `operate` | of the analysis |
//! | delete a session, reset | `operate` | of the backfill |
//! | erase a person | `admin` | of the backfill |

mod read;
mod tagged;
mod wish;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::routing::{delete, get, put};
use axum::{Extension, Router};
use utoipa::OpenApi;
use windlass::http::{Problem, Routes};

use crate::control::{ErasureKey, KeyError};

/// The key of erasures, or why there is none.
#[derive(Clone, Debug)]
struct Key(Arc<Result<ErasureKey, KeyError>>);

impl Key {
    fn get(&self) -> Result<&ErasureKey, Problem> {
        self.0.as_ref().as_ref().map_err(|error| {
            let title = "Nothing can be removed yet";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-configured", title, error.to_string())
        })
    }
}

#[derive(OpenApi)]
#[openapi(
    paths(
        read::weeks, read::month, wish::exclude, wish::include, wish::delete, wish::reset, wish::erase, wish::erasure
    ),
    tags((name = "spectrum"))
)]
struct Contract;

/// The routes, with the key under which erasures remember whom they erased.
#[must_use]
pub fn routes(key: Result<ErasureKey, KeyError>) -> Routes {
    let router = Router::new()
        .route("/v1/people/{subject_id}", delete(wish::erase))
        .route("/v1/people/{subject_id}/weeks", get(read::weeks))
        .route("/v1/people/{subject_id}/months/{month}", get(read::month))
        .route("/v1/people/{subject_id}/spectrum", delete(wish::reset))
        .route("/v1/people/{subject_id}/sessions/{session_id}", delete(wish::delete))
        .route("/v1/people/{subject_id}/sessions/{session_id}/exclusion", put(wish::exclude).delete(wish::include))
        .route("/v1/erasures/{request_id}", get(wish::erasure))
        .layer(Extension(Key(Arc::new(key))));
    Routes::new(router, Contract::openapi())
}

fn person_id(text: &str) -> Result<i64, Problem> {
    id(text, "a person's id")
}

fn id(text: &str, what: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| Problem::malformed(format!("{what} is a whole number")))
}
