//! Cases of routing, rate, breaker, progress, cost and chunks, and their answers: `control_cases.json` and `control.json`.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{digits, maybe_digits};
use crate::backfill::progress::Progress;
use crate::backfill::tile::{KeyChunk, key_chunks};
use crate::monthly_narrative::breaker::Breaker;
use crate::monthly_narrative::ledger::{Refused, next_call};
use crate::monthly_narrative::route::{Budget, Request, Route, route};
use crate::monthly_narrative::settings::{BreakerSettings, Model, Settings};

/// The cases.
#[derive(Debug, Deserialize)]
pub struct ControlCases {
    models: BTreeMap<String, Prices>,
    routes: Vec<RouteCase>,
    limiter: Vec<f64>,
    breaker: Vec<Call>,
    progress: Work,
    costs: Vec<CostCase>,
    chunks: Keys,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
struct Prices {
    price_in: i64,
    price_out: i64,
}

#[derive(Debug, Deserialize)]
struct RouteCase {
    req: Asked,
    budget: Purse,
}

#[derive(Debug, Deserialize)]
struct Asked {
    criticality: String,
    attempt: u32,
    est_in: u32,
    has_key: bool,
    breaker: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Purse {
    user_spent: i64,
    user_soft: i64,
    user_hard: i64,
    global_spent: i64,
    global_hard: i64,
}

#[derive(Debug, Deserialize)]
struct Call {
    t: f64,
    success: bool,
}

#[derive(Debug, Deserialize)]
struct Work {
    total: u64,
    events: Vec<Done>,
}

#[derive(Debug, Deserialize)]
struct Done {
    rows: u64,
    seconds: f64,
}

#[derive(Debug, Deserialize)]
struct CostCase {
    tokens_in: u32,
    tokens_out: u32,
    model: String,
}

#[derive(Debug, Deserialize)]
struct Keys {
    keys: Vec<u64>,
    size: usize,
}

/// The answers, in the order of the cases.
#[derive(Debug, Serialize)]
pub struct ControlAnswers {
    routes: Vec<RouteAnswer>,
    limiter: Vec<Grant>,
    breaker: Vec<Step>,
    progress: Vec<Stand>,
    costs: Vec<i64>,
    chunks: Vec<KeyChunk<u64>>,
}

#[derive(Debug, Serialize)]
struct RouteAnswer {
    model: &'static str,
    reason: &'static str,
    max_out: u32,
    reserve_micros: i64,
}

#[derive(Debug, Serialize)]
struct Grant {
    granted: bool,
    #[serde(serialize_with = "digits")]
    retry_after: f64,
}

#[derive(Debug, Serialize)]
struct Step {
    allowed: bool,
    state_before_call: &'static str,
    state_after: &'static str,
}

#[derive(Debug, Serialize)]
struct Stand {
    done: u64,
    #[serde(serialize_with = "digits")]
    percent: f64,
    #[serde(serialize_with = "maybe_digits")]
    rate: Option<f64>,
    #[serde(serialize_with = "maybe_digits")]
    eta_s: Option<f64>,
}

impl ControlCases {
    /// Answers them.
    #[must_use]
    pub fn answers(&self) -> ControlAnswers {
        let settings = self.settings();
        ControlAnswers {
            routes: self.routes.iter().map(|case| case.answer(&settings)).collect(),
            limiter: self.grants(&settings),
            breaker: self.steps(),
            progress: self.progress.stands(),
            costs: self.costs.iter().map(|case| case.answer(&settings)).collect(),
            chunks: key_chunks(&self.chunks.keys, self.chunks.size),
        }
    }

    /// The defaults, at the cases' prices.
    fn settings(&self) -> Settings {
        let model = |name: &str| {
            let Prices { price_in, price_out } = self.models.get(name).copied().unwrap_or_default();
            Model { name: name.to_owned(), price_in, price_out }
        };
        Settings { cheap: model("cheap"), strong: model("strong"), ..Settings::default() }
    }

    fn grants(&self, settings: &Settings) -> Vec<Grant> {
        let window = TimeDelta::from_std(settings.window).unwrap_or(TimeDelta::MAX);
        let mut log = Vec::new();
        let grant = |now: &f64| match next_call(&log, at(*now), settings.calls, window) {
            Ok(kept) => {
                log = kept;
                Grant { granted: true, retry_after: 0.0 }
            }
            Err(Refused(wait)) => Grant { granted: false, retry_after: wait.as_seconds_f64() },
        };
        self.limiter.iter().map(grant).collect()
    }

    fn steps(&self) -> Vec<Step> {
        let settings = BreakerSettings::default();
        let mut breaker = Breaker::new(&settings);
        let step = |call: &Call| {
            let now = at(call.t);
            let allowed = breaker.admit(now);
            let state_before_call = breaker.state.as_str();
            if allowed {
                breaker.record(call.success, now, &settings);
            }
            Step { allowed, state_before_call, state_after: breaker.state.as_str() }
        };
        self.breaker.iter().map(step).collect()
    }
}

impl RouteCase {
    fn answer(&self, settings: &Settings) -> RouteAnswer {
        let Purse { user_spent, user_soft, user_hard, global_spent, global_hard } = self.budget;
        let request = Request {
            critical: self.req.criticality == "critical",
            attempt: self.req.attempt,
            tokens_in: self.req.est_in,
            has_key: self.req.has_key,
            breaker_open: self.req.breaker == "open",
        };
        match route(&request, &Budget { user_spent, user_soft, user_hard, global_spent, global_hard }, settings) {
            Route::Rules(reason) => {
                RouteAnswer { model: "rules", reason: reason.as_str(), max_out: 0, reserve_micros: 0 }
            }
            Route::Model { tier, reason, max_out, reserve_micros } => {
                RouteAnswer { model: tier.as_str(), reason: reason.as_str(), max_out, reserve_micros }
            }
        }
    }
}

impl CostCase {
    fn answer(&self, settings: &Settings) -> i64 {
        let model = if self.model == "strong" { &settings.strong } else { &settings.cheap };
        model.cost(self.tokens_in, self.tokens_out)
    }
}

impl Work {
    fn stands(&self) -> Vec<Stand> {
        let mut progress = Progress::of(self.total);
        let stand = |done: &Done| {
            progress.add(done.rows, done.seconds);
            let (percent, rate, eta_s) = (progress.percent(), progress.rate, progress.eta_seconds());
            Stand { done: progress.done, percent, rate, eta_s }
        };
        self.events.iter().map(stand).collect()
    }
}

/// Seconds after some instant.
#[expect(clippy::cast_possible_truncation, reason = "minutes in milliseconds")]
fn at(seconds: f64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds((seconds * 1_000.0).round() as i64)
}
