//! What a clock enqueues, when it ticks next, and what became of its last tick.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::elements::{badge, empty, when};
use super::page::{Page, Room};
use super::session::Visitor;
use super::trouble::Trouble;
use crate::model::Cron;
use crate::store::{ScheduleSummary, Store};

pub(super) async fn list(visitor: Visitor, State(store): State<Store>) -> Result<Response, Trouble> {
    let now = store.now().await?;
    let schedules = reached(&store, &visitor).await?;
    let body = html! {
        h1 { "Schedules" }
        p.lead { "What a clock enqueues. A tick that makes no job says why. To hold one: " code { "windlass schedule pause NAME" } }
        @if schedules.is_empty() {
            (empty("No schedule is declared, or none in your token's scope."))
        } @else {
            (table(&schedules, now))
        }
    };
    let page = Page {
        room: Room::Schedules,
        title: "Schedules",
        visitor: Some(&visitor),
        read_at: Some(now),
        again: None,
        body,
    };
    Ok(page.into_response())
}

/// Those whose kind's queue is in the visitor's scope.
pub(super) async fn reached(store: &Store, visitor: &Visitor) -> Result<Vec<ScheduleSummary>, Trouble> {
    let schedules = store.schedules().await?;
    if visitor.caller.queues.is_none() {
        return Ok(schedules);
    }
    let queues: BTreeMap<String, String> =
        store.show_kinds(None).await?.into_iter().map(|kind| (kind.kind, kind.queue)).collect();
    let in_scope =
        |one: &ScheduleSummary| queues.get(&one.declaration.kind).is_some_and(|queue| visitor.caller.reaches(queue));
    Ok(schedules.into_iter().filter(in_scope).collect())
}

/// Why it fires, or does not.
fn standing(schedule: &ScheduleSummary) -> &'static str {
    match (schedule.retired_at, schedule.paused_at) {
        (Some(_), _) => "retired",
        (None, Some(_)) => "paused",
        (None, None) => "active",
    }
}

fn next_tick(schedule: &ScheduleSummary) -> Option<DateTime<Utc>> {
    let one = &schedule.declaration;
    let cron = Cron::parse(&one.cron, &one.zone).ok().filter(|_| standing(schedule) == "active")?;
    cron.after(schedule.now)
}

/// Schedules, a line each.
pub(super) fn table(schedules: &[ScheduleSummary], now: DateTime<Utc>) -> Markup {
    html! {
        div.table {
            table.cards {
                caption.hidden { "Schedules" }
                thead { tr {
                    th scope="col" { "Schedule" } th scope="col" { "State" } th scope="col" { "Ticks" } th scope="col" { "Next" }
                    th scope="col" { "Last" } th scope="col" { "Declared by" }
                } }
                tbody {
                    @for schedule in schedules {
                        @let one = &schedule.declaration;
                        tr {
                            th scope="row" { (one.name) p.under { (one.kind) } }
                            td data-label="State" { (badge(standing(schedule))) }
                            td data-label="Ticks" { code { (one.cron) } p.under { (one.zone) } }
                            td data-label="Next" { @match next_tick(schedule) { Some(at) => (when(at, now)), None => "–" } }
                            td data-label="Last" {
                                @match schedule.last_tick {
                                    Some(at) => {
                                        (when(at, now)) " " (badge(schedule.last_outcome.as_deref().unwrap_or_default()))
                                        @if let Some(why) = &schedule.last_reason { p.under { (why) } }
                                    }
                                    None => "never",
                                }
                            }
                            td data-label="Declared by" {
                                (schedule.program) " "
                                (schedule.version.iter().map(ToString::to_string).collect::<Vec<_>>().join("."))
                            }
                        }
                    }
                }
            }
        }
    }
}
