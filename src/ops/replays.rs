//! Replays, the newest first, and planning one.

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, NaiveDateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;

use super::cursor::Cursor;
use super::elements::{badge, count, empty, older, when};
use super::page::{Page, Room};
use super::replay::bar;
use super::session::Visitor;
use super::trouble::Trouble;
use crate::model::{Argument, Replay, ReplayFilter};
use crate::replays;
use crate::store::{Store, StoreError};

/// So many are on a page.
const ON_A_PAGE: usize = 25;

/// From where on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct From {
    after: Option<Cursor>,
}

pub(super) async fn list(
    visitor: Visitor,
    State(store): State<Store>,
    from: Result<Query<From>, QueryRejection>,
) -> Result<Response, Trouble> {
    let Query(From { after }) = from?;
    let now = store.now().await?;
    let limit = i64::try_from(ON_A_PAGE).unwrap_or_default() + 1;
    let mut found = store.list_replays(limit, after.map(|Cursor(at, id)| (at, id))).await?;
    let more = found.len() > ON_A_PAGE;
    found.truncate(ON_A_PAGE);
    let next =
        found.last().filter(|_| more).map(|last| format!("/ops/replays?after={}", Cursor(last.planned_at, last.id)));
    let shown = reached(&store, &visitor, found).await?;
    let body = html! {
        h1 { "Replays" }
        p.lead {
            "A replay brings back letters that were chosen once: a few canaries first, then the rest at a rate. It stops by itself "
            "when they die again. Plan one from a " a href="/ops/groups" { "group of dead letters" } "."
        }
        @if shown.is_empty() {
            (empty("No replay was planned yet, or none in your token's scope."))
        } @else {
            (table(&shown.iter().collect::<Vec<_>>(), now))
        }
        (older(next))
    };
    let page =
        Page { room: Room::Replays, title: "Replays", visitor: Some(&visitor), read_at: Some(now), again: None, body };
    Ok(page.into_response())
}

/// Those whose queues are all in the visitor's scope.
pub(super) async fn reached(store: &Store, visitor: &Visitor, found: Vec<Replay>) -> Result<Vec<Replay>, StoreError> {
    if visitor.caller.queues.is_none() {
        return Ok(found);
    }
    let mut reached = Vec::new();
    for replay in found {
        let queues = store.queues_of_replay(replay.id).await?;
        if !queues.is_empty() && queues.iter().all(|queue| visitor.caller.reaches(queue)) {
            reached.push(replay);
        }
    }
    Ok(reached)
}

/// Replays, a line each.
pub(super) fn table(replays: &[&Replay], now: DateTime<Utc>) -> Markup {
    html! {
        div.table {
            table.cards {
                caption.hidden { "Replays, the newest first" }
                thead { tr {
                    th scope="col" { "What for" } th scope="col" { "State" } th.number scope="col" { "Letters" }
                    th scope="col" { "How far" } th scope="col" { "Planned" }
                } }
                tbody {
                    @for replay in replays {
                        tr {
                            th scope="row" {
                                a.title href={ "/ops/replays/" (replay.id) } { (replay.why) }
                                p.under { (scope(replay)) }
                            }
                            td data-label="State" { (badge(&replay.state)) }
                            td.number data-label="Letters" { (count(replay.letters.into())) }
                            td.wide data-label="How far" {
                                (bar(replay))
                                p.under { (count(replay.succeeded.into())) " succeeded, " (count((replay.died_same + replay.died_other).into())) " died" }
                            }
                            td data-label="Planned" { (when(replay.planned_at, now)) p.under { "by " (replay.planned_by) } }
                        }
                    }
                }
            }
        }
    }
}

/// Which letters were asked for, in a few words. What argument they were chosen by may be about a person.
pub(super) fn scope(replay: &Replay) -> String {
    let filter: ReplayFilter = serde_json::from_value(replay.filter.clone()).unwrap_or_default();
    let mut words: Vec<String> = Vec::new();
    words.extend(filter.fingerprint.map(|group| format!("group {group}")));
    words.extend(filter.kind.map(|kind| format!("kind {kind}")));
    words.extend(filter.queue.map(|queue| format!("queue {queue}")));
    words.extend(filter.since.map(|since| format!("since {}", since.format("%Y-%m-%d %H:%M"))));
    words.extend(filter.until.map(|until| format!("until {}", until.format("%Y-%m-%d %H:%M"))));
    words.extend(filter.revision.map(|revision| format!("revision {revision}")));
    words.extend(filter.argument.map(|argument| format!("a certain {}", argument.path)));
    words.extend(filter.letters.map(|letters| format!("{} named letters", letters.len())));
    if words.is_empty() { "all open letters".to_owned() } else { words.join(", ") }
}

/// What is said in the form.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Said {
    why: String,
    queue: String,
    fingerprint: String,
    since: String,
    until: String,
    revision: String,
    path: String,
    value: String,
}

pub(super) async fn plan(
    visitor: Visitor,
    State(store): State<Store>,
    said: Result<Form<Said>, FormRejection>,
) -> Result<Redirect, Trouble> {
    let Form(said) = said?;
    visitor.must_operate(&said.queue)?;
    let by = visitor.by(&said.why);
    let queues = visitor.reached(store.queues().await?);
    let filter = said.filter()?;
    let id = replays::plan(&store, &queues, &filter, &by).await?;
    Ok(Redirect::to(&format!("/ops/replays/{id}")))
}

impl Said {
    fn filter(self) -> Result<ReplayFilter, Trouble> {
        let some = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let argument = match (some(self.path), some(self.value)) {
            (Some(path), Some(value)) => {
                let value = serde_json::from_str(&value).map_err(|_| {
                    Trouble::refused("What the argument is has to be JSON: 17, or \"spectrum\" in quotes.")
                })?;
                Some(Argument { path, value })
            }
            (None, None) => None,
            _ => return Err(Trouble::refused("An argument and what it is belong together: say both, or neither.")),
        };
        Ok(ReplayFilter {
            fingerprint: some(self.fingerprint),
            queue: some(self.queue),
            since: some(self.since).map(|text| moment(&text)).transpose()?,
            until: some(self.until).map(|text| moment(&text)).transpose()?,
            revision: some(self.revision),
            argument,
            ..ReplayFilter::default()
        })
    }
}

/// A time as browsers send it, taken as UTC.
fn moment(text: &str) -> Result<DateTime<Utc>, Trouble> {
    let parsed =
        ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"].iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    parsed.map(|at| at.and_utc()).ok_or_else(|| Trouble::refused("A time is written like 2026-03-01T12:00, in UTC."))
}
