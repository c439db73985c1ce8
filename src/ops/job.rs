//! One job: where it stands, what happened at each attempt, and what may be shown of its arguments. A dead one can be acted on.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::elements::{badge, empty, facts, notice, when};
use super::page::{Page, Room, crumbs};
use super::session::Visitor;
use super::trouble::Trouble;
use super::{Pages, edit, groups, job_action};
use crate::model::{AttemptRecord, DeadLetter, JobId, RawJson, masked, redacted_raw};
use crate::store::{EndedJob, JobRow, LetterEdit, Store};

/// What was just done: a word that [`job_action::told`] knows, and the job that was made.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: String,
}

/// A field that was hidden, and what it holds.
pub(super) struct Revealed {
    pub(super) field: String,
    pub(super) value: Option<Value>,
}

/// A job, wherever it stands.
enum Found {
    Live(Box<JobRow>),
    Ended(EndedJob),
    Dead(Box<DeadLetter>),
}

pub(super) async fn show(
    visitor: Visitor,
    State(pages): State<Pages>,
    id: Result<Path<JobId>, PathRejection>,
    done: Result<Query<Done>, QueryRejection>,
) -> Result<Response, Trouble> {
    let (Path(id), Query(done)) = (id?, done?);
    page(&pages, &visitor, id, &done.done, None).await
}

/// The page, with a field that was just revealed.
pub(super) async fn page(
    pages: &Pages,
    visitor: &Visitor,
    id: JobId,
    done: &str,
    revealed: Option<Revealed>,
) -> Result<Response, Trouble> {
    let store = pages.api.store();
    let now = store.now().await?;
    let found = find(store, id).await?;
    visitor.must_see(found.queue())?;
    let attempts = store.attempts(id).await?;
    let shown = store.shown(found.kind()).await?;
    let body = html! {
        @match &found {
            Found::Dead(letter) => {
                @let group = groups::path(&letter.queue, &letter.fingerprint);
                (crumbs(&[("/ops/groups", "Dead letters"), (&group, &letter.fingerprint)], "Letter"))
            }
            _ => (crumbs(&[("/ops", "Overview")], "Job")),
        }
        @if let Some(told) = job_action::told(done) { (notice("good", told, "")) }
        header.page {
            h1 { (found.kind()) " " code.id { (id) } }
            p { (badge(found.state())) " in " (found.queue()) }
        }
        @if let Some(revealed) = &revealed { (shown_field(revealed)) }
        div.split {
            div {
                @match &found {
                    Found::Live(job) => { (live(job, now)) (timeline(&attempts, now)) (arguments(&job.args, &shown)) }
                    Found::Ended(job) => { (ended(job, now)) (timeline(&attempts, now)) }
                    Found::Dead(letter) => {
                        (dead(letter, now, pages))
                        (timeline(&attempts, now))
                        (arguments(&letter.args, &shown))
                        (edits(&store.edits(&letter.queue, id).await?, now))
                    }
                }
            }
            @if let Found::Dead(letter) = &found {
                aside aria-label="What can be done" {
                    @if visitor.operates() {
                        (job_action::forms(letter))
                        @if is_open(letter) { (edit::form(letter)) }
                    } @else {
                        (notice("plain", "You may look.", "To act, a token with the role operate is needed."))
                    }
                }
            }
        }
    };
    let room = if matches!(found, Found::Dead(_)) { Room::Groups } else { Room::Overview };
    let title = format!("{} {id}", found.kind());
    let page = Page { room, title: &title, visitor: Some(visitor), read_at: Some(now), again: None, body };
    Ok(page.into_response())
}

/// Neither replayed nor discarded.
pub(super) fn is_open(letter: &DeadLetter) -> bool {
    letter.replayed_at.is_none() && letter.discarded_at.is_none()
}

async fn find(store: &Store, id: JobId) -> Result<Found, Trouble> {
    // The letter first: it may have a job of the same id in a past that is still remembered.
    match store.dead_letter(id).await {
        Ok(letter) => return Ok(Found::Dead(Box::new(letter))),
        Err(crate::store::StoreError::NoSuchLetter(_)) => {}
        Err(error) => return Err(error.into()),
    }
    if let Some(job) = store.job(id).await? {
        return Ok(Found::Live(Box::new(job)));
    }
    let ended = store.ended_job(id).await?;
    ended
        .map(Found::Ended)
        .ok_or_else(|| Trouble::not_found(format!("No job {id} is known; what ended is kept for a day or so.")))
}

impl Found {
    fn queue(&self) -> &str {
        match self {
            Self::Live(job) => &job.summary.queue,
            Self::Ended(job) => &job.queue,
            Self::Dead(letter) => &letter.queue,
        }
    }

    fn kind(&self) -> &str {
        match self {
            Self::Live(job) => &job.summary.kind,
            Self::Ended(job) => &job.kind,
            Self::Dead(letter) => &letter.kind,
        }
    }

    fn state(&self) -> &str {
        match self {
            Self::Live(job) => job.summary.standing(),
            Self::Ended(job) => &job.outcome,
            Self::Dead(letter) if letter.replayed_at.is_some() => "replayed",
            Self::Dead(letter) if letter.discarded_at.is_some() => "discarded",
            Self::Dead(_) => "dead",
        }
    }
}

