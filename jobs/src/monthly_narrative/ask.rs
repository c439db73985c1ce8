//! Ask a model, at most twice an attempt: what fails its checks is tried once more with the strong one.

use std::time::Instant;

use chrono::TimeDelta;
use windlass::{JobContext, JobError};

use super::contract::Contract;
use super::judge::judge;
use super::ledger::{Answer, Asking, Call, Ledger, Outcome};
use super::metrics;
use super::narration::Narration;
use super::route::{Reason, Request, estimate};
use super::store::{Prompt, Text};
use super::tell::{Criticality, PROMPT, Tell, version};
use crate::deps::Deps;
use crate::ports::narrator::{Billed, Idempotency, NarrateError, NarrativeReply, NarrativeRequest, Narrator};

/// Calls of one attempt, at most.
const CALLS: usize = 2;
/// After so many calls that the provider failed the rules tell it.
const FAILURES: i64 = 2;

/// What came of asking.
#[derive(Debug)]
pub(super) enum Asked {
    /// A text that passed.
    Text(Box<Text>),
    /// The rules are to tell it.
    Rules(Reason),
    /// Not now; without a time, as a failed attempt.
    Later { wait: Option<TimeDelta>, why: String },
}

pub(super) async fn ask(
    cx: &JobContext<Deps>,
    job: &Tell,
    contract: &Contract,
    prompt: &Prompt,
) -> Result<Asked, JobError> {
    let narration = &cx.deps().narration;
    let Some(narrator) = narration.narrator.as_deref() else { return Ok(Asked::Rules(Reason::NoKey)) };
    let contract = contract.for_prompt(version((PROMPT, prompt.revision))?);
    let rendered = prompt.template.replace("{contract}", &serde_json::to_string(&contract)?);
    let ledger = narration.ledger(cx.db());
    let asking = Asking { job: cx.id().0, attempt: cx.attempt(), subject_id: job.subject_id };
    let past = ledger.past(asking).await?;
    let mut unusable = past.unusable;
    for _ in 0..CALLS {
        let request = Request {
            critical: job.criticality == Criticality::Critical,
            attempt: if past.failed >= FAILURES { 3 } else { u32::try_from(unusable + 1).unwrap_or(3) },
            tokens_in: estimate(&rendered),
            has_key: true,
            breaker_open: false,
        };
        let call = match ledger.ask(asking, &request, narrator).await? {
            Answer::Granted(call) => call,
            Answer::Rules(reason) => return Ok(Asked::Rules(reason)),
            Answer::Wait(wait) => {
                return Ok(Asked::Later { wait: Some(wait), why: "the rate of calls is used up".to_owned() });
            }
        };
        match generate(narration, narrator, &call, rendered.clone()).await {
            Ok(reply) => {
                let billed = Billed { tokens_in: reply.tokens_in, tokens_out: reply.tokens_out };
                ledger.settle(&call, narrator, Outcome::Answered, Some(billed)).await?;
                let verdict = judge(cx.db(), job.subject_id, job.month, &reply.text, &contract).await?;
                if let Some(rubric) = verdict.passed() {
                    let by = (PROMPT, prompt.revision);
                    let reason = call.reason.as_str();
                    return Ok(Asked::Text(Box::new(Text::new(
                        reply.text,
                        contract,
                        by,
                        &reply.model,
                        reason,
                        &rubric,
                    ))));
                }
                ledger.failed_check(&call).await?;
                tracing::info!(codes = verdict.faults(), "a model's text failed its checks");
                unusable += 1;
            }
            Err(error) => match failed(&ledger, &call, narrator, error).await? {
                Failed::Unusable => unusable += 1,
                Failed::Ends(asked) => return Ok(asked),
            },
        }
    }
    Ok(Asked::Rules(Reason::Attempts))
}

async fn generate(
    narration: &Narration,
    narrator: &dyn Narrator,
    call: &Call,
    prompt: String,
) -> Result<NarrativeReply, NarrateError> {
    let deadline = narration.settings.timeout;
    let request = NarrativeRequest {
        prompt,
        max_output_tokens: call.max_out,
        model: call.tier.model(&narration.settings).name.clone(),
        deadline,
        idempotency: Idempotency { job: call.asking.job, attempt: call.asking.attempt, call: call.call },
    };
    let started = Instant::now();
    // The provider's own deadline may fail; ours does not.
    let answer = tokio::time::timeout(deadline, narrator.generate(request)).await;
    metrics::took(call.tier, started.elapsed());
    answer.unwrap_or(Err(NarrateError::Timeout))
}

/// What a call without a text means.
enum Failed {
    /// The next call may do better.
    Unusable,
    /// No more calls now.
    Ends(Asked),
}

async fn failed(
    ledger: &Ledger<'_>,
    call: &Call,
    narrator: &dyn Narrator,
    error: NarrateError,
) -> Result<Failed, sqlx::Error> {
    let (outcome, billed) = match &error {
        NarrateError::RateLimited(after) => {
            (Outcome::RateLimited(TimeDelta::from_std(*after).unwrap_or(TimeDelta::hours(1))), None)
        }
        NarrateError::Overloaded(_) => (Outcome::Overloaded, None),
        NarrateError::Timeout => (Outcome::Timeout, None),
        NarrateError::Refused(_, billed) => (Outcome::Refused, *billed),
        NarrateError::Invalid(_, billed) => (Outcome::Invalid, *billed),
        NarrateError::Auth => (Outcome::Auth, None),
    };
    let wait = ledger.settle(call, narrator, outcome, billed).await?;
    Ok(match error {
        NarrateError::Refused(..) | NarrateError::Invalid(..) => Failed::Unusable,
        NarrateError::Auth => Failed::Ends(Asked::Rules(Reason::NoKey)),
        NarrateError::RateLimited(_) | NarrateError::Overloaded(_) | NarrateError::Timeout => {
            Failed::Ends(Asked::Later { wait, why: error.to_string() })
        }
    })
}
