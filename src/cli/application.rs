//! What an application brings.

use std::future::Future;

use clap::{ArgMatches, Command};
use sqlx::PgPool;

use super::{CliError, Host};
use crate::http::Routes;
use crate::registry::Registry;
use crate::store::Migrations;

/// An application: its jobs, what they need, its tables, its own commands and routes.
pub trait Application: Send + Sync + 'static {
    /// What its jobs are handed.
    type Deps: Clone + Send + Sync + 'static;

    /// Its kinds.
    fn registry(&self) -> Registry<Self::Deps>;

    /// Makes what its jobs need: for a worker, and again for each child process in which a worker runs a suspect beside itself.
    ///
    /// # Errors
    ///
    /// Something they need is not to be had.
    fn deps(&self, db: &PgPool) -> impl Future<Output = Result<Self::Deps, CliError>> + Send;

    /// The migrations of its own schemas.
    fn migrations(&self) -> Vec<Migrations> {
        Vec::new()
    }

    /// Its own routes of the door over HTTP.
    fn routes(&self) -> Routes {
        Routes::default()
    }

    /// Its own commands.
    fn commands(&self) -> Vec<Command> {
        Vec::new()
    }

    /// Runs one of its own commands.
    ///
    /// # Errors
    ///
    /// The command's.
    fn run(&self, name: &str, args: &ArgMatches, host: &Host) -> impl Future<Output = Result<(), CliError>> + Send {
        let _ = (args, host);
        let name = name.to_owned();
        async move { Err(CliError::usage(format!("unknown command {name:?}"))) }
    }
}
