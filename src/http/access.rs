//! Who is let in, and how many at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::SemaphorePermit;

use super::token::{Caller, Role, Token};
use super::{Api, Problem};
use crate::store::StoreError;

/// For so long a token is taken to be as good as it was: a revocation holds after that.
const REMEMBERED: Duration = Duration::from_secs(5);
/// More tokens than anybody has are somebody trying.
const MOST_REMEMBERED: usize = 10_000;

/// Tokens that were good a moment ago, by their SHA-256.
#[derive(Clone, Debug, Default)]
pub(super) struct Known(Arc<Mutex<Callers>>);

type Callers = HashMap<Vec<u8>, (Instant, Caller)>;

impl Known {
    fn get(&self, key: &[u8]) -> Option<Caller> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(since, _)| since.elapsed() < REMEMBERED).map(|(_, caller)| caller.clone())
    }

    fn put(&self, key: Vec<u8>, caller: Caller) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(key, (Instant::now(), caller));
    }
}

impl Api {
    /// One request for one connection: a full pool answers at once, it never makes a queue. Taken when the body is there: one
    /// that is slow to send it holds up nobody.
    pub(crate) fn place(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.places.try_acquire().map_err(|_full| Problem::overloaded())
    }
}

/// The same for requests without a body worth waiting for.
pub(super) async fn shed(State(api): State<Api>, request: Request, next: Next) -> Response {
    match api.place() {
        Ok(_place) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        if !api.asks_for_tokens {
            return Ok(Self::anybody());
        }
        let header = parts.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let token = header.and_then(Token::of_header).ok_or_else(Problem::unauthorised)?;
        api.caller(&token).await?.ok_or_else(Problem::unauthorised)
    }
}

impl Api {
    /// Who holds a token, if it is good.
    pub(crate) async fn caller(&self, token: &Token) -> Result<Option<Caller>, StoreError> {
        let key = token.fingerprint();
        if let Some(caller) = self.known.get(&key) {
            return Ok(Some(caller));
        }
        let caller = token.caller(&self.store).await?;
        if let Some(caller) = &caller {
            self.known.put(key, caller.clone());
        }
        Ok(caller)
    }
}

impl Caller {
    /// Refuses who may not do so much.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub fn must(&self, role: Role) -> Result<(), Problem> {
        if self.role >= role {
            return Ok(());
        }
        Err(Problem::forbidden(format!("this needs the role {}; the token has {}", role.as_str(), self.role.as_str())))
    }

    /// Refuses who may not do so much with this queue.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub fn must_with(&self, role: Role, queue: &str) -> Result<(), Problem> {
        self.must(role)?;
        if self.reaches(queue) {
            return Ok(());
        }
        Err(Problem::forbidden(format!("queue {queue:?} is not in the token's scope")))
    }
}
