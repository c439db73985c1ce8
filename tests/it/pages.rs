//! The pages under `/ops`: who gets in, who may act, what they show and hide, and how fast they are.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use sqlx::Executor;
use tower::ServiceExt;
use windlass::dead_letters::By;
use windlass::http::{Api, Caller, Role};
use windlass::model::ReplayFilter;
use windlass::ops::Pages;
use windlass::replays;
use windlass::testing::toys::{Act, Toy};
use windlass::testing::{Database, drain};
use windlass::{Client, Store};

use crate::groups::die;
use crate::support::{database, number, token};

/// An error that would do something if it were more than text.
pub(crate) const MARKUP: &str = "<script>document.title = 'owned'</script> <img src=x onerror=alert(document.cookie)>";

/// What was done, once the tokens were made.
const ACTS: &str = "select count(*) from windlass.audit where action <> 'token.create'";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn to(&self) -> &str {
        self.headers.get("location").map_or("", |location| location.to_str().unwrap())
    }
}

fn door(database: &Database) -> Router {
    Pages::new(Api::new(database.pool().clone(), 8)).with_trace_url("https://traces.example/{trace_id}").router()
}

fn open(database: &Database) -> Router {
    Pages::new(Api::new(database.pool().clone(), 8).without_tokens()).router()
}

async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

fn get(path: &str, cookie: &str) -> Request<Body> {
    Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap()
}

fn post(path: &str, cookie: &str, form: &str) -> Request<Body> {
    let request = Request::post(path).header("cookie", cookie).header("host", "ops.example");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.header("sec-fetch-site", "same-origin").body(Body::from(form.to_owned())).unwrap()
}

async fn cookie(store: &Store, role: Role, queues: Option<&[&str]>) -> String {
    let queues = queues.map(|queues| queues.iter().map(|queue| (*queue).to_owned()).collect());
    let token = token(store, &Caller { name: "ana".to_owned(), role, queues }, None).await;
    format!("__Host-windlass={}", token.reveal())
}

/// Letters of one cause; the group's fingerprint.
async fn group(database: &Database, count: i64, cause: &str) -> String {
    die(&database.store(), &Client::new(database.pool().clone()), count, cause).await;
    let groups = database.store().groups(&["toys".to_owned()], None, 9).await.unwrap();
    groups.into_iter().find(|group| group.open == count).unwrap().fingerprint
}

#[tokio::test]
async fn a_token_is_pasted_once_and_kept_where_no_script_and_no_other_site_reads_it() {
    let database = database().await;
    let door = door(&database);
    let asked = ask(&door, get("/ops/groups?state=all", "")).await;
    assert_eq!((asked.status, asked.to()), (StatusCode::SEE_OTHER, "/ops/sign-in?next=%2Fops%2Fgroups%3Fstate%3Dall"));
    let wrong = ask(&door, post("/ops/sign-in", "", "token=windlass_0a_ff&next=/ops")).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.text.contains("That token is not good."));

    let cookie = cookie(&database.store(), Role::Read, None).await;
    let token = cookie.split_once('=').unwrap().1;
    let signed = ask(&door, post("/ops/sign-in", "", &format!("token={token}&next=%2Fops%2Fgroups"))).await;
    assert_eq!((signed.status, signed.to()), (StatusCode::SEE_OTHER, "/ops/groups"));
    let set = signed.headers["set-cookie"].to_str().unwrap();
    assert_eq!(set, format!("__Host-windlass={token}; Path=/; Secure; HttpOnly; SameSite=Lax"));
    let page = ask(&door, get("/ops", &cookie)).await;
    assert_eq!(page.status, StatusCode::OK);
    for (header, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        (
            "content-security-policy",
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; \
             base-uri 'none'",
        ),
    ] {
        assert_eq!(page.headers[header], value);
    }
    let nothing_from_elsewhere =
        ["<script", "style=", "=\"http", "onclick"].iter().all(|wrong| !page.text.contains(wrong));
    assert!(nothing_from_elsewhere, "{}", page.text);
    let left = ask(&door, post("/ops/sign-out", &cookie, "")).await;
    assert!(left.headers["set-cookie"].to_str().unwrap().ends_with("Max-Age=0"));
}

