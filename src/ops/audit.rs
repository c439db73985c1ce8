//! Who did what, and why. Nobody can change it, here or elsewhere.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::cursor::Cursor;
use super::elements::{empty, older, part, short, when};
use super::form::Field;
use super::groups;
use super::page::{Page, Room};
use super::session::Visitor;
use super::trouble::Trouble;
use crate::model::AuditEntry;
use crate::store::{AuditFilter, Store};

/// So many entries are on a page.
const ON_A_PAGE: usize = 50;

/// Which entries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    actor: String,
    target: String,
    after: Option<Cursor>,
}

pub(super) async fn list(
    visitor: Visitor,
    State(store): State<Store>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Trouble> {
    let Query(which) = which?;
    let now = store.now().await?;
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let filter = AuditFilter {
        actor: some(&which.actor),
        target: some(&which.target),
        after: which.after.map(|Cursor(at, id)| (at, id)),
        queues: visitor.caller.queues.clone(),
        limit: i64::try_from(ON_A_PAGE).unwrap_or_default() + 1,
        ..AuditFilter::default()
    };
    let mut entries = store.audit(&filter).await?;
    let more = entries.len() > ON_A_PAGE;
    entries.truncate(ON_A_PAGE);
    let next = entries.last().filter(|_| more).map(|last| {
        format!(
            "/ops/audit?actor={}&target={}&after={}",
            part(&which.actor),
            part(&which.target),
            Cursor(last.at, last.id)
        )
    });
    let body = html! {
        h1 { "Audit" }
        p.lead { "Who did what, to what, and why, the newest first. Entries are added and never changed." }
        form.filter method="get" action="/ops/audit" {
            (Field::text("actor", "Who", which.actor.clone()).render("audit"))
            (Field::text("target", "To what", which.target.clone()).render("audit"))
            button type="submit" { "Show" }
        }
        @if entries.is_empty() { (empty("No entry is like that.")) } @else { (table(&entries, now)) }
        (older(next))
    };
    let page =
        Page { room: Room::Audit, title: "Audit", visitor: Some(&visitor), read_at: Some(now), again: None, body };
    Ok(page.into_response())
}

fn table(entries: &[AuditEntry], now: DateTime<Utc>) -> Markup {
    html! {
        div.table {
            table.cards {
                caption.hidden { "Entries of the audit, the newest first" }
                thead { tr {
                    th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" } th scope="col" { "To what" }
                    th scope="col" { "Why" } th scope="col" { "Before → after" }
                } }
                tbody {
                    @for entry in entries {
                        tr {
                            td data-label="When" { (when(entry.at, now)) }
                            th scope="row" { (entry.actor) p.under { (entry.role) } }
                            td data-label="What" { code { (entry.action) } }
                            td data-label="To what" { (target(entry)) @if let Some(queue) = &entry.queue { p.under { (queue) } } }
                            td data-label="Why" { (entry.why.as_deref().unwrap_or("–")) }
                            td data-label="Before → after" { (change(entry)) }
                        }
                    }
                }
            }
        }
    }
}

/// What it was done to, with the way there.
fn target(entry: &AuditEntry) -> Markup {
    let href = match (entry.action.split('.').next().unwrap_or_default(), &entry.queue) {
        ("replay", _) if entry.target.parse::<Uuid>().is_ok() => Some(format!("/ops/replays/{}", entry.target)),
        ("letter", _) if entry.target.parse::<Uuid>().is_ok() => Some(format!("/ops/jobs/{}", entry.target)),
        ("group" | "letter", Some(queue)) => Some(groups::path(queue, &entry.target)),
        _ => None,
    };
    html! { @match href { Some(href) => a.id href=(href) title=(entry.target) { (short(&entry.target)) }, None => span.id title=(entry.target) { (short(&entry.target)) } } }
}

fn change(entry: &AuditEntry) -> Markup {
    html! {
        @if let Some(before) = &entry.before { span.change { (words(before)) } " → " }
        @match &entry.after { Some(after) => span.change { (words(after)) }, None => "–" }
    }
}

/// A flat object in words; what is not said is left out.
fn words(value: &Value) -> String {
    let Some(fields) = value.as_object() else { return value.to_string() };
    let said = fields.iter().filter(|(_, value)| !value.is_null());
    let word = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name} {text}"),
        Value::Object(_) => format!("{name}: {}", words(value)),
        value => format!("{name} {value}"),
    };
    said.map(word).collect::<Vec<_>>().join(", ")
}
