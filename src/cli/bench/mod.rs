//! `windlass bench`.

mod answer;
mod args;
mod goals;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::stop::stop_signal;
use super::suspects::{again, program};
use super::{CliError, Host};
use crate::bench::{Bench, BenchError, Ground, Machine, Program, Rounds, Work, verdicts, work};
use crate::telemetry::Exposition;
use answer::Answer;
pub(super) use args::BenchCommand;
use args::WorkArgs;

/// How long it may take to stop the worker processes and to drop the database.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) async fn run(host: &Host, command: BenchCommand) -> Result<(), CliError> {
    if let BenchCommand::Work(WorkArgs { jobs, slots, held, queues }) = command {
        let connected = host.connect().await?;
        return Ok(work(connected.db, Work { jobs, slots, held, queues }, host.config().worker_options()).await?);
    }
    let stop = stop_signal(PATIENCE, CancellationToken::new()).await?;
    let ground = Ground::on(host.server()?, &host.private_root()).await?;
    let program = Program { path: program()?, args: again(host, &["bench", "work"]) };
    let bar = host.terminal().bar(1, "bench");
    bar.enable_steady_tick(Duration::from_millis(250));
    let bench = Bench { ground, program, bar };
    let rounds = command.rounds();
    let measured = tokio::select! {
        measured = measure(&bench, &rounds, &command) => measured.map_err(CliError::from),
        () = stop => Err(CliError::failed("stopped before there was a figure")),
    };
    bench.bar.finish_and_clear();
    // What was measured stands, or why not; that the database could not be dropped comes after that.
    let cleared = bench.ground.clear().await;
    if let Err(error) = cleared {
        tracing::warn!(%error, database = bench.ground.name(), "failed to drop the bench's database; drop it yourself");
    }
    host.terminal().answer(&measured?, Answer::text)
}

async fn measure(bench: &Bench, all: &[Rounds], command: &BenchCommand) -> Result<Answer, BenchError> {
    // Telemetry costs producers what it costs.
    let _exposition = Exposition::start("127.0.0.1:0", &[]).await?;
    let mut figures = bench.measure(all).await?;
    let goals = match command {
        BenchCommand::Goals(args) => {
            args.add_peers(&mut figures);
            Some(verdicts(&figures))
        }
        _ => None,
    };
    Ok(Answer {
        windlass: env!("CARGO_PKG_VERSION"),
        machine: Machine::here(),
        postgres: bench.ground.about().await?,
        database: bench.ground.name().to_owned(),
        figures,
        goals,
    })
}
