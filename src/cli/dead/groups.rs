//! Groups on a terminal.

use std::time::Duration;

use chrono::Utc;
use serde::Serialize;
use serde_json::json;

use super::super::terminal::{facts, instant, sparkline, table};
use super::super::{CliError, Host};
use super::letters;
use crate::dead_letters::{self, By, Scope};
use crate::model::{Group, cut};
use crate::store::{Store, StoreError};

/// How much of a title a list shows.
const TITLE_IN_LIST: usize = 60;
/// The hours of a trend.
const HOURS: i32 = 24;
/// More groups than anybody reads.
const MOST: i64 = 1_000;

/// What is said of a group.
pub(super) enum Say {
    Snooze(Duration),
    Assign(String),
    Note(String),
    Resolve,
}

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    group: Group,
    /// Deaths an hour, the oldest first.
    trend: Vec<i64>,
}

pub(super) async fn list(
    host: &Host,
    store: &Store,
    queue: Option<String>,
    kind: Option<String>,
    state: Option<String>,
    all: bool,
) -> Result<(), CliError> {
    let queues = match queue {
        Some(queue) => vec![queue],
        None => store.queues().await?,
    };
    let mut rows = Vec::new();
    for group in store.groups(&queues, None, MOST).await? {
        let wanted = match &state {
            Some(state) => group.state == *state,
            // A discard that was interrupted leaves open letters.
            None => all || (group.open > 0 && matches!(group.state.as_str(), "open" | "discarded")),
        };
        if wanted && kind.as_ref().is_none_or(|kind| group.kind == *kind) {
            let trend = store.trend(&group.queue, &group.fingerprint, HOURS).await?;
            rows.push(Row { group, trend });
        }
    }
    host.terminal().answer(&rows, |rows| {
        if rows.is_empty() {
            return "nothing to look at (`--all` shows what is snoozed, resolved, discarded or replayed)".to_owned();
        }
        let columns = ["fingerprint", "kind", "open", "last died", "24 h", "state", "who", "error"];
        table(
            &columns,
            rows.iter().map(|Row { group, trend }| {
                vec![
                    group.fingerprint.clone(),
                    group.kind.clone(),
                    group.open.to_string(),
                    instant(group.last_died_at),
                    sparkline(trend),
                    state_of(group),
                    group.assignee.clone().unwrap_or_default(),
                    cut(&group.title, TITLE_IN_LIST),
                ]
            }),
        )
    })
}

fn state_of(group: &Group) -> String {
    match (group.reopened_at, group.snoozed_until) {
        (_, Some(until)) if group.state == "snoozed" => format!("snoozed to {}", instant(until)),
        (Some(at), _) => format!("open again since {}", instant(at)),
        _ => group.state.clone(),
    }
}

pub(super) async fn show(host: &Host, store: &Store, fingerprint: &str, sample: i64) -> Result<(), CliError> {
    let queues = store.queues().await?;
    let deployed: Vec<String> = store.versions().await?.into_iter().map(|(version, _)| version).collect();
    for group in store.group(&queues, fingerprint).await? {
        let trend = store.trend(&group.queue, fingerprint, HOURS).await?;
        let letters = store.letters_of_group(&group.queue, fingerprint, sample, None).await?;
        let answer = json!({ "group": group, "trend": trend, "letters": letters, "deployed": deployed });
        host.terminal().answer(&answer, |_| {
            let revisions =
                if group.revisions.is_empty() { "not known yet".to_owned() } else { group.revisions.join(", ") };
            let head = facts([
                ("group", group.fingerprint.clone()),
                ("error", group.title.clone()),
                ("kind", format!("{} in queue {}", group.kind, group.queue)),
                ("reason", group.reason.clone()),
                ("state", state_of(&group)),
                ("open", format!("{} of {} that ever died", group.open, group.died)),
                ("died", format!("{} to {}", instant(group.first_died_at), instant(group.last_died_at))),
                ("24 hours", sparkline(&trend)),
                ("failed by", revisions),
                ("now deployed", deployed.join(", ")),
                ("assignee", group.assignee.clone().unwrap_or_else(|| "nobody".to_owned())),
                ("note", group.note.clone().unwrap_or_default()),
            ]);
            let next = format!("next: windlass replay plan --group {fingerprint} --by YOUR-NAME --why REASON");
            format!("{head}\n\n{}\n{next}", letters::letters_table(&letters))
        })?;
    }
    Ok(())
}

pub(super) async fn say(host: &Host, store: &Store, fingerprint: &str, what: Say, by: &By) -> Result<(), CliError> {
    let queues = store.queues().await?;
    let group = Scope { queues: &queues, fingerprint };
    let done = match what {
        Say::Snooze(time) => {
            let until = Utc::now() + time;
            dead_letters::snooze(store, group, until, by).await?;
            format!("snoozed until {}", instant(until))
        }
        Say::Assign(to) => {
            dead_letters::assign(store, group, &to, by).await?;
            if to.is_empty() { "assigned to nobody".to_owned() } else { format!("assigned to {to}") }
        }
        Say::Note(text) => {
            dead_letters::note(store, group, &text, by).await?;
            "noted".to_owned()
        }
        Say::Resolve => {
            dead_letters::resolve(store, group, by).await?;
            "resolved; its next death opens it again".to_owned()
        }
    };
    host.terminal().answer(&json!({ "group": fingerprint, "done": done }), |_| format!("{fingerprint}: {done}"))
}

pub(super) async fn set_aside(
    host: &Host,
    store: &Store,
    fingerprint: &str,
    discard: bool,
    by: &By,
    yes: bool,
) -> Result<(), CliError> {
    by.signed().map_err(StoreError::Unsigned)?;
    let queues = store.queues().await?;
    let group = Scope { queues: &queues, fingerprint };
    let found = store.group(&queues, fingerprint).await?;
    let open: i64 = found.iter().map(|group| group.open).sum();
    let (verb, done) = if discard { ("discard", "discarded") } else { ("restore", "restored") };
    let count = if discard { format!("its {open} open letters") } else { "what was discarded of it".to_owned() };
    host.terminal().confirm(&format!("{verb} {count} of {} ({})?", found[0].kind, found[0].title), yes)?;
    let bar = host.terminal().bar(open.unsigned_abs(), done);
    let progress = |done: i64| {
        bar.set_position(done.unsigned_abs());
        true
    };
    let letters = if discard {
        dead_letters::discard(store, group, by, progress).await?
    } else {
        dead_letters::restore(store, group, by, progress).await?
    };
    bar.finish_and_clear();
    let answer = json!({ "group": fingerprint, "letters": letters });
    host.terminal().answer(&answer, |_| {
        let back = format!("`windlass dead restore {fingerprint} …` takes them back");
        format!("{done} {letters} letters{}", if discard { format!("; {back}") } else { String::new() })
    })
}
