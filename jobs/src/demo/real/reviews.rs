//! How far the analysis agrees with people who rated the same turns.

use serde::Serialize;

use super::super::Inputs;
use super::super::rows::human_valence;
use crate::post_session_analysis::{Class, Stored};

/// The figures.
#[derive(Debug, Serialize)]
pub(super) struct ReviewFigures {
    sessions: usize,
    turns: usize,
    pearson_session: Option<f64>,
    pearson_turn: Option<f64>,
    /// The share of turns that both hold for good, or for bad, or for neither.
    sign_agreement: Option<f64>,
}

impl ReviewFigures {
    /// Of the results, which stand in the inputs' order.
    pub(super) fn of(inputs: &Inputs, results: &Stored) -> Self {
        let sessions: Vec<(f64, f64)> = results
            .sessions
            .iter()
            .zip(&inputs.conversations)
            .filter_map(|(session, conversation)| {
                Some((session.vector.as_ref()?.valence?, human_valence(conversation)?))
            })
            .collect();
        let said = inputs.conversations.iter().flat_map(|conversation| &conversation.turns);
        let turns: Vec<(f64, f64)> = results
            .turns
            .iter()
            .zip(said)
            .filter_map(|(turn, said)| Some((turn.impact.valence?, said.human_valence?)))
            .collect();
        let agreed = turns.iter().map(|(ours, theirs)| f64::from(u8::from(Class::of(*ours) == Class::of(*theirs))));
        Self {
            sessions: inputs.conversations.len(),
            turns: inputs.turns(),
            pearson_session: pearson(&sessions),
            pearson_turn: pearson(&turns),
            sign_agreement: mean(agreed),
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    (n > 0.0).then(|| sum / n)
}

/// Pearson's r; none where one of the two does not vary.
fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let (x, y) = (mean(pairs.iter().map(|pair| pair.0))?, mean(pairs.iter().map(|pair| pair.1))?);
    let sum = |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|pair| of(pair.0 - x, pair.1 - y)).sum::<f64>();
    let scale = (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    (scale > 0.0).then(|| sum(&|x, y| x * y) / scale)
}
