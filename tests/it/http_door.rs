//! Enqueueing over HTTP: the same answers as from Rust and SQL, and problems that programs can tell apart.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;
use windlass::dead_letters::By;
use windlass::http::{Api, Caller, Role};
use windlass::store::AuditFilter;
use windlass::testing::toys::{Act, Toy, registry};
use windlass::testing::{Database, drain};
use windlass::{Client, JobExt};

use crate::support::{database, number, token};

/// The door, open to everybody.
fn open(database: &Database) -> Router {
    Api::new(database.pool().clone(), 8).without_tokens().router()
}

fn post(path: &str, body: impl Into<Body>, headers: &[(&str, &str)]) -> Request<Body> {
    let request = Request::post(path).header("content-type", "application/json");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(body.into()).unwrap()
}

async fn answer(router: &Router, request: Request<Body>) -> (StatusCode, Value) {
    let response: Response<Body> = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind.contains("problem"), !status.is_success(), "{status} {kind}");
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes))))
}

fn toy(number: i64) -> Value {
    serde_json::to_value(Toy::new(number, Act::Succeed)).unwrap()
}

#[tokio::test]
async fn a_job_from_http_runs_and_its_key_is_one_with_that_of_rust() {
    let database = database().await;
    let door = open(&database);
    let job = json!({"kind": "toy", "args": toy(1), "key": "k", "priority": 2}).to_string();
    let (status, made) = answer(&door, post("/v1/jobs", job.clone(), &[])).await;
    assert_eq!((status, &made["created"]), (StatusCode::CREATED, &json!(true)));
    let (status, again) = answer(&door, post("/v1/jobs", job, &[])).await;
    assert_eq!((status, &again["id"], &again["standing"]), (StatusCode::OK, &made["id"], &json!("available")));
    let other = json!({"kind": "toy", "args": toy(2), "key": "k"}).to_string();
    let (status, problem) = answer(&door, post("/v1/jobs", other, &[])).await;
    assert_eq!((status, &problem["job"]), (StatusCode::CONFLICT, &made["id"]));
    assert_eq!(problem["type"], "urn:windlass:problem:key-conflict");

    let client = Client::new(database.pool().clone());
    let by_rust = client.enqueue(database.pool(), Toy::new(1, Act::Succeed).unique("k")).await.unwrap();
    assert_eq!(by_rust.id().to_string(), made["id"]);
    let path = format!("/v1/jobs/{}", by_rust.id());
    let (_, seen) = answer(&door, Request::get(&path).body(Body::empty()).unwrap()).await;
    assert_eq!((&seen["state"], &seen["queue"], seen.get("args")), (&json!("available"), &json!("toys"), None));
    drain(&database.store(), &registry(), ()).await.unwrap();
    let (_, seen) = answer(&door, Request::get(&path).body(Body::empty()).unwrap()).await;
    assert_eq!(seen["state"], "completed");
}

#[tokio::test]
async fn an_idempotency_key_has_one_answer_and_one_body() {
    let database = database().await;
    let door = open(&database);
    let send = |body: Value| {
        let (door, body) = (door.clone(), body.to_string());
        async move { answer(&door, post("/v1/jobs", body, &[("Idempotency-Key", "a-b-c")])).await }
    };
    let first = send(json!({"kind": "toy", "args": toy(1)})).await;
    assert_eq!(first.0, StatusCode::CREATED);
    assert_eq!(send(json!({"kind": "toy", "args": toy(1)})).await, first, "the same answer");
    let (status, problem) = send(json!({"kind": "toy", "args": toy(1), "priority": 1})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["type"], "urn:windlass:problem:idempotency-key-reused");
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 1);

    // While another transaction is at the same key, the answer is that; not a long wait.
    let mut tx = database.pool().begin().await.unwrap();
    let unsettled = Toy::new(7, Act::Succeed).unique("http:busy");
    Client::new(database.pool().clone()).enqueue(&mut *tx, unsettled).await.unwrap();
    let body = json!({"kind": "toy", "args": toy(7)}).to_string();
    let impatient = {
        let pool = sqlx::postgres::PgPoolOptions::new().after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::Executor::execute(connection, "set lock_timeout = '100ms'").await?;
                Ok(())
            })
        });
        Api::new(pool.connect(&database.url()).await.unwrap(), 8).without_tokens().router()
    };
    let (status, problem) = answer(&impatient, post("/v1/jobs", body, &[("Idempotency-Key", "busy")])).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("urn:windlass:problem:in-flight")));
}

