//! `windlass multipliers`: what each archetype is expected to bring for what it costs. Look at the versions, set one, take one
//! into use.

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::json;
use windlass::cli::{CliError, Host, table};

use super::calibrations::{Version, activate, list, set_multipliers};
use super::{Archetype, Multipliers};

/// The command's name.
pub(crate) const NAME: &str = "multipliers";
/// How many versions a list shows.
const LISTED: i64 = 20;

/// Of each archetype, in their order.
const FLAGS: [&str; 5] = ["fast-learner", "specialist", "power-user", "long-term-retainer", "generalist"];

/// The command line.
pub(crate) fn command() -> Command {
    let said = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).required(true).help(help)
    };
    let by = || said("by", "NAME", "Who does it");
    let each = FLAGS.map(|flag| said(flag, "NUMBER", "Value by cost, above 0").value_parser(value_parser!(f64)));
    Command::new(NAME)
        .about("What each archetype is expected to bring for what it costs")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("list").about("The versions, the newest first"))
        .subcommand(
            Command::new("set")
                .about("Add a version and take it into use; what has been published keeps its own")
                .args(each)
                .args([by(), said("why", "REASON", "What for")]),
        )
        .subcommand(
            Command::new("activate")
                .about("Take a version into use, as one that a calibration has left to a person")
                .arg(
                    Arg::new("number")
                        .value_name("VERSION")
                        .required(true)
                        .value_parser(value_parser!(i32))
                        .help("Its number"),
                )
                .arg(by()),
        )
}

/// Runs a command.
pub(crate) async fn run(args: &ArgMatches, host: &Host) -> Result<(), CliError> {
    let terminal = host.terminal();
    let Some((name, args)) = args.subcommand() else {
        return Err(CliError::usage("say what to do: windlass multipliers --help lists it"));
    };
    let said = |name: &str| args.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    if name == "list" {
        let connected = host.connect().await?;
        return terminal.answer(&list(&connected.db, LISTED).await?, |all| shown(all));
    }
    let version = if name == "set" {
        let values = FLAGS.map(|flag| args.get_one::<f64>(flag).copied().unwrap_or_default());
        let multipliers = Multipliers::new(values).map_err(|bad| CliError::usage(bad.to_string()))?;
        let connected = host.connect().await?;
        let mut tx = connected.db.begin().await?;
        let version = set_multipliers(&mut tx, &multipliers, said("by"), said("why")).await?;
        tx.commit().await?;
        version
    } else {
        let version = args.get_one::<i32>("number").copied().unwrap_or_default();
        let connected = host.connect().await?;
        let mut tx = connected.db.begin().await?;
        activate(&mut tx, version, said("by")).await?;
        tx.commit().await?;
        version
    };
    terminal.answer(&json!({ "version": version, "active": true }), |_| format!("version {version} is in use"))
}

fn shown(all: &[Version]) -> String {
    let names = Archetype::ALL.map(Archetype::as_str);
    let head = ["version", "in use"].into_iter().chain(names).chain(["of the window to", "made so by", "why"]);
    let rows = all.iter().map(|one| {
        let own = [one.version.to_string(), if one.active { "yes" } else { "" }.to_owned()];
        let window = one.win_end.map(|end| end.format("%Y-%m-%d").to_string()).unwrap_or_default();
        let rest = [window, one.activated_by.clone().unwrap_or_default(), one.why.clone()];
        own.into_iter().chain(one.multipliers.iter().map(|value| format!("{value:.3}"))).chain(rest).collect()
    });
    table(&head.collect::<Vec<_>>(), rows)
}
