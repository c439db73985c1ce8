//! The doors for a terminal. Generic over the jobs: `main` belongs to whoever brings them.

mod api;
mod application;
mod args;
mod audit;
mod bench;
mod config;
mod dead;
mod dev;
mod doctor;
mod enqueue;
mod error;
mod host;
mod jobs;
mod migrate;
mod queue;
mod replay;
mod run_suspect;
mod schedule;
mod stand_back;
mod stop;
mod suspects;
mod terminal;
mod token;
mod top;
mod worker;

use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches};

pub use application::Application;
pub use error::CliError;
pub use host::{Connected, Host};
pub use terminal::{Terminal, facts, table};

use args::{Cli, Command};

/// How long a thread that something blocks may hold up the end of the process.
const BLOCKED: Duration = Duration::from_secs(1);

/// Runs the program: the engine's commands and the application's own. It brings the runtime.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not confirmed, 4 done in part.
pub fn main<A: Application>(application: A) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal::report(&error.into(), false);
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run(application));
    #[cfg(feature = "otlp")]
    crate::telemetry::stop_traces();
    // Dropping it would wait for every blocked thread: for ever, if need be.
    runtime.shutdown_timeout(BLOCKED);
    code
}

async fn run<A: Application>(application: A) -> ExitCode {
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
        Command::Api(args) => api::run(application, host, args).await,
        Command::Token(args) => token::run(host, args).await,
        Command::Top(args) => top::run(host, args).await,
        Command::Migrate => migrate::run(application, host).await,
        Command::Enqueue(args) => enqueue::run(application, host, args).await,
        Command::Jobs(args) => jobs::run(host, args).await,
        Command::Queue(args) => queue::run(host, args).await,
        Command::Kind(args) => queue::run_kind(host, args).await,
        Command::Dead(args) => dead::run(host, args).await,
        Command::Replay(args) => replay::run(host, args).await,
        Command::Audit(args) => audit::run(host, args).await,
        Command::Schedule(args) => schedule::run(application, host, args).await,
        Command::Config(args) => config::run(application, host, &args),
        Command::Bench(command) => bench::run(host, command).await,
        Command::RunSuspect => run_suspect::run(application, host).await,
        Command::Doctor => doctor::run(application, host).await,
    }
}