#[tokio::test]
async fn what_is_wrong_is_told_by_a_type_that_stays_and_is_never_a_500() {
    let database = database().await;
    let door = open(&database);
    let job = |more: Value| {
        let mut job = json!({"kind": "toy", "args": toy(1)});
        job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        job.to_string()
    };
    let deep = format!(r#"{{"kind": "toy", "args": {}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let cases = [
        (String::from("{"), 400, "malformed"),
        (String::from(r#"{"kind": "toy", "kind": "toy"}"#), 400, "malformed"),
        (String::from(r#"{"kind": "toy", "args": {"a": "\ud800"}}"#), 400, "malformed"),
        (deep, 400, "malformed"),
        (job(json!({"kay": "k"})), 400, "malformed"),
        (job(json!({"kind": "tpy"})), 422, "unknown-kind"),
        (job(json!({"key": ""})), 422, "refused"),
        (job(json!({"key": "x".repeat(10_000)})), 422, "refused"),
        (job(json!({"args": {"x": "\0"}})), 422, "refused"),
        (job(json!({"args": "x".repeat(65_535)})), 422, "refused"),
        (job(json!({"priority": 9})), 422, "refused"),
        (job(json!({"args": "x".repeat(300_000)})), 413, "too-large"),
    ];
    for (body, status, name) in cases {
        let shown: String = body.chars().take(80).collect();
        let (found, problem) = answer(&door, post("/v1/jobs", body, &[])).await;
        assert_eq!(found.as_u16(), status, "{shown}: {problem}");
        assert_eq!(problem["type"], format!("urn:windlass:problem:{name}"), "{shown}: {problem}");
    }
    let (status, _) = answer(&door, Request::post("/v1/jobs").body(Body::from("{}")).unwrap()).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let (status, _) = answer(&door, Request::get("/v1/nothing").body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = answer(&door, Request::delete("/v1/jobs").body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    let (status, _) = answer(&door, Request::get("/v1/jobs/%ff").body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 0);
}

#[tokio::test]
async fn a_batch_is_all_or_nothing_or_each_for_itself() {
    let database = database().await;
    let door = open(&database);
    let jobs: Vec<Value> = (0..9_999).map(|n| json!({"kind": "toy", "args": toy(n)})).collect();
    let mut wrong = jobs.clone();
    wrong.push(json!({"kind": "toy", "args": toy(1), "priority": 9}));
    let body = json!({"jobs": wrong}).to_string();
    let (status, problem) = answer(&door, post("/v1/jobs:batch", body.clone(), &[])).await;
    assert_eq!((status, &problem["place"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(10_000)));
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 0);
    let (status, answered) = answer(&door, post("/v1/jobs:batch?partial=true", body, &[])).await;
    assert_eq!((status, answered["results"].as_array().unwrap().len()), (StatusCode::OK, 10_000));
    assert_eq!(answered["results"][9_999]["type"], "urn:windlass:problem:refused");
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 9_999);

    let lines: Vec<String> = jobs.iter().take(3).map(Value::to_string).collect();
    let request = Request::post("/v1/jobs:batch").header("content-type", "application/x-ndjson");
    let (status, answered) = answer(&door, request.body(Body::from(lines.join("\n"))).unwrap()).await;
    assert_eq!((status, answered["results"].as_array().unwrap().len()), (StatusCode::OK, 3));
    let too_many: Vec<Value> = (0..10_001).map(|_| json!({})).collect();
    let (status, _) = answer(&door, post("/v1/jobs:batch", json!({"jobs": too_many}).to_string(), &[])).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    // A conflict undoes the whole.
    let conflict = json!({"jobs": [
        {"kind": "toy", "args": toy(1), "key": "k"}, {"kind": "toy", "args": toy(1)}, {"kind": "toy", "args": toy(2), "key": "k"}
    ]});
    let before = number(database.pool(), "select count(*) from windlass.jobs").await;
    let (status, problem) = answer(&door, post("/v1/jobs:batch", conflict.to_string(), &[])).await;
    assert_eq!((status, &problem["place"]), (StatusCode::CONFLICT, &json!(3)));
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, before);
}

#[tokio::test]
async fn each_job_of_a_batch_is_read_for_itself() {
    let database = database().await;
    let door = open(&database);
    let good = json!({"kind": "toy", "args": toy(1)}).to_string();
    let lines =
        [good.as_str(), "{", r#"{"kind": "toy", "kind": "toy"}"#, r#"{"kind": "toy", "args": "\ud800"}"#].join("\n");
    let stream = |path: &str| {
        let request = Request::post(path).header("content-type", "application/x-ndjson");
        answer(&door, request.body(Body::from(lines.clone())).unwrap())
    };
    let (status, answered) = stream("/v1/jobs:batch?partial=true").await;
    assert_eq!((status, &answered["results"][0]["created"]), (StatusCode::OK, &json!(true)), "{answered}");
    for place in 1..4 {
        let problem = &answered["results"][place];
        assert_eq!((&problem["status"], &problem["place"]), (&json!(400), &json!(place + 1)), "{answered}");
    }
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 1);
    let (status, problem) = stream("/v1/jobs:batch").await;
    assert_eq!((status, &problem["place"]), (StatusCode::BAD_REQUEST, &json!(2)));
    // A field twice is as malformed in a batch as alone.
    let twice = format!(r#"{{"jobs": [{good}, {{"kind": "toy", "kind": "toy"}}]}}"#);
    let (status, problem) = answer(&door, post("/v1/jobs:batch", twice, &[])).await;
    assert_eq!((status, &problem["place"]), (StatusCode::BAD_REQUEST, &json!(2)));
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 1);
}

/// The answers to jobs that all wait at once for the table, which nobody may write meanwhile.
async fn at_once(database: &Database, numbers: std::ops::Range<i64>) -> Vec<(StatusCode, Value)> {
    let places = usize::try_from(numbers.end - numbers.start).unwrap();
    let door = Api::new(database.pool().clone(), places).without_tokens().router();
    // Now what is published is known: who has a place waits for nothing but the table.
    let unknown = json!({"kind": "unknown", "args": {}}).to_string();
    assert!(answer(&door, post("/v1/jobs", unknown, &[])).await.0.is_client_error());
    let mut lock = database.pool().begin().await.unwrap();
    sqlx::query("lock table windlass.jobs in share mode").execute(&mut *lock).await.unwrap();
    let enqueue = |number| {
        let (door, body) = (door.clone(), json!({"kind": "toy", "args": toy(number)}).to_string());
        tokio::spawn(async move {
            loop {
                let answered = answer(&door, post("/v1/jobs", body.clone(), &[])).await;
                // The place was taken by who looks whether all are taken.
                if answered.0 != StatusCode::SERVICE_UNAVAILABLE {
                    return answered;
                }
            }
        })
    };
    let asked: Vec<_> = numbers.map(enqueue).collect();
    while answer(&door, Request::get("/v1/kinds").body(Body::empty()).unwrap()).await.0 == StatusCode::OK {
        tokio::task::yield_now().await;
    }
    lock.commit().await.unwrap();
    let mut answers = Vec::new();
    for one in asked {
        answers.push(one.await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_come_together_share_a_commit_and_not_each_others_fate() {
    let database = database().await;
    let answers = at_once(&database, 10..30).await;
    assert!(
        answers.iter().all(|(status, made)| *status == StatusCode::CREATED && made["created"] == true),
        "{answers:?}"
    );
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 20);
    let commits = number(database.pool(), "select count(distinct xmin::text) from windlass.jobs").await;
    assert!(commits <= 6, "20 requests took {commits} commits");

    let refuse = "alter table windlass.jobs add check ((args ->> 'number')::integer <> 7)";
    sqlx::query(refuse).execute(database.pool()).await.unwrap();
    for (number, (status, said)) in at_once(&database, 0..10).await.into_iter().enumerate() {
        assert_eq!(status.as_u16(), if number == 7 { 500 } else { 201 }, "{number}: {said}");
    }
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 29);
}

#[tokio::test]
async fn a_token_opens_what_its_role_and_queues_say_and_no_more() {
    let database = database().await;
    let store = database.store();
    let door = Api::new(database.pool().clone(), 8).router();
    let make = |role, queues: Option<Vec<String>>| {
        let caller = Caller { name: "ana".to_owned(), role, queues };
        let store = store.clone();
        async move { token(&store, &caller, None).await }
    };
    let job = json!({"kind": "toy", "args": toy(1)}).to_string();
    let try_to = |token: Option<String>, path: &'static str, body: String| {
        let door = door.clone();
        async move {
            let bearer = token.map(|token| format!("Bearer {token}"));
            let headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
            answer(&door, post(path, body, &headers)).await.0.as_u16()
        }
    };
    assert_eq!(try_to(None, "/v1/jobs", job.clone()).await, 401);
    assert_eq!(try_to(Some("windlass_00_00".to_owned()), "/v1/jobs", job.clone()).await, 401);
    let read = make(Role::Read, None).await;
    assert_eq!(try_to(Some(read.reveal()), "/v1/jobs", job.clone()).await, 403);
    let elsewhere = make(Role::Enqueue, Some(vec!["hasty".to_owned()])).await;
    assert_eq!(try_to(Some(elsewhere.reveal()), "/v1/jobs", job.clone()).await, 403);
    let enqueue = make(Role::Enqueue, Some(vec!["toys".to_owned()])).await;
    assert_eq!(try_to(Some(enqueue.reveal()), "/v1/jobs", job.clone()).await, 201);
    let why = json!({"why": "a test"}).to_string();
    assert_eq!(try_to(Some(enqueue.reveal()), "/v1/queues/toys:pause", why.clone()).await, 403);
    let operate = make(Role::Operate, None).await;
    assert_eq!(try_to(Some(operate.reveal()), "/v1/queues/toys:pause", why.clone()).await, 200);
    assert_eq!(store.show_queues(Some("toys")).await.unwrap()[0].paused_by.as_deref(), Some("ana"));
    assert_eq!(try_to(Some(operate.reveal()), "/v1/queues/toys:resume", String::new()).await, 200);
    assert_eq!(try_to(Some(operate.reveal()), "/v1/queues/tyos:pause", why).await, 404);

    // Another's secret with a good id, an expired one and a revoked one are no tokens.
    let forged = format!("windlass_{}_{}", enqueue.id(), "0".repeat(64));
    assert_eq!(try_to(Some(forged), "/v1/jobs", job.clone()).await, 401);
    let caller = Caller { name: "ana".to_owned(), role: Role::Admin, queues: None };
    let past = Some(chrono::Utc::now() - chrono::TimeDelta::seconds(1));
    let expired = token(&store, &caller, past).await;
    assert_eq!(try_to(Some(expired.reveal()), "/v1/jobs", job.clone()).await, 401);
    let revoked = make(Role::Admin, None).await;
    assert!(store.revoke_token(revoked.id(), &By::new("tests", "for a test")).await.unwrap());
    assert_eq!(try_to(Some(revoked.reveal()), "/v1/jobs", job).await, 401);
    let filter = AuditFilter { target: Some(revoked.id().to_owned()), limit: 9, ..AuditFilter::default() };
    let written = store.audit(&filter).await.unwrap();
    let actions: Vec<&str> = written.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["token.revoke", "token.create"]);
    assert_eq!(written[1].after.as_ref().unwrap()["role"], "admin");
    let (written, secret) = (format!("{written:?}"), revoked.reveal());
    assert!(!written.contains(secret.rsplit('_').next().unwrap()), "no secret is written down");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_more_than_there_are_connections_is_told_at_once() {
    let database = database().await;
    let door = Api::new(database.pool().clone(), 1).without_tokens().router();
    let mut tx = database.pool().begin().await.unwrap();
    let client = Client::new(database.pool().clone());
    client.enqueue(&mut *tx, Toy::new(1, Act::Succeed).unique("k")).await.unwrap();
    // It waits for the transaction's end, and so does not end.
    let same = json!({"kind": "toy", "args": toy(1), "key": "k"}).to_string();
    let waiting = tokio::spawn({
        let door = door.clone();
        async move { answer(&door, post("/v1/jobs", same, &[])).await.0 }
    });
    let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    crate::support::until(database.pool(), waits, std::time::Duration::from_secs(5), |n| n == 1).await;
    let (status, problem) = answer(&door, Request::get("/v1/kinds").body(Body::empty()).unwrap()).await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("urn:windlass:problem:overloaded"))
    );
    assert_eq!(answer(&door, Request::get("/healthz").body(Body::empty()).unwrap()).await.0, StatusCode::OK);
    tx.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap(), StatusCode::OK);
}

#[test]
fn the_contract_stands_in_the_repository() {
    let committed = crate::order::read("openapi.json");
    assert_eq!(committed, windlass::http::openapi(), "run `make contract`");
}
