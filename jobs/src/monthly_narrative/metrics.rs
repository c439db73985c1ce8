//! What is counted of narratives. Labels are closed lists; a provider's name is configuration.

use metrics::{counter, gauge};

use super::breaker::State;
use super::code::Code;
use super::ledger::Outcome;
use super::route::{Reason, Tier};

/// A call of a model has ended.
pub(super) fn called(tier: Tier, outcome: Outcome, micros: i64) {
    counter!("windlass_llm_calls_total", "model" => tier.as_str(), "outcome" => outcome.as_str()).increment(1);
    counter!("windlass_llm_cost_micros_total", "model" => tier.as_str()).increment(micros.unsigned_abs());
}

/// A provider's breaker stands so: 0 closed, 0.5 half open, 1 open.
pub(super) fn breaker(provider: &str, state: State) {
    let level = match state {
        State::Closed => 0.0,
        State::HalfOpen => 0.5,
        State::Open => 1.0,
    };
    gauge!("windlass_breaker_state", "provider" => provider.to_owned()).set(level);
}

/// How much of a budget is spent, 1 being all of it.
pub(super) fn budget_used(scope: &'static str, spent: i64, most: i64) {
    #[expect(clippy::cast_precision_loss, reason = "a ratio to look at")]
    gauge!("windlass_budget_used_ratio", "scope" => scope).set(spent as f64 / most.max(1) as f64);
}

/// The rules have told a month, for this reason.
pub(super) fn fell_back(reason: Reason) {
    counter!("windlass_narrative_fallback_total", "reason" => reason.as_str()).increment(1);
}

/// A text failed a check.
pub(super) fn failed_check(code: Code) {
    counter!("windlass_check_failures_total", "code" => code.as_str()).increment(1);
}
