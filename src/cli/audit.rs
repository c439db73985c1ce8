//! `windlass audit`: who did what, and why.

use std::time::Duration;

use clap::Args;

use super::terminal::{duration, instant, table};
use super::{CliError, Host};
use crate::model::AuditEntry;
use crate::store::{AuditFilter, Migrations, Store};

#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// By this person.
    #[arg(long)]
    actor: Option<String>,
    /// About this: a fingerprint, a letter, a replay, a queue.
    #[arg(long)]
    target: Option<String>,
    /// Not older than this, for example 2d.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<Duration>,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
}

pub(super) async fn run(host: &Host, args: AuditArgs) -> Result<(), CliError> {
    let connected = host.connect().await?;
    Migrations::engine().require(&connected.db).await?;
    let AuditArgs { actor, target, since, limit } = args;
    let since_seconds = since.map(|since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
    let filter = AuditFilter { actor, target, since_seconds, limit, ..AuditFilter::default() };
    let entries = Store::new(connected.db.clone()).audit(&filter).await?;
    host.terminal().answer(&entries, |entries| list(entries))
}

fn list(entries: &[AuditEntry]) -> String {
    if entries.is_empty() {
        return "nothing was done".to_owned();
    }
    let text = |json: &Option<serde_json::Value>| json.as_ref().map(ToString::to_string).unwrap_or_default();
    table(
        &["at", "who", "role", "did", "to", "why", "before", "after"],
        entries.iter().map(|entry| {
            vec![
                instant(entry.at),
                entry.actor.clone(),
                entry.role.clone(),
                entry.action.clone(),
                entry.target.clone(),
                entry.why.clone().unwrap_or_default(),
                text(&entry.before),
                text(&entry.after),
            ]
        }),
    )
}
