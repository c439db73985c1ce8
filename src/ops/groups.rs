//! What died alike, the worst first.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;

use super::elements::{badge, count, counted, empty, older, part, when};
use super::page::{Page, Room};
use super::picture;
use super::session::Visitor;
use super::trouble::Trouble;
use crate::model::{Group, GroupState};
use crate::store::Store;

/// The state in which somebody has to look.
pub(super) const OPEN: &str = "open";
/// So many hours a trend shows.
pub(super) const HOURS: usize = 24;
/// So many groups are on a page.
const ON_A_PAGE: usize = 50;
/// No database has more causes at once than anybody could look at.
const MOST: i64 = 2_000;

/// Which groups.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    queue: String,
    kind: String,
    /// One of the states, or `all`; empty: open and snoozed ones.
    state: String,
    /// How many to pass over.
    from: usize,
}

impl Which {
    fn takes(&self, group: &Group) -> bool {
        let state = match self.state.as_str() {
            "" => group.state == OPEN || group.state == GroupState::Snoozed.as_str(),
            "all" => true,
            state => group.state == state,
        };
        state
            && (self.queue.is_empty() || group.queue == self.queue)
            && (self.kind.is_empty() || group.kind == self.kind)
    }

    fn link(&self, from: usize) -> String {
        let Self { queue, kind, state, .. } = self;
        format!("/ops/groups?queue={}&kind={}&state={}&from={from}", part(queue), part(kind), part(state))
    }
}

/// Where a group's own page is.
pub(super) fn path(queue: &str, fingerprint: &str) -> String {
    format!("/ops/groups/{}/{}", part(queue), part(fingerprint))
}

pub(super) async fn list(
    visitor: Visitor,
    State(store): State<Store>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Trouble> {
    let Query(which) = which?;
    let now = store.now().await?;
    let queues = visitor.reached(store.queues().await?);
    let known = store.groups(&queues, None, MOST).await?;
    let mut kinds: Vec<&str> = known.iter().map(|group| group.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let found: Vec<&Group> = known.iter().filter(|group| which.takes(group)).collect();
    let shown: Vec<Group> = found.iter().skip(which.from).take(ON_A_PAGE).copied().cloned().collect();
    let trends = store.trends(&shown, HOURS).await?;
    let letters: i64 = found.iter().map(|group| group.open).sum();
    let next = (found.len() > which.from + ON_A_PAGE).then(|| which.link(which.from + ON_A_PAGE));
    let body = html! {
        h1 { "Dead letters" }
        p.lead {
            (counted(letters, "letter")) " to see to in " (counted(i64::try_from(found.len()).unwrap_or(i64::MAX), "group"))
            ", the worst first. A group is what died alike: the same kind, and the same error but for numbers and ids."
        }
        (filter(&which, &queues, &kinds))
        @if shown.is_empty() {
            (empty("No group is like that."))
        } @else {
            (table("Groups of dead letters", &shown, &trends, now))
            (older(next))
        }
    };
    let page = Page {
        room: Room::Groups,
        title: "Dead letters",
        visitor: Some(&visitor),
        read_at: Some(now),
        again: None,
        body,
    };
    Ok(page.into_response())
}

fn filter(which: &Which, queues: &[String], kinds: &[&str]) -> Markup {
    let choice =
        |value: &str, chosen: &str, name: &str| html! { option value=(value) selected[value == chosen] { (name) } };
    html! {
        form.filter method="get" action="/ops/groups" {
            div.field {
                label for="state" { "State" }
                select #state name="state" {
                    (choice("", &which.state, "open and snoozed"))
                    @for state in GroupState::ALL { (choice(state.as_str(), &which.state, state.as_str())) }
                    (choice("all", &which.state, "all"))
                }
            }
            div.field {
                label for="queue" { "Queue" }
                select #queue name="queue" {
                    (choice("", &which.queue, "all"))
                    @for queue in queues { (choice(queue, &which.queue, queue)) }
                }
            }
            div.field {
                label for="kind" { "Kind" }
                select #kind name="kind" {
                    (choice("", &which.kind, "all"))
                    @for kind in kinds { (choice(kind, &which.kind, kind)) }
                }
            }
            button type="submit" { "Show" }
        }
    }
}

/// Groups, a line each.
pub(super) fn table(caption: &str, groups: &[Group], trends: &[Vec<i64>], now: DateTime<Utc>) -> Markup {
    html! {
        div.table {
            table.cards.groups {
                caption.hidden { (caption) }
                thead { tr {
                    th scope="col" { "What died" } th.number scope="col" { "Open" } th scope="col" { "Last 24 hours" }
                    th scope="col" { "Last seen" } th scope="col" { "First seen" } th scope="col" { "Revisions" }
                    th scope="col" { "State" }
                } }
                tbody {
                    @for (group, trend) in groups.iter().zip(trends) {
                        tr {
                            th scope="row" {
                                a.title href=(path(&group.queue, &group.fingerprint)) { (group.title) }
                                p.under { (group.kind) " in " (group.queue) " · " (group.reason) }
                            }
                            td.number data-label="Open" { strong { (count(group.open)) } }
                            td data-label="Last 24 hours" { (picture::trend(trend, false)) }
                            td data-label="Last seen" { (when(group.last_died_at, now)) }
                            td data-label="First seen" { (when(group.first_died_at, now)) }
                            td data-label="Revisions" { (revisions(&group.revisions)) }
                            td data-label="State" {
                                (badge(&group.state))
                                @if group.reopened_at.is_some() && group.state == OPEN { " " (badge("reopened")) }
                                p.under { @match &group.assignee { Some(who) => (who), None => "nobody's" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The versions that failed so: the newest, and how many others.
pub(super) fn revisions(revisions: &[String]) -> Markup {
    html! {
        @match revisions.split_last() {
            None => "not known",
            Some((newest, others)) => {
                code { (newest) }
                @if !others.is_empty() { span.age { " and " (others.len()) " before" } }
            }
        }
    }
}
