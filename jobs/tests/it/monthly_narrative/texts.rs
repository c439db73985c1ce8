//! Contract, template, checks and rubric, against the fixtures.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use windlass_jobs::monthly_narrative::{Contract, template};
use windlass_jobs::results::{Judged, NarrativeCases};

use crate::compare;
use crate::support::{fixtures, folder};

#[test]
fn every_month_of_the_fixtures_has_its_text() {
    for set in ["open-a", "open-b"] {
        let expected = fixtures(set).join("expected/narratives.jsonl");
        let told = |line: &str| {
            let row: Value = serde_json::from_str(line).unwrap();
            let contract = Contract::parse(&row["input"]).unwrap();
            let text = template::render(&contract);
            let judged = serde_json::to_value(Judged::new(&text, &contract, &[])).unwrap();
            json!({
                "user_id": row["user_id"], "input": contract, "contract_errors": [], "text": text,
                "codes": judged["codes"], "rubric": judged["rubric"],
            })
            .to_string()
        };
        let rows: Vec<_> = fs::read_to_string(&expected).unwrap().lines().map(told).collect();
        agree(&expected, &format!("{set}-narratives.jsonl"), &rows.join("\n"));
    }
}

#[test]
fn every_case_has_its_codes_and_rubric() {
    for set in ["open-a", "open-b"] {
        let cases = fs::read_to_string(fixtures(set).join("inputs/narrative_cases.json")).unwrap();
        let cases: NarrativeCases = serde_json::from_str(&cases).unwrap();
        let expected = fixtures(set).join("expected/narrative_cases.json");
        let answers = serde_json::to_string(&cases.answers()).unwrap();
        agree(&expected, &format!("{set}-narrative_cases.json"), &answers);
    }
}

fn agree(expected: &Path, name: &str, answers: &str) {
    let actual = folder(name).join(name);
    fs::write(&actual, answers).unwrap();
    compare::files(expected, &actual).unwrap();
}
