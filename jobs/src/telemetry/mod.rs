//! Every metric of the jobs, once. Counters are set where things happen; what stands in the tables is read here, by one worker for
//! all. Labels are closed lists: never a person's id.

mod sample;

use windlass::telemetry::{Instruments, Type};

use crate::deps::Deps;
use crate::{backfill, monthly_narrative, roi_collection};

const ANSWERS: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0];

windlass::catalogue! {
    BUCKET_LAG: Type::Gauge, "windlass_bucket_lag_seconds", ["scope"],
        "For how long the oldest open bucket of a scope has been due; 0 when none is. Sampled by one worker.";
    LLM_CALLS: Type::Counter, "windlass_llm_calls_total", ["model", "outcome"],
        "Calls of a narrator's model (cheap, strong), by how they went.";
    LLM_TOKENS: Type::Counter, "windlass_llm_tokens_total", ["model", "direction"],
        "Tokens as the provider bills them: in (prompts) and out (answers).";
    LLM_SECONDS: Type::Histogram(ANSWERS), "windlass_llm_request_duration_seconds", ["model"],
        "How long a narrator's model was waited for, whatever came of it.";
    LLM_COST: Type::Counter, "windlass_llm_cost_micros_total", ["model"],
        "What calls have cost, in micro-dollars.";
    BUDGET_REJECTIONS: Type::Counter, "windlass_budget_rejections_total", ["instead"],
        "Calls that a budget did not hold, by who told the month instead: the cheap model, or the rules.";
    BUDGET_USED: Type::Gauge, "windlass_budget_used_ratio", ["scope"],
        "How much of this calendar month's budget is spent or reserved; 1 is all. Sampled by one worker.";
    BREAKER: Type::Gauge, "windlass_breaker_state", ["provider"],
        "Where a provider's breaker stands: 0 closed, 0.5 half open, 1 open. Sampled by one worker.";
    FALLBACKS: Type::Counter, "windlass_narrative_fallback_total", ["reason"],
        "Months told by the rules, by the reason.";
    CHECK_FAILURES: Type::Counter, "windlass_check_failures_total", ["code"],
        "Checks that a text has failed, by the check.";
    ALERTS: Type::Gauge, "windlass_roi_alerts_open", ["severity"],
        "Open alerts about return on investment. Sampled by one worker.";
    ROI_ENTRIES: Type::Counter, "windlass_roi_entries_total", ["result"],
        "Costs and values by what booking them did: new, adjusted, unallocated (nobody's), bad (left out).";
    ROI_DIFFERENCES: Type::Counter, "windlass_roi_differences_total", [],
        "Days on which the books were found to differ from a source.";
    ERASURE_OVERDUE: Type::Gauge, "windlass_erasure_overdue_seconds", [],
        "For how long the oldest unfinished erasure has been past its due time; 0 when none is. Sampled by one worker.";
    BACKFILL_RUNS: Type::Counter, "windlass_backfill_runs_total", ["op", "outcome"],
        "Runs of backfill that a worker has ended: done or failed.";
    BACKFILL_ROWS: Type::Counter, "windlass_backfill_rows_total", ["target", "result"],
        "Rows of imports: read into staging; then accepted, quarantined, or skipped for they were in already.";
    BACKFILL_PERCENT: Type::Gauge, "windlass_backfill_percent", ["op"],
        "How far the live run of an operation is, of several the one that is least far; 100 when none is. Sampled by one worker.";
    BACKFILL_RATE: Type::Gauge, "windlass_backfill_rate", ["op"],
        "Rows of live runs by second of working time; 0 when there is none. Sampled by one worker.";
    BACKFILL_ETA: Type::Gauge, "windlass_backfill_eta_seconds", ["op"],
        "Seconds of work that the longest live run has left; 0 when there is none. Sampled by one worker.";
}

/// What the jobs say of themselves.
pub(crate) fn instruments() -> Instruments<Deps> {
    Instruments {
        metrics: ALL,
        start_at_zero: || {
            monthly_narrative::start_at_zero();
            roi_collection::start_at_zero();
            backfill::start_at_zero();
        },
        sample: |tx, deps| Box::pin(sample::sample(tx, deps)),
    }
}
