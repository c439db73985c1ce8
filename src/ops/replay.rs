//! One replay: what was chosen, how it goes, why it stopped, and how each letter ended.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::elements::{badge, count, counted, empty, facts, id, notice, older, when};
use super::page::{Page, Room, crumbs};
use super::picture;
use super::replays::scope;
use super::session::Visitor;
use super::trouble::Trouble;
use super::{groups, replay_action};
use crate::model::{Replay, ReplayItem, ReplayKind};
use crate::store::{Store, StoreError};

/// So many letters are on a page.
const ITEMS: i64 = 25;
/// A larger replay's kinds are counted while it is a plan, and not each time that it is looked at.
const COUNTED: i32 = 50_000;
/// How often the page of one that runs is read again, in seconds.
const AGAIN: u8 = 2;
/// The states of a letter in it, as a filter offers them.
const STATES: [&str; 10] = [
    "waiting",
    "behind",
    "running",
    "succeeded",
    "died_same",
    "died_other",
    "ended",
    "gone",
    "key_taken",
    "unknown_kind",
];

/// Which of its letters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    state: String,
    after: i32,
    /// What was just done.
    done: String,
}

pub(super) async fn show(
    visitor: Visitor,
    State(store): State<Store>,
    id: Result<Path<Uuid>, PathRejection>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Trouble> {
    let (Path(which_one), Query(which)) = (id?, which?);
    let now = store.now().await?;
    let replay = in_scope(&store, &visitor, which_one).await?;
    let state = STATES.iter().copied().find(|state| *state == which.state);
    let mut items = store.replay_items(which_one, which.after, state, ITEMS + 1).await?;
    let more = items.len() > usize::try_from(ITEMS).unwrap_or_default();
    items.truncate(usize::try_from(ITEMS).unwrap_or_default());
    let next =
        items.last().filter(|_| more).map(|last| format!("?state={}&after={}", state.unwrap_or_default(), last.place));
    let planned = replay.state == "planned";
    let kinds = if planned || replay.letters <= COUNTED { store.replay_kinds(which_one).await? } else { Vec::new() };
    let new = store.new_since(which_one).await?;
    let body = html! {
        (crumbs(&[("/ops/replays", "Replays")], &which_one.to_string()))
        @if let Some(told) = replay_action::told(&which.done, &replay) { (notice("good", told, "")) }
        header.page {
            h1 { (replay.why) }
            p { (badge(&replay.state)) " " (scope(&replay)) " · planned by " (replay.planned_by) }
        }
        (standing(&replay))
        div.split {
            div {
                section aria-labelledby="progress" {
                    h2 #progress { @if planned { "The plan" } @else if replay.ended_at.is_some() { "How it ended" } @else { "How it goes" } }
                    @if !planned { (bar(&replay)) (outcomes(&replay)) }
                    (known(&replay, new, now))
                }
                @if !kinds.is_empty() { (chosen(&kinds)) }
            }
            aside aria-label="What can be done" {
                @if visitor.operates() { (replay_action::forms(&replay)) } @else {
                    (notice("plain", "You may look.", "To act, a token with the role operate is needed."))
                }
            }
        }
        (letters(&items, state, now))
        (older(next))
    };
    let again = (!planned && !replay.rests()).then_some(AGAIN);
    let page =
        Page { room: Room::Replays, title: &replay.why, visitor: Some(&visitor), read_at: Some(now), again, body };
    Ok(page.into_response())
}

/// The replay, if all its queues are in the visitor's scope.
pub(super) async fn in_scope(store: &Store, visitor: &Visitor, id: Uuid) -> Result<Replay, Trouble> {
    let replay = store.show_replay(id).await?;
    if visitor.caller.queues.is_some() {
        let queues = store.queues_of_replay(id).await?;
        if queues.is_empty() {
            return Err(StoreError::NoSuchReplay(id).into());
        }
        for queue in queues {
            visitor.must_see(&queue)?;
        }
    }
    Ok(replay)
}

/// How far it is, by outcome.
pub(super) fn bar(replay: &Replay) -> Markup {
    picture::shares(
        "Letters",
        replay.letters.into(),
        &[
            ("good", replay.succeeded.into(), "succeeded"),
            ("bad", replay.died_same.into(), "died as before"),
            ("worse", replay.died_other.into(), "died otherwise"),
            ("plain", (replay.ended + replay.refused).into(), "ended otherwise or not released"),
            ("busy", replay.running.into(), "running"),
        ],
    )
}

/// What its state means, in plain words.
fn standing(replay: &Replay) -> Markup {
    let died = replay.died_same + replay.died_other;
    let says = |tone, title: &str, text: &str| notice(tone, title, text);
    match replay.state.as_str() {
        "planning" => {
            says("plain", "Its letters are being chosen.", "They are many, so a worker does it; this page looks again.")
        }
        "planned" if replay.letters == 0 => {
            says("warn", "No letter is like that.", "There is nothing to start; plan another one.")
        }
        "planned" => says("plain", "Nothing has moved.", "The letters are chosen. What dies from now on is not in it."),
        "canary" => says("plain", "Canaries first.", "A few go, each with one attempt, and are waited for."),
        "running" => {
            says("plain", "The rest follows.", "At its rate, behind live jobs. It stops by itself if they die again.")
        }
        "paused" => says("warn", "Paused.", "What is released runs on; nothing more is released until it is resumed."),
        "stopped" => notice(
            "bad",
            "It stopped by itself:",
            html! {
                (replay.stopped_why.as_deref().unwrap_or("the reason is not known")) ". The other letters are untouched. "
                "Mend the cause, then resume: new canaries go first."
            },
        ),
        "aborted" => says("plain", "Aborted.", "What was released ran on; what waited is still a dead letter."),
        _ if died > 0 => says("warn", "Done, and some died again.", "They are dead letters again, in their groups."),
        _ => says("good", "Done.", "Every letter of it came to its end."),
    }
}

fn outcomes(replay: &Replay) -> Markup {
    let line = |class: &'static str, name: &str, number: i32, state: &str| {
        html! {
            div { dt { span class={ "key " (class) } aria-hidden="true" {} (name) } dd {
                @if number > 0 && !state.is_empty() { a href={ "?state=" (state) "#letters" } { (count(number.into())) } } @else { (count(number.into())) }
            } }
        }
    };
    html! {
        dl.outcomes {
            (line("good", "succeeded", replay.succeeded, "succeeded"))
            (line("bad", "died as before", replay.died_same, "died_same"))
            (line("worse", "died otherwise", replay.died_other, "died_other"))
            (line("busy", "running", replay.running, "running"))
            (line("rest", "waiting", replay.waiting, "waiting"))
            (line("plain", "cancelled or expired", replay.ended, "ended"))
            (line("plain", "not released", replay.refused, ""))
        }
    }
}

