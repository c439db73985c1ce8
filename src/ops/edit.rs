//! Other arguments for a letter before it is replayed: a JSON Patch, its difference shown, then kept.

use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::form::{button, hidden, reason};
use super::page::{Page, Room, crumbs};
use super::session::Visitor;
use super::trouble::Trouble;
use crate::dead_letters::{self, Edited};
use crate::model::{DeadLetter, JobId, redacted};
use crate::store::Store;

/// What is said in the form.
#[derive(Deserialize)]
pub(super) struct Said {
    why: String,
    patch: String,
    edits: i32,
    /// The difference was looked at.
    #[serde(default)]
    looked: bool,
}

pub(super) async fn act(
    visitor: Visitor,
    State(store): State<Store>,
    id: Result<Path<JobId>, PathRejection>,
    said: Result<Form<Said>, FormRejection>,
) -> Result<Response, Trouble> {
    let Path(id) = id?;
    visitor.must_operate(&store.dead_letter(id).await?.queue)?;
    let Form(Said { why, patch: text, edits, looked }) = said?;
    let letter = format!("/ops/jobs/{id}");
    let back = |trouble: Trouble| trouble.next(letter.clone(), "Go back to the letter");
    // The parser's own message may quote what was written.
    let patch: Value = serde_json::from_str(&text)
        .map_err(|error| back(Trouble::refused(format!("The patch is no JSON, line {}.", error.line()))))?;
    let by = visitor.by(&why);
    by.signed().map_err(crate::store::StoreError::Unsigned)?;
    if looked {
        dead_letters::edit(&store, id, edits, patch, &by).await.map_err(|error| back(error.into()))?;
        return Ok(Redirect::to(&format!("{letter}?done=edited")).into_response());
    }
    let edited = dead_letters::preview(&store, id, edits, &patch).await.map_err(|error| back(error.into()))?;
    let shown = store.shown(&edited.letter.kind).await?;
    let body = html! {
        (crumbs(&[(&letter, "Letter")], "Edit"))
        h1 { "The difference" }
        p.lead { "The patch fits the arguments, and what it makes fits the kind. Nothing is changed yet." }
        (difference(&edited, &patch, &shown))
        form.confirm method="post" action={ (letter) "/edit" } {
            (hidden("patch", &text)) (hidden("edits", edits)) (hidden("why", &why)) (hidden("looked", "true"))
            (button("primary", "Change 1 letter"))
            a.button.quiet href=(letter) { "Leave it as it is" }
        }
    };
    let page = Page { room: Room::Groups, title: "Edit", visitor: Some(&visitor), read_at: None, again: None, body };
    Ok(page.into_response())
}

/// Where the patch changes something: what is there, as far as it may be shown, and what was written.
fn difference(edited: &Edited, patch: &Value, shown: &[String]) -> Markup {
    let (before, after) = (redacted(&edited.before, shown), redacted(&edited.after, shown));
    let words = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
    html! {
        (steps(patch))
        div.two {
            section aria-labelledby="before" { h2 #before { "Before" } pre tabindex="0" role="region" aria-label="Before" { (words(&before)) } }
            section aria-labelledby="after" { h2 #after { "After" } pre tabindex="0" role="region" aria-label="After" { (words(&after)) } }
        }
    }
}

fn steps(patch: &Value) -> Markup {
    let text = |step: &Value, name: &str| step[name].as_str().unwrap_or_default().to_owned();
    html! {
        div.table {
            table.cards {
                caption.hidden { "Steps of the patch" }
                thead { tr { th scope="col" { "Step" } th scope="col" { "Field" } th scope="col" { "New value" } } }
                tbody {
                    @for step in patch.as_array().into_iter().flatten() {
                        tr {
                            th scope="row" { (text(step, "op")) }
                            td data-label="Field" { code { (text(step, "path")) } }
                            td data-label="New value" {
                                @match step.get("value") { Some(value) => code { (value) }, None => "–" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a patch changed, without what it made of it.
pub(super) fn paths(patch: &Value) -> Markup {
    html! {
        @for (place, step) in patch.as_array().into_iter().flatten().enumerate() {
            @if place > 0 { ", " }
            (step["op"].as_str().unwrap_or_default()) " " code { (step["path"].as_str().unwrap_or_default()) }
        }
    }
}

/// The form that begins it.
pub(super) fn form(letter: &DeadLetter) -> Markup {
    html! {
        details.action {
            summary { "Edit the arguments" }
            form method="post" action={ "/ops/jobs/" (letter.id) "/edit" } {
                p { "Write a JSON Patch (RFC 6902). The difference is shown before anything is changed." }
                (hidden("edits", letter.edits))
                div.field {
                    label for="edit-patch" { "Patch" }
                    textarea.code #edit-patch name="patch" rows="4" required spellcheck="false" aria-describedby="edit-help" {}
                    p.help #edit-help { "Like " code { "[{\"op\": \"replace\", \"path\": \"/number\", \"value\": 7}]" } }
                }
                (reason("edit"))
                (button("quiet", "Show the difference"))
            }
        }
    }
}