fn live(job: &JobRow, now: DateTime<Utc>) -> Markup {
    let summary = &job.summary;
    let mut known = vec![
        ("Enqueued", when(summary.created_at, now)),
        ("Due", when(summary.scheduled_at, now)),
        ("Attempts", html! { (summary.attempt) "; failed " (summary.failures) " of " (summary.max_failures) " times" }),
    ];
    known.extend(summary.attempted_at.map(|at| ("Last begun", when(at, now))));
    known.extend(
        job.progress_done.zip(job.progress_total).map(|(done, total)| ("Progress", html! { (done) " of " (total) })),
    );
    known.extend(job.cancel_requested_at.map(|at| ("Asked to stop", when(at, now))));
    facts(&known)
}

fn ended(job: &EndedJob, now: DateTime<Utc>) -> Markup {
    facts(&[
        ("Enqueued", when(job.created_at, now)),
        ("Due", when(job.scheduled_at, now)),
        ("Ended", when(job.ended_at, now)),
        ("Attempts", html! { (job.attempt) "; failed " (job.failures) " times" }),
    ])
}

fn dead(letter: &DeadLetter, now: DateTime<Utc>, pages: &Pages) -> Markup {
    let mut known = vec![
        ("Died", when(letter.died_at, now)),
        ("Of", html! { (letter.reason) }),
        ("Enqueued", when(letter.created_at, now)),
        ("Attempts", html! { (letter.attempt) "; failed " (letter.failures) " of " (letter.max_failures) " times" }),
        ("Revision", html! { @match &letter.revision { Some(revision) => code { (revision) }, None => "not known" } }),
    ];
    if letter.crashes > 0 {
        known.push(("Workers lost", html! { (letter.crashes) }));
    }
    if let Some(trace) = letter.traceparent.as_deref().and_then(|parent| parent.split('-').nth(1)) {
        known.push((
            "Trace",
            html! {
                @match &pages.trace_url {
                    Some(template) => a href=(template.replace("{trace_id}", trace)) rel="noreferrer" { (trace) },
                    None => code { (trace) },
                }
            },
        ));
    }
    if let (Some(at), Some(again), Some(by)) = (letter.replayed_at, letter.replayed_as, &letter.replayed_by) {
        known.push(("Replayed", html! { (when(at, now)) " by " (by) }));
        known.push(("As job", html! { a.id href={ "/ops/jobs/" (again) } { (again) } }));
        known.push(("Because", html! { (letter.replayed_why.as_deref().unwrap_or_default()) }));
    }
    known.extend(letter.discarded_at.map(|at| ("Discarded", when(at, now))));
    html! {
        section aria-label="What is known" { (facts(&known)) }
        section aria-labelledby="error" {
            h2 #error { "The last error" }
            pre.error tabindex="0" role="region" aria-label="The last error" { (masked(&letter.error)) }
        }
    }
}

fn timeline(attempts: &[AttemptRecord], now: DateTime<Utc>) -> Markup {
    html! {
        section aria-labelledby="attempts" {
            h2 #attempts { "Failed attempts" }
            @if attempts.is_empty() {
                (empty("None, or they are past their time."))
            } @else {
                ol.timeline {
                    @for attempt in attempts {
                        li {
                            p {
                                strong { "Attempt " (attempt.attempt) } " " (badge(&attempt.reason)) " "
                                (when(attempt.ended_at, now))
                                @if let Some(started) = attempt.started_at {
                                    span.age { ", after " ((attempt.ended_at - started).num_milliseconds()) " ms" }
                                }
                            }
                            p.error { (masked(&attempt.error)) }
                        }
                    }
                }
            }
        }
    }
}

fn arguments(args: &RawJson, shown: &[String]) -> Markup {
    let text = serde_json::to_string_pretty(&redacted_raw(args, shown)).unwrap_or_default();
    html! {
        section aria-labelledby="args" {
            h2 #args { "Arguments" }
            p.help { "What the kind does not allow to be shown is a type and a size." }
            pre tabindex="0" role="region" aria-label="Arguments" { (text) }
        }
    }
}

fn shown_field(revealed: &Revealed) -> Markup {
    let value = revealed.value.as_ref().map(|value| serde_json::to_string_pretty(value).unwrap_or_default());
    html! {
        section.notice.warn aria-labelledby="revealed" {
            h2 #revealed { "Revealed: " code { (revealed.field) } }
            p { "That you looked is in the audit. This is not shown again." }
            pre tabindex="0" role="region" aria-label="The field" { (value.unwrap_or_else(|| "There is no such field.".to_owned())) }
        }
    }
}

fn edits(edits: &[LetterEdit], now: DateTime<Utc>) -> Markup {
    html! {
        @if !edits.is_empty() {
            section aria-labelledby="edits" {
                h2 #edits { "Edits" }
                ol.timeline {
                    @for edit in edits {
                        li {
                            p { strong { (edit.edited_by) } ": " (edit.why) " " (when(edit.edited_at, now)) }
                            p { (edit::paths(&edit.patch)) }
                        }
                    }
                }
            }
        }
    }
}
