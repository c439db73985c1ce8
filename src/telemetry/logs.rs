//! Logs: one line an event on standard error, so that standard output stays the program's answer.

use std::io::IsTerminal;

use serde::{Deserialize, Serialize};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Whether a text is a filter.
pub(crate) fn is_filter(text: &str) -> bool {
    EnvFilter::try_new(text).is_ok()
}

/// Starts logging at `filter` (for example `info` or `windlass=debug,info`). A second start changes nothing.
///
/// # Errors
///
/// The filter does not parse, the text says where; or no collector of traces can be sent to.
pub fn start_logs(filter: &str, format: LogFormat) -> Result<(), String> {
    // sqlx logs each statement's text; sqlx's own rows and arguments never are.
    let filter = EnvFilter::try_new(format!("sqlx=warn,{filter}")).map_err(|error| error.to_string())?;
    let json = match format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    // A line that cannot be written is nothing to end a worker for.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let lines = if json {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    } else {
        lines.with_target(false).compact().boxed()
    };
    let all = tracing_subscriber::registry().with(filter).with(lines);
    #[cfg(feature = "otlp")]
    let all = all.with(super::traces::layer().map_err(|error| format!("OTEL_EXPORTER_OTLP_ENDPOINT: {error}"))?);
    let _already_started = all.try_init();
    Ok(())
}
