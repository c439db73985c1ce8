//! Traces: who enqueued a job and who ran it are two traces, and the second is linked to the first by the job's `traceparent`
//! (W3C). A link and not a parent: a job may run hours later, and more than once. Nothing is sent unless
//! `OTEL_EXPORTER_OTLP_ENDPOINT` says where to; the other `OTEL_…` variables hold too.

use std::collections::HashMap;
use std::sync::OnceLock;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

const TRACEPARENT: &str = "traceparent";

/// What sends spans, once somebody wants them.
static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Where spans go: nowhere, unless a collector is named. An error is told by its text.
pub(super) fn layer<S>() -> Result<Option<impl Layer<S> + Send + Sync>, String>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let named = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !named("OTEL_EXPORTER_OTLP_ENDPOINT") && !named("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
        return Ok(None);
    }
    // Whoever installed one before has the say.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exporter =
        opentelemetry_otlp::SpanExporter::builder().with_http().build().map_err(|error| error.to_string())?;
    let resource = Resource::builder();
    let resource = if named("OTEL_SERVICE_NAME") { resource } else { resource.with_service_name("windlass") };
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build();
    let tracer = provider.tracer("windlass");
    let _ = PROVIDER.set(provider);
    let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false);
    // Spans of ours, and no log lines in them: those have a place of their own.
    Ok(Some(layer.with_filter(filter_fn(|of| of.is_span() && of.target().starts_with("windlass")))))
}

/// Sends what has not been sent; waits for a few seconds at most. Not to be called on a runtime's thread.
pub(crate) fn stop_traces() {
    if let Some(Err(error)) = PROVIDER.get().map(SdkTracerProvider::shutdown) {
        tracing::warn!(%error, "failed to send the last traces");
    }
}

/// Puts a span that enqueues under who asked for it, if that is known; answers with what its jobs are to carry.
pub(crate) fn enqueueing(span: &Span, asked_by: Option<&str>) -> Option<String> {
    PROVIDER.get()?;
    if let Some(asked_by) = asked_by {
        // A span that nobody collects has no place to be put in.
        let _ = span.set_parent(remote(asked_by)?);
    }
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.remove(TRACEPARENT)
}

/// Links the span of an attempt to who enqueued the job.
pub(crate) fn attempting(span: &Span, traceparent: Option<&str>) {
    if PROVIDER.get().is_some()
        && let Some(context) = traceparent.and_then(remote)
    {
        span.add_link(context.span().span_context().clone());
    }
}

/// Says on an attempt's span how it ended, to collectors only: no line of the log is written after that, and the log would format the
/// whole span anew for it.
pub(crate) fn attempted(span: &Span, outcome: &'static str) {
    if PROVIDER.get().is_some() {
        span.record("outcome", outcome);
    }
}

/// Somebody else's context; none if the text is none.
fn remote(traceparent: &str) -> Option<Context> {
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    context.span().span_context().is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_traceparent_links_to_nothing() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let id = |context: Context| context.span().span_context().trace_id().to_string();
        assert_eq!(remote(good).map(id).unwrap(), "0af7651916cd43dd8448eb211c80319c");
        for wrong in ["", "00", "00-00000000000000000000000000000000-b7ad6b7169203331-01", &good[3..], "\u{1f6b2}"] {
            assert!(remote(wrong).is_none(), "{wrong}");
        }
    }
}