#[tokio::test]
async fn sign_ins_that_fail_are_slowed() {
    let database = database().await;
    let door = door(&database);
    let tries = (0..12).map(|_| {
        let door = door.clone();
        tokio::spawn(async move { ask(&door, post("/ops/sign-in", "", "token=nonsense")).await.status })
    });
    let mut refused = 0;
    for tried in tries.collect::<Vec<_>>() {
        refused += usize::from(tried.await.unwrap() == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused >= 4, "{refused} of 12 at once were told to wait");
}

#[tokio::test]
async fn every_page_answers_and_an_error_is_one_as_well() {
    let database = database().await;
    let store = database.store();
    let fingerprint = group(&database, 3, MARKUP).await;
    let letter = store.groups(&["toys".to_owned()], None, 1).await.unwrap()[0].sample.unwrap();
    let filter = ReplayFilter { fingerprint: Some(fingerprint.clone()), ..ReplayFilter::default() };
    let replay = replays::plan(&store, &["toys".to_owned()], &filter, &By::new("ana", "a try")).await.unwrap();
    let door = open(&database);
    for (path, status, holds) in [
        ("/ops".to_owned(), 200, "Open dead letters"),
        ("/ops/groups".to_owned(), 200, "no gate for toy"),
        ("/ops/groups?state=resolved".to_owned(), 200, "No group is like that."),
        (format!("/ops/groups/toys/{fingerprint}"), 200, "Plan for 3 letters"),
        (format!("/ops/jobs/{letter}"), 200, "Replay 1 letter"),
        ("/ops/replays".to_owned(), 200, "a try"),
        (format!("/ops/replays/{replay}"), 200, "Nothing has moved."),
        ("/ops/schedules".to_owned(), 200, "No schedule is declared"),
        ("/ops/audit".to_owned(), 200, "replay.plan"),
        ("/ops/runbook".to_owned(), 200, "<h2 id=\"windlassnoworkers\">WindlassNoWorkers</h2>"),
        ("/ops/audit?actor=nobody".to_owned(), 200, "No entry is like that."),
        ("/ops/nothing".to_owned(), 404, "No page has this address."),
        ("/ops/jobs/17".to_owned(), 404, "The address holds no id"),
        (format!("/ops/jobs/{replay}"), 404, "No job"),
        ("/ops/groups/toys/v1:0".to_owned(), 404, "No group"),
        ("/ops/audit?after=x".to_owned(), 400, "malformed"),
    ] {
        let page = ask(&door, get(&path, "")).await;
        assert_eq!(page.status.as_u16(), status, "{path}");
        assert!(page.text.contains(holds), "{path} lacks {holds:?}: {}", page.text);
        assert!(
            page.text.starts_with("<!DOCTYPE html>") && page.headers.contains_key("content-security-policy"),
            "{path}"
        );
        assert!(
            !page.text.contains("<script") && !page.text.contains("<img"),
            "{path}: markup of an error came through"
        );
    }
}

#[tokio::test]
async fn a_reader_acts_on_nothing_and_a_scope_is_kept() {
    let database = database().await;
    let store = database.store();
    let fingerprint = group(&database, 2, "air").await;
    let letter = store.groups(&["toys".to_owned()], None, 1).await.unwrap()[0].sample.unwrap();
    let door = door(&database);
    let (reader, stranger) =
        (cookie(&store, Role::Read, None).await, cookie(&store, Role::Operate, Some(&["hasty"])).await);
    let group = format!("/ops/groups/toys/{fingerprint}");
    let page = ask(&door, get(&group, &reader)).await;
    assert!(page.status.is_success() && page.text.contains("You may look.") && !page.text.contains("name=\"why\""));
    let acts = [
        (format!("{group}/resolve"), "why=x"),
        (format!("{group}/discard"), "why=x"),
        (format!("/ops/jobs/{letter}/replay"), "why=x"),
        (format!("/ops/jobs/{letter}/reveal"), "why=x&field=act"),
        (format!("/ops/jobs/{letter}/edit"), "why=x&patch=[]&edits=0"),
        ("/ops/replays".to_owned(), "why=x&queue=toys"),
    ];
    for (path, form) in &acts {
        for who in [&reader, &stranger] {
            let refused = ask(&door, post(path, who, form)).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
            assert!(refused.text.contains("Your token may not do this"), "{path}");
        }
        let unsigned = ask(&door, post(path, "", form)).await;
        assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    for path in [&group, &format!("/ops/jobs/{letter}")] {
        assert_eq!(ask(&door, get(path, &stranger)).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in ["/ops", "/ops/groups"] {
        let page = ask(&door, get(path, &stranger)).await;
        assert!(!page.text.contains(&fingerprint) && !page.text.contains("toys"), "{path}");
    }
    assert_eq!(number(database.pool(), ACTS).await, 0);
}

#[tokio::test]
async fn what_another_site_sends_is_refused() {
    let database = database().await;
    let fingerprint = group(&database, 2, "air").await;
    let operator = cookie(&database.store(), Role::Operate, None).await;
    let door = door(&database);
    let path = format!("/ops/groups/toys/{fingerprint}/discard");
    for (header, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://elsewhere.example")] {
        let mut request = post(&path, &operator, "why=x");
        request.headers_mut().remove("sec-fetch-site");
        request.headers_mut().insert(header, value.parse().unwrap());
        let refused = ask(&door, request).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{header}");
        assert!(refused.text.contains("The request came from another site"), "{header}");
    }
    assert_eq!(number(database.pool(), ACTS).await, 0);
    let done = ask(&door, post(&path, &operator, "why=x")).await;
    assert_eq!((done.status, done.to().ends_with("?done=discarded")), (StatusCode::SEE_OTHER, true));
}

#[tokio::test]
async fn whatever_is_done_has_a_reason_and_is_in_the_audit_with_its_request() {
    let database = database().await;
    let store = database.store();
    let fingerprint = group(&database, 3, "air").await;
    let letter = store.groups(&["toys".to_owned()], None, 1).await.unwrap()[0].sample.unwrap();
    let operator = cookie(&store, Role::Operate, None).await;
    let door = door(&database);
    let (group, job) = (format!("/ops/groups/toys/{fingerprint}"), format!("/ops/jobs/{letter}"));
    let no_reason = ask(&door, post(&format!("{group}/resolve"), &operator, "why=+")).await;
    assert_eq!(no_reason.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(no_reason.text.contains("This needs a reason"));
    for (path, form, status) in [
        (format!("{group}/assign"), "why=mine&text=ana", 303),
        (format!("{group}/note"), "why=known&text=the+provider+is+down", 303),
        (format!("{group}/snooze"), "why=later&hours=4", 303),
        (format!("{group}/snooze"), "why=later&hours=0", 422),
        (format!("{group}/resolve"), "why=gone", 303),
        (format!("{group}/discard"), "why=unneeded", 303),
        (format!("{group}/restore"), "why=needed", 303),
        (format!("{job}/discard"), "why=unneeded", 303),
        (format!("{job}/restore"), "why=needed", 303),
        (format!("{job}/reveal"), "why=to+see&field=act", 200),
        (format!("{job}/nonsense"), "why=x", 404),
        (format!("{job}/replay"), "why=again", 303),
        (format!("{job}/replay"), "why=again", 409),
    ] {
        let answer = ask(&door, post(&path, &operator, form)).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {form}: {}", answer.text);
    }
    let all = windlass::store::AuditFilter { limit: 99, ..Default::default() };
    let mut audit = store.audit(&all).await.unwrap();
    audit.retain(|entry| entry.action != "token.create");
    assert!(
        audit.iter().all(|entry| entry.actor == "ana" && entry.role == "operate" && entry.request.is_some()),
        "{audit:?}"
    );
    let mut actions: Vec<_> = audit.iter().map(|entry| entry.action.as_str()).collect();
    actions.sort_unstable();
    let wanted = [
        "group.assign",
        "group.discard",
        "group.note",
        "group.resolve",
        "group.restore",
        "group.snooze",
        "letter.discard",
        "letter.discard",
        "letter.replay",
        "letter.restore",
        "letter.restore",
        "letter.reveal",
    ];
    assert_eq!(actions, wanted);
    let page = ask(&door, get(&group, &operator)).await;
    assert!(page.text.contains("the provider is down") && page.text.contains("ana"));
}

#[tokio::test]
async fn arguments_are_hidden_until_they_are_revealed_and_an_edit_shows_its_difference_first() {
    let database = database().await;
    let store = database.store();
    group(&database, 1, "a-word-nobody-may-see").await;
    // A toy's error quotes its arguments, as no job's should.
    for table in ["dead_letters", "attempts"] {
        let update = format!("update windlass.{table} set error = 'token=abc123 refused'");
        database.pool().execute(sqlx::AssertSqlSafe(update)).await.unwrap();
    }
    let letter = store.groups(&["toys".to_owned()], None, 1).await.unwrap()[0].sample.unwrap();
    let door = open(&database);
    let job = format!("/ops/jobs/{letter}");
    let page = ask(&door, get(&job, "")).await;
    assert!(!page.text.contains("a-word-nobody-may-see") && page.text.contains("object of 1"), "{}", page.text);
    assert!(!page.text.contains("abc123") && page.text.contains("token=[hidden]"));
    let revealed = ask(&door, post(&format!("{job}/reveal"), "", "why=to+see&field=act.need_gate")).await;
    assert!(revealed.text.contains("a-word-nobody-may-see"));

    let edit =
        |patch: &str, more: &str| post(&format!("{job}/edit"), "", &format!("why=x&edits=0&patch={patch}{more}"));
    let wrong = "%5B%7B%22op%22:%22replace%22,%22path%22:%22/number%22,%22value%22:%22words%22%7D%5D";
    let right = "%5B%7B%22op%22:%22replace%22,%22path%22:%22/number%22,%22value%22:77%7D%5D";
    let refused = ask(&door, edit(wrong, "")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert_eq!(ask(&door, edit("%7B", "")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let shown = ask(&door, edit(right, "")).await;
    assert!(
        shown.text.contains("&quot;number&quot;: 0") && shown.text.contains("&quot;number&quot;: 77"),
        "{}",
        shown.text
    );
    assert!(!shown.text.contains("a-word-nobody-may-see"));
    let shown_key = "update windlass.kinds set shown = '[\"number\", \"key\"]' where kind = 'toy'";
    database.pool().execute(shown_key).await.unwrap();
    let copy = "%5B%7B%22op%22:%22copy%22,%22from%22:%22/act/need_gate%22,%22path%22:%22/key%22%7D%5D";
    let carried = ask(&door, edit(copy, "")).await;
    assert_eq!(carried.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!carried.text.contains("a-word-nobody-may-see"), "a copy into a field that is shown reveals nothing");
    let guess =
        "%5B%7B%22op%22:%22test%22,%22path%22:%22/act/need_gate%22,%22value%22:%22a-word-nobody-may-see%22%7D%5D";
    let guessed = ask(&door, edit(guess, "")).await;
    assert_eq!(guessed.status, StatusCode::UNPROCESSABLE_ENTITY, "whether a guess is right is not told");
    assert_eq!(store.dead_letter(letter).await.unwrap().edits, 0, "nothing is changed by looking");
    let done = ask(&door, edit(right, "&looked=true")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let letter = store.dead_letter(letter).await.unwrap();
    assert!(letter.edits == 1 && letter.args.as_str().contains("77"));
    let twice = ask(&door, edit(right, "&looked=true")).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "somebody was faster");
}

#[tokio::test]
async fn a_job_has_a_page_wherever_it_stands_and_lists_go_on() {
    let database = database().await;
    let store = database.store();
    let fingerprint = group(&database, 27, "air").await;
    let client = Client::new(database.pool().clone());
    let live = client.enqueue(database.pool(), Toy::new(1, Act::Succeed)).await.unwrap().id();
    let door = open(&database);
    let page = ask(&door, get(&format!("/ops/jobs/{live}"), "")).await;
    assert!(page.text.contains("ready"), "{}", page.text);
    drain(&store, &windlass::testing::toys::registry(), ()).await.unwrap();
    let page = ask(&door, get(&format!("/ops/jobs/{live}"), "")).await;
    assert!(page.text.contains("completed"), "{}", page.text);

    let first = ask(&door, get(&format!("/ops/groups/toys/{fingerprint}"), "")).await.text;
    let next = first.split("href=\"").find(|rest| rest.contains("?after=")).unwrap().split('"').next().unwrap();
    let second = ask(&door, get(next, "")).await.text;
    let letters = |page: &str| page.matches("data-label=\"Died\"").count();
    assert_eq!((letters(&first), letters(&second)), (20, 7));
    assert!(!second.contains("?after="));
}

/// `make pages`. A million letters in seven groups and a million jobs.
#[tokio::test]
#[ignore = "a million rows of each; a minute"]
async fn groups_and_overview_answer_within_a_tenth_of_a_second_at_a_million_letters_and_a_million_jobs() {
    let database = database().await;
    database.pool().execute(include_str!("million.sql")).await.unwrap();
    assert_eq!(number(database.pool(), "select count(*) from windlass.jobs").await, 1_000_000);
    let door = open(&database);
    let mut slow = Vec::new();
    for path in ["/ops", "/ops/groups", "/ops/groups/toys/v1:000000000000000a", "/ops/audit"] {
        let mut took = Vec::new();
        for _ in 0..9 {
            let begun = Instant::now();
            let page = ask(&door, get(path, "")).await;
            took.push(begun.elapsed());
            assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        }
        took.sort();
        println!("{path}: least {:?}, median {:?}, longest {:?}", took[0], took[4], took[8]);
        if took[4] >= Duration::from_millis(100) {
            slow.push(format!("{path}: {took:?}"));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
    let overview = ask(&door, get("/ops", "")).await.text;
    assert!(overview.contains("1\u{202f}000\u{202f}000"), "the letters are counted exactly");
}
