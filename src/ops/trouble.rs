//! What went wrong, as a page: what, and what to do next.

use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use maud::html;

use super::page::{Page, Room};
use crate::dead_letters::EditError;
use crate::http::Problem;
use crate::model::JobId;
use crate::replays::ReplayError;
use crate::store::StoreError;

/// Something went wrong.
#[derive(Debug)]
pub(super) struct Trouble {
    status: StatusCode,
    title: &'static str,
    says: String,
    /// A way on: where, and what it is called.
    next: (String, &'static str),
}

impl Trouble {
    fn new(status: StatusCode, title: &'static str, says: impl Into<String>) -> Self {
        Self { status, title, says: says.into(), next: ("/ops".to_owned(), "Go to the overview") }
    }

    /// The same, with another way on.
    pub(super) fn next(self, href: impl Into<String>, name: &'static str) -> Self {
        Self { next: (href.into(), name), ..self }
    }

    pub(super) fn unsigned() -> Self {
        let says = "You are not signed in, or your token is no longer good. Nothing was changed.";
        Self::new(StatusCode::UNAUTHORIZED, "Sign in first", says).next("/ops/sign-in", "Sign in")
    }

    pub(super) fn forbidden(says: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Your token may not do this", says)
    }

    pub(super) fn cross_site() -> Self {
        let says = "The request came from another site, so nothing was done. Open the page here and try again.";
        Self::new(StatusCode::FORBIDDEN, "Not from here", says)
    }

    pub(super) fn not_found(says: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such thing", says)
    }

    pub(super) fn refused(says: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "That does not work", says)
    }

    pub(super) fn malformed(says: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The request is malformed", says)
    }

    pub(super) fn busy() -> Self {
        let says = "As many requests as there are connections are under way. Nothing was done; try again in a second.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Too much at once", says)
    }

    pub(super) fn slow() -> Self {
        let says = "The database did not answer in time. Whether something was done is unknown: the audit says.";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "It took too long", says).next("/ops/audit", "Look at the audit")
    }

    pub(super) fn patience() -> Self {
        let says = "Too many sign-ins have failed just now. Wait a few seconds and try again.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many sign-ins", says).next("/ops/sign-in", "Sign in")
    }
}

/// A path that leads nowhere.
pub(super) async fn nowhere() -> Trouble {
    Trouble::not_found("No page has this address.")
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let body = html! {
            article.trouble {
                p.status { (self.status.as_u16()) }
                h1 { (self.title) }
                p { (self.says) }
                p { a.button href=(self.next.0) { (self.next.1) } }
            }
        };
        let page = Page { room: Room::Nowhere, title: self.title, visitor: None, read_at: None, again: None, body };
        let again = matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        if again {
            (self.status, [(RETRY_AFTER, "2")], page).into_response()
        } else {
            (self.status, page).into_response()
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        let job = |id: JobId| format!("/ops/jobs/{id}");
        match &error {
            StoreError::Unsigned(what) => {
                Self::refused(format!("This needs {what}. Go back and say it; nothing was done."))
            }
            StoreError::NoSuchLetter(id) => {
                Self::not_found(format!("There is no dead letter {id}; it may be past its time."))
                    .next("/ops/groups", "Look at the groups")
            }
            StoreError::NoSuchGroup(name) => {
                Self::not_found(format!("No group {name} is known; it may be past its time."))
                    .next("/ops/groups", "Look at the groups")
            }
            StoreError::NoSuchReplay(id) => {
                Self::not_found(format!("No replay {id} is known.")).next("/ops/replays", "Look at the replays")
            }
            StoreError::AlreadyReplayed { by, again, .. } => {
                conflict(format!("{by} has replayed this letter already, as job {again}."))
                    .next(job(*again), "Look at that job")
            }
            StoreError::KeyTaken { holder, .. } => conflict(format!(
                "Another job, {holder}, has this letter's idempotency key by now, so nothing was made."
            ))
            .next(job(*holder), "Look at that job"),
            StoreError::Discarded(id) => {
                conflict("This letter is discarded. Restore it first.").next(job(*id), "Go back to the letter")
            }
            StoreError::EditedMeanwhile(id) => {
                conflict("Somebody edited, replayed or discarded this letter meanwhile; nothing was changed.")
                    .next(job(*id), "Look at it again")
            }
            StoreError::WrongState { id, state, .. } => {
                conflict(format!("The replay is {state} by now, so that could not be done."))
                    .next(format!("/ops/replays/{id}"), "Look at it again")
            }
            _ => Problem::from(error).into(),
        }
    }
}

fn conflict(says: impl Into<String>) -> Trouble {
    Trouble::new(StatusCode::CONFLICT, "Somebody was faster", says)
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let title = match status {
            StatusCode::NOT_FOUND => "There is no such thing",
            StatusCode::SERVICE_UNAVAILABLE => "Not now",
            StatusCode::CONFLICT => "Somebody was faster",
            status if status.is_client_error() => "That does not work",
            _ => "Something is broken here",
        };
        Self::new(status, title, problem.detail)
    }
}

impl From<ReplayError> for Trouble {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Store(error) => error.into(),
            wrong => Self::refused(format!("{wrong}.")),
        }
    }
}

impl From<EditError> for Trouble {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Store(error) => error.into(),
            EditError::Admit(error) => Problem::from(error).into(),
            wrong => Self::refused(format!("{wrong}.")),
        }
    }
}

impl From<PathRejection> for Trouble {
    fn from(_: PathRejection) -> Self {
        Self::not_found("The address holds no id, or one that is none.")
    }
}

impl From<QueryRejection> for Trouble {
    fn from(error: QueryRejection) -> Self {
        Self::malformed(error.body_text())
    }
}

impl From<FormRejection> for Trouble {
    fn from(error: FormRejection) -> Self {
        match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Too large", "The form holds too much.")
            }
            _ => Self::malformed(format!("The form did not arrive as it was made: {}.", error.body_text())),
        }
    }
}
