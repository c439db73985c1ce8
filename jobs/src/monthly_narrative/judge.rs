//! All checks of a text together, those against what the person said too. Codes and scores come out, never words.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sqlx::PgPool;

use super::checks::check;
use super::code::Code;
use super::contract::Contract;
use super::leak::Fingerprint;
use super::rubric::{Rubric, score};
use super::rulebook::RULEBOOK;
use super::{metrics, store};

/// What the checks say.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) codes: BTreeSet<Code>,
    pub(super) rubric: Option<Rubric>,
}

impl Verdict {
    /// The score of a text that may be published.
    pub(super) fn passed(&self) -> Option<Rubric> {
        self.rubric.filter(|rubric| rubric.pass && self.codes.is_empty())
    }

    /// What is wrong, for an error or a log.
    pub(super) fn faults(&self) -> String {
        let codes: Vec<_> = self.codes.iter().map(|code| code.as_str()).collect();
        if codes.is_empty() { "rubric".to_owned() } else { codes.join(", ") }
    }
}

/// Judges a text of a person's month.
pub(super) async fn judge(
    db: &PgPool,
    subject_id: i64,
    month: NaiveDate,
    text: &str,
    contract: &Contract,
) -> Result<Verdict, sqlx::Error> {
    let mut codes = check(text, contract, &RULEBOOK);
    let fingerprint = Fingerprint::of(text, contract, &RULEBOOK);
    // A text of the template's pieces alone has nothing that could be a leak.
    if !fingerprint.is_empty() {
        store::each_said(db, subject_id, month, |said| fingerprint.compare(said, &mut codes)).await?;
    }
    for &code in &codes {
        metrics::failed_check(code);
    }
    let verdict = Verdict { codes, rubric: score(text, contract, &RULEBOOK) };
    if verdict.codes.is_empty() && verdict.passed().is_none() {
        metrics::failed_rubric();
    }
    Ok(verdict)
}
