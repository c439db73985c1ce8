//! An application of toy jobs: what the engine's own crash tests run as real worker processes.

use std::process::ExitCode;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use windlass::cli::{Application, CliError};
use windlass::store::Migrations;
use windlass::testing::toys;
use windlass::{Job, JobContext, JobError, Registry};

/// Blocks its thread, as no job should.
#[derive(Serialize, Deserialize)]
struct Blocking {}

impl Job for Blocking {
    const KIND: &'static str = "blocking";
    const QUEUE: &'static str = "blocking";
    type Deps = ();

    async fn run(&self, _: &JobContext<()>) -> Result<(), JobError> {
        std::thread::sleep(Duration::from_mins(2));
        Ok(())
    }
}

struct Toys;

impl Application for Toys {
    type Deps = ();

    fn registry(&self) -> Registry<()> {
        toys::registry().register::<Blocking>()
    }

    async fn deps(&self, _: &PgPool) -> Result<(), CliError> {
        Ok(())
    }

    fn migrations(&self) -> Vec<Migrations> {
        vec![toys::migrations()]
    }
}

fn main() -> ExitCode {
    windlass::cli::main(Toys)
}
