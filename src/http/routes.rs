//! What an application adds to the door.

use std::fmt;

use axum::Router;
use utoipa::OpenApi;

use super::{Api, Contract, on_call};

/// An application's own routes, and what the contract says of them. They are behind the same doors as ours: as many requests at once
/// as there are connections, the same time, and [`Caller`](super::Caller) as an argument for who must have a token.
#[derive(Clone, Default)]
pub struct Routes {
    router: Router<Api>,
    contract: utoipa::openapi::OpenApi,
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").field("paths", &self.contract.paths.paths.keys()).finish_non_exhaustive()
    }
}

impl Routes {
    /// These, and their part of the contract.
    #[must_use]
    pub fn new(router: Router<Api>, contract: utoipa::openapi::OpenApi) -> Self {
        Self { router, contract }
    }

    pub(super) fn into_router(self) -> Router<Api> {
        self.router
    }

    /// The whole contract as `OpenAPI` 3.1, in the form that stands in the repository.
    #[must_use]
    pub fn openapi(&self) -> String {
        let mut whole = Contract::openapi();
        whole.merge(on_call::Contract::openapi());
        whole.merge(self.contract.clone());
        let mut text = whole.to_pretty_json().unwrap_or_default();
        text.push('\n');
        text
    }
}
