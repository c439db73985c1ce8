//! `windlass dev`: everything in one process until Ctrl-C.

use super::worker::{expose, work};
use super::{Application, CliError, Host};

pub(super) async fn run<A: Application>(application: &A, host: &Host) -> Result<(), CliError> {
    let connected = host.connect().await?;
    host.migrate(&connected, application.migrations()).await?;
    let exposition = expose(host).await?;
    let terminal = host.terminal();
    terminal.say(format!("database  psql '{}'", connected.shown_url));
    if let Some(exposition) = &exposition {
        terminal.say(format!("metrics   http://{}/metrics", exposition.address()));
    }
    terminal.say("workers   running; Ctrl-C stops them");
    work(application, host, &connected, host.config().worker_options()).await
}
