//! Monthly texts as rows, and the answers to cases of texts and contracts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::monthly_narrative::rubric::score;
use crate::monthly_narrative::{Contract, Fingerprint, RULEBOOK, Rubric, Told, checks};

/// A month's text with what it was told from, what is wrong with it, and how good it is.
#[derive(Debug, Serialize)]
pub struct NarrativeRow<'a> {
    user_id: &'a str,
    input: &'a Contract,
    contract_errors: [&'static str; 0],
    text: &'a str,
    codes: Vec<&'static str>,
    rubric: Option<Rubric>,
}

impl<'a> NarrativeRow<'a> {
    /// The row of a month.
    #[must_use]
    pub fn new(told: &'a Told) -> Self {
        let Judged { codes, rubric } = Judged::new(&told.text, &told.contract, &[]);
        Self { user_id: &told.external_id, input: &told.contract, contract_errors: [], text: &told.text, codes, rubric }
    }
}

/// What is wrong with a text, and how good it is.
#[derive(Debug, Serialize)]
pub struct Judged {
    codes: Vec<&'static str>,
    rubric: Option<Rubric>,
}

impl Judged {
    /// Holds a text against its contract and against what was said.
    #[must_use]
    pub fn new(text: &str, contract: &Contract, said: &[String]) -> Self {
        let mut codes = checks::check(text, contract, &RULEBOOK);
        let fingerprint = Fingerprint::of(text, contract, &RULEBOOK);
        for turn in said {
            fingerprint.compare(turn, &mut codes);
        }
        let codes = codes.iter().map(|code| code.as_str()).collect();
        Self { codes, rubric: score(text, contract, &RULEBOOK) }
    }
}

/// Cases: a contract, what was said, texts, and contracts that are none.
#[derive(Debug, Deserialize)]
pub struct NarrativeCases {
    input: Value,
    source_turns: Vec<String>,
    candidates: BTreeMap<String, String>,
    inputs_to_check: Vec<Value>,
}

/// Their answers.
#[derive(Debug, Serialize)]
pub struct NarrativeAnswers {
    candidates: BTreeMap<String, Judged>,
    contract: Vec<Vec<String>>,
}

impl NarrativeCases {
    /// Answers them; without candidates where the contract of the cases is none.
    #[must_use]
    pub fn answers(&self) -> NarrativeAnswers {
        let judged = |contract: Contract| {
            let judge =
                |(name, text): (&String, &String)| (name.clone(), Judged::new(text, &contract, &self.source_turns));
            self.candidates.iter().map(judge).collect()
        };
        let faults = |input: &Value| match Contract::parse(input) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.iter().map(ToString::to_string).collect(),
        };
        NarrativeAnswers {
            candidates: Contract::parse(&self.input).map(judged).unwrap_or_default(),
            contract: self.inputs_to_check.iter().map(faults).collect(),
        }
    }
}
