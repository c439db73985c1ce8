//! A narrator behind a Messages-style HTTP API: one request, one answer. Routing, budgets and retries are not its affair.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;
use serde_json::json;

use super::secret::Secret;
use super::{Billed, Generating, NarrateError, NarrativeReply, NarrativeRequest, Narrator};

/// The version of the API that is spoken.
const API_VERSION: &str = "2023-06-01";
/// The longest answer that is read: 800 tokens are far less.
const LONGEST_ANSWER: usize = 256 << 10;
/// How long to wait where a 429 does not say.
const UNSAID_WAIT: Duration = Duration::from_secs(30);
/// The longest wait that is heeded.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Calls `POST {base}/v1/messages`.
#[derive(Debug)]
pub struct HttpNarrator {
    client: Client,
    url: Url,
    key: Secret,
    provider: String,
}

/// Why there can be no such narrator.
#[derive(Debug, thiserror::Error)]
pub enum HttpNarratorError {
    /// The base URL is none.
    #[error("the narrator's base URL must be an absolute http or https URL without user and password")]
    Url,
    /// The key is empty, or cannot stand in a header.
    #[error("the narrator's key is empty or holds characters that no header takes")]
    Key,
    /// TLS, or the like.
    #[error("failed to set up the narrator's HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

impl HttpNarrator {
    /// A narrator at `base`, called with `key`.
    ///
    /// # Errors
    ///
    /// [`HttpNarratorError`].
    pub fn new(base: &str, key: Secret) -> Result<Self, HttpNarratorError> {
        let base = Url::parse(base).map_err(|_| HttpNarratorError::Url)?;
        let plain = base.username().is_empty() && base.password().is_none() && base.has_host();
        if !plain || !matches!(base.scheme(), "http" | "https") {
            return Err(HttpNarratorError::Url);
        }
        if key.expose().is_empty() || !key.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(HttpNarratorError::Key);
        }
        let provider = base.host_str().unwrap_or_default().to_owned();
        let url = format!("{}/v1/messages", base.as_str().trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| HttpNarratorError::Url)?;
        // Whoever installed one before has the say.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A redirect would carry the key to somewhere else.
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { client, url, key, provider })
    }

    async fn call(&self, request: NarrativeRequest) -> Result<NarrativeReply, NarrateError> {
        let body = json!({
            "model": request.model,
            "max_tokens": request.max_output_tokens,
            "messages": [{ "role": "user", "content": request.prompt }],
        });
        let sent = self
            .client
            .post(self.url.clone())
            .timeout(request.deadline)
            .header("x-api-key", self.key.expose())
            .header("anthropic-version", API_VERSION)
            .header("idempotency-key", request.idempotency.to_string())
            .json(&body)
            .send()
            .await;
        // Nothing was sent where nobody listens; in any other case it may have arrived.
        let response = sent
            .map_err(|error| if error.is_connect() { NarrateError::Overloaded(None) } else { NarrateError::Timeout })?;
        if !response.status().is_success() {
            return Err(refusal(response.status(), response.headers()));
        }
        read(&whole(response).await?)
    }
}

impl Narrator for HttpNarrator {
    fn provider(&self) -> &str {
        &self.provider
    }

    fn key_fingerprint(&self) -> [u8; 8] {
        self.key.fingerprint()
    }

    fn generate(&self, request: NarrativeRequest) -> Generating<'_> {
        Box::pin(self.call(request))
    }
}

/// The body is not read: it may quote the prompt, and nothing in it is needed.
fn refusal(status: StatusCode, headers: &HeaderMap) -> NarrateError {
    match status {
        StatusCode::TOO_MANY_REQUESTS => NarrateError::RateLimited(retry_after(headers)),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => NarrateError::Auth,
        StatusCode::REQUEST_TIMEOUT => NarrateError::Overloaded(Some(status.as_u16())),
        status if status.is_server_error() => NarrateError::Overloaded(Some(status.as_u16())),
        status => NarrateError::Refused(Some(status.as_u16()), None),
    }
}

/// `Retry-After` in seconds; a date, or nonsense, counts as not said.
fn retry_after(headers: &HeaderMap) -> Duration {
    let said =
        headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|value| value.trim().parse().ok());
    said.map_or(UNSAID_WAIT, Duration::from_secs).min(LONGEST_WAIT)
}

async fn whole(mut response: Response) -> Result<Vec<u8>, NarrateError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| NarrateError::Timeout)? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_ANSWER {
            return Err(NarrateError::Invalid("it is too long", None));
        }
    }
    Ok(body)
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Vec<Part>,
    model: String,
    stop_reason: Option<String>,
    usage: Usage,
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Usage {
    input_tokens: u32,
    output_tokens: u32,
}

fn read(body: &[u8]) -> Result<NarrativeReply, NarrateError> {
    // serde's own words may quote the answer.
    let message: Message = serde_json::from_slice(body).map_err(|_| NarrateError::Invalid("it is no message", None))?;
    let billed = Billed { tokens_in: message.usage.input_tokens, tokens_out: message.usage.output_tokens };
    match message.stop_reason.as_deref() {
        Some("refusal") => return Err(NarrateError::Refused(None, Some(billed))),
        Some("max_tokens") => return Err(NarrateError::Invalid("it is cut off", Some(billed))),
        _ => {}
    }
    let text: String = message.content.into_iter().filter(|part| part.kind == "text").map(|part| part.text).collect();
    Ok(NarrativeReply {
        text: text.trim().to_owned(),
        tokens_in: billed.tokens_in,
        tokens_out: billed.tokens_out,
        model: message.model,
    })
}
