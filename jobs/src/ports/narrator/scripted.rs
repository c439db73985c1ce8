//! A narrator that does as it is told: the fake of every test, and of a demo without a network.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Billed, Generating, NarrateError, NarrativeReply, NarrativeRequest, Narrator};

/// Follows a script, then does the same for ever; keeps every request and the bill.
#[derive(Debug)]
pub struct Scripted {
    then: Step,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    script: VecDeque<Step>,
    requests: Vec<NarrativeRequest>,
    bill: Vec<Bill>,
}

/// What it does with a request.
#[derive(Clone, Debug)]
pub enum Step {
    /// Answers with this text, of so many billed tokens.
    Say(String, Billed),
    /// Fails so.
    Fail(NarrateError),
    /// Never answers.
    Hang,
}

/// A call that cost something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// The model.
    pub model: String,
    /// The tokens.
    pub billed: Billed,
}

impl Scripted {
    /// Does `script` in its order, then `then` for ever.
    #[must_use]
    pub fn new(script: impl IntoIterator<Item = Step>, then: Step) -> Self {
        let inner = Inner { script: script.into_iter().collect(), ..Inner::default() };
        Self { then, inner: Mutex::new(inner) }
    }

    /// The requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<NarrativeRequest> {
        self.inner().requests.clone()
    }

    /// The bill so far.
    #[must_use]
    pub fn bill(&self) -> Vec<Bill> {
        self.inner().bill.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, request: NarrativeRequest) -> Step {
        let mut inner = self.inner();
        let step = inner.script.pop_front().unwrap_or_else(|| self.then.clone());
        let billed = match &step {
            Step::Say(_, billed) => Some(*billed),
            Step::Fail(NarrateError::Refused(_, billed) | NarrateError::Invalid(_, billed)) => *billed,
            Step::Fail(_) | Step::Hang => None,
        };
        inner.bill.extend(billed.map(|billed| Bill { model: request.model.clone(), billed }));
        inner.requests.push(request);
        step
    }
}

impl Narrator for Scripted {
    fn provider(&self) -> &'static str {
        "scripted"
    }

    fn key_fingerprint(&self) -> [u8; 8] {
        *b"scripted"
    }

    fn generate(&self, request: NarrativeRequest) -> Generating<'_> {
        Box::pin(async move {
            let model = request.model.clone();
            match self.next(request) {
                Step::Say(text, Billed { tokens_in, tokens_out }) => {
                    Ok(NarrativeReply { text, tokens_in, tokens_out, model })
                }
                Step::Fail(error) => Err(error),
                Step::Hang => std::future::pending().await,
            }
        })
    }
}
