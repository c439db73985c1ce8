//! `windlass worker`.

use rustix::process::{Pid, getpriority_process, setpriority_process};
use tokio_util::sync::CancellationToken;

use super::args::WorkerArgs;
use super::stop::stop_signal;
use super::suspects::isolation;
use super::{Application, CliError, Connected, Host};
use crate::model::WorkerOptions;
use crate::store::{Migrations, Store};
use crate::telemetry::Exposition;
use crate::worker::WorkerPool;

pub(super) async fn run<A: Application>(application: &A, host: &Host, args: WorkerArgs) -> Result<(), CliError> {
    stand_back(host.config().worker.niceness);
    let connected = host.connect().await?;
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

/// Lets other processes of the machine go first: however much the jobs compute, an API and a database beside them answer.
fn stand_back(niceness: u8) {
    // Never further forward than whoever started it has put it.
    let niceness = getpriority_process(None).unwrap_or(0).max(niceness.into());
    // On Linux every thread has a priority of its own; those begun later have that of who began them.
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let threads = threads.filter_map(|thread| Pid::from_raw(thread.file_name().to_str()?.parse().ok()?)).map(Some);
    // Elsewhere the process has one: `None`.
    for thread in threads.chain([None]) {
        if let Err(error) = setpriority_process(thread, niceness) {
            tracing::warn!(%error, niceness, "failed to lower the priority");
        }
    }
    // Where Linux shares its time among sessions first, that holds within one only. What leads its own, as services do, speaks
    // for it. `make bench-api` measures what the API notices of busy workers.
    if std::fs::read_to_string("/proc/self/stat").is_ok_and(|stat| leads_its_session(&stat)) {
        let _there_is_no_such_thing = std::fs::write("/proc/self/autogroup", niceness.to_string());
    }
}

/// Whether the process of this `/proc/[pid]/stat` (proc(5)) does.
fn leads_its_session(stat: &str) -> bool {
    // The name stands in brackets and may hold spaces and brackets itself. In a container the session may lead from outside;
    // its number is 0 then, which `getsid` of rustix 1.1 takes for impossible.
    let number = stat.split_whitespace().next();
    // State, parent and group stand before it.
    let session = stat.rsplit_once(')').and_then(|(_, fields)| fields.split_whitespace().nth(3));
    number.is_some() && number == session
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

#[cfg(test)]
mod tests {
    use super::leads_its_session;

    #[test]
    fn a_leader_of_a_session_is_known_by_its_number() {
        let stat = |number, session| format!("{number} (a (b) 7) S 1 42 {session} 0 -1 4194560 1");
        assert!(leads_its_session(&stat(42, 42)));
        assert!(!leads_its_session(&stat(43, 42)));
        assert!(!leads_its_session(&stat(43, 0)), "led from outside the container");
        assert!(!leads_its_session(""));
    }
}
