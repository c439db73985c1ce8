//! `windlass prompt`: look at the prompts of the models, add a revision, take one into use.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::json;
use windlass::cli::{CliError, Host, table};

use super::{Revision, activate, add, list};

/// The command's name.
pub(crate) const NAME: &str = "prompt";

/// The command line.
pub(crate) fn command() -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).required(true).help(help)
    };
    let name = || Arg::new("name").value_name("NAME").required(true).help("The prompt, for example monthly");
    let by = || text("by", "NAME", "Who does it");
    let why = || text("why", "REASON", "What for");
    Command::new(NAME)
        .about("Look at the models' prompts, add a revision, take one into use")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("list").about("All revisions, the newest first"))
        .subcommand(
            Command::new("add")
                .about("Add a revision; it is a draft until it is activated, and is never changed")
                .arg(name())
                .arg(
                    text("file", "FILE", "The template, with {contract} where the data go")
                        .value_parser(value_parser!(PathBuf)),
                )
                .args([by(), why()]),
        )
        .subcommand(
            Command::new("activate")
                .about("Tell months by this revision from here on; an older one brings the old words back")
                .arg(name())
                .arg(Arg::new("revision").required(true).value_parser(value_parser!(i32).range(1..)).help("Its number"))
                .args([by(), why()]),
        )
}

/// Runs a command.
pub(crate) async fn run(args: &ArgMatches, host: &Host) -> Result<(), CliError> {
    let terminal = host.terminal();
    let Some((name, args)) = args.subcommand() else {
        return Err(CliError::usage("say what to do: windlass prompt --help lists it"));
    };
    let said = |name: &str| args.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    if name == "list" {
        let connected = host.connect().await?;
        return terminal.answer(&list(&connected.db).await?, |all| shown(all));
    }
    let (prompt, by, why) = (said("name"), said("by"), said("why"));
    if name == "add" {
        let file = args.get_one::<PathBuf>("file").ok_or_else(|| CliError::usage("name a --file"))?;
        let template = std::fs::read_to_string(file)
            .map_err(|error| CliError::failed(format!("failed to read {}: {error}", file.display())))?;
        let connected = host.connect().await?;
        let revision = add(&connected.db, prompt, template.trim_end(), by, why).await?;
        return terminal.answer(&json!({ "name": prompt, "revision": revision, "status": "draft" }), |_| {
            format!("added {prompt} {revision}; `windlass prompt activate {prompt} {revision}` takes it into use")
        });
    }
    let revision = args.get_one::<i32>("revision").copied().unwrap_or_default();
    let connected = host.connect().await?;
    let new = activate(&connected.db, prompt, revision, by, why).await?;
    terminal.answer(&json!({ "name": prompt, "revision": revision, "status": "active", "changed": new }), |_| {
        format!("{prompt} {revision} is {}in use", if new { "" } else { "already " })
    })
}

fn shown(all: &[Revision]) -> String {
    table(
        &["prompt", "revision", "status", "by", "note", "added", "in use since", "made so by", "what for"],
        all.iter().map(|one| {
            let instant = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M").to_string();
            vec![
                one.name.clone(),
                one.revision.to_string(),
                one.status.clone(),
                one.author.clone(),
                one.note.clone(),
                instant(one.created_at),
                one.activated_at.map(instant).unwrap_or_default(),
                one.activated_by.clone().unwrap_or_default(),
                one.why.clone().unwrap_or_default(),
            ]
        }),
    )
}
