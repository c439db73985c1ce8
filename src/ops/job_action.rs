//! What can be done with one dead letter.

use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::Pages;
use super::form::{Action, Field};
use super::job::{Revealed, is_open, page};
use super::session::Visitor;
use super::trouble::Trouble;
use crate::dead_letters;
use crate::model::{DeadLetter, JobId};

/// What is said in a form.
#[derive(Deserialize)]
pub(super) struct Said {
    why: String,
    #[serde(default)]
    field: String,
}

pub(super) async fn act(
    visitor: Visitor,
    State(pages): State<Pages>,
    at: Result<Path<(JobId, String)>, PathRejection>,
    said: Result<Form<Said>, FormRejection>,
) -> Result<Response, Trouble> {
    let Path((id, action)) = at?;
    let store = pages.api.store();
    visitor.must_operate(&store.dead_letter(id).await?.queue)?;
    let Form(Said { why, field }) = said?;
    let by = visitor.by(&why);
    let done = match action.as_str() {
        "replay" => {
            let again = dead_letters::replay(store, id, &by).await?;
            return Ok(Redirect::to(&format!("/ops/jobs/{again}?done=made")).into_response());
        }
        "discard" if dead_letters::discard_one(store, id, &by).await? => "discarded",
        "restore" if dead_letters::restore_one(store, id, &by).await? => "restored",
        "discard" | "restore" => "as-it-was",
        "reveal" => {
            let field = field.trim().to_owned();
            let value = dead_letters::reveal(store, id, &field, &by).await?;
            return page(&pages, &visitor, id, "", Some(Revealed { field, value })).await;
        }
        _ => return Err(Trouble::not_found("A letter knows no such action.")),
    };
    Ok(Redirect::to(&format!("/ops/jobs/{id}?done={done}")).into_response())
}

/// What was done, for the page that follows.
pub(super) fn told(done: &str) -> Option<&'static str> {
    Some(match done {
        "made" => "This job was made of the letter, with a fresh budget of attempts.",
        "discarded" => "The letter is set aside. It can be restored until it is past its time.",
        "restored" => "The letter is open again.",
        "as-it-was" => "The letter was not in a state for that: somebody was faster. Nothing was changed.",
        "edited" => "The letter has new arguments. What they were is kept.",
        _ => return None,
    })
}

/// What can be done, as forms.
pub(super) fn forms(letter: &DeadLetter) -> Markup {
    let action = |name: &'static str, title, says, button: &str, class, fields| {
        let to = format!("/ops/jobs/{}/{name}", letter.id);
        Action { name, to, title, says, button: button.to_owned(), class, fields, open: name == "replay" }.render()
    };
    let field = Field { required: true, ..Field::text("field", "Field", "") }
        .help("Names with dots between them, like act")
        .render("reveal");
    html! {
        @if is_open(letter) {
            (action("replay", "Replay", "A new job is made of it, with a fresh budget. The letter stays as the record.",
                "Replay 1 letter", "primary", html! {}))
        }
        (action("reveal", "Reveal a field", "Looking is written into the audit; what you see is not.", "Reveal", "quiet", field))
        @if is_open(letter) {
            (action("discard", "Discard", "Nobody needs it. It can be restored.", "Discard 1 letter", "danger", html! {}))
        }
        @if letter.discarded_at.is_some() {
            (action("restore", "Restore", "Open it again.", "Restore 1 letter", "primary", html! {}))
        }
    }
}
