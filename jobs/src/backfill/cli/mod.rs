//! `windlass backfill`: plan, start, look, steer, take back.

mod args;
mod show;

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgMatches, Command};
use uuid::Uuid;
use windlass::cli::{CliError, Host};

use super::control;
use super::plan;
use super::resolve;
use super::state::State;

/// The command's name.
pub(crate) const NAME: &str = "backfill";
/// How often a watch looks.
const LOOK: Duration = Duration::from_millis(250);
/// How many runs a list shows.
const LISTED: i64 = 20;
/// How many rows that stayed behind.
const BEHIND: i64 = 100;

/// The command line.
pub(crate) fn command() -> Command {
    args::command(NAME)
}

/// Runs a command.
pub(crate) async fn run(args: &ArgMatches, host: &Host) -> Result<(), CliError> {
    let terminal = host.terminal();
    let Some((name, args)) = args.subcommand() else {
        return Err(CliError::usage("say what to do: windlass backfill --help lists it"));
    };
    let connected = host.connect().await?;
    let db = &connected.db;
    let run_id = || args.get_one::<Uuid>("run").copied().ok_or_else(|| CliError::usage("name a run"));
    match name {
        "plan" => {
            let plan = plan::plan(db, args::spec(args)?).await?;
            terminal.answer(plan.outline(), show::outline)
        }
        "start" => {
            let started = plan::plan(db, args::spec(args)?).await?.start(db).await?;
            terminal.answer(&started, show::started)?;
            if args.get_flag("watch") { watch(host, db, started.run_id).await } else { Ok(()) }
        }
        "status" => match args.get_one::<Uuid>("run") {
            Some(run_id) => terminal.answer(&control::status(db, *run_id).await?, show::status),
            None => terminal.answer(&control::list(db, LISTED).await?, |all| show::list(all)),
        },
        "watch" => watch(host, db, run_id()?).await,
        "report" => {
            let run_id = run_id()?;
            let status = control::status(db, run_id).await?;
            match control::report(db, run_id).await? {
                Some(report) => terminal.answer(&report, |report| show::report(&status, report)),
                None => Err(CliError::failed(format!(
                    "run {run_id} is {}: its rows have not been judged yet",
                    status.state
                ))),
            }
        }
        "pause" => steered(host, run_id()?, "paused", control::pause(db, run_id()?).await),
        "resume" => steered(host, run_id()?, "running", control::resume(db, run_id()?).await),
        "cancel" => steered(host, run_id()?, "cancelled", control::cancel(db, run_id()?).await),
        "revert" => steered(host, run_id()?, "reverted", control::revert(db, run_id()?).await),
        "quarantine" => {
            let after = args.get_one::<i64>("after").copied().unwrap_or_default();
            let rows = resolve::quarantine(db, run_id()?, after, BEHIND).await?;
            terminal.answer(&rows, |rows| show::quarantine(rows))
        }
        "resolve" => {
            let (Some(row), Some(path)) = (args.get_one::<i64>("row"), args.get_one::<PathBuf>("record")) else {
                return Err(CliError::usage("name a row and a record"));
            };
            let record = std::fs::read(path)
                .map_err(|error| CliError::failed(format!("failed to read {}: {error}", path.display())))?;
            let resolved = resolve::resolve(db, run_id()?, *row, &record).await?;
            terminal.answer(&resolved, |resolved| format!("row {row}: {}", show::resolved(*resolved)))
        }
        other => Err(CliError::usage(format!("unknown command {other:?}"))),
    }
}

fn steered(
    host: &Host,
    run_id: Uuid,
    state: &'static str,
    done: Result<(), control::ControlError>,
) -> Result<(), CliError> {
    done?;
    let answer = serde_json::json!({ "run_id": run_id, "state": state });
    host.terminal().answer(&answer, |_| format!("run {run_id} is {state}"))
}

/// Draws a bar until the run has ended, then says how. A run that failed is an error of this command too.
async fn watch(host: &Host, db: &sqlx::PgPool, run_id: Uuid) -> Result<(), CliError> {
    let terminal = host.terminal();
    let first = control::status(db, run_id).await?;
    let bar = terminal.bar(first.rows, "backfill");
    let last = loop {
        let status = control::status(db, run_id).await?;
        bar.set_position(status.rows_done);
        bar.set_message(show::message(&status));
        if status.state.is_final() {
            break status;
        }
        tokio::time::sleep(LOOK).await;
    };
    bar.finish_and_clear();
    terminal.answer(&last, show::status)?;
    match (last.state, last.failure) {
        (State::Failed, Some(why)) => Err(CliError::failed(format!("run {run_id} failed: {why}"))),
        _ => Ok(()),
    }
}
