//! `windlass dev`: everything in one process until Ctrl-C.

use super::api::Server;
use super::worker::{expose, work};
use super::{Application, CliError, Host};

pub(super) async fn run<A: Application>(application: &A, host: &Host) -> Result<(), CliError> {
    let connected = host.connect().await?;
    host.migrate(&connected, application.migrations()).await?;
    let exposition = expose(application, &host.config().telemetry.metrics_address).await?;
    let terminal = host.terminal();
    terminal.say(format!("database  psql '{}'", connected.shown_url));
    if let Some(exposition) = &exposition {
        terminal.say(format!("metrics   http://{}/metrics", exposition.address()));
    }
    let server = Server::bind(host).await?;
    let address = server.address;
    if !address.ip().is_loopback() {
        return Err(CliError::failed(format!(
            "api.address is {address}: `dev` asks for no token, so it serves a loopback address only (`windlass api` asks)"
        )));
    }
    terminal.say(format!("api       http://{address}/v1/openapi.json"));
    terminal.say(format!("pages     http://{address}/ops"));
    terminal.say("workers   running; Ctrl-C stops them");
    let api = server.serve(host, &connected, application.routes(), true, std::future::pending());
    tokio::select! {
        worked = work(application, host, &connected, host.config().worker_options()) => worked,
        ended = api => ended,
    }
}
