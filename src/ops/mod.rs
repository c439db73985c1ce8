//! Pages for people on call, under `/ops`: HTML made on the server, one style sheet, no script. They read what the doors read
//! and change what the doors change; what is hidden there is hidden here.

mod audit;
mod cursor;
mod edit;
mod elements;
mod form;
mod group;
mod group_action;
mod groups;
mod guard;
mod job;
mod job_action;
mod overview;
mod page;
mod picture;
mod replay;
mod replay_action;
mod replays;
mod runbook;
#[cfg(feature = "worker")]
mod schedules;
mod session;
mod trouble;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use tokio::sync::Semaphore;

use crate::http::Api;
use crate::store::Store;

/// The largest form: a reason, a note, or an edit of arguments.
const LARGEST_FORM: usize = 128 * 1024;
/// So many sign-ins that fail are waited for at once; one more is asked to wait.
const SIGN_INS: usize = 4;

/// The pages over the same tables, tokens and connections as the door over HTTP.
#[derive(Clone, Debug)]
pub struct Pages {
    api: Api,
    /// Where a trace is looked at, with `{trace_id}` in it.
    trace_url: Option<Arc<str>>,
    sign_ins: Arc<Semaphore>,
}

impl FromRef<Pages> for Store {
    fn from_ref(pages: &Pages) -> Self {
        pages.api.store().clone()
    }
}

impl Pages {
    /// Beside this door.
    #[must_use]
    pub fn new(api: Api) -> Self {
        Self { api, trace_url: None, sign_ins: Arc::new(Semaphore::new(SIGN_INS)) }
    }

    /// The same, where a job's trace is looked at there: a URL with `{trace_id}` in it. Empty: nowhere.
    #[must_use]
    pub fn with_trace_url(self, template: &str) -> Self {
        Self { trace_url: Some(template).filter(|template| !template.is_empty()).map(Arc::from), ..self }
    }

    /// The routes, to be merged with the door's.
    pub fn router(self) -> Router {
        let pages = Router::new()
            .route("/ops", get(overview::show))
            .route("/ops/groups", get(groups::list))
            .route("/ops/groups/{queue}/{fingerprint}", get(group::show))
            .route("/ops/groups/{queue}/{fingerprint}/{action}", post(group_action::act))
            .route("/ops/jobs/{id}", get(job::show))
            .route("/ops/jobs/{id}/edit", post(edit::act))
            .route("/ops/jobs/{id}/{action}", post(job_action::act))
            .route("/ops/replays", get(replays::list).post(replays::plan))
            .route("/ops/replays/{id}", get(replay::show))
            .route("/ops/replays/{id}/{action}", post(replay_action::act))
            .route("/ops/runbook", get(runbook::show))
            .route("/ops/audit", get(audit::list));
        #[cfg(feature = "worker")]
        let pages = pages.route("/ops/schedules", get(schedules::list));
        pages
            .route("/ops/{*elsewhere}", get(trouble::nowhere))
            .layer(middleware::from_fn_with_state(self.clone(), guard::shed))
            .route("/ops/sign-in", get(session::ask).post(session::enter))
            .route("/ops/sign-out", post(session::leave))
            .layer(DefaultBodyLimit::max(LARGEST_FORM))
            .layer(guard::same_site())
            .layer(middleware::from_fn(guard::in_time))
            .route("/ops/style.css", get(style))
            .route("/ops/", get(|| async { Redirect::permanent("/ops") }))
            .layer(middleware::from_fn(guard::harden))
            .with_state(self)
    }
}

async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("style.css")).into_response()
}
