//! What can be done with a group: see to it, put it off, end it, set its letters aside, bring them back.

use std::time::{Duration, Instant};

use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, State};
use axum::response::Redirect;
use chrono::TimeDelta;
use maud::{Markup, html};
use serde::Deserialize;

use super::elements::counted;
use super::form::{Action, Field, hidden};
use super::group::found;
use super::groups::path;
use super::session::Visitor;
use super::trouble::Trouble;
use crate::dead_letters::{self, Scope};
use crate::model::Group;
use crate::store::Store;

/// Longer than this nobody waits for a page; what is left is done by pressing again.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest that a group is put off: 30 days.
const LONGEST_SNOOZE: i64 = 720;

/// What is said in a form.
#[derive(Deserialize)]
pub(super) struct Said {
    why: String,
    #[serde(default)]
    hours: i64,
    #[serde(default)]
    text: String,
}

pub(super) async fn act(
    visitor: Visitor,
    State(store): State<Store>,
    at: Result<Path<(String, String, String)>, PathRejection>,
    said: Result<Form<Said>, FormRejection>,
) -> Result<Redirect, Trouble> {
    let Path((queue, fingerprint, action)) = at?;
    visitor.must_operate(&queue)?;
    let Form(Said { why, hours, text }) = said?;
    let by = visitor.by(&why);
    let queues = [queue.clone()];
    let scope = Scope { queues: &queues, fingerprint: &fingerprint };
    let begun = Instant::now();
    let going_on = |_| begun.elapsed() < PATIENCE;
    let done = match action.as_str() {
        "snooze" if !(1..=LONGEST_SNOOZE).contains(&hours) => {
            return Err(Trouble::refused(format!("A group is snoozed for 1 to {LONGEST_SNOOZE} hours, not {hours}.")));
        }
        "snooze" => {
            let until = store.now().await? + TimeDelta::hours(hours);
            dead_letters::snooze(&store, scope, until, &by).await?;
            "snoozed"
        }
        "assign" => {
            dead_letters::assign(&store, scope, &text, &by).await?;
            "assigned"
        }
        "note" => {
            dead_letters::note(&store, scope, &text, &by).await?;
            "noted"
        }
        "resolve" => {
            dead_letters::resolve(&store, scope, &by).await?;
            "resolved"
        }
        "discard" => {
            dead_letters::discard(&store, scope, &by, going_on).await?;
            if found(&store, &queue, &fingerprint).await?.state == "discarded" { "discarded" } else { "some" }
        }
        "restore" => {
            dead_letters::restore(&store, scope, &by, going_on).await?;
            "restored"
        }
        _ => return Err(Trouble::not_found("A group knows no such action.")),
    };
    Ok(Redirect::to(&format!("{}?done={done}", path(&queue, &fingerprint))))
}

/// What was done, for the page that follows.
pub(super) fn told(done: &str) -> Option<&'static str> {
    Some(match done {
        "snoozed" => "It is snoozed.",
        "assigned" => "It says who sees to it.",
        "noted" => "The note is kept.",
        "resolved" => "It is resolved. The next death of this cause opens it again.",
        "discarded" => "Its letters are set aside. They can be restored until they are past their time.",
        "some" => "Not all were set aside in the time a page has. Press again to go on.",
        "restored" => "Its letters are open again.",
        _ => return None,
    })
}

/// What can be done, as forms.
pub(super) fn forms(group: &Group, here: &str) -> Markup {
    let open = counted(group.open, "open letter");
    let action = |name: &'static str, title, says, button: &str, class, fields| {
        Action {
            name,
            to: format!("{here}/{name}"),
            title,
            says,
            button: button.to_owned(),
            class,
            fields,
            open: false,
        }
        .render()
    };
    let in_hours = Field::number("hours", "For so many hours", "4", ("1", "720", "1")).render("snooze");
    let to = Field::text("text", "Who; empty for nobody", group.assignee.clone().unwrap_or_default()).render("assign");
    let aside = group.kept - group.open;
    html! {
        @if group.open > 0 { (plan(group)) }
        (action("assign", "Assign", "Say who sees to it.", "Assign", "quiet", to))
        (action("note", "Write a note", "For whoever comes after you. It replaces the note that is there.", "Keep the note",
            "quiet", note(group)))
        (action("snooze", "Snooze", "Nobody wants to hear of it until then.", "Snooze", "quiet", in_hours))
        @if group.state != "resolved" {
            (action("resolve", "Resolve", "The cause is gone. A new death opens it again and says so.", "Resolve", "quiet", html! {}))
        }
        @if group.open > 0 {
            (action("discard", "Discard", "Nobody needs these letters. They are set aside, and can be restored.",
                &format!("Discard {open}"), "danger", html! {}))
        }
        @if group.state == "discarded" || aside > 0 {
            (action("restore", "Restore", "Open again what was discarded. What was replayed stays replayed.",
                "Restore what was discarded", "quiet", html! {}))
        }
    }
}

fn note(group: &Group) -> Markup {
    html! {
        div.field {
            label for="note-text" { "Note; empty for none" }
            textarea #note-text name="text" rows="4" maxlength="4096" { (group.note.as_deref().unwrap_or_default()) }
        }
    }
}

/// A replay of the group's letters, or of some.
fn plan(group: &Group) -> Markup {
    let narrower = html! {
        (hidden("queue", &group.queue))
        (hidden("fingerprint", &group.fingerprint))
        details.more {
            summary { "Only some of them" }
            (Field { kind: "datetime-local", ..Field::text("since", "Died at or after (UTC)", "") }.help("Like 2026-03-01T12:00").render("plan"))
            (Field { kind: "datetime-local", ..Field::text("until", "Died at or before (UTC)", "") }.help("Empty: until now").render("plan"))
            (Field::text("revision", "Failed by revision", "").render("plan"))
            (Field::text("path", "With this argument", "").help("Names of fields with dots between them").render("plan"))
            (Field::text("value", "Which is", "").help("JSON, like 17 or \"spectrum\"").render("plan"))
        }
    };
    let says = "Choose the letters now and look at the choice; nothing moves before you start it.";
    Action {
        name: "plan",
        to: "/ops/replays".to_owned(),
        title: "Plan a replay",
        says,
        button: format!("Plan for {}", counted(group.open, "letter")),
        class: "primary",
        fields: narrower,
        open: true,
    }
    .render()
}
