//! `windlass demo`: a newcomer's first minute. Conversations go in, each is closed by its producer's ordinary transaction, the
//! workers analyse and aggregate them, people have their wishes; learners, costs and claims are imported and their jobs run; and
//! the results stand in Postgres and in files.

mod cases;
mod claims;
mod file;
mod imports;
mod inputs;
pub mod learners;
mod load;
mod real;
mod report;
mod rest;
mod rows;
mod sample;
mod stages;
mod wait;
mod weeks;
mod wishes;

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Instant;

use clap::{Arg, ArgMatches, Command, value_parser};
use sqlx::PgPool;
use tokio::sync::oneshot;
use uuid::Uuid;
use windlass::cli::{Application, CliError, Host};
use windlass::{Store, WorkerPool};

pub use inputs::{Conversation, InputError, Inputs, Said};
pub use load::{Loaded, OpenSession, load};
pub use wishes::Wishes;

use crate::control::ErasureKey;
use cases::Cases;
use rest::{Learned, Rest};
use sample::Sample;
use stages::{Outcome, Stages};

/// The command's name.
pub(crate) const NAME: &str = "demo";

/// The command line.
pub(crate) fn command() -> Command {
    let folder = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("DIR").value_parser(value_parser!(PathBuf)).help(help)
    };
    Command::new(NAME)
        .about("Run the jobs on a folder of conversations and show what comes out")
        .arg(folder("inputs", "sessions.csv, users.csv and turns.jsonl, or reviews_turns.jsonl, and what else there is; a sample if absent"))
        .arg(folder("out", "Write the results here as files"))
}

/// Runs the demo.
pub(crate) async fn run<A: Application>(application: &A, args: &ArgMatches, host: &Host) -> Result<(), CliError> {
    let terminal = host.terminal();
    // Everything is read and checked before anything is written.
    let sample; // its files are read until the end
    let (inputs, rest, cases) = if let Some(folder) = args.get_one::<PathBuf>("inputs") {
        (Inputs::read(folder)?, Rest::read(folder)?, Cases::read(folder)?)
    } else {
        sample = Sample::write()?;
        (Inputs::sample()?, Rest::read(sample.folder())?.giving_way(), Cases::default())
    };
    let out = args.get_one::<PathBuf>("out").map(PathBuf::as_path);
    if let Some(out) = out {
        std::fs::create_dir_all(out)
            .map_err(|error| CliError::failed(format!("failed to make the folder {}: {error}", out.display())))?;
    }
    terminal.say("starting Postgres …");
    let connected = host.connect().await?;
    let db = &connected.db;
    host.migrate(&connected, application.migrations()).await?;
    rest.check(db).await?;

    let started = Instant::now();
    let loaded = load(db, &inputs, terminal).await?;
    let loading = started.elapsed();

    let started = Instant::now();
    let given = Given { inputs: &inputs, loaded: &loaded, rest: &rest, out };
    let (outcome, mut learned) = work(application, host, db, &given).await?;
    let working = started.elapsed();

    let jobs: Vec<_> = outcome.jobs.iter().chain(&learned.jobs).copied().collect();
    let outcomes = Store::new(db.clone()).outcomes(&jobs).await?;
    if let Some(out) = out {
        rows::write(out, &inputs, &outcome)
            .map_err(|error| CliError::failed(format!("failed to write into {}: {error}", out.display())))?;
        cases.write(out)?;
        if inputs.rated || learned.real.is_some() {
            let figures = learned.real.take().unwrap_or_default();
            let figures = figures.with_reviews(&inputs, &outcome);
            file::json(out, "summary.json", &figures)?;
            learned.real = Some(figures);
        }
    }
    let report = report::Report::new(&inputs, (&outcome, &learned), &outcomes, loading, working, &connected.shown_url);
    terminal.answer(&report, report::Report::text)?;
    match report.dead() {
        0 => Ok(()),
        dead => Err(CliError::failed(format!("{dead} job(s) died: `windlass dead list` says why"))),
    }
}

/// What the demo works on.
struct Given<'a> {
    inputs: &'a Inputs,
    loaded: &'a Loaded,
    rest: &'a Rest,
    out: Option<&'a Path>,
}

/// Goes through the demo's steps while the workers run.
async fn work<A: Application>(
    application: &A,
    host: &Host,
    db: &PgPool,
    given: &Given<'_>,
) -> Result<(Outcome, Learned), CliError> {
    let Given { inputs, loaded, rest, out } = *given;
    let deps = application.deps(db).await?;
    // Without a key of its own the demo's erasures cannot be told apart later, and need not be.
    let key = ErasureKey::from_env().or_else(|_| ErasureKey::new(Uuid::now_v7().as_bytes()))?;
    let bar = host.terminal().bar(loaded.sessions.len() as u64, "analysing");
    let (done, finished) = oneshot::channel::<()>();
    let pool = WorkerPool::new(Store::new(db.clone()), application.registry(), deps)
        .options(host.config().worker_options())
        .run(async {
            // The steps are over, well or not.
            let _ = finished.await;
        });
    let stages = Stages { db, inputs, loaded, key: &key, bar: &bar };
    let steps = async { Ok::<_, CliError>((stages.run().await?, rest.run(db, &bar, out).await?)) };
    let (mut pool, mut steps) = (pin!(pool), pin!(steps));
    let outcome = tokio::select! {
        outcome = &mut steps => {
            drop(done);
            pool.await?;
            outcome
        }
        ran = &mut pool => {
            ran?;
            Err(CliError::failed("the workers stopped before the demo's jobs had ended"))
        }
    };
    bar.finish_and_clear();
    outcome
}
