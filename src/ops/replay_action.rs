//! What can be done with a replay: start it, hold it, let it go on, end it.

use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, State};
use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::elements::counted;
use super::form::{Action, Field};
use super::replay::in_scope;
use super::session::Visitor;
use super::trouble::Trouble;
use crate::model::{Pace, Replay};
use crate::replays;
use crate::store::Store;

/// What is said in a form. The share is in percent, as people think of it.
#[derive(Deserialize)]
pub(super) struct Said {
    why: String,
    canary: Option<i32>,
    rate: Option<f64>,
    concurrency: Option<i32>,
    stop_percent: Option<f64>,
}

pub(super) async fn act(
    visitor: Visitor,
    State(store): State<Store>,
    at: Result<Path<(Uuid, String)>, PathRejection>,
    said: Result<Form<Said>, FormRejection>,
) -> Result<Redirect, Trouble> {
    let Path((id, action)) = at?;
    for queue in store.queues_of_replay(id).await? {
        visitor.must_operate(&queue)?;
    }
    in_scope(&store, &visitor, id).await?;
    let Form(said) = said?;
    let by = visitor.by(&said.why);
    let usual = Pace::default();
    let pace = Pace {
        canary: said.canary.unwrap_or(usual.canary),
        rate: said.rate.unwrap_or(usual.rate),
        concurrency: said.concurrency.unwrap_or(usual.concurrency),
        stop_share: said.stop_percent.map_or(usual.stop_share, |percent| percent / 100.0),
    };
    let done = match action.as_str() {
        "start" => replays::start(&store, id, pace, &by).await.map(|()| "started"),
        "pause" => replays::pause(&store, id, &by).await.map(|()| "paused"),
        "resume" => replays::resume(&store, id, &by).await.map(|()| "resumed"),
        "abort" => replays::abort(&store, id, &by).await.map(|()| "aborted"),
        _ => return Err(Trouble::not_found("A replay knows no such action.")),
    };
    Ok(Redirect::to(&format!("/ops/replays/{id}?done={}", done?)))
}

/// What was done, for the page that follows; as long as it still holds.
pub(super) fn told(done: &str, replay: &Replay) -> Option<&'static str> {
    Some(match done {
        "started" | "resumed" if replay.rests() => return None,
        "paused" | "aborted" if replay.state != done => return None,
        "started" => "It is started. This page reads itself again while it runs.",
        "paused" => "Nothing more is released.",
        "resumed" => "It goes on.",
        "aborted" => "It ends here.",
        _ => return None,
    })
}

/// What can be done, as forms.
pub(super) fn forms(replay: &Replay) -> Markup {
    let waiting = counted(replay.waiting.into(), "letter");
    let action = |name: &'static str, title, says, button: String, class, fields, open| {
        Action { name, to: format!("/ops/replays/{}/{name}", replay.id), title, says, button, class, fields, open }
            .render()
    };
    let abort = || {
        let says = "What is released runs on; what waits stays a dead letter. It cannot be taken up again.";
        action("abort", "Abort", says, format!("Abort: leave {waiting}"), "danger", html! {}, false)
    };
    match replay.state.as_str() {
        "planning" => abort(),
        "planned" if replay.letters == 0 => html! {},
        "planned" => html! {
            (action("start", "Start", "The canaries go first, each with one attempt. If one dies as before, nothing else moves.",
                format!("Start with {waiting}"), "primary", pace(), true))
            (abort())
        },
        "canary" | "running" => html! {
            (action("pause", "Pause", "Release nothing more until it is resumed.", "Pause".to_owned(), "primary", html! {}, true))
            (abort())
        },
        "paused" | "stopped" => html! {
            (action("resume", "Resume", resume(replay), format!("Resume with {waiting}"), "primary", html! {}, true))
            (abort())
        },
        _ => html! { p.empty { "It has ended; nothing is left to do." } },
    }
}

fn resume(replay: &Replay) -> &'static str {
    if replay.state == "stopped" {
        "Once the cause is mended. New canaries go first."
    } else {
        "It goes on where it was."
    }
}

fn pace() -> Markup {
    let Pace { canary, rate, concurrency, stop_share } = Pace::default();
    html! {
        (Field::number("canary", "Canaries", canary.to_string(), ("0", "1000", "1")).help("0: none").render("start"))
        (Field::number("rate", "Letters a second", rate.to_string(), ("0.1", "10000", "any")).render("start"))
        (Field::number("concurrency", "At once", concurrency.to_string(), ("1", "5000", "1")).render("start"))
        (Field::number("stop_percent", "Stop when so many percent die", (stop_share * 100.0).to_string(), ("0", "100", "any"))
            .help("Of the last 20 that ended").render("start"))
    }
}