fn known(replay: &Replay, new: i64, now: DateTime<Utc>) -> Markup {
    let mut known = vec![
        ("Letters", html! { strong { (count(replay.letters.into())) } }),
        ("Planned", when(replay.planned_at, now)),
    ];
    known.extend(replay.oldest_at.map(|at| ("Oldest death", when(at, now))));
    known.extend(replay.started_at.map(|at| ("Started", when(at, now))));
    known.extend(replay.ended_at.map(|at| ("Ended", when(at, now))));
    if replay.started_at.is_some() {
        known.push((
            "Pace",
            html! {
                "canaries " (replay.canary) ", then " (replay.rate) " a second, " (replay.concurrency) " at once"
            },
        ));
        known.push((
            "Stops when",
            html! { "more than " (share(replay.stop_share)) " of the last 20 died, or a canary died as before" },
        ));
    }
    known.push((
        "New since it was planned",
        html! {
            @if new == 0 { "none" } @else { strong { (counted(new, "letter")) } " of the same causes; not in it" }
        },
    ));
    facts(&known)
}

fn share(share: f64) -> String {
    format!("{} %", (share * 100.0).round())
}

fn chosen(kinds: &[ReplayKind]) -> Markup {
    html! {
        section aria-labelledby="kinds" {
            h2 #kinds { "What was chosen" }
            div.table {
                table.cards {
                    caption.hidden { "What was chosen, by kind" }
                    thead { tr {
                        th scope="col" { "Kind" } th scope="col" { "Queue" } th.number scope="col" { "Letters" } th scope="col" { "Order" }
                    } }
                    tbody {
                        @for kind in kinds {
                            tr {
                                th scope="row" {
                                    (kind.kind)
                                    @if kind.unknown { p.under { "No program here knows it: its letters will not be released." } }
                                    @if kind.paused { p.under { "Paused: its jobs will wait." } }
                                }
                                td data-label="Queue" { (kind.queue) }
                                td.number data-label="Letters" { (count(kind.letters)) }
                                td data-label="Order" {
                                    @if kind.ordered == 0 { "any" } @else {
                                        (count(kind.ordered)) " go one at a time for each ordering key, the oldest first"
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn letters(items: &[ReplayItem], state: Option<&str>, now: DateTime<Utc>) -> Markup {
    html! {
        section aria-labelledby="letters" {
            h2 #letters { "Its letters" }
            form.filter method="get" {
                div.field {
                    label for="state" { "State" }
                    select #state name="state" {
                        option value="" { "all" }
                        @for one in STATES { option value=(one) selected[state == Some(one)] { (one.replace('_', " ")) } }
                    }
                }
                button type="submit" { "Show" }
            }
            @if items.is_empty() {
                (empty("No letter of it is in that state."))
            } @else {
                div.table {
                    table.cards {
                        caption.hidden { "Its letters in their order" }
                        thead { tr {
                            th.number scope="col" { "Place" } th scope="col" { "Letter" } th scope="col" { "State" }
                            th scope="col" { "Group" } th scope="col" { "Job" } th scope="col" { "Ended" }
                        } }
                        tbody {
                            @for item in items {
                                tr {
                                    td.number data-label="Place" { (item.place) }
                                    th scope="row" { (id(item.letter)) }
                                    td data-label="State" {
                                        (badge(&item.state))
                                        @if let Some(note) = &item.note { p.under { (note) } }
                                    }
                                    td data-label="Group" { a href=(groups::path(&item.queue, &item.fingerprint)) { (item.fingerprint) } }
                                    td data-label="Job" {
                                        @match item.job { Some(job) => (id(job)), None => "–" }
                                    }
                                    td data-label="Ended" { @match item.ended_at { Some(at) => (when(at, now)), None => "–" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
