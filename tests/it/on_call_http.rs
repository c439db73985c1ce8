//! The same over HTTP: for tools, by tokens, each within its role and its queues.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt;
use windlass::Client;
use windlass::http::{Api, Caller, Role};
use windlass::testing::toys::{Act, Toy, open_gate, registry};
use windlass::testing::{Database, drain};

use crate::support::{database, token};

struct Door {
    router: Router,
    token: String,
}

impl Door {
    async fn of(database: &Database, role: Role, queues: Option<&[&str]>) -> Self {
        let queues = queues.map(|queues| queues.iter().map(|&queue| queue.to_owned()).collect());
        let caller = Caller { name: "ana".to_owned(), role, queues };
        let token = token(&database.store(), &caller, None).await.reveal();
        Self { router: Api::new(database.pool().clone(), 8).router(), token }
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        self.ask_with(method, path, body, None).await
    }

    async fn ask_with(&self, method: &str, path: &str, body: Value, tag: Option<&str>) -> (StatusCode, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header("x-request-id", "r-1")
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(tag) = tag {
            request = request.header(header::IF_MATCH, tag);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let location = response.headers().get(header::LOCATION).cloned();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(status != StatusCode::ACCEPTED || location.is_some(), "long work says where it is to be seen");
        (status, serde_json::from_slice(&bytes).unwrap())
    }
}

async fn die(database: &Database, count: i64, cause: &str) {
    let client = Client::new(database.pool().clone());
    let jobs = (0..count).map(|number| Toy::new(number, Act::NeedGate(cause.to_owned())));
    client.enqueue_many(database.pool(), jobs).await.unwrap();
    drain(&database.store(), &registry(), ()).await.unwrap();
}

#[tokio::test]
async fn a_group_is_seen_said_something_of_and_replayed() {
    let database = database().await;
    die(&database, 3, "air").await;
    let door = Door::of(&database, Role::Operate, None).await;
    let (status, groups) = door.ask("GET", "/v1/dead-letters/groups?state=open&kind=toy", json!({})).await;
    assert_eq!((status, &groups[0]["open"], &groups[0]["trend"][23]), (StatusCode::OK, &json!(3), &json!(3)));
    let group = format!("/v1/dead-letters/groups/{}", groups[0]["fingerprint"].as_str().unwrap());
    for (verb, body) in [
        ("assign", json!({"to": "ben", "why": "knows it"})),
        ("note", json!({"text": "ask", "why": "so"})),
        ("snooze", json!({"until": "2099-01-01T00:00:00Z", "why": "later"})),
        ("resolve", json!({"why": "mended"})),
    ] {
        assert_eq!(door.ask("POST", &format!("{group}:{verb}"), body).await.0, StatusCode::OK, "{verb}");
    }
    let (_, seen) = door.ask("GET", &group, json!({})).await;
    assert_eq!((&seen[0]["state"], &seen[0]["assignee"]), (&json!("resolved"), &json!("ben")));

    let (_, page) = door.ask("GET", "/v1/dead-letters?limit=2", json!({})).await;
    let next = page["next"].as_str().unwrap();
    let (_, rest) = door.ask("GET", &format!("/v1/dead-letters?limit=2&after={next}"), json!({})).await;
    assert_eq!((page["letters"].as_array().unwrap().len(), rest["letters"].as_array().unwrap().len()), (2, 1));
    let letter = format!("/v1/dead-letters/{}", rest["letters"][0]["id"].as_str().unwrap());
    let (_, seen) = door.ask("GET", &letter, json!({})).await;
    assert_eq!((&seen["args"]["act"], &seen["attempts"][0]["attempt"]), (&json!("object of 1"), &json!(1)));
    let edit = json!({"patch": [{"op": "replace", "path": "/number", "value": 9}], "why": "wrong"});
    let (status, _) = door.ask("PATCH", &letter, edit.clone()).await;
    assert_eq!(status, StatusCode::PRECONDITION_REQUIRED);
    let (status, seen) = door.ask_with("PATCH", &letter, edit.clone(), Some("\"0\"")).await;
    assert_eq!((status, &seen["args"]["number"], &seen["edits"]), (StatusCode::OK, &json!(9), &json!(1)));
    let (status, _) = door.ask_with("PATCH", &letter, edit, Some("\"0\"")).await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED);
    let (_, value) =
        door.ask("POST", &format!("{letter}:reveal"), json!({"field": "act.need_gate", "why": "to know"})).await;
    assert_eq!(value["value"], "air");
    for (verb, changed) in [("discard", true), ("discard", false), ("restore", true)] {
        let (_, done) = door.ask("POST", &format!("{letter}:{verb}"), json!({"why": "w"})).await;
        assert_eq!(done["changed"], changed, "{verb}");
    }

