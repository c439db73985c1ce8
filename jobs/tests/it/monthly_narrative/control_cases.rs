//! Routing, rate, breaker and cost, against the fixtures.

use std::fs;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use windlass_jobs::monthly_narrative::breaker::Breaker;
use windlass_jobs::monthly_narrative::ledger::{Refused, next_call};
use windlass_jobs::monthly_narrative::route::{Budget, Request, Route, route};
use windlass_jobs::monthly_narrative::settings::{BreakerSettings, Model, Settings};

use crate::compare;
use crate::support::{fixtures, folder};

#[test]
fn every_case_of_control_has_its_answer() {
    for set in ["open-a", "open-b"] {
        let read = |file: &str| -> Value {
            serde_json::from_str(&fs::read_to_string(fixtures(set).join(file)).unwrap()).unwrap()
        };
        let (cases, expected) = (read("inputs/control_cases.json"), read("expected/control.json"));
        let settings = settings(&cases);
        for (part, answers) in [
            ("routes", routes(&cases, &settings)),
            ("limiter", limiter(&cases, &settings)),
            ("breaker", breaker(&cases)),
            ("costs", costs(&cases, &settings)),
        ] {
            let folder = folder(&format!("control/{set}/{part}"));
            fs::write(folder.join("expected.json"), expected[part].to_string()).unwrap();
            fs::write(folder.join("actual.json"), Value::from(answers).to_string()).unwrap();
            compare::files(&folder.join("expected.json"), &folder.join("actual.json"))
                .unwrap_or_else(|differences| panic!("{set} {part}: {differences}"));
        }
    }
}

fn settings(cases: &Value) -> Settings {
    let model = |name: &str| Model {
        name: name.to_owned(),
        price_in: cases["models"][name]["price_in"].as_i64().unwrap(),
        price_out: cases["models"][name]["price_out"].as_i64().unwrap(),
    };
    Settings { cheap: model("cheap"), strong: model("strong"), ..Settings::default() }
}

fn routes(cases: &Value, settings: &Settings) -> Vec<Value> {
    let answer = |case: &Value| {
        let (req, budget) = (&case["req"], &case["budget"]);
        let number = |of: &Value, name: &str| of[name].as_i64().unwrap();
        let request = Request {
            critical: req["criticality"] == "critical",
            attempt: number(req, "attempt").try_into().unwrap(),
            tokens_in: number(req, "est_in").try_into().unwrap(),
            has_key: req["has_key"] == true,
            breaker_open: req["breaker"] == "open",
        };
        let budget = Budget {
            user_spent: number(budget, "user_spent"),
            user_soft: number(budget, "user_soft"),
            user_hard: number(budget, "user_hard"),
            global_spent: number(budget, "global_spent"),
            global_hard: number(budget, "global_hard"),
        };
        match route(&request, &budget, settings) {
            Route::Rules(reason) => {
                json!({ "model": "rules", "reason": reason.as_str(), "max_out": 0, "reserve_micros": 0 })
            }
            Route::Model { tier, reason, max_out, reserve_micros } => json!({
                "model": tier.as_str(), "reason": reason.as_str(), "max_out": max_out, "reserve_micros": reserve_micros,
            }),
        }
    };
    cases["routes"].as_array().unwrap().iter().map(answer).collect()
}

fn at(seconds: &Value) -> DateTime<Utc> {
    #[expect(clippy::cast_possible_truncation, reason = "minutes in milliseconds")]
    let millis = (seconds.as_f64().unwrap() * 1_000.0).round() as i64;
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds(millis)
}

fn limiter(cases: &Value, settings: &Settings) -> Vec<Value> {
    let mut log = Vec::new();
    let answer = |now: &Value| {
        let window = TimeDelta::from_std(settings.window).unwrap();
        match next_call(&log, at(now), settings.calls, window) {
            Ok(kept) => {
                log = kept;
                json!({ "granted": true, "retry_after": 0.0 })
            }
            Err(Refused(wait)) => json!({ "granted": false, "retry_after": wait.as_seconds_f64() }),
        }
    };
    cases["limiter"].as_array().unwrap().iter().map(answer).collect()
}

fn breaker(cases: &Value) -> Vec<Value> {
    let settings = BreakerSettings::default();
    let mut breaker = Breaker::new(&settings);
    let answer = |event: &Value| {
        let now = at(&event["t"]);
        let allowed = breaker.admit(now);
        let before = breaker.state.as_str();
        if allowed {
            breaker.record(event["success"] == true, now, &settings);
        }
        json!({ "allowed": allowed, "state_before_call": before, "state_after": breaker.state.as_str() })
    };
    cases["breaker"].as_array().unwrap().iter().map(answer).collect()
}

fn costs(cases: &Value, settings: &Settings) -> Vec<Value> {
    let cost = |case: &Value| {
        let model = if case["model"] == "strong" { &settings.strong } else { &settings.cheap };
        let tokens = |name: &str| u32::try_from(case[name].as_u64().unwrap()).unwrap();
        Value::from(model.cost(tokens("tokens_in"), tokens("tokens_out")))
    };
    cases["costs"].as_array().unwrap().iter().map(cost).collect()
}
