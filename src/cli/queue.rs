//! `windlass queue` and `windlass kind`.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::args::{KindCommand, QueueCommand};
use super::terminal::{instant, table};
use super::{CliError, Host};
use crate::control::{self, ControlError};
use crate::model::{Keep, KindInfo, Limits, QueueGauges, QueueInfo};
use crate::store::{Migrations, Store, StoreError, Target};

/// A queue and what it holds.
#[derive(Debug, Serialize)]
struct Row {
    #[serde(flatten)]
    info: QueueInfo,
    #[serde(flatten)]
    holds: QueueGauges,
}

pub(super) async fn run(host: &Host, command: QueueCommand) -> Result<(), CliError> {
    let connected = host.connect().await?;
    Migrations::engine().require(&connected.db).await?;
    let store = Store::new(connected.db.clone());
    let (name, done) = match command {
        QueueCommand::List => return list(host, &store, None).await,
        QueueCommand::Show { name } => return list(host, &store, Some(&name)).await,
        QueueCommand::Pause { name, by } => {
            control::pause(&store, Target::Queue(&name), &by.by()).await?;
            (name, "paused")
        }
        QueueCommand::Resume { name, by } => {
            control::resume(&store, Target::Queue(&name), &by.by()).await?;
            (name, "resumed")
        }
        QueueCommand::Limit { name, max_running, rate, per, by } => {
            let seconds = per.map(|per| i32::try_from(per.as_secs()).unwrap_or(i32::MAX));
            control::limit(&store, &name, Limits { max_running, rate: rate.zip(seconds) }, &by.by()).await?;
            (name, "limited")
        }
        QueueCommand::Keep { name, no_history, dead_letters, attempts, keys, by } => {
            let seconds = |keep: Option<Duration>| keep.map(|keep| i64::try_from(keep.as_secs()).unwrap_or(i64::MAX));
            let keep = Keep {
                history: !no_history,
                dead_letters: seconds(dead_letters),
                attempts: seconds(attempts),
                keys: seconds(keys),
            };
            control::keep(&store, &name, keep, &by.by()).await?;
            (name, "changed")
        }
    };
    host.terminal().answer(&json!({ "queue": name, "done": done }), |_| format!("{done} queue {name}"))
}

pub(super) async fn run_kind(host: &Host, command: KindCommand) -> Result<(), CliError> {
    let connected = host.connect().await?;
    Migrations::engine().require(&connected.db).await?;
    let store = Store::new(connected.db.clone());
    let (name, done) = match command {
        KindCommand::List => return host.terminal().answer(&store.show_kinds(None).await?, |kinds| kinds_table(kinds)),
        KindCommand::Pause { name, by } => {
            control::pause(&store, Target::Kind(&name), &by.by()).await?;
            (name, "paused")
        }
        KindCommand::Resume { name, by } => {
            control::resume(&store, Target::Kind(&name), &by.by()).await?;
            (name, "resumed")
        }
    };
    host.terminal().answer(&json!({ "kind": name, "done": done }), |_| format!("{done} kind {name}"))
}

async fn list(host: &Host, store: &Store, name: Option<&str>) -> Result<(), CliError> {
    let mut rows = Vec::new();
    for info in store.show_queues(name).await? {
        let holds = store.gauges(&info.name).await?;
        rows.push(Row { info, holds });
    }
    if let Some(name) = name.filter(|_| rows.is_empty()) {
        let known: Vec<_> = store.show_queues(None).await?.into_iter().map(|queue| queue.name).collect();
        return Err(
            ControlError::from(StoreError::NoSuchQueue { name: name.to_owned(), known: known.join(", ") }).into()
        );
    }
    host.terminal().answer(&rows, |rows| {
        table(
            &["queue", "ready", "scheduled", "retry", "blocked", "parked", "running", "dead", "paused", "limits"],
            rows.iter().map(|Row { info, holds }| {
                let mut cells = vec![info.name.clone()];
                let QueueGauges { ready, scheduled, retry, blocked, parked, running, dead, .. } = holds;
                cells.extend([ready, scheduled, retry, blocked, parked, running, dead].map(ToString::to_string));
                cells.extend([paused(info.paused_by.as_deref(), info.paused_why.as_deref()), limits(info)]);
                cells
            }),
        )
    })
}

fn paused(by: Option<&str>, why: Option<&str>) -> String {
    by.zip(why).map(|(by, why)| format!("{by}: {why}")).unwrap_or_default()
}

fn limits(info: &QueueInfo) -> String {
    let running = info.max_running.map(|most| format!("{most} at once"));
    let rate = info.rate_limit.zip(info.rate_seconds).map(|(jobs, seconds)| format!("{jobs} in {seconds} s"));
    running.into_iter().chain(rate).collect::<Vec<_>>().join(", ")
}

fn kinds_table(kinds: &[KindInfo]) -> String {
    table(
        &["kind", "queue", "version", "published", "paused"],
        kinds.iter().map(|kind| {
            vec![
                kind.kind.clone(),
                kind.queue.clone(),
                kind.args_version.to_string(),
                instant(kind.published_at),
                paused(kind.paused_by.as_deref(), kind.paused_why.as_deref()),
            ]
        }),
    )
}
