//! The kinds' arguments are published as JSON Schemas: what a job of ours says is let in, what no job could decode is refused before it
//! is stored, by Rust and over HTTP alike, and nothing of it is quoted.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;
use windlass::http::Api;
use windlass::model::{JobRequest, redacted};
use windlass::{Admission, AdmitError, Job};
use windlass_jobs::backfill::Step;
use windlass_jobs::{Backfill, MonthlyNarrative, PostSessionAnalysis, RoiCollection, WeeklyAggregation};

use crate::support::{database, number};

const AT: &str = "2026-01-05T00:30:00Z";

/// Arguments of every form that a job of ours has.
fn good() -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    let tick = AT.parse().unwrap();
    let mut written = |kind, job: Value| all.push((kind, job));
    written(PostSessionAnalysis::KIND, serde_json::to_value(PostSessionAnalysis::of(1, 2, 3)).unwrap());
    for job in [WeeklyAggregation::dispatch(tick), WeeklyAggregation::learners(tick)] {
        written(WeeklyAggregation::KIND, serde_json::to_value(job).unwrap());
    }
    written(MonthlyNarrative::KIND, serde_json::to_value(MonthlyNarrative::dispatch(tick)).unwrap());
    for chunk in [None, Some(7)] {
        written(
            Backfill::KIND,
            serde_json::to_value(Backfill::Step(Step { run_id: uuid::Uuid::now_v7(), chunk })).unwrap(),
        );
    }
    written(Backfill::KIND, serde_json::to_value(Backfill::dispatch(tick)).unwrap());
    let week = json!({"bucket": "2020-W53", "as_of": AT});
    for more in [
        json!({"scope": "spectrum", "key": -7}),
        json!({"scope": "spectrum", "key": null, "shard": {"from": 2000, "to": 3000}, "dirty_seq": i64::MIN}),
        json!({"scope": "learner", "shard": {"from": 0, "to": 10_000}, "step": "measure"}),
        json!({"scope": "learner", "shard": {"from": 0, "to": 10_000}, "step": "retain", "dirty_seq": null}),
        json!({"scope": "learner", "shard": {"from": 0, "to": 10_000}, "step": "classify"}),
        json!({"scope": "learner", "shard": {"from": 0, "to": 10_000}, "step": "forecast"}),
        json!({"scope": "global", "stage": "half_lives"}),
        json!({"scope": "global", "stage": "rank"}),
        json!({"scope": "global", "stage": "finish"}),
        json!({"scope": "global", "stage": "judge"}),
        json!({"scope": "cohort", "key": 3}),
    ] {
        written(WeeklyAggregation::KIND, merged(&week, &more));
    }
    let tell = json!({"subject_id": 1, "month": "2026-10", "dirty_seq": 1});
    written(MonthlyNarrative::KIND, tell.clone());
    written(
        MonthlyNarrative::KIND,
        merged(&tell, &json!({"criticality": "critical", "force": true, "prompt_revision": 2})),
    );
    for op in ["collect", "rollup", "calibrate", "ab_readout", "reconcile", "dispatch"] {
        let window = json!({"start": "2026-01-01", "end": AT});
        written(
            RoiCollection::KIND,
            json!({"op": op, "cohort_id": 1, "source": "books", "window": window, "experiment": null, "dirty_seq": 3}),
        );
    }
    all
}

/// A good one, and what is changed so that it is none.
fn bad() -> Vec<(&'static str, Value, Value)> {
    let analysis = || serde_json::to_value(PostSessionAnalysis::of(1, 2, 3)).unwrap();
    let spectrum = || json!({"scope": "spectrum", "key": 7, "bucket": "2026-W01", "as_of": AT});
    let tell = || json!({"subject_id": 1, "month": "2026-10", "dirty_seq": 1});
    let roi = || json!({"op": "rollup"});
    let chunk = || json!({"run_id": uuid::Uuid::nil(), "chunk": 1});
    vec![
        (PostSessionAnalysis::KIND, analysis(), json!({"subject_id": "a-secret"})),
        (PostSessionAnalysis::KIND, analysis(), json!({"analyzer": "a-secret"})),
        (PostSessionAnalysis::KIND, analysis(), json!({"text": "a-secret"})),
        (PostSessionAnalysis::KIND, analysis(), json!({"session_revision": 3_000_000_000_i64})),
        (WeeklyAggregation::KIND, spectrum(), json!({"bucket": "2026-W60"})),
        (WeeklyAggregation::KIND, spectrum(), json!({"key": null})),
        (WeeklyAggregation::KIND, spectrum(), json!({"shard": {"from": 0, "to": 1000}})),
        (WeeklyAggregation::KIND, spectrum(), json!({"as_of": "a-secret"})),
        (WeeklyAggregation::KIND, spectrum(), json!({"scope": "a-secret"})),
        (WeeklyAggregation::KIND, spectrum(), json!({"dirty_seq": 1.5})),
        (MonthlyNarrative::KIND, tell(), json!({"month": "2026-13"})),
        (MonthlyNarrative::KIND, tell(), json!({"criticality": "a-secret"})),
        (MonthlyNarrative::KIND, tell(), json!({"as_of": AT})),
        (RoiCollection::KIND, roi(), json!({"op": "a-secret"})),
        (RoiCollection::KIND, roi(), json!({"window": {"start": "2026-01-01"}})),
        (RoiCollection::KIND, roi(), json!({"window": {"start": "a-secret", "end": AT}})),
        (Backfill::KIND, chunk(), json!({"run_id": "a-secret"})),
        (Backfill::KIND, chunk(), json!({"chunk": -3_000_000_000_i64})),
    ]
}

