//! The door for programs of any language: HTTP. It enqueues, looks and controls; it never runs a job.

mod access;
mod batch;
mod body;
mod jobs;
mod measure;
mod on_call;
mod path;
mod problem;
mod queues;
mod routes;
mod token;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use sqlx::PgPool;
use tokio::sync::Semaphore;
use utoipa::OpenApi;

pub use problem::{Always, Problem, Scoped};
pub use routes::Routes;
pub use token::{Caller, Role, Token};

use crate::admission::Admission;
use crate::client::Client;
use crate::store::{Migrations, Store};

/// How long a request may take, its body's arrival included.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct Api {
    db: PgPool,
    store: Store,
    client: Client,
    admission: Admission,
    known: access::Known,
    places: Arc<Semaphore>,
    asks_for_tokens: bool,
}

impl Api {
    /// Through these connections, `connections` of them; as many requests are served at once.
    #[must_use]
    pub fn new(db: PgPool, connections: usize) -> Self {
        let store = Store::new(db.clone());
        Self {
            client: Client::new(db.clone()),
            admission: Admission::new(store.clone()),
            known: access::Known::default(),
            places: Arc::new(Semaphore::new(connections)),
            asks_for_tokens: true,
            store,
            db,
        }
    }

    /// Lets in whoever can reach it: for a development machine's loopback.
    #[must_use]
    pub fn without_tokens(self) -> Self {
        Self { asks_for_tokens: false, ..self }
    }

    /// The connections.
    #[must_use]
    pub fn db(&self) -> &PgPool {
        &self.db
    }

    /// What enqueues through them.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The tables.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Whether only holders of tokens are let in.
    pub(crate) fn asks_for_tokens(&self) -> bool {
        self.asks_for_tokens
    }

    /// The routes.
    pub fn router(self) -> Router {
        self.router_with(Routes::default())
    }

    /// The routes, and an application's own.
    pub fn router_with(self, own: Routes) -> Router {
        let contract = own.openapi();
        let asked = Router::new()
            .route("/v1/jobs/{id}", get(jobs::show).post(jobs::cancel))
            .merge(on_call::routes())
            .merge(own.into_router())
            .route("/v1/queues", get(queues::list))
            .route("/v1/kinds", get(queues::kinds))
            .route("/readyz", get(ready))
            .layer(middleware::from_fn_with_state(self.clone(), access::shed))
            // These take their place when their body is there.
            .route("/v1/jobs", post(jobs::enqueue))
            .route("/v1/queues/{call}", post(queues::call))
            .layer(DefaultBodyLimit::max(body::ONE_JOB))
            .route("/v1/jobs:batch", post(batch::enqueue).layer(DefaultBodyLimit::max(body::BATCH)));
        let always = Router::new()
            .route("/healthz", get(healthy))
            .route("/v1/openapi.json", get(|| async { ([(CONTENT_TYPE, "application/json")], contract) }));
        asked
            .merge(always)
            .fallback(nowhere)
            .method_not_allowed_fallback(no_such_method)
            .layer(middleware::from_fn(in_time))
            .layer(middleware::from_fn(measure::measure))
            .with_state(self)
    }
}

/// The contract.
#[derive(OpenApi)]
#[openapi(
    info(title = "windlass", description = "A durable job queue on Postgres.", license(name = "MIT OR Apache-2.0")),
    paths(
        jobs::enqueue, batch::enqueue, jobs::show, jobs::cancel, queues::list, queues::kinds, queues::pause,
        queues::resume, healthy, ready
    ),
    modifiers(&Bearer),
    security(("token" = [])),
    tags((name = "jobs"), (name = "queues"), (name = "health"))
)]
struct Contract;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("windlass_<id>_<secret>").build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The contract as `OpenAPI` 3.1, in the form that stands in the repository.
#[must_use]
pub fn openapi() -> String {
    Routes::default().openapi()
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", security(()), responses((status = 200, description = "It lives")))]
async fn healthy() -> &'static str {
    "ok\n"
}

/// Whether it can work: the database answers, and its schema is new enough.
#[utoipa::path(
    get, path = "/readyz", tag = "health", security(()),
    responses(
        (status = 200, description = "It can work"),
        (status = 408, description = "Too slow", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "The schema is too old", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn ready(State(api): State<Api>) -> Result<&'static str, Problem> {
    Migrations::engine().require(&api.db).await?;
    Ok("ready\n")
}

async fn in_time(request: axum::extract::Request, next: middleware::Next) -> Response {
    let answered = tokio::time::timeout(PATIENCE, next.run(request)).await;
    answered.unwrap_or_else(|_elapsed| Problem::timeout().into_response())
}

async fn no_such_method() -> Problem {
    Problem::method(None, "there is something here, for other methods; the header Allow says for which")
}

async fn nowhere() -> Problem {
    Problem::not_found("there is nothing here; GET /v1/openapi.json says what there is")
}
