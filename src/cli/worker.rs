//! `windlass worker`.

use tokio_util::sync::CancellationToken;

use super::args::WorkerArgs;
use super::stand_back::stand_back;
use super::stop::stop_signal;
use super::suspects::isolation;
use super::{Application, CliError, Connected, Host};
use crate::model::WorkerOptions;
use crate::store::{Migrations, Store};
use crate::telemetry::Exposition;
use crate::worker::WorkerPool;

pub(super) async fn run<A: Application>(application: &A, host: &Host, args: WorkerArgs) -> Result<(), CliError> {
    let connected = host.connect().await?;
    // Only now: a private Postgres that this has started does not.
    stand_back(host.config().worker.niceness);
    for migrations in std::iter::once(Migrations::engine()).chain(application.migrations()) {
        migrations.require(&connected.db).await?;
    }
    let mut options = host.config().worker_options();
    options.revision = args.revision;
    if !args.queues.is_empty() {
        options.queues = args.queues;
    }
    let _exposition = expose(application, &host.config().telemetry.metrics_address).await?;
    work(application, host, &connected, options).await
}

/// Serves `/metrics` if it is configured.
pub(super) async fn expose<A: Application>(application: &A, address: &str) -> Result<Option<Exposition>, CliError> {
    if address.is_empty() {
        return Ok(None);
    }
    let own = application.registry().own_instruments().map_or(&[][..], |own| own.metrics);
    Ok(Some(Exposition::start(address, own).await?))
}

/// Runs a pool until a signal.
pub(super) async fn work<A: Application>(
    application: &A,
    host: &Host,
    connected: &Connected,
    mut options: WorkerOptions,
) -> Result<(), CliError> {
    options.isolation = Some(isolation(host, connected)?);
    let deps = application.deps(&connected.db).await?;
    let hurry = CancellationToken::new();
    let stop = stop_signal(options.shutdown, hurry.clone()).await?;
    let registry = host.registry(application)?;
    let mut pool = WorkerPool::new(Store::new(connected.db.clone()), registry, deps).options(options).hurry(hurry);
    if let Some(direct) = &connected.direct {
        pool = pool.listen_at(direct.clone());
    }
    Ok(pool.run(stop).await?)
}
