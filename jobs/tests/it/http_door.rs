//! The Spectrum over HTTP: what is asked for holds at once, a reader sees one person, a token opens what its role and queues say.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use windlass::dead_letters::By;
use windlass::http::{Api, Caller, Role, Token};
use windlass::testing::Database;
use windlass_jobs::MonthlyNarrative;
use windlass_jobs::demo::{Inputs, Loaded};
use windlass_jobs::http::routes;

use tower::ServiceExt;
use windlass::{Client, JobExt};

use crate::control::{key, settle};
use crate::support::{close, database, fixtures, loaded, number, run};

/// An answer: its status, headers and JSON.
struct Answer {
    status: StatusCode,
    tag: String,
    location: String,
    body: Value,
}

async fn ask(door: &Router, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request =
        headers.iter().fold(Request::builder().method(method), |request, (name, value)| request.header(*name, *value));
    let response = door.clone().oneshot(request.uri(path).body(Body::empty()).unwrap()).await.unwrap();
    let header = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let (status, tag, location, kind) = (response.status(), header("etag"), header("location"), header("content-type"));
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert_eq!(
        kind == "application/problem+json",
        status.is_client_error() || status.is_server_error(),
        "{status} {kind}"
    );
    Answer { status, tag, location, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
}

async fn get(door: &Router, path: &str) -> Answer {
    ask(door, Method::GET, path, &[]).await
}

/// People whose weeks are aggregated and whose months are told, and a door that is open to everybody.
async fn told() -> (Database, Loaded, Router) {
    let database = database().await;
    let loaded = loaded(database.pool(), &Inputs::read(&fixtures("open-a").join("inputs")).unwrap()).await;
    close(database.pool(), &loaded).await;
    settle(&database).await;
    narrate(&database, "first").await;
    let door = Api::new(database.pool().clone(), 8).without_tokens().router_with(routes(Ok(key())));
    (database, loaded, door)
}

async fn narrate(database: &Database, unique: &str) {
    let months = MonthlyNarrative::dispatch("2100-01-01T00:00:00Z".parse().unwrap()).unique(unique);
    Client::new(database.pool().clone()).enqueue(database.pool(), months).await.unwrap();
    run(database).await;
}

/// The month of a person that has a text.
async fn a_month(database: &Database, subject_id: i64) -> String {
    let month =
        "select to_char(max(month), 'YYYY-MM') from insights.insights where subject_id = $1 and status = 'published'";
    sqlx::query_scalar(month).bind(subject_id).fetch_one(database.pool()).await.unwrap()
}

#[tokio::test]
async fn weeks_come_in_pages_and_what_is_known_is_not_sent_again() {
    let (database, loaded, door) = told().await;
    let person = loaded.sessions[0].subject_id;
    let (mut path, mut seen) = (format!("/v1/people/{person}/weeks?limit=2"), Vec::new());
    loop {
        let page = get(&door, &path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        seen.extend(
            page.body["weeks"].as_array().unwrap().iter().map(|week| week["week"].as_str().unwrap().to_owned()),
        );
        let Some(before) = page.body["before"].as_str() else { break };
        path = format!("/v1/people/{person}/weeks?limit=2&before={before}");
    }
    assert!(seen.len() > 4 && seen.iter().rev().is_sorted(), "{seen:?}");
    let weeks = "select count(*) from insights.spectrum_weekly where subject_id = (select min(subject_id) from insights.sessions)";
    assert_eq!(number(database.pool(), weeks).await, i64::try_from(seen.len()).unwrap());

    let path = format!("/v1/people/{person}/months/{}", a_month(&database, person).await);
    let first = get(&door, &path).await;
    assert!(first.body["narrative"]["text"].as_str().unwrap().len() > 100, "{}", first.body);
    assert_eq!(first.body["spectrum"]["emotions"].as_object().unwrap().len(), 8);
    let again = ask(&door, Method::GET, &path, &[("if-none-match", &first.tag)]).await;
    assert_eq!((again.status, &again.tag, &again.body), (StatusCode::NOT_MODIFIED, &first.tag, &Value::Null));

    for (path, status) in [
        (format!("/v1/people/{person}/weeks?limit=0"), 400),
        (format!("/v1/people/{person}/weeks?before=2026-W60"), 400),
        (format!("/v1/people/{person}/weeks?after=2026-W10"), 400),
        (format!("/v1/people/{person}/months/2026-13"), 400),
        (format!("/v1/people/{person}/months/1999-01"), 404),
        ("/v1/people/me/weeks".to_owned(), 400),
        ("/v1/people/987654321/weeks".to_owned(), 404),
        ("/v1/erasures/987654321".to_owned(), 404),
    ] {
        assert_eq!(get(&door, &path).await.status.as_u16(), status, "{path}");
    }
}

#[tokio::test]
async fn an_exclusion_withdraws_the_text_at_once_and_an_inclusion_brings_it_back() {
    let (database, loaded, door) = told().await;
    let person = loaded.sessions[0].subject_id;
    let month = a_month(&database, person).await;
    let of_month = "select session_id from insights.sessions where subject_id = $1 and to_char(local_date, 'YYYY-MM') = $2 limit 1";
    let session: i64 = sqlx::query_scalar(of_month).bind(person).bind(&month).fetch_one(database.pool()).await.unwrap();
    let (read, path) =
        (format!("/v1/people/{person}/months/{month}"), format!("/v1/people/{person}/sessions/{session}/exclusion"));
    let before = get(&door, &read).await;

    let done = ask(&door, Method::PUT, &path, &[]).await;
    assert_eq!((done.status, done.body), (StatusCode::OK, json!({"excluded": true, "changed": true})));
    assert_eq!(ask(&door, Method::PUT, &path, &[]).await.body["changed"], false);
    let after = ask(&door, Method::GET, &read, &[("if-none-match", &before.tag)]).await;
    assert_eq!((after.status, after.body.get("narrative")), (StatusCode::OK, None));
    settle(&database).await;
    assert_eq!(get(&door, &read).await.body["excluded"].as_i64(), before.body["excluded"].as_i64().map(|n| n + 1));

    assert_eq!(ask(&door, Method::DELETE, &path, &[]).await.body, json!({"excluded": false, "changed": true}));
    settle(&database).await;
    narrate(&database, "second").await;
    let back = get(&door, &read).await.body;
    assert_eq!(
        (&back["narrative"]["text"], &back["spectrum"]),
        (&before.body["narrative"]["text"], &before.body["spectrum"])
    );
    let nobodys = format!("/v1/people/{person}/sessions/987654321/exclusion");
    assert_eq!(ask(&door, Method::PUT, &nobodys, &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_to_be_removed_is_hidden_at_once_and_its_removal_can_be_followed() {
    let (database, loaded, door) = told().await;
    let (first, last) = (loaded.sessions[0], *loaded.sessions.last().unwrap());
    assert_ne!(first.subject_id, last.subject_id);
    let weeks = format!("/v1/people/{}/weeks", first.subject_id);
    let reset = format!("/v1/people/{}/spectrum?sessions=true", first.subject_id);
    let session = format!("/v1/people/{}/sessions/{}", last.subject_id, last.session_id);
    let person = format!("/v1/people/{}", last.subject_id);

    let mut at = Vec::new();
    for path in [&reset, &session, &person] {
        let accepted = ask(&door, Method::DELETE, path, &[]).await;
        assert_eq!(accepted.status, StatusCode::ACCEPTED, "{path}: {}", accepted.body);
        at.push(accepted.location);
    }
    assert_eq!(get(&door, &weeks).await.body, json!({"weeks": []}));
    assert_eq!(get(&door, &format!("{person}/weeks")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ask(&door, Method::DELETE, &session, &[]).await.status, StatusCode::NOT_FOUND);
    assert!(get(&door, &at[0]).await.body.get("finished_at").is_none());
    for _ in 0..3 {
        sqlx::query("update windlass.jobs set scheduled_at = now()").execute(database.pool()).await.unwrap();
        run(&database).await;
    }
    for (place, scope) in at.iter().zip(["session", "session", "subject"]) {
        let removal = get(&door, place).await.body;
        assert!(removal["finished_at"].is_string(), "{removal}");
        assert_eq!(removal["scope"], scope);
    }
    assert!(get(&door, &at[2]).await.body["removed"]["subjects"] == 1);
    assert_eq!(ask(&door, Method::DELETE, &person, &[]).await.status, StatusCode::NOT_FOUND);

    // Without the key that an erasure is remembered by nothing is begun.
    let keyless = Api::new(database.pool().clone(), 8).without_tokens();
    let keyless = keyless.router_with(routes(Err(windlass_jobs::control::KeyError::Missing)));
    let refused = ask(&keyless, Method::DELETE, &format!("/v1/people/{}", first.subject_id), &[]).await;
    assert_eq!((refused.status.as_u16(), &refused.body["type"]), (503, &json!("urn:windlass:problem:not-configured")));
}

#[tokio::test]
async fn a_token_opens_what_its_role_and_queues_say() {
    let (database, loaded, _) = told().await;
    let door = Api::new(database.pool().clone(), 8).router_with(routes(Ok(key())));
    let person = loaded.sessions[0].subject_id;
    let session = loaded.sessions[0].session_id;
    let asked = [
        (Method::GET, format!("/v1/people/{person}/weeks"), Role::Read, "aggregation"),
        (
            Method::GET,
            format!("/v1/people/{person}/months/{}", a_month(&database, person).await),
            Role::Read,
            "narratives",
        ),
        (Method::GET, "/v1/erasures/1".to_owned(), Role::Read, "backfill"),
        (Method::PUT, format!("/v1/people/{person}/sessions/{session}/exclusion"), Role::Operate, "analysis"),
        (Method::DELETE, format!("/v1/people/{person}/sessions/{session}/exclusion"), Role::Operate, "analysis"),
        (Method::DELETE, format!("/v1/people/{person}/sessions/{session}"), Role::Operate, "backfill"),
        (Method::DELETE, format!("/v1/people/{person}/spectrum"), Role::Operate, "backfill"),
        (Method::DELETE, format!("/v1/people/{person}"), Role::Admin, "backfill"),
    ];
    for (method, path, role, queue) in asked {
        let stranger = ask(&door, method.clone(), &path, &[]).await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{path}");
        let lesser = match role {
            Role::Admin => Some(Role::Operate),
            Role::Operate => Some(Role::Enqueue),
            _ => None,
        };
        let elsewhere = (role, Some(vec!["mail".to_owned()]), false);
        let tokens =
            [lesser.map(|role| (role, None, false)), Some(elsewhere), Some((role, Some(vec![queue.to_owned()]), true))];
        for (role, queues, opens) in tokens.into_iter().flatten() {
            let caller = Caller { name: "app".to_owned(), role, queues };
            let token = Token::create(&database.store(), &caller, None, &By::new("tests", "for a test"))
                .await
                .unwrap()
                .reveal();
            let answer = ask(&door, method.clone(), &path, &[("authorization", &format!("Bearer {token}"))]).await;
            assert_eq!(answer.status != StatusCode::FORBIDDEN, opens, "{method} {path} as {role:?}: {}", answer.body);
        }
    }
}

/// What a person is not shown, the database would not give: every read names them, and takes the role that sees nobody else.
#[tokio::test]
async fn a_read_sees_one_person() {
    let (database, loaded, door) = told().await;
    let (first, last) = (loaded.sessions[0].subject_id, loaded.sessions.last().unwrap().subject_id);
    sqlx::raw_sql(
        "do $$ begin create role windlass_reader; exception when duplicate_object or unique_violation then null; end $$;
         select insights.grant_roles();
         drop policy own on insights.spectrum_weekly;
         create policy own on insights.spectrum_weekly for select using (subject_id = insights.asking() and n_sessions > 1000)",
    )
    .execute(database.pool())
    .await
    .unwrap();
    // With the policy turned so that it lets nobody see anything, nothing is seen: it is what decides.
    assert_eq!(get(&door, &format!("/v1/people/{first}/weeks")).await.body, json!({"weeks": []}));
    sqlx::raw_sql(
        "drop policy own on insights.spectrum_weekly;
         create policy own on insights.spectrum_weekly for select using (subject_id = insights.asking())",
    )
    .execute(database.pool())
    .await
    .unwrap();
    for person in [first, last] {
        assert!(!get(&door, &format!("/v1/people/{person}/weeks")).await.body["weeks"].as_array().unwrap().is_empty());
    }
}

#[test]
fn the_committed_contract_is_that_of_the_code() {
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json")).unwrap_or_default();
    assert_eq!(committed, routes(Ok(key())).openapi(), "run `make contract`");
}
