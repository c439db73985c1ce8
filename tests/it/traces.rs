//! Traces at a collector: who enqueued a job and every attempt at it, each attempt a trace of its own with a link back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use prost::Message;
use windlass::http::{Caller, Role};

use crate::process::{Worker, post as post_to};
use crate::support::{database, token, until};

type Sent = Arc<Mutex<Vec<Bytes>>>;

/// A collector that keeps what it is sent.
async fn collector() -> (String, Sent) {
    let sent = Sent::default();
    let kept = Arc::clone(&sent);
    let keep = move |body: Bytes| async move { kept.lock().unwrap().push(body) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/traces", post(keep))).await.unwrap() });
    (address, sent)
}

fn spans(sent: &Sent) -> Vec<Span> {
    let requests: Vec<_> = sent.lock().unwrap().clone();
    let decoded = requests.into_iter().map(|body| ExportTraceServiceRequest::decode(body).unwrap());
    let scopes = decoded.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

fn attribute(span: &Span, name: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == name);
    match found.and_then(|attribute| attribute.value.as_ref()?.value.clone()) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{name} of {}: {other:?}", span.name),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_is_a_trace_of_its_own_linked_to_who_enqueued_the_job() {
    let database = database().await;
    let (address, sent) = collector().await;
    let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "100")];
    let (api, worker) = (Worker::api(&database.url(), &settings), Worker::start(&database.url(), &settings));
    let caller = Caller { name: "ana".to_owned(), role: Role::Enqueue, queues: None };
    let token = token(&database.store(), &caller, None).await.reveal();
    let headers = format!(
        "Authorization: Bearer {token}\r\nTraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
    );
    let job = r#"{"kind": "toy", "args": {"number": 1, "act": {"fail": 1}, "key": "a-secret-in-arguments"}}"#;
    let answer = post_to(&api.address("/v1"), "/v1/jobs", &headers, job);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let failed = "select count(*) from windlass.jobs where attempt = 1 and state = 'available'";
    until(database.pool(), failed, Duration::from_secs(20), |n| n == 1).await;
    sqlx::query("update windlass.jobs set scheduled_at = now()").execute(database.pool()).await.unwrap();
    until(database.pool(), "select count(*) from windlass.jobs", Duration::from_secs(20), |n| n == 0).await;
    // A process sends the rest when it ends.
    for process in [api, worker] {
        process.signal("TERM");
        assert!(process.wait().success());
    }

    let spans = spans(&sent);
    let of = |name: &str| spans.iter().filter(|span| span.name == name).collect::<Vec<_>>();
    let [enqueue] = of("enqueue")[..] else { panic!("{spans:#?}") };
    assert_eq!(enqueue.kind, SpanKind::Producer as i32);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    assert_eq!(hex(&enqueue.trace_id), "0af7651916cd43dd8448eb211c80319c", "under who asked for it");
    assert_eq!(hex(&enqueue.parent_span_id), "b7ad6b7169203331");
    let mut attempts = of("attempt");
    attempts.sort_by_key(|span| span.start_time_unix_nano);
    assert_eq!(attempts.len(), 2, "{spans:#?}");
    for (number, (span, outcome)) in attempts.iter().zip(["retry", "completed"]).enumerate() {
        assert_eq!((span.kind, span.parent_span_id.len()), (SpanKind::Consumer as i32, 0), "{span:#?}");
        assert_ne!(span.trace_id, enqueue.trace_id);
        let [link] = &span.links[..] else { panic!("{span:#?}") };
        assert_eq!((&link.trace_id, &link.span_id), (&enqueue.trace_id, &enqueue.span_id));
        let attributes = ["queue", "kind", "attempt", "outcome"].map(|name| attribute(span, name));
        assert_eq!(attributes, ["toys", "toy", &(number + 1).to_string(), outcome]);
    }
    assert_ne!(attempts[0].trace_id, attempts[1].trace_id);
    assert!(!format!("{spans:?}").contains("secret"), "{spans:#?}");
}
