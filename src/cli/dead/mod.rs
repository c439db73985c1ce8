//! `windlass dead`: groups of dead letters, letters, and what people say and do about them.

mod groups;
mod letters;

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;

use super::args::Signature;
use super::terminal::{duration, job_id};
use super::{CliError, Host};
use crate::dead_letters::By;
use crate::model::JobId;
use crate::store::{Migrations, Store};

pub(super) use letters::{attempts_table, letter_answer, letter_text};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DeadCommand {
    /// What dies alike, the group with the most open letters first.
    Groups {
        /// Of this queue.
        #[arg(long)]
        queue: Option<String>,
        /// Of this kind.
        #[arg(long)]
        kind: Option<String>,
        /// In this state; without it: those that somebody has to look at.
        #[arg(long, value_parser = ["open", "snoozed", "resolved", "discarded"])]
        state: Option<String>,
        /// In any state.
        #[arg(long, conflicts_with = "state")]
        all: bool,
    },
    /// One letter, or one group with its newest letters.
    Show {
        /// A letter's id, or a group's fingerprint.
        what: What,
        /// So many letters of the group.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(i64).range(1..=100))]
        sample: i64,
    },
    /// Dead letters, the newest first.
    List {
        /// Of this group; without it of all.
        fingerprint: Option<String>,
        /// Of this kind.
        #[arg(long, conflicts_with = "fingerprint")]
        kind: Option<String>,
        /// Not older than this, for example 2d.
        #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "fingerprint")]
        since: Option<Duration>,
        /// Replayed and discarded ones, too.
        #[arg(long, conflicts_with = "fingerprint")]
        all: bool,
        /// Those that follow this one in the list.
        #[arg(long, value_name = "ID", value_parser = job_id)]
        after: Option<JobId>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Hear nothing of a group for a while, whatever dies.
    Snooze {
        /// The group.
        fingerprint: String,
        /// For so long, for example 2h.
        #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
        time: Duration,
        #[command(flatten)]
        by: Signature,
    },
    /// Say who sees to a group; an empty name: nobody.
    Assign {
        /// The group.
        fingerprint: String,
        /// Who.
        #[arg(long)]
        to: String,
        #[command(flatten)]
        by: Signature,
    },
    /// Say what is known of a group; an empty text: nothing.
    Note {
        /// The group.
        fingerprint: String,
        /// What.
        #[arg(long)]
        text: String,
        #[command(flatten)]
        by: Signature,
    },
    /// Say that a group's cause is gone; the next death of it opens the group again.
    Resolve {
        /// The group.
        fingerprint: String,
        #[command(flatten)]
        by: Signature,
    },
    /// Set a letter, or a group's open letters, aside. They can be taken back.
    Discard {
        /// A letter's id, or a group's fingerprint.
        what: What,
        #[command(flatten)]
        by: Signature,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Take back a letter, or a group's letters, that were set aside.
    Restore {
        /// A letter's id, or a group's fingerprint.
        what: What,
        #[command(flatten)]
        by: Signature,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Change a letter's arguments before it is replayed; the old ones are kept.
    Edit {
        /// Its id.
        #[arg(value_parser = job_id)]
        id: JobId,
        /// A file with a JSON Patch (RFC 6902).
        #[arg(long, value_name = "FILE")]
        patch: PathBuf,
        #[command(flatten)]
        by: Signature,
    },
    /// Show one field of a letter's arguments that is not shown otherwise; that you looked is written down.
    Reveal {
        /// Its id.
        #[arg(value_parser = job_id)]
        id: JobId,
        /// Which: names of fields with dots between them.
        #[arg(long)]
        field: String,
        #[command(flatten)]
        by: Signature,
    },
    /// Make a new job of a letter, once. Many are `windlass replay`'s.
    Replay {
        /// Its id.
        #[arg(value_parser = job_id)]
        id: JobId,
        #[command(flatten)]
        by: Signature,
    },
}

/// A letter, or a group.
#[derive(Clone, Debug)]
pub(in crate::cli) enum What {
    /// A letter.
    Letter(JobId),
    /// A group, by its fingerprint.
    Group(String),
}

impl std::str::FromStr for What {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with('v') && text.contains(':') {
            return Ok(Self::Group(text.to_owned()));
        }
        job_id(text).map(Self::Letter).map_err(|_| {
            "no letter's id and no fingerprint; they look like 0199a2b4-… and v1:…: `windlass dead list`, `windlass dead \
             groups`"
                .to_owned()
        })
    }
}

pub(super) async fn run(host: &Host, command: DeadCommand) -> Result<(), CliError> {
    let connected = host.connect().await?;
    Migrations::engine().require(&connected.db).await?;
    let store = Store::new(connected.db.clone());
    match command {
        DeadCommand::Groups { queue, kind, state, all } => groups::list(host, &store, queue, kind, state, all).await,
        DeadCommand::Show { what: What::Group(fingerprint), sample } => {
            groups::show(host, &store, &fingerprint, sample).await
        }
        DeadCommand::Show { what: What::Letter(id), .. } => letters::show(host, &store, id).await,
        DeadCommand::List { fingerprint: Some(fingerprint), after, limit, .. } => {
            letters::list_of(host, &store, &fingerprint, after, limit).await
        }
        DeadCommand::List { fingerprint: None, kind, since, all, after, limit } => {
            letters::list(host, &store, (kind, since, all), after, limit).await
        }
        DeadCommand::Snooze { fingerprint, time, by } => {
            groups::say(host, &store, &fingerprint, groups::Say::Snooze(time), &by.by()).await
        }
        DeadCommand::Assign { fingerprint, to, by } => {
            groups::say(host, &store, &fingerprint, groups::Say::Assign(to), &by.by()).await
        }
        DeadCommand::Note { fingerprint, text, by } => {
            groups::say(host, &store, &fingerprint, groups::Say::Note(text), &by.by()).await
        }
        DeadCommand::Resolve { fingerprint, by } => {
            groups::say(host, &store, &fingerprint, groups::Say::Resolve, &by.by()).await
        }
        DeadCommand::Discard { what, by, yes } => set_aside(host, &store, what, true, &by.by(), yes).await,
        DeadCommand::Restore { what, by, yes } => set_aside(host, &store, what, false, &by.by(), yes).await,
        DeadCommand::Edit { id, patch, by } => letters::edit(host, &store, id, &patch, &by.by()).await,
        DeadCommand::Reveal { id, field, by } => letters::reveal(host, &store, id, &field, &by.by()).await,
        DeadCommand::Replay { id, by } => letters::replay(host, &store, id, &by.by()).await,
    }
}

async fn set_aside(host: &Host, store: &Store, what: What, discard: bool, by: &By, yes: bool) -> Result<(), CliError> {
    match what {
        What::Letter(id) => letters::set_aside(host, store, id, discard, by).await,
        What::Group(fingerprint) => groups::set_aside(host, store, &fingerprint, discard, by, yes).await,
    }
}
