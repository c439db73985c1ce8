//! Contract, template, checks and rubric, against the fixtures.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use windlass_jobs::monthly_narrative::rubric::score;
use windlass_jobs::monthly_narrative::{Contract, Fingerprint, RULEBOOK, checks, template};

use crate::compare;
use crate::support::{fixtures, folder};

#[test]
fn every_month_of_the_fixtures_has_its_text() {
    for set in ["open-a", "open-b"] {
        let expected = fixtures(set).join("expected/narratives.jsonl");
        let mut rows = Vec::new();
        for line in fs::read_to_string(&expected).unwrap().lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let contract = Contract::parse(&row["input"]).unwrap();
            let text = template::render(&contract);
            let told = judged(&text, &contract, &[]);
            let row = json!({
                "user_id": row["user_id"], "input": contract, "contract_errors": [], "text": text,
                "codes": told["codes"], "rubric": told["rubric"],
            });
            rows.push(row.to_string());
        }
        agree(&expected, &format!("{set}-narratives.jsonl"), &rows.join("\n"));
    }
}

#[test]
fn every_case_has_its_codes_and_rubric() {
    for set in ["open-a", "open-b"] {
        let cases = fs::read_to_string(fixtures(set).join("inputs/narrative_cases.json")).unwrap();
        let cases: Value = serde_json::from_str(&cases).unwrap();
        let contract = Contract::parse(&cases["input"]).unwrap();
        let turns: Vec<_> =
            cases["source_turns"].as_array().unwrap().iter().map(|turn| turn.as_str().unwrap()).collect();
        let judge = |(name, text): (&String, &Value)| (name.clone(), judged(text.as_str().unwrap(), &contract, &turns));
        let candidates: Map<_, _> = cases["candidates"].as_object().unwrap().iter().map(judge).collect();
        let faults: Vec<Vec<String>> = cases["inputs_to_check"]
            .as_array()
            .unwrap()
            .iter()
            .map(|input| Contract::parse(input).unwrap_err().iter().map(ToString::to_string).collect())
            .collect();
        let answers = json!({ "candidates": candidates, "contract": faults });
        let expected = fixtures(set).join("expected/narrative_cases.json");
        agree(&expected, &format!("{set}-narrative_cases.json"), &answers.to_string());
    }
}

fn judged(text: &str, contract: &Contract, turns: &[&str]) -> Value {
    let mut codes = checks::check(text, contract, &RULEBOOK);
    let fingerprint = Fingerprint::of(text, contract, &RULEBOOK);
    for turn in turns {
        fingerprint.compare(turn, &mut codes);
    }
    let codes: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
    json!({ "codes": codes, "rubric": score(text, contract, &RULEBOOK) })
}

fn agree(expected: &Path, name: &str, answers: &str) {
    let actual = folder(name).join(name);
    fs::write(&actual, answers).unwrap();
    compare::files(expected, &actual).unwrap();
}
