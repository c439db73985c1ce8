//! The application, as the engine's command line takes it.

use clap::{ArgMatches, Command};
use sqlx::PgPool;
use windlass::Registry;
use windlass::cli::{Application, CliError, Host};
use windlass::http::Routes;
use windlass::store::Migrations;

use crate::backfill::cli as backfill;
use crate::control::ErasureKey;
use crate::demo;
use crate::deps::Deps;
use crate::http;
use crate::monthly_narrative::Narration;
use crate::monthly_narrative::prompt::cli as prompt;
use crate::roi_collection::cli as multipliers;

/// The five jobs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Jobs;

/// The migrations of the schema `insights`.
#[must_use]
pub fn migrations() -> Migrations {
    Migrations::new("insights", sqlx::migrate!("../migrations/insights"))
}

impl Application for Jobs {
    type Deps = Deps;

    fn registry(&self) -> Registry<Deps> {
        crate::registry()
    }

    async fn deps(&self, _: &PgPool) -> Result<Deps, CliError> {
        let narration = Narration::from_env().map_err(|error| CliError::usage(error.to_string()))?;
        Ok(Deps { narration })
    }

    fn migrations(&self) -> Vec<Migrations> {
        vec![migrations()]
    }

    fn routes(&self) -> Routes {
        http::routes(ErasureKey::from_env())
    }

    fn commands(&self) -> Vec<Command> {
        vec![demo::command(), backfill::command(), prompt::command(), multipliers::command()]
    }

    async fn run(&self, name: &str, args: &ArgMatches, host: &Host) -> Result<(), CliError> {
        match name {
            demo::NAME => Box::pin(demo::run(self, args, host)).await,
            backfill::NAME => backfill::run(args, host).await,
            prompt::NAME => prompt::run(args, host).await,
            multipliers::NAME => multipliers::run(args, host).await,
            other => Err(CliError::usage(format!("unknown command {other:?}"))),
        }
    }
}