    let plan = json!({"filter": {"kind": "toy"}, "why": "mended"});
    let (status, plan) = door.ask("POST", "/v1/replays", plan).await;
    assert_eq!((status, &plan["letters"], &plan["kinds"][0]["letters"]), (StatusCode::CREATED, &json!(3), &json!(3)));
    let replay = format!("/v1/replays/{}", plan["id"].as_str().unwrap());
    open_gate(database.pool()).await.unwrap();
    let start = json!({"pace": {"canary": 1, "rate": 1000, "concurrency": 10, "stop_share": 0.5}, "why": "mended"});
    assert_eq!(door.ask("POST", &format!("{replay}:start"), start.clone()).await.0, StatusCode::ACCEPTED);
    let (status, wrong) = door.ask("POST", &format!("{replay}:start"), start).await;
    assert_eq!((status, &wrong["type"]), (StatusCode::CONFLICT, &json!("urn:windlass:problem:state")));
    let id = plan["id"].as_str().unwrap().parse().unwrap();
    for _ in 0..100 {
        database.store().step_replay(id).await.unwrap();
        drain(&database.store(), &registry(), ()).await.unwrap();
        if door.ask("GET", &replay, json!({})).await.1["state"] == "done" {
            break;
        }
    }
    let (_, items) = door.ask("GET", &format!("{replay}/items?state=succeeded"), json!({})).await;
    assert_eq!(items.as_array().unwrap().len(), 3);
    let (_, audit) = door.ask("GET", "/v1/audit?actor=ana", json!({})).await;
    let entries = audit["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 4 + 1 + 1 + 2 + 2, "every change, and nothing else");
    assert!(entries.iter().all(|entry| entry["role"] == "operate" && entry["request"] == "r-1"), "{audit}");
}

#[tokio::test]
async fn who_may_look_may_not_touch_and_nobody_reaches_past_their_queues() {
    let database = database().await;
    die(&database, 2, "air").await;
    let operator = Door::of(&database, Role::Operate, None).await;
    let reader = Door::of(&database, Role::Read, None).await;
    let elsewhere = Door::of(&database, Role::Admin, Some(&["hasty"])).await;
    let (_, groups) = reader.ask("GET", "/v1/dead-letters/groups", json!({})).await;
    let group = format!("/v1/dead-letters/groups/{}", groups[0]["fingerprint"].as_str().unwrap());
    let letter = format!("/v1/dead-letters/{}", groups[0]["sample"].as_str().unwrap());
    let (_, replay) = operator.ask("POST", "/v1/replays", json!({"why": "w"})).await;
    let replay = format!("/v1/replays/{}", replay["id"].as_str().unwrap());
    for (path, body) in [
        (format!("{group}:resolve"), json!({"why": "w"})),
        (format!("{group}:discard"), json!({"why": "w"})),
        (format!("{letter}:replay"), json!({"why": "w"})),
        (format!("{letter}:reveal"), json!({"field": "number", "why": "w"})),
        ("/v1/replays".to_owned(), json!({"why": "w"})),
        (format!("{replay}:start"), json!({"why": "w"})),
    ] {
        assert_eq!(reader.ask("POST", &path, body.clone()).await.0, StatusCode::FORBIDDEN, "{path}");
        let (status, answer) = elsewhere.ask("POST", &path, body).await;
        let none = path == "/v1/replays" && answer["letters"] == 0;
        let refused = matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND);
        assert!(refused || none, "{path}: {status} {answer}");
    }
    assert_eq!(reader.ask("GET", "/v1/audit", json!({})).await.0, StatusCode::FORBIDDEN);
    assert_eq!(elsewhere.ask("GET", &letter, json!({})).await.0, StatusCode::FORBIDDEN);
    assert_eq!(elsewhere.ask("GET", &replay, json!({})).await.0, StatusCode::FORBIDDEN);
    assert_eq!(elsewhere.ask("GET", "/v1/dead-letters", json!({})).await.1["letters"], json!([]));
    let (_, listed) = elsewhere.ask("GET", "/v1/replays", json!({})).await;
    assert_eq!(listed["replays"].as_array().unwrap().len(), 1, "its own empty one");

    for (method, path, body, status) in [
        ("POST", format!("{group}:explode"), json!({"why": "w"}), StatusCode::METHOD_NOT_ALLOWED),
        ("POST", group.clone(), json!({"why": "w"}), StatusCode::METHOD_NOT_ALLOWED),
        ("POST", "/v1/dead-letters/1".to_owned(), json!({"why": "w"}), StatusCode::METHOD_NOT_ALLOWED),
        ("POST", "/v1/replays/1:explode".to_owned(), json!({"why": "w"}), StatusCode::METHOD_NOT_ALLOWED),
        ("POST", format!("{group}:resolve"), json!({}), StatusCode::BAD_REQUEST),
        ("POST", format!("{group}:resolve"), json!({"why": "  "}), StatusCode::UNPROCESSABLE_ENTITY),
        (
            "POST",
            format!("{group}:note"),
            json!({"text": "x".repeat(5000), "why": "w"}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        ("POST", "/v1/dead-letters/groups/v1:none:resolve".to_owned(), json!({"why": "w"}), StatusCode::NOT_FOUND),
        ("GET", "/v1/dead-letters/nonsense".to_owned(), json!({}), StatusCode::BAD_REQUEST),
        ("GET", "/v1/dead-letters?after=x".to_owned(), json!({}), StatusCode::BAD_REQUEST),
        ("GET", "/v1/dead-letters?limit=0".to_owned(), json!({}), StatusCode::BAD_REQUEST),
        (
            "POST",
            "/v1/replays".to_owned(),
            json!({"filter": {"queue": "no"}, "why": "w"}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        ("POST", format!("{replay}:start"), json!({"pace": {"rate": 0}, "why": "w"}), StatusCode::UNPROCESSABLE_ENTITY),
        ("GET", format!("/v1/replays/{}", uuid::Uuid::now_v7()), json!({}), StatusCode::NOT_FOUND),
    ] {
        let (found, problem) = operator.ask(method, &path, body).await;
        assert_eq!(found, status, "{path}: {problem}");
        assert!(problem["type"].as_str().unwrap().starts_with("urn:windlass:problem:"), "{problem}");
    }
}
