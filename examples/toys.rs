//! An application of toy jobs: what the engine's own crash tests run as real worker processes.

use std::process::ExitCode;

use sqlx::PgPool;
use windlass::Registry;
use windlass::cli::{Application, CliError};
use windlass::store::Migrations;
use windlass::testing::toys;

struct Toys;

impl Application for Toys {
    type Deps = ();

    fn registry(&self) -> Registry<()> {
        toys::registry()
    }

    async fn deps(&self, _: &PgPool) -> Result<(), CliError> {
        Ok(())
    }

    fn migrations(&self) -> Vec<Migrations> {
        vec![toys::migrations()]
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    windlass::cli::main(Toys).await
}
