//! `windlass demo`: a newcomer's first minute. Conversations go in, each is closed by its producer's ordinary transaction, the
//! workers analyse them, and the results stand in Postgres and in files.

mod inputs;
mod load;
mod report;
mod rows;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, Command, value_parser};
use sqlx::PgPool;
use tokio::sync::oneshot;
use windlass::cli::{Application, CliError, Host};
use windlass::{Client, Job, JobId, Store, WorkerPool};

pub use inputs::{Conversation, InputError, Inputs, Said};
pub use load::{Loaded, load};

use crate::post_session_analysis::{PostSessionAnalysis, read_results};
use crate::sessions;

/// The command's name.
pub(crate) const NAME: &str = "demo";
/// How many producers close sessions at once.
const PRODUCERS: usize = 4;
/// How often it is asked whether anything is left.
const LOOK: Duration = Duration::from_millis(50);

/// The command line.
pub(crate) fn command() -> Command {
    let folder = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("DIR").value_parser(value_parser!(PathBuf)).help(help)
    };
    Command::new(NAME)
        .about("Run the jobs on a folder of conversations and show what comes out")
        .arg(folder("inputs", "sessions.csv, users.csv and turns.jsonl, or reviews_turns.jsonl; a sample if absent"))
        .arg(folder("out", "Write the results here as files"))
}

/// Runs the demo.
pub(crate) async fn run<A: Application>(application: &A, args: &ArgMatches, host: &Host) -> Result<(), CliError> {
    let terminal = host.terminal();
    // Everything is read and checked before anything is written.
    let inputs = match args.get_one::<PathBuf>("inputs") {
        Some(folder) => Inputs::read(folder)?,
        None => Inputs::sample()?,
    };
    if let Some(out) = args.get_one::<PathBuf>("out") {
        std::fs::create_dir_all(out)
            .map_err(|error| CliError::failed(format!("failed to make the folder {}: {error}", out.display())))?;
    }
    terminal.say("starting Postgres …");
    let connected = host.connect().await?;
    let db = &connected.db;
    host.migrate(&connected, application.migrations()).await?;

    let started = Instant::now();
    let loaded = load(db, &inputs, terminal).await?;
    let loading = started.elapsed();

    let started = Instant::now();
    let jobs = analyse(application, host, db, &loaded).await?;
    let analysing = started.elapsed();

    let outcomes = Store::new(db.clone()).outcomes(&jobs).await?;
    let results = read_results(db, &loaded.source).await?;
    if let Some(out) = args.get_one::<PathBuf>("out") {
        rows::write(out, &inputs, &results)
            .map_err(|error| CliError::failed(format!("failed to write into {}: {error}", out.display())))?;
    }
    let report = report::Report::new(&inputs, &results, &outcomes, loading, analysing, &connected.shown_url);
    terminal.answer(&report, report::Report::text)?;
    match report.dead() {
        0 => Ok(()),
        dead => Err(CliError::failed(format!("{dead} job(s) died: `windlass dead list` says why"))),
    }
}

/// Closes every conversation while the workers run, and ends when all of their jobs have. Answers the jobs.
async fn analyse<A: Application>(
    application: &A,
    host: &Host,
    db: &PgPool,
    loaded: &Loaded,
) -> Result<Vec<JobId>, CliError> {
    let store = Store::new(db.clone());
    let deps = application.deps(db).await?;
    let bar = host.terminal().bar(loaded.sessions.len() as u64, "analysing");
    let pool = WorkerPool::new(store.clone(), application.registry(), deps).options(host.config().worker_options());
    let (closed, all_closed) = oneshot::channel::<Vec<JobId>>();
    let until_ended = {
        let bar = bar.clone();
        async move {
            // The closing has failed where there is no answer; then there is nothing to wait for.
            if let Ok(jobs) = all_closed.await {
                wait_for(&store, &jobs, &bar).await;
            }
        }
    };
    let (jobs, ran) = tokio::join!(
        async {
            let jobs = close_all(db, loaded).await?;
            // Nobody waits where the workers did not start.
            let _ = closed.send(jobs.clone());
            Ok::<_, sessions::CloseError>(jobs)
        },
        pool.run(until_ended)
    );
    bar.finish_and_clear();
    ran?;
    Ok(jobs?)
}

async fn close_all(db: &PgPool, loaded: &Loaded) -> Result<Vec<JobId>, sessions::CloseError> {
    let client = Client::new(db.clone());
    let all = Arc::new(loaded.sessions.clone());
    let mut producers = tokio::task::JoinSet::new();
    for producer in 0..PRODUCERS {
        let (db, client, all) = (db.clone(), client.clone(), Arc::clone(&all));
        producers.spawn(async move {
            let mut jobs = Vec::new();
            for session in all.iter().skip(producer).step_by(PRODUCERS) {
                let mut tx = db.begin().await?;
                let job =
                    sessions::close(&mut tx, &client, session.subject_id, session.session_id, session.ended_at).await?;
                client.commit(tx).await?;
                jobs.push(job.id());
            }
            Ok::<_, sessions::CloseError>(jobs)
        });
    }
    let mut jobs = Vec::new();
    for closed in producers.join_all().await {
        jobs.extend(closed?);
    }
    Ok(jobs)
}

/// Resolves when all of these jobs have ended.
async fn wait_for(store: &Store, jobs: &[JobId], bar: &indicatif::ProgressBar) {
    loop {
        match store.unended(PostSessionAnalysis::QUEUE, jobs).await {
            Ok(0) => return,
            Ok(left) => bar.set_position((jobs.len() as u64).saturating_sub(left.unsigned_abs())),
            Err(error) => tracing::warn!(%error, "failed to ask what is left"),
        }
        tokio::time::sleep(LOOK).await;
    }
}
