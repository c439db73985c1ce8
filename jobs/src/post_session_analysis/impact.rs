//! What each turn did to its session. Not the session: see `vector`.

use serde::{Deserialize, Serialize};

use super::role::Role;
use super::session::{Felt, Sums};
use crate::tolerance::{at_least, at_most};

/// A turn, its feeling and its effect.
///
/// A user's turn has the difference it makes to the session's valence; an assistant's turn the
/// user's valence after it less the one before it. Blank turns, and assistant turns without a
/// user on both sides, have none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TurnImpact {
    /// Its place in the session.
    pub turn_index: i32,
    /// Who spoke.
    pub role: Role,
    /// -1 to 1; of a user's turn only, as the next two.
    pub valence: Option<f64>,
    /// 0 to 1.
    pub arousal: Option<f64>,
    /// 0 to 1.
    pub dominance: Option<f64>,
    /// Change of valence since the user's previous turn; for an assistant's turn, across it.
    pub delta: Option<f64>,
    /// The effect on the valence.
    pub impact: Option<f64>,
    /// The effect in one word.
    pub class: Option<Class>,
}

/// An impact in one word, by VADER's thresholds (Hutto & Gilbert 2014).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// 0.05 or more.
    Positive,
    /// -0.05 or less.
    Negative,
    /// Between.
    Neutral,
}

impl Class {
    /// The class of an impact.
    #[must_use]
    pub fn of(impact: f64) -> Self {
        if at_least(impact, 0.05) {
            Self::Positive
        } else if at_most(impact, -0.05) {
            Self::Negative
        } else {
            Self::Neutral
        }
    }

    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Negative => "negative",
            Self::Neutral => "neutral",
        }
    }
}

pub(super) fn impacts(turns: &[Felt], sums: &Sums) -> Vec<TurnImpact> {
    let mut impacts: Vec<TurnImpact> = Vec::with_capacity(turns.len());
    let mut previous = None;
    // Assistant turns from here on wait for the user's answer.
    let mut waiting = 0;
    for turn in turns {
        if turn.takes_part() {
            let delta = previous.map(|previous| turn.valence - previous);
            for asked in impacts[waiting..].iter_mut().filter(|asked| asked.role == Role::Assistant) {
                asked.delta = delta;
                asked.set_impact(delta);
            }
            impacts.push(felt(turn, delta, sums));
            waiting = impacts.len();
            previous = Some(turn.valence);
        } else {
            impacts.push(TurnImpact::none(turn));
        }
    }
    impacts
}

fn felt(turn: &Felt, delta: Option<f64>, sums: &Sums) -> TurnImpact {
    let mut impact = TurnImpact {
        valence: Some(turn.valence),
        arousal: Some(turn.arousal),
        dominance: Some(turn.dominance),
        delta,
        ..TurnImpact::none(turn)
    };
    impact.set_impact(Some(influence(turn, sums)));
    impact
}

/// The session's valence less what it would be without this turn, from the sums alone; an only
/// turn makes no difference.
fn influence(turn: &Felt, sums: &Sums) -> f64 {
    if sums.turns < 2 {
        return 0.0;
    }
    let without = (sums.valence - turn.weight * turn.valence) / (sums.weight - turn.weight);
    sums.valence / sums.weight - without
}

impl TurnImpact {
    fn none(turn: &Felt) -> Self {
        Self {
            turn_index: turn.index,
            role: turn.role,
            valence: None,
            arousal: None,
            dominance: None,
            delta: None,
            impact: None,
            class: None,
        }
    }

    fn set_impact(&mut self, impact: Option<f64>) {
        self.impact = impact;
        self.class = impact.map(Class::of);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Analysis;
    use super::*;

    type Turn = (Role, String);

    fn analysed(turns: &[Turn]) -> (Option<f64>, Vec<TurnImpact>) {
        let mut session = Analysis::new();
        for (index, (role, text)) in (0..).zip(turns) {
            session.turn(index, *role, text).unwrap();
        }
        let (vector, impacts) = session.finish();
        (vector.valence, impacts)
    }

    fn turn() -> impl Strategy<Value = Turn> {
        let role = prop_oneof![Just(Role::User), Just(Role::Assistant)];
        (role, "((not|good|HATE|afraid|bus|!|alone\\.) ){0,6}")
    }

    #[test]
    fn thresholds_belong_to_their_class() {
        assert_eq!(Class::of(0.05 - 1e-10), Class::Positive);
        assert_eq!(Class::of(-0.05 + 1e-10), Class::Negative);
        assert_eq!(Class::of(0.049), Class::Neutral);
    }

    #[test]
    fn an_only_turn_makes_no_difference() {
        let (_, impacts) = analysed(&[(Role::User, "I am happy".to_owned())]);
        assert_eq!(impacts[0].impact, Some(0.0));
        assert_eq!(impacts[0].class, Some(Class::Neutral));
    }

    proptest! {
        #[test]
        fn leaving_a_turn_out_equals_analysing_without_it(
            turns in prop::collection::vec(turn(), 0..12)
        ) {
            let (whole, impacts) = analysed(&turns);
            prop_assert_eq!(impacts.len(), turns.len());
            for (at, impact) in impacts.iter().enumerate().filter(|(_, it)| it.valence.is_some()) {
                let mut others = turns.clone();
                others.remove(at);
                let expected = analysed(&others).0.map_or(0.0, |without| whole.unwrap() - without);
                prop_assert!((impact.impact.unwrap() - expected).abs() < 1e-9);
            }
        }

        #[test]
        fn an_assistant_turn_is_measured_by_its_neighbours(
            turns in prop::collection::vec(turn(), 0..12)
        ) {
            let (_, impacts) = analysed(&turns);
            for (at, impact) in impacts.iter().enumerate() {
                if impact.role == Role::User {
                    continue;
                }
                let before = impacts[..at].iter().rev().find_map(|it| it.valence);
                let after = impacts[at..].iter().find_map(|it| it.valence);
                prop_assert_eq!(impact.impact, before.zip(after).map(|(b, a)| a - b));
                prop_assert_eq!(impact.delta, impact.impact);
                prop_assert_eq!(impact.class, impact.impact.map(Class::of));
            }
        }
    }
}
