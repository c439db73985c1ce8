//! One group: what is known of it, its letters, and what can be done.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;

use super::cursor::Cursor;
use super::elements::{badge, count, empty, facts, id, line, notice, older, when};
use super::group_action;
use super::groups::{OPEN, path};
use super::page::{Page, Room, crumbs};
use super::picture;
use super::session::Visitor;
use super::trouble::Trouble;
use crate::model::{DeadLetter, Group, JobId, masked, redacted_raw};
use crate::store::{LetterSummary, Store};

/// So many letters are on a page.
const LETTERS: i64 = 20;
/// So many hours the trend shows.
const HOURS: usize = 72;

/// Which part of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    after: Option<Cursor>,
    /// What was just done: a word that [`group_action::told`] knows.
    done: String,
}

pub(super) async fn show(
    visitor: Visitor,
    State(store): State<Store>,
    at: Result<Path<(String, String)>, PathRejection>,
    which: Result<Query<Part>, QueryRejection>,
) -> Result<Response, Trouble> {
    let (Path((queue, fingerprint)), Query(which)) = (at?, which?);
    visitor.must_see(&queue)?;
    let now = store.now().await?;
    let group = found(&store, &queue, &fingerprint).await?;
    let trend = store.trends(std::slice::from_ref(&group), HOURS).await?.pop().unwrap_or_default();
    let after = which.after.map(|Cursor(at, id)| (at, JobId(id)));
    let mut letters = store.letters_of_group(&queue, &fingerprint, LETTERS + 1, after).await?;
    let more = letters.len() > usize::try_from(LETTERS).unwrap_or_default();
    letters.truncate(usize::try_from(LETTERS).unwrap_or_default());
    let here = path(&queue, &fingerprint);
    let next = letters.last().filter(|_| more).map(|last| format!("{here}?after={}", Cursor(last.died_at, last.id.0)));
    let sample = match group.sample {
        Some(id) => store.dead_letter(id).await.ok(),
        None => None,
    };
    let shown = store.shown(&group.kind).await?;
    let body = html! {
        (crumbs(&[("/ops/groups", "Dead letters")], &group.fingerprint))
        @if let Some(told) = group_action::told(&which.done) { (notice("good", told, "")) }
        header.page {
            h1 { (group.title) }
            p { (badge(&group.state)) " " (group.kind) " in " (group.queue) " · " (group.reason) }
        }
        @if let Some(at) = group.reopened_at.filter(|_| group.state == OPEN) {
            (notice("warn", "Opened again.", html! {
                "It was resolved or discarded, and then another one died of it, " (when(at, now)) "."
            }))
        }
        div.split {
            div {
                (known(&group, now))
                section aria-labelledby="trend" {
                    h2 #trend { "Deaths an hour, last three days" }
                    (picture::trend(&trend, true))
                }
                @if let Some(sample) = &sample { (example(sample, &shown)) }
            }
            aside aria-label="What can be done" {
                @if visitor.operates() { (group_action::forms(&group, &here)) } @else {
                    (notice("plain", "You may look.", "To act, a token with the role operate is needed."))
                }
            }
        }
        section aria-labelledby="letters" {
            h2 #letters { "Open letters" }
            @if letters.is_empty() {
                (empty("No letter of this group is open: they were replayed or discarded, or are past their time."))
            } @else {
                (list(&letters, now))
                (older(next))
            }
        }
    };
    let page = Page {
        room: Room::Groups,
        title: &group.title,
        visitor: Some(&visitor),
        read_at: Some(now),
        again: None,
        body,
    };
    Ok(page.into_response())
}

/// The group, as it is now.
pub(super) async fn found(store: &Store, queue: &str, fingerprint: &str) -> Result<Group, Trouble> {
    let mut groups = store.group(&[queue.to_owned()], fingerprint).await?;
    groups.pop().ok_or_else(|| crate::store::StoreError::NoSuchGroup(fingerprint.to_owned()).into())
}

fn known(group: &Group, now: DateTime<Utc>) -> Markup {
    let mut known = vec![
        ("Open letters", html! { strong { (count(group.open)) } }),
        ("Died of it, ever", html! { (count(group.died)) }),
        ("First seen", when(group.first_died_at, now)),
        ("Last seen", when(group.last_died_at, now)),
        (
            "Revisions",
            html! {
                @if group.revisions.is_empty() { "not known" }
                @for (place, revision) in group.revisions.iter().enumerate() {
                    @if place > 0 { " → " } code { (revision) }
                }
            },
        ),
        ("Seen to by", html! { @match &group.assignee { Some(who) => (who), None => "nobody" } }),
        ("State since", when(group.state_at, now)),
    ];
    if let Some(until) = group.snoozed_until.filter(|_| group.state == "snoozed") {
        known.push(("Snoozed until", when(until, now)));
    }
    html! {
        section aria-label="What is known" {
            (facts(&known))
            @if let Some(note) = &group.note {
                h2 { "Note" }
                p.note { (note) }
            }
        }
    }
}

/// The newest letter, with what may be shown of it.
fn example(letter: &DeadLetter, shown: &[String]) -> Markup {
    let args = serde_json::to_string_pretty(&redacted_raw(&letter.args, shown)).unwrap_or_default();
    html! {
        section aria-labelledby="sample" {
            div.heading {
                h2 #sample { "The newest letter" }
                a href={ "/ops/jobs/" (letter.id) } { "Its page" }
            }
            pre.error tabindex="0" role="region" aria-label="Its error" { (masked(&letter.error)) }
            h3 { "Its arguments, as far as they may be shown" }
            pre tabindex="0" role="region" aria-label="Its arguments" { (args) }
        }
    }
}

fn list(letters: &[LetterSummary], now: DateTime<Utc>) -> Markup {
    html! {
        div.table {
            table.cards {
                caption.hidden { "Open letters of this group, the newest first" }
                thead { tr {
                    th scope="col" { "Letter" } th scope="col" { "Died" } th scope="col" { "Error" }
                    th.number scope="col" { "Attempts" } th scope="col" { "Revision" }
                } }
                tbody {
                    @for letter in letters {
                        tr {
                            th scope="row" { (id(letter.id)) }
                            td data-label="Died" { (when(letter.died_at, now)) }
                            td.error data-label="Error" { (line(&masked(&letter.error))) }
                            td.number data-label="Attempts" { (letter.attempt) }
                            td data-label="Revision" { (letter.revision.as_deref().unwrap_or("–")) }
                        }
                    }
                }
            }
        }
    }
}
