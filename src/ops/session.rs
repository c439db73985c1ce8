//! Who looks: somebody with a token, pasted once and kept in a cookie that no script and no other site can read.

use std::time::Duration;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, FromRequestParts, Query, State};
use axum::http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;
use uuid::Uuid;

use super::Pages;
use super::elements::{notice, part};
use super::form;
use super::page::{Page, Room};
use super::trouble::Trouble;
use crate::http::{Caller, Role, Token};
use crate::model::By;

/// The prefix makes browsers insist on `Secure`, no domain, and the root for a path.
const NAME: &str = "__Host-windlass";
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";
/// A sign-in that fails is answered after so long.
const SLOW: Duration = Duration::from_millis(500);

/// Who looks at a page.
#[derive(Debug)]
pub(super) struct Visitor {
    pub(super) caller: Caller,
    /// Signed in with a cookie: can sign out.
    pub(super) signed_in: bool,
    request: Uuid,
}

impl Visitor {
    /// Refuses who may not act in this queue.
    pub(super) fn must_operate(&self, queue: &str) -> Result<(), Trouble> {
        self.must_see(queue)?;
        if self.operates() {
            return Ok(());
        }
        let role = self.caller.role.as_str();
        Err(Trouble::forbidden(format!(
            "This needs the role operate; yours is {role}. Nothing was changed. Ask who made your token, or somebody on call."
        )))
    }

    /// Refuses who may not look at this queue.
    pub(super) fn must_see(&self, queue: &str) -> Result<(), Trouble> {
        if self.caller.reaches(queue) {
            return Ok(());
        }
        Err(Trouble::forbidden(format!("Queue {queue:?} is not in your token's scope.")))
    }

    /// Whether there are buttons to press.
    pub(super) fn operates(&self) -> bool {
        self.caller.role >= Role::Operate
    }

    /// Those of these queues that are in scope.
    pub(super) fn reached(&self, queues: Vec<String>) -> Vec<String> {
        queues.into_iter().filter(|queue| self.caller.reaches(queue)).collect()
    }

    /// Who does something, and what for, as the audit keeps it.
    pub(super) fn by(&self, why: &str) -> By {
        By::new(self.caller.name.clone(), why).through(self.caller.role.as_str(), self.request.to_string())
    }
}

impl FromRequestParts<Pages> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, Response> {
        let request = Uuid::now_v7();
        if !pages.api.asks_for_tokens() {
            return Ok(Self { caller: Caller::anybody(), signed_in: false, request });
        }
        let header = parts.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let signed_in = header.is_none();
        let token = header.map_or_else(|| of_cookie(&parts.headers), Token::of_header);
        let caller = match token {
            Some(token) => pages.api.caller(&token).await.map_err(|error| Trouble::from(error).into_response())?,
            None => None,
        };
        match caller {
            Some(caller) => Ok(Self { caller, signed_in, request }),
            None if parts.method == Method::GET => {
                let here = parts.uri.path_and_query().map_or("/ops", |path| path.as_str());
                Err(Redirect::to(&format!("/ops/sign-in?next={}", part(here))).into_response())
            }
            None => Err(Trouble::unsigned().into_response()),
        }
    }
}

fn of_cookie(headers: &HeaderMap) -> Option<Token> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut pairs = cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == NAME).and_then(|(_, token)| Token::of_text(token))
}

/// Where to go after signing in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Next {
    next: String,
}

impl Next {
    /// A page of ours; another site's would be a trap.
    fn checked(&self) -> &str {
        let ours = self.next == "/ops" || self.next.starts_with("/ops/") || self.next.starts_with("/ops?");
        let plain = self.next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if ours && plain && self.next != "/ops/sign-in" { &self.next } else { "/ops" }
    }
}

/// A form that is sent to sign in.
#[derive(Deserialize)]
pub(super) struct SignIn {
    token: String,
    #[serde(default, flatten)]
    next: Next,
}

pub(super) async fn ask(
    State(pages): State<Pages>,
    next: Result<Query<Next>, QueryRejection>,
) -> Result<Response, Trouble> {
    let Query(next) = next?;
    if !pages.api.asks_for_tokens() {
        return Ok(Redirect::to("/ops").into_response());
    }
    Ok(page(&next, false).into_response())
}

pub(super) async fn enter(
    State(pages): State<Pages>,
    form: Result<Form<SignIn>, FormRejection>,
) -> Result<Response, Trouble> {
    let Form(SignIn { token, next }) = form?;
    let Ok(_turn) = pages.sign_ins.try_acquire() else { return Err(Trouble::patience()) };
    let good = match Token::of_text(&token) {
        Some(token) => {
            let _place = pages.api.place().map_err(|_full| Trouble::busy())?;
            pages.api.caller(&token).await?.map(|_| token)
        }
        None => None,
    };
    let Some(token) = good else {
        tokio::time::sleep(SLOW).await;
        return Ok((StatusCode::UNAUTHORIZED, page(&next, true)).into_response());
    };
    let cookie = format!("{NAME}={}; {ATTRIBUTES}", token.reveal());
    Ok(([(SET_COOKIE, cookie)], Redirect::to(next.checked())).into_response())
}

pub(super) async fn leave() -> Response {
    let cookie = format!("{NAME}=; {ATTRIBUTES}; Max-Age=0");
    ([(SET_COOKIE, cookie)], Redirect::to("/ops/sign-in")).into_response()
}

fn page(next: &Next, failed: bool) -> Page<'static> {
    let body = html! {
        article.sign-in {
            h1 { "Sign in to windlass" }
            @if failed {
                (notice("bad", "That token is not good.", "It may have been mistyped, revoked, or be past its time."))
            }
            form method="post" action="/ops/sign-in" {
                (form::hidden("next", next.checked()))
                label for="token" { "Your token" }
                input #token type="password" name="token" required autofocus autocomplete="current-password"
                    spellcheck="false" aria-describedby="token-help";
                p.help #token-help {
                    "It begins with " code { "windlass_" } ". Whoever has the database makes one: "
                    code { "windlass token create NAME --role operate" }
                }
                (form::button("primary", "Sign in"))
            }
        }
    };
    Page { room: Room::Nowhere, title: "Sign in", visitor: None, read_at: None, again: None, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_sign_in_only_our_own_pages_follow() {
        let to = |next: &str| Next { next: next.to_owned() }.checked().to_owned();
        assert_eq!(to("/ops/groups?state=open"), "/ops/groups?state=open");
        for wrong in
            ["", "https://elsewhere.example", "//elsewhere.example", "/opsy", "/ops/\\e", "/ops/a\r\nb", "/v1/jobs"]
        {
            assert_eq!(to(wrong), "/ops", "{wrong:?}");
        }
    }

    #[test]
    fn the_token_is_found_among_cookies() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "a=b; __Host-windlass=windlass_0a_ff; c=d".parse().unwrap());
        assert_eq!(of_cookie(&headers).unwrap().reveal(), "windlass_0a_ff");
        headers.insert(COOKIE, "windlass=windlass_0a_ff".parse().unwrap());
        assert!(of_cookie(&headers).is_none());
    }
}
