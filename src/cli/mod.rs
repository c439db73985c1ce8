//! The doors for a terminal. Generic over the jobs: `main` belongs to whoever brings them.

mod application;
mod args;
mod config;
mod dead;
mod dev;
mod doctor;
mod enqueue;
mod error;
mod host;
mod jobs;
mod migrate;
mod schedule;
mod terminal;
mod worker;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

pub use application::Application;
pub use error::CliError;
pub use host::{Connected, Host};
pub use terminal::{Terminal, facts, table};

use args::{Cli, Command};

/// Runs the program: the engine's commands and the application's own.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage.
pub async fn main<A: Application>(application: A) -> ExitCode {
    let own = application.commands();
    let own_names: Vec<String> = own.iter().map(|command| command.get_name().to_owned()).collect();
    let matches = match Cli::command().subcommands(own).try_get_matches() {
        Ok(matches) => matches,
        // Help and version are answers, and go to standard output with 0.
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let json = matches.get_flag("json");
    let run = async {
        let host = Host::new(&matches)?;
        crate::worker::hide_panic_messages();
        match matches.subcommand() {
            Some((name, args)) if own_names.iter().any(|own| own == name) => application.run(name, args, &host).await,
            _ => {
                let cli = Cli::from_arg_matches(&matches).map_err(|error| CliError::usage(error.to_string()))?;
                dispatch(&application, &host, cli.command).await
            }
        }
    };
    match run.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::report(&error, json);
            ExitCode::from(error.exit_code())
        }
    }
}

async fn dispatch<A: Application>(application: &A, host: &Host, command: Command) -> Result<(), CliError> {
    match command {
        Command::Dev => dev::run(application, host).await,
        Command::Worker(args) => worker::run(application, host, args).await,
        Command::Migrate => migrate::run(application, host).await,
        Command::Enqueue(args) => enqueue::run(application, host, args).await,
        Command::Jobs(args) => jobs::run(host, args).await,
        Command::Dead(args) => dead::run(host, args).await,
        Command::Schedule(args) => schedule::run(application, host, args).await,
        Command::Config(args) => config::run(application, host, &args),
        Command::Doctor => doctor::run(application, host).await,
    }
}
