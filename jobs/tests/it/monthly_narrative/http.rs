//! The HTTP narrator against a server of the test, which answers as it is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use windlass_jobs::ports::narrator::{
    Billed, HttpNarrator, Idempotency, NarrateError, NarrativeRequest, Narrator, Secret,
};

use crate::provider::read;

const KEY: &str = "sk-very-secret";
/// What a server might quote in an error: it must come back to nobody.
const QUOTED: &str = "the prompt was: a secret";

/// How the server answers.
#[derive(Clone)]
enum Answer {
    /// With this status, these header lines and this body.
    Status(u16, &'static str, String),
    /// Not at all, and keeps the connection.
    Hang,
    /// With half a body, and then it is gone.
    Cut,
}

/// A server for one request; answers its address, and what it was asked.
async fn serve(answer: Answer) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(String::new()));
    let keep = Arc::clone(&asked);
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let request = read(&mut connection).await.unwrap();
        *keep.lock().unwrap() = request;
        match answer {
            Answer::Status(status, headers, body) => {
                let length = body.len();
                let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{headers}\r\n");
                connection.write_all((head + &body).as_bytes()).await.unwrap();
            }
            Answer::Hang => std::future::pending().await,
            Answer::Cut => {
                connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"content\":").await.unwrap();
            }
        }
    });
    (url, asked)
}

fn request(deadline: Duration) -> NarrativeRequest {
    NarrativeRequest {
        prompt: "Tell it.".to_owned(),
        max_output_tokens: 300,
        model: "small-1".to_owned(),
        deadline,
        idempotency: Idempotency { job: uuid::Uuid::nil(), attempt: 2, call: 1 },
    }
}

async fn ask(answer: Answer) -> Result<windlass_jobs::ports::narrator::NarrativeReply, NarrateError> {
    let (url, _) = serve(answer).await;
    let narrator = HttpNarrator::new(&url, Secret::new(KEY)).unwrap();
    narrator.generate(request(Duration::from_millis(500))).await
}

fn message(stop: &str) -> String {
    json!({
        "model": "small-1-0601", "stop_reason": stop, "content": [{"type": "text", "text": " A calm month. "}],
        "usage": {"input_tokens": 11, "output_tokens": 7},
    })
    .to_string()
}

#[tokio::test]
async fn a_message_is_sent_and_its_answer_read() {
    let (url, asked) = serve(Answer::Status(200, "", message("end_turn"))).await;
    let narrator = HttpNarrator::new(&format!("{url}/"), Secret::new(&format!("{KEY}\n"))).unwrap();
    let reply = narrator.generate(request(Duration::from_secs(5))).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.tokens_in, reply.tokens_out), ("A calm month.", 11, 7));
    assert_eq!(reply.model, "small-1-0601");
    let asked = asked.lock().unwrap().clone();
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /v1/messages ") && head.contains(&format!("x-api-key: {KEY}")), "{head}");
    assert!(head.contains(&format!("idempotency-key: {}-2-1", uuid::Uuid::nil())), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    let wanted = json!({
        "model": "small-1", "max_tokens": 300, "messages": [{"role": "user", "content": "Tell it."}],
    });
    assert_eq!(body, wanted);
}

#[tokio::test]
async fn every_way_to_fail_has_its_class() {
    let status = |status, headers| Answer::Status(status, headers, QUOTED.to_owned());
    let billed = Some(Billed { tokens_in: 11, tokens_out: 7 });
    for (answer, wanted) in [
        (status(429, "retry-after: 7\r\n"), NarrateError::RateLimited(Duration::from_secs(7))),
        (status(429, ""), NarrateError::RateLimited(Duration::from_secs(30))),
        (status(429, "retry-after: 99999999\r\n"), NarrateError::RateLimited(Duration::from_hours(1))),
        (status(500, ""), NarrateError::Overloaded(Some(500))),
        (status(529, ""), NarrateError::Overloaded(Some(529))),
        (status(401, ""), NarrateError::Auth),
        (status(403, ""), NarrateError::Auth),
        (status(400, ""), NarrateError::Refused(Some(400), None)),
        (status(302, "location: http://127.0.0.1:1/\r\n"), NarrateError::Refused(Some(302), None)),
        (status(200, ""), NarrateError::Invalid("it is no message", None)),
        (Answer::Status(200, "", message("refusal")), NarrateError::Refused(None, billed)),
        (Answer::Status(200, "", message("max_tokens")), NarrateError::Invalid("it is cut off", billed)),
        (Answer::Status(200, "", "x".repeat(300_000)), NarrateError::Invalid("it is too long", None)),
        (Answer::Hang, NarrateError::Timeout),
        (Answer::Cut, NarrateError::Timeout),
    ] {
        let error = ask(answer).await.unwrap_err();
        assert_eq!(error, wanted);
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn nobody_at_the_door_is_overload() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let narrator = HttpNarrator::new(&url, Secret::new(KEY)).unwrap();
    let error = narrator.generate(request(Duration::from_secs(5))).await.unwrap_err();
    assert_eq!(error, NarrateError::Overloaded(None));
}

#[test]
fn bad_settings_are_refused_and_the_key_is_never_shown() {
    for url in ["", "no-url", "ftp://host/", "/v1", "https://user:word@host/"] {
        assert!(HttpNarrator::new(url, Secret::new(KEY)).is_err(), "{url}");
    }
    for key in ["", "two words", "a\nb", "\u{fc}"] {
        let error = HttpNarrator::new("https://host", Secret::new(key)).unwrap_err().to_string();
        assert!(key.is_empty() || !error.contains(key), "{error}");
    }
    let narrator = HttpNarrator::new("https://host/api", Secret::new(KEY)).unwrap();
    assert!(!format!("{narrator:?} {narrator:#?}").contains(KEY));
    assert_eq!(narrator.provider(), "host");
}
