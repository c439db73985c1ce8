//! What a path says in its one variable part, or a problem.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::Problem;

/// The variable part, decoded.
pub(super) struct InPath(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for InPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let part = Path::<String>::from_request_parts(parts, state).await;
        part.map(|Path(text)| Self(text)).map_err(|error| Problem::malformed(error.body_text()))
    }
}

impl InPath {
    /// `{what}:{verb}`, which one path has to tell apart, where the verb is one of these.
    ///
    /// # Errors
    /// When it is none of them: by this method there is nothing here, and `allow` says by which there is.
    pub(super) fn call(&self, verbs: &[&'static str], allow: &'static str) -> Result<(&str, &'static str), Problem> {
        let called = self.0.rsplit_once(':');
        let known = called.and_then(|(what, verb)| Some((what, *verbs.iter().find(|known| **known == verb)?)));
        known.ok_or_else(|| {
            Problem::method(Some(allow), format!("POST takes a call behind what it is for: :{}", verbs.join(", :")))
        })
    }
}
