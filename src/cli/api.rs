//! `windlass api`: the door over HTTP, in a process of its own.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::stop::stop_signal;
use super::worker::expose;
use super::{Application, CliError, Connected, Host};
use crate::http::{Api, Routes};
use crate::ops::Pages;
use crate::store::{Migrations, Pooling, limit_session};
use crate::telemetry;

/// Nothing that the API asks takes long; what waits for the same key waits no longer than a caller would.
const STATEMENT: &str = "5s";
const LOCK: &str = "1s";
/// Beside one for each request: for wake-ups, and for what a request looks up while it holds another.
const MORE: u32 = 4;
/// How long requests that are under way may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub(super) struct ApiArgs {
    /// Let in whoever can reach it, without a token.
    #[arg(long)]
    insecure: bool,
    /// Print the contract (`OpenAPI`), and end.
    #[arg(long)]
    contract: bool,
}

pub(super) async fn run<A: Application>(application: &A, host: &Host, args: ApiArgs) -> Result<(), CliError> {
    if args.contract {
        let contract = application.routes().openapi();
        let value: serde_json::Value = serde_json::from_str(&contract)?;
        return host.terminal().answer(&value, |_| contract.trim_end().to_owned());
    }
    let connected = host.connect().await?;
    for migrations in std::iter::once(Migrations::engine()).chain(application.migrations()) {
        migrations.require(&connected.db).await?;
    }
    let stop = stop_signal(PATIENCE, CancellationToken::new()).await?;
    let _exposition = expose(application, &host.config().api.metrics_address).await?;
    start_at_zero(application)?;
    let server = Server::bind(host).await?;
    tracing::info!(address = %server.address, "serving /v1 and /ops on {}", server.address);
    if args.insecure {
        tracing::warn!("--insecure: whoever can reach this may do everything");
    }
    server.serve(host, &connected, application.routes(), args.insecure, stop).await
}

/// Brings what this process counts into being at zero: a first failure must be an increase, not an appearance.
fn start_at_zero<A: Application>(application: &A) -> Result<(), CliError> {
    telemetry::enqueues_start_at_zero(application.registry().kinds().map(|kind| (kind.queue, kind.name)));
    let contract: serde_json::Value = serde_json::from_str(&application.routes().openapi())?;
    let paths = contract["paths"].as_object().into_iter().flatten();
    let routes = paths.flat_map(|(path, methods)| {
        methods.as_object().into_iter().flatten().map(move |(method, _)| (path.as_str(), method.as_str()))
    });
    telemetry::requests_start_at_zero(routes);
    Ok(())
}

/// A listener that is not served yet.
pub(super) struct Server {
    listener: TcpListener,
    pub(super) address: SocketAddr,
}

impl Server {
    pub(super) async fn bind(host: &Host) -> Result<Self, CliError> {
        let address = &host.config().api.address;
        let failed = |error| CliError::failed(format!("failed to listen on {address}: {error}; set api.address"));
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Serves until `stop` resolves, and what is under way then to its end.
    pub(super) async fn serve(
        self,
        host: &Host,
        connected: &Connected,
        own: Routes,
        insecure: bool,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), CliError> {
        let most = host.config().api.connections;
        let pool = PgPoolOptions::new().max_connections(most + MORE).acquire_timeout(Duration::from_secs(1));
        let pool = match connected.pooling {
            Pooling::Own => pool.after_connect(|connection, _| Box::pin(limit_session(connection, STATEMENT, LOCK))),
            Pooling::Shared => pool,
        };
        let db = pool.connect_lazy_with((*connected.db.connect_options()).clone());
        let api = Api::new(db, most as usize);
        let api = if insecure { api.without_tokens() } else { api };
        let pages = Pages::new(api.clone()).with_trace_url(&host.config().api.trace_url);
        let router = pages.router().merge(api.router_with(own));
        Ok(axum::serve(self.listener, router).with_graceful_shutdown(stop).await?)
    }
}