fn merged(args: &Value, more: &Value) -> Value {
    let mut args = args.clone();
    args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    args
}

fn request(kind: &str, args: Value) -> JobRequest {
    JobRequest { kind: kind.to_owned(), args, ..JobRequest::default() }
}

#[tokio::test]
async fn every_form_of_arguments_is_let_in() {
    let database = database().await;
    let admission = Admission::new(database.store());
    for (kind, args) in good() {
        let decoded = windlass_jobs::registry().admit(kind, args.clone());
        assert!(decoded.is_ok(), "{kind} {args}: {:?}", decoded.err());
        let admitted = admission.admit(request(kind, args.clone())).await;
        assert!(admitted.is_ok(), "{kind} {args}: {}", admitted.unwrap_err());
    }
    let without = "select count(*) from windlass.kinds where args_schema is null";
    assert_eq!(number(database.pool(), without).await, 0, "each kind has a schema");
}

#[tokio::test]
async fn on_call_sees_of_arguments_all_but_whose_they_are() {
    for kind in windlass_jobs::registry().published_kinds() {
        let of_kind: Vec<Value> =
            good().into_iter().filter(|(name, _)| *name == kind.kind).map(|(_, args)| args).collect();
        let hidden = |field: &str| {
            let all = of_kind.iter().filter(|args| !args[field].is_null());
            all.clone().all(|args| redacted(args, kind.shown)[field] != args[field]) && all.count() > 0
        };
        let of_people: Vec<&str> = ["subject_id", "key"].into_iter().filter(|field| hidden(field)).collect();
        let expected: &[&str] = match kind.kind {
            "post_session_analysis" | "monthly_narrative" => &["subject_id"],
            "weekly_aggregation" => &["key"],
            _ => &[],
        };
        assert_eq!(of_people, expected, "{}", kind.kind);
        for field in kind.shown {
            let pointer = format!("/{}", field.replace('.', "/"));
            assert!(of_kind.iter().any(|args| args.pointer(&pointer).is_some()), "{}: no {field}", kind.kind);
        }
    }
}

#[tokio::test]
async fn what_no_job_could_decode_is_refused_before_it_is_stored() {
    let database = database().await;
    let admission = Admission::new(database.store());
    let door = Api::new(database.pool().clone(), 4).without_tokens().router();
    for (kind, good, change) in bad() {
        assert!(admission.admit(request(kind, good.clone())).await.is_ok(), "{kind} {good}");
        let args = merged(&good, &change);
        assert!(windlass_jobs::registry().admit(kind, args.clone()).is_err(), "{kind} {args} decodes");
        let refused = admission.admit(request(kind, args.clone())).await.unwrap_err();
        assert!(matches!(refused, AdmitError::BadArguments { .. }), "{kind} {args}: {refused}");
        assert!(!refused.to_string().contains("secret"), "{refused}");

        let body = json!({"kind": kind, "args": args}).to_string();
        let post = Request::post("/v1/jobs").header("content-type", "application/json").body(Body::from(body)).unwrap();
        let answer = door.clone().oneshot(post).await.unwrap();
        assert_eq!(answer.status().as_u16(), 422);
        let problem: Value = serde_json::from_slice(&to_bytes(answer.into_body(), usize::MAX).await.unwrap()).unwrap();
        assert_eq!(problem["type"], "urn:windlass:problem:bad-arguments");
        assert!(!problem.to_string().contains("secret"), "{problem}");
    }
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 0);
}
