//! `/metrics`, on a listener of its own.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics::{counter, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{ALL, BUILD, Metric, OVERFLOW, Type, describe_all};

/// How often histogram samples are folded into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);
/// Prometheus 3 refuses a scrape without it.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The process's metrics, served over HTTP until this is dropped.
#[derive(Debug)]
pub struct Exposition {
    address: SocketAddr,
    tasks: [JoinHandle<()>; 2],
}

/// Why no metrics are served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExpositionError {
    /// The recorder could not be made, or the process has one already.
    #[error("failed to set up the metrics recorder: {0}")]
    Recorder(String),
    /// The address cannot be listened on.
    #[error(
        "failed to listen on {address} for /metrics: {error}; set telemetry.metrics_address, or api.metrics_address for an API \
         (\"\" turns it off)"
    )]
    Listen {
        /// The address asked for.
        address: String,
        /// Why.
        error: std::io::Error,
    },
}

impl Exposition {
    /// Installs the process's recorder, for these metrics beside the engine's, and serves `/metrics` on `address`; port 0 takes
    /// any free one.
    ///
    /// # Errors
    ///
    /// [`ExpositionError`].
    pub async fn start(address: &str, own: &[Metric]) -> Result<Self, ExpositionError> {
        let handle = install(own)?;
        let failed = |error| ExpositionError::Listen { address: address.to_owned(), error };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let page = handle.clone();
        let process = metrics_process::Collector::default();
        process.collect();
        let scrape = move || async move {
            process.collect();
            ([(CONTENT_TYPE, FORMAT)], shown(&page.render()))
        };
        let routes = Router::new().route("/metrics", get(scrape));
        let serve = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "stopped serving metrics");
            }
        });
        let upkeep = tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                handle.run_upkeep();
            }
        });
        tracing::info!(%address, "serving /metrics on {address}");
        Ok(Self { address, tasks: [serve, upkeep] })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Exposition {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn install(own: &[Metric]) -> Result<PrometheusHandle, ExpositionError> {
    let failed = |error: &dyn std::fmt::Display| ExpositionError::Recorder(error.to_string());
    let mut builder = PrometheusBuilder::new();
    for metric in ALL.iter().chain(own) {
        if let Type::Histogram(buckets) = metric.kind {
            builder = builder
                .set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets)
                .map_err(|error| failed(&error))?;
        }
    }
    let handle = builder.install_recorder().map_err(|error| failed(&error))?;
    describe_all(ALL);
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    for label in ["queue", "kind"] {
        counter!(OVERFLOW, "label" => label).increment(0);
    }
    Ok(handle)
}

/// What is not said any more is left out: a gauge that was taken back holds no number.
fn shown(page: &str) -> String {
    let mut shown = String::with_capacity(page.len());
    for line in page.split_inclusive('\n').filter(|line| line.starts_with('#') || !line.trim_end().ends_with(" NaN")) {
        shown.push_str(line);
    }
    shown
}
