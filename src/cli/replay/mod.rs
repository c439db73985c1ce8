//! `windlass replay`: many dead letters at once, planned, tried, carried through and proved.

mod plan;
mod watch;

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::args::Signature;
use super::terminal::{duration, instant, rate, table};
use super::{CliError, Host};
use crate::model::{Pace, Replay, ReplayItem, cut};
use crate::replays;
use crate::store::{Migrations, Store};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ReplayCommand {
    /// Choose letters, once; nothing moves yet.
    Plan(PlanArgs),
    /// Begin: a few go first and are waited for, then the rest.
    Start {
        /// Its id.
        id: Uuid,
        #[command(flatten)]
        pace: PaceArgs,
        #[command(flatten)]
        by: Signature,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        /// Stay and watch.
        #[arg(long)]
        watch: bool,
    },
    /// Replays, the newest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=1_000))]
        limit: i64,
    },
    /// How far one is.
    Status {
        /// Its id.
        id: Uuid,
    },
    /// Watch one until it rests.
    Watch {
        /// Its id.
        id: Uuid,
    },
    /// Release nothing more, until it is resumed.
    Pause {
        /// Its id.
        id: Uuid,
        #[command(flatten)]
        by: Signature,
    },
    /// Go on: after a pause where it was, after a stop of its own with new canaries.
    Resume {
        /// Its id.
        id: Uuid,
        #[command(flatten)]
        by: Signature,
    },
    /// End it: what is released runs on, what waits stays a letter.
    Abort {
        /// Its id.
        id: Uuid,
        #[command(flatten)]
        by: Signature,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// What became of each letter. Exit code 4 unless every one ended well.
    Verify {
        /// Its id.
        id: Uuid,
        /// Show so many of those that did not.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(0..=10_000))]
        limit: i64,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PlanArgs {
    /// Letters of this group.
    #[arg(long, value_name = "FINGERPRINT")]
    group: Option<String>,
    /// Of this kind.
    #[arg(long)]
    kind: Option<String>,
    /// Of this queue.
    #[arg(long)]
    queue: Option<String>,
    /// Died not longer ago than this, for example 2h.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<Duration>,
    /// Died longer ago than this.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    until: Option<Duration>,
    /// Failed by this version of the program.
    #[arg(long, value_name = "VERSION")]
    rev: Option<String>,
    /// With this in their arguments, for example tenant.id=7.
    #[arg(long = "where", value_name = "PATH=JSON")]
    argument: Option<String>,
    /// All open letters there are.
    #[arg(long)]
    everything: bool,
    #[command(flatten)]
    by: Signature,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PaceArgs {
    /// So many go first, each with one attempt. 0: none do.
    #[arg(long, default_value_t = 3)]
    canary: i32,
    /// So fast at most, for example 10/s or 300/m.
    #[arg(long, default_value = "10/s", value_parser = rate)]
    rate: f64,
    /// So many at once at most.
    #[arg(long, default_value_t = 5)]
    concurrency: i32,
    /// Stop when more than this share of the last 20 died.
    #[arg(long, default_value_t = 0.2, value_name = "SHARE")]
    stop_share: f64,
}

pub(super) async fn run(host: &Host, command: ReplayCommand) -> Result<(), CliError> {
    let connected = host.connect().await?;
    Migrations::engine().require(&connected.db).await?;
    let store = Store::new(connected.db.clone());
    match command {
        ReplayCommand::Plan(args) => plan::plan(host, &store, args).await,
        ReplayCommand::Start { id, pace, by, yes, watch } => {
            let replay = store.show_replay(id).await?;
            let PaceArgs { canary, rate, concurrency, stop_share } = pace;
            host.terminal()
                .confirm(&format!("replay {} letters, {canary} first, then {rate} a second?", replay.letters), yes)?;
            replays::start(&store, id, Pace { canary, rate, concurrency, stop_share }, &by.by()).await?;
            if watch { watch::watch(host, &store, id).await } else { plan::status(host, &store, id).await }
        }
        ReplayCommand::List { limit } => {
            host.terminal().answer(&store.list_replays(limit, None).await?, |replays| list(replays))
        }
        ReplayCommand::Status { id } => plan::status(host, &store, id).await,
        ReplayCommand::Watch { id } => watch::watch(host, &store, id).await,
        ReplayCommand::Pause { id, by } => {
            replays::pause(&store, id, &by.by()).await?;
            plan::status(host, &store, id).await
        }
        ReplayCommand::Resume { id, by } => {
            replays::resume(&store, id, &by.by()).await?;
            plan::status(host, &store, id).await
        }
        ReplayCommand::Abort { id, by, yes } => {
            let replay = store.show_replay(id).await?;
            host.terminal().confirm(&format!("abort it, with {} letters not yet released?", replay.waiting), yes)?;
            replays::abort(&store, id, &by.by()).await?;
            plan::status(host, &store, id).await
        }
        ReplayCommand::Verify { id, limit } => verify(host, &store, id, limit).await,
    }
}

fn list(replays: &[Replay]) -> String {
    if replays.is_empty() {
        return "no replays".to_owned();
    }
    table(
        &["id", "planned", "by", "why", "state", "letters", "well", "died", "left"],
        replays.iter().map(|replay| {
            vec![
                replay.id.to_string(),
                instant(replay.planned_at),
                replay.planned_by.clone(),
                cut(&replay.why, 40),
                replay.state.clone(),
                replay.letters.to_string(),
                replay.succeeded.to_string(),
                (replay.died_same + replay.died_other).to_string(),
                (replay.waiting + replay.running).to_string(),
            ]
        }),
    )
}

/// The proof: each one ended well, died the same way, died otherwise, or was not released.
async fn verify(host: &Host, store: &Store, id: Uuid, limit: i64) -> Result<(), CliError> {
    let replay = store.show_replay(id).await?;
    let mut not_well: Vec<ReplayItem> = Vec::new();
    for state in
        ["died_same", "died_other", "ended", "gone", "key_taken", "unknown_kind", "waiting", "behind", "running"]
    {
        let room = limit - i64::try_from(not_well.len()).unwrap_or(limit);
        if room > 0 {
            not_well.extend(store.replay_items(id, 0, Some(state), room).await?);
        }
    }
    let well = replay.succeeded == replay.letters;
    let answer = json!({ "replay": replay, "well": well, "not_well": not_well });
    host.terminal().answer(&answer, |_| {
        let rows = not_well.iter().map(|item| {
            let job = item.job.map(|job| job.to_string()).unwrap_or_default();
            vec![item.letter.to_string(), item.state.clone(), job, item.note.clone().unwrap_or_default()]
        });
        let rest = if not_well.is_empty() {
            String::new()
        } else {
            format!("\n\n{}", table(&["letter", "state", "job", "note"], rows))
        };
        format!("{}{rest}", plan::figures(&replay))
    })?;
    if well {
        return Ok(());
    }
    Err(CliError::partial(format!("{} of {} letters ended well", replay.succeeded, replay.letters)))
}
