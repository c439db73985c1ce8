//! The template `rules-1`: the text that needs no model. Literal pieces and the contract's values, nothing else: the same
//! contract gives the same bytes.

use chrono::Datelike;

use super::contract::Contract;
use crate::tolerance::{at_least, at_most};

/// What insights, ledgers and contracts call it.
pub const RULES: &str = "rules-1";

/// Renders a contract.
#[must_use]
pub fn render(contract: &Contract) -> String {
    let sentences = [
        Some(basis(contract)),
        Some(format!("Overall the tone of this month was {}.", tone(contract.valence()))),
        Some(change(contract.valence_delta()).to_owned()),
        Some(contract.dominant_emotion().map_or_else(
            || "No single emotion stood out in the words that were analysed.".to_owned(),
            |emotion| format!("The emotion that appeared most often was {emotion}."),
        )),
        Some(shifts(contract.volatility()).to_owned()),
        range(contract.diversity()).map(str::to_owned),
        weeks(contract),
        excluded(contract.n_excluded()),
        Some(closing(contract.valence()).to_owned()),
    ];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn basis(contract: &Contract) -> String {
    let (month, year, n) = (contract.month_name(), contract.month().year(), contract.n_sessions());
    let sessions = if n == 1 { "session" } else { "sessions" };
    format!("Your summary for {month} {year} is based on {n} analysed {sessions}.")
}

fn tone(valence: f64) -> &'static str {
    if at_least(valence, 0.5) {
        "mostly bright"
    } else if at_least(valence, 0.05) {
        "gently positive"
    } else if !at_most(valence, -0.05) {
        "fairly even"
    } else if !at_most(valence, -0.5) {
        "somewhat heavy"
    } else {
        "heavy"
    }
}

fn change(delta: Option<f64>) -> &'static str {
    match delta {
        None => "There is no earlier month to compare it with yet.",
        Some(delta) if at_least(delta, 0.1) => "Compared with the month before, things moved in a lighter direction.",
        Some(delta) if at_most(delta, -0.1) => "Compared with the month before, this month carried more weight.",
        Some(_) => "Compared with the month before, little changed overall.",
    }
}

fn shifts(volatility: f64) -> &'static str {
    if at_least(volatility, 0.5) {
        "Feelings shifted a lot within sessions."
    } else if at_least(volatility, 0.25) {
        "Feelings shifted at times within sessions."
    } else {
        "Feelings stayed rather steady within sessions."
    }
}

fn range(diversity: f64) -> Option<&'static str> {
    if at_least(diversity, 0.75) {
        Some("A wide range of emotions was present.")
    } else if at_most(diversity, 0.35) {
        Some("The range of emotions was narrow.")
    } else {
        None
    }
}

fn weeks(contract: &Contract) -> Option<String> {
    let (best, hardest) = (contract.best_week()?, contract.hardest_week()?);
    (best != hardest).then(|| format!("The lightest week was {best} and the most demanding one was {hardest}."))
}

fn excluded(n: u32) -> Option<String> {
    match n {
        0 => None,
        1 => Some("1 session was left out at your request.".to_owned()),
        n => Some(format!("{n} sessions were left out at your request.")),
    }
}

/// A heavy month ends with a hand held out; no text gives medical advice.
fn closing(valence: f64) -> &'static str {
    if at_most(valence, -0.05) {
        "Consider being patient with yourself, and try reaching out to someone you trust if the weight stays."
    } else {
        "You might notice what was different in the lighter moments and consider making a little more room for them next month."
    }
}

#[cfg(test)]
mod tests {
    use super::super::rulebook::RULEBOOK;
    use super::*;

    #[test]
    fn every_piece_is_exempt_from_the_leak_check() {
        let known = |piece: &str| RULEBOOK.fragments.iter().any(|fragment| fragment.trim_end_matches('.') == piece);
        for valence in [0.6, 0.1, 0.0, -0.1, -0.6] {
            assert!(known(&format!("Overall the tone of this month was {}", tone(valence))));
            assert!(known(closing(valence).trim_end_matches('.')));
        }
        for delta in [None, Some(0.1), Some(0.0), Some(-0.1)] {
            assert!(known(change(delta).trim_end_matches('.')));
        }
        for share in [0.1, 0.3, 0.6, 0.8] {
            assert!(known(shifts(share).trim_end_matches('.')));
            assert!(range(share).is_none_or(|range| known(range.trim_end_matches('.'))));
        }
    }
}
