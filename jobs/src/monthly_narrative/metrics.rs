//! What is counted of narratives. Labels are closed lists.

use std::time::Duration;

use metrics::{counter, histogram};

use super::code::Code;
use super::ledger::Outcome;
use super::route::{Reason, Tier};
use crate::ports::narrator::Billed;
use crate::telemetry::{BUDGET_REJECTIONS, CHECK_FAILURES, FALLBACKS, LLM_CALLS, LLM_COST, LLM_SECONDS, LLM_TOKENS};

/// The rubric's word beside the checks' codes.
const RUBRIC: &str = "rubric";

/// A call of a model has ended.
pub(super) fn called(tier: Tier, outcome: Outcome, billed: Option<Billed>, micros: i64) {
    let model = tier.as_str();
    counter!(LLM_CALLS, "model" => model, "outcome" => outcome.as_str()).increment(1);
    let Billed { tokens_in, tokens_out } = billed.unwrap_or_default();
    counter!(LLM_TOKENS, "model" => model, "direction" => "in").increment(tokens_in.into());
    counter!(LLM_TOKENS, "model" => model, "direction" => "out").increment(tokens_out.into());
    counter!(LLM_COST, "model" => model).increment(micros.unsigned_abs());
}

/// A model was waited for, whatever came of it.
pub(super) fn took(tier: Tier, took: Duration) {
    histogram!(LLM_SECONDS, "model" => tier.as_str()).record(took);
}

/// A route was taken; only one that a budget has turned counts here.
pub(super) fn routed(reason: Reason) {
    match reason {
        Reason::BudgetDowngrade => counter!(BUDGET_REJECTIONS, "instead" => "cheap").increment(1),
        Reason::Budget => counter!(BUDGET_REJECTIONS, "instead" => "rules").increment(1),
        _ => {}
    }
}

/// The rules have told a month, for this reason.
pub(super) fn fell_back(reason: Reason) {
    counter!(FALLBACKS, "reason" => reason.as_str()).increment(1);
}

/// A text failed a check.
pub(super) fn failed_check(code: Code) {
    counter!(CHECK_FAILURES, "code" => code.as_str()).increment(1);
}

/// A text passed every check and was too poor all the same.
pub(super) fn failed_rubric() {
    counter!(CHECK_FAILURES, "code" => RUBRIC).increment(1);
}

/// Brings every counter into being at zero.
pub(crate) fn start_at_zero() {
    for tier in Tier::ALL {
        let model = tier.as_str();
        for outcome in Outcome::WORDS {
            counter!(LLM_CALLS, "model" => model, "outcome" => outcome).increment(0);
        }
        for direction in ["in", "out"] {
            counter!(LLM_TOKENS, "model" => model, "direction" => direction).increment(0);
        }
        counter!(LLM_COST, "model" => model).increment(0);
    }
    for instead in ["cheap", "rules"] {
        counter!(BUDGET_REJECTIONS, "instead" => instead).increment(0);
    }
    for reason in Reason::OF_RULES {
        counter!(FALLBACKS, "reason" => reason.as_str()).increment(0);
    }
    for code in Code::ALL.iter().map(|code| code.as_str()).chain([RUBRIC]) {
        counter!(CHECK_FAILURES, "code" => code).increment(0);
    }
}
