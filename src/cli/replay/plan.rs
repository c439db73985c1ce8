//! Plans, and how far a replay is.

use chrono::Utc;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::terminal::{facts, instant, table};
use super::super::{CliError, Host};
use super::PlanArgs;
use crate::model::{Argument, Replay, ReplayFilter, ReplayKind};
use crate::replays;
use crate::store::Store;

pub(super) async fn plan(host: &Host, store: &Store, args: PlanArgs) -> Result<(), CliError> {
    let PlanArgs { group, kind, queue, since, until, rev, argument, everything, by } = args;
    let now = Utc::now();
    let filter = ReplayFilter {
        fingerprint: group,
        kind,
        queue,
        since: since.map(|ago| now - ago),
        until: until.map(|ago| now - ago),
        revision: rev,
        argument: argument.as_deref().map(argument_of).transpose()?,
        letters: None,
    };
    if filter == ReplayFilter::default() && !everything {
        let text = "say which letters: --group, --kind, --queue, --since, --until, --rev or --where; or --everything";
        return Err(CliError::usage(text));
    }
    let id = replays::plan(store, &store.queues().await?, &filter, &by.by()).await?;
    status(host, store, id).await
}

/// Reads `a.b=7`, `a.b="x"`, and, since quotes get lost in shells, `a.b=x`.
fn argument_of(text: &str) -> Result<Argument, CliError> {
    let wrong =
        || CliError::usage(format!("--where {text:?}: a path, =, and JSON are needed, for example tenant.id=7"));
    let (path, value) = text.split_once('=').ok_or_else(wrong)?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok(Argument { path: path.to_owned(), value })
}

/// A replay as it is.
pub(super) async fn status(host: &Host, store: &Store, id: Uuid) -> Result<(), CliError> {
    let replay = store.show_replay(id).await?;
    let kinds = store.replay_kinds(id).await?;
    let new = store.new_since(id).await?;
    let working = store.versions().await?.iter().map(|(_, workers)| workers).sum::<i64>();
    let answer = json!({ "replay": replay, "kinds": kinds, "new_since": new, "workers": working });
    host.terminal().answer(&answer, |_| text(&replay, &kinds, new, working))
}

fn text(replay: &Replay, kinds: &[ReplayKind], new: i64, working: i64) -> String {
    let mut lines = vec![figures(replay)];
    if !kinds.is_empty() {
        let rows = kinds.iter().map(|kind| {
            let remark = match (kind.unknown, kind.paused) {
                (true, _) => "no program knows it: not released",
                (_, true) => "paused: they will wait",
                _ => "",
            };
            vec![
                kind.kind.clone(),
                kind.queue.clone(),
                kind.letters.to_string(),
                kind.ordered.to_string(),
                remark.into(),
            ]
        });
        lines.push(String::new());
        lines.push(table(&["kind", "queue", "letters", "ordered", ""], rows));
    }
    if new > 0 {
        lines.push(format!("{new} more died of the same since it was planned; they are not part of it"));
    }
    if working == 0 && !replay.rests() {
        lines.push("no worker is alive: workers carry a replay through (`windlass worker`)".to_owned());
    }
    let id = replay.id;
    lines.push(match replay.state.as_str() {
        "planned" => format!("next: windlass replay start {id} --by YOUR-NAME --why REASON"),
        "planning" => format!("its letters are being chosen; next: windlass replay status {id}"),
        "canary" | "running" => format!("next: windlass replay watch {id}"),
        "paused" | "stopped" => format!("next: windlass replay resume {id} --by YOUR-NAME --why REASON"),
        _ => format!("next: windlass replay verify {id}"),
    });
    lines.join("\n")
}

/// The figures of a replay.
pub(super) fn figures(replay: &Replay) -> String {
    let why = replay.stopped_why.as_ref().filter(|_| replay.state == "stopped");
    let state = why.map_or_else(|| replay.state.clone(), |why| format!("stopped by itself: {why}"));
    let mut lines = vec![
        ("replay", replay.id.to_string()),
        ("planned", format!("{} by {}: {}", instant(replay.planned_at), replay.planned_by, replay.why)),
        ("filter", replay.filter.to_string()),
        ("state", state),
        ("letters", replay.letters.to_string()),
    ];
    if let Some(oldest) = replay.oldest_at {
        lines.push(("oldest died", instant(oldest)));
    }
    if replay.started_at.is_some() {
        let pace = format!(
            "{} first, then {} a second, {} at once; stops above {:.0} % deaths",
            replay.canary,
            replay.rate,
            replay.concurrency,
            replay.stop_share * 100.0
        );
        lines.push(("pace", pace));
    }
    lines.extend([
        ("waiting", replay.waiting.to_string()),
        ("running", replay.running.to_string()),
        ("ended well", replay.succeeded.to_string()),
        ("died the same way", replay.died_same.to_string()),
        ("died otherwise", replay.died_other.to_string()),
        ("ended otherwise", replay.ended.to_string()),
        ("not released", replay.refused.to_string()),
    ]);
    facts(lines)
}
