//! Who writes a narrative from a prompt. It is handed a prompt and no more: no person's id, no way to a database.

mod http;
mod scripted;
mod secret;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub use http::{HttpNarrator, HttpNarratorError};
pub use scripted::{Bill, Scripted, Step};
pub use secret::Secret;

/// A writer of narratives. Its future is boxed, for which one there is becomes known at run time.
pub trait Narrator: fmt::Debug + Send + Sync {
    /// The provider's name: workers that use the same one share its limits and its breaker.
    fn provider(&self) -> &str;

    /// A fingerprint of the key it calls with. A key that is refused is not tried again; another one is.
    fn key_fingerprint(&self) -> [u8; 8];

    /// Writes.
    fn generate(&self, request: NarrativeRequest) -> Generating<'_>;
}

/// A narrative on its way.
pub type Generating<'a> = Pin<Box<dyn Future<Output = Result<NarrativeReply, NarrateError>> + Send + 'a>>;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct NarrativeRequest {
    /// The prompt: instructions and a contract.
    pub prompt: String,
    /// Tokens of the answer, at most.
    pub max_output_tokens: u32,
    /// The model's name at the provider.
    pub model: String,
    /// How long the answer may take.
    pub deadline: Duration,
    /// The same for the same call, should it be sent twice.
    pub idempotency: Idempotency,
}

/// Which call of which attempt at which job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The job.
    pub job: uuid::Uuid,
    /// The attempt.
    pub attempt: i32,
    /// The call, from 1.
    pub call: i32,
}

impl fmt::Display for Idempotency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.job, self.attempt, self.call)
    }
}

/// What came back. Its debug form leaves the text out: what a model writes is not ours until it is checked.
#[derive(Clone, PartialEq, Eq)]
pub struct NarrativeReply {
    /// The text.
    pub text: String,
    /// Tokens of the prompt, as billed.
    pub tokens_in: u32,
    /// Tokens of the answer, as billed.
    pub tokens_out: u32,
    /// The model that answered.
    pub model: String,
}

impl fmt::Debug for NarrativeReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text: _, tokens_in, tokens_out, model } = self;
        let mut reply = f.debug_struct("NarrativeReply");
        reply
            .field("tokens_in", tokens_in)
            .field("tokens_out", tokens_out)
            .field("model", model)
            .finish_non_exhaustive()
    }
}

/// What the provider bills although there is no text to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Billed {
    /// Tokens of the prompt.
    pub tokens_in: u32,
    /// Tokens of the answer.
    pub tokens_out: u32,
}

/// Why there is no text. Only a class and a status: what a provider says may quote what it was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NarrateError {
    /// Too many calls; come again after so long. Nothing was billed.
    #[error("the provider asks to come again in {} s", .0.as_secs())]
    RateLimited(Duration),
    /// It cannot now. Nothing was billed.
    #[error("the provider cannot answer now (status {0:?})")]
    Overloaded(Option<u16>),
    /// No whole answer came in time, or the connection broke: it may have been billed.
    #[error("no whole answer came from the provider")]
    Timeout,
    /// It does not want to write this, or has refused the request (with its status).
    #[error("the provider refused the request (status {0:?})")]
    Refused(Option<u16>, Option<Billed>),
    /// What it answered cannot be used.
    #[error("the provider's answer cannot be used: {0}")]
    Invalid(&'static str, Option<Billed>),
    /// It does not take the key.
    #[error("the provider does not take the key: set another one")]
    Auth,
}
