//! The frame of every page: head, the way around, who is signed in, and what is on it.

use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, Utc};
use maud::{DOCTYPE, Markup, html};

use super::form;
use super::session::Visitor;

/// Where the visitor is in the way around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Overview,
    Groups,
    Replays,
    #[cfg(feature = "worker")]
    Schedules,
    Audit,
    Nowhere,
}

const ROOMS: &[(Room, &str, &str)] = &[
    (Room::Overview, "/ops", "Overview"),
    (Room::Groups, "/ops/groups", "Dead letters"),
    (Room::Replays, "/ops/replays", "Replays"),
    #[cfg(feature = "worker")]
    (Room::Schedules, "/ops/schedules", "Schedules"),
    (Room::Audit, "/ops/audit", "Audit"),
];

/// A page.
pub(super) struct Page<'a> {
    pub(super) room: Room,
    pub(super) title: &'a str,
    /// Who looks; nobody where one has to sign in first.
    pub(super) visitor: Option<&'a Visitor>,
    /// The server's time at which it was read, where it shows something that changes.
    pub(super) read_at: Option<DateTime<Utc>>,
    /// It loads itself again after so many seconds.
    pub(super) again: Option<u8>,
    pub(super) body: Markup,
}

impl Page<'_> {
    /// As it is sent.
    pub(super) fn render(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    @if let Some(seconds) = self.again { meta http-equiv="refresh" content=(seconds); }
                    title { (self.title) " · windlass" }
                    link rel="stylesheet" href="/ops/style.css";
                    link rel="icon" href=(ICON);
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    @if let Some(visitor) = self.visitor { (self.top(visitor)) }
                    main #main tabindex="-1" { (self.body) }
                    footer {
                        @if let Some(at) = self.read_at {
                            span { "Read at " time datetime=(at.to_rfc3339()) { (at.format("%H:%M:%S")) } " UTC" }
                        }
                        @if let Some(seconds) = self.again { span { "Reads itself again every " (seconds) " s" } }
                        span { "windlass " (env!("CARGO_PKG_VERSION")) " · all times are UTC" }
                    }
                }
            }
        }
    }

    fn top(&self, visitor: &Visitor) -> Markup {
        html! {
            header.top {
                a.brand href="/ops" {
                    svg aria-hidden="true" viewBox="0 0 24 24" width="22" height="22" {
                        circle cx="12" cy="12" r="6" {}
                        path d="M12 1v5M12 18v5M1 12h5M18 12h5M4.2 4.2l3.6 3.6M16.2 16.2l3.6 3.6M4.2 19.8l3.6-3.6M16.2 7.8l3.6-3.6" {}
                    }
                    "windlass"
                }
                nav.rooms aria-label="Pages" {
                    ul {
                        @for (room, href, name) in ROOMS {
                            li { a href=(href) aria-current=[(*room == self.room).then_some("page")] { (name) } }
                        }
                    }
                }
                div.who {
                    span { (visitor.caller.name) " " span.role { (visitor.caller.role.as_str()) } }
                    @if visitor.signed_in {
                        form method="post" action="/ops/sign-out" { (form::button("quiet", "Sign out")) }
                    }
                }
            }
        }
    }
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        Html(self.render().into_string()).into_response()
    }
}

/// The way back up, above a title.
pub(super) fn crumbs(up: &[(&str, &str)], here: &str) -> Markup {
    html! {
        nav.crumbs aria-label="Where this is" {
            ol {
                @for (href, name) in up { li { a href=(href) { (name) } } }
                li aria-current="page" { (here) }
            }
        }
    }
}

/// A wheel with spokes, in a colour that is seen on light and dark.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' \
stroke='%232f7d6d' stroke-width='2.5'%3E%3Ccircle cx='12' cy='12' r='6'/%3E%3Cpath d='M12 1v5M12 18v5M1 12h5M18 12h5'/%3E%3C/svg%3E";
