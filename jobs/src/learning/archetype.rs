//! Which kind of learner somebody is (domain specification 4.3.4).

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::coefficients::Archetypes;
use crate::tolerance::at_least;

/// The archetypes, in the order that breaks ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Archetype {
    /// Adopts new capabilities quickly.
    FastLearner,
    /// Stays in one domain.
    Specialist,
    /// Does a lot.
    PowerUser,
    /// Keeps using what was adopted.
    LongTermRetainer,
    /// None of these stands out.
    Generalist,
}

impl Archetype {
    /// All of them, in order.
    pub const ALL: [Self; 5] =
        [Self::FastLearner, Self::Specialist, Self::PowerUser, Self::LongTermRetainer, Self::Generalist];

    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FastLearner => "fast_learner",
            Self::Specialist => "specialist",
            Self::PowerUser => "power_user",
            Self::LongTermRetainer => "long_term_retainer",
            Self::Generalist => "generalist",
        }
    }
}

impl fmt::Display for Archetype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no archetype.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an archetype; they are fast_learner, specialist, power_user, long_term_retainer and generalist")]
pub struct UnknownArchetype;

impl FromStr for Archetype {
    type Err = UnknownArchetype;

    fn from_str(word: &str) -> Result<Self, UnknownArchetype> {
        Self::ALL.into_iter().find(|archetype| archetype.as_str() == word).ok_or(UnknownArchetype)
    }
}

/// What an archetype is told by. Ranks are mid-ranks among all active learners, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The rank of the velocity.
    pub velocity: f64,
    /// The rank of recent use.
    pub usage: f64,
    /// The rank of the retention strength.
    pub retention: f64,
    /// How much of the use is in few domains, 0 to 1.
    pub concentration: f64,
    /// Whether entropy and top share say so.
    pub is_specialist: bool,
    /// Uses in the affinity window.
    pub uses: i32,
}

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Classified {
    /// Of each archetype in its order.
    pub scores: [f64; 5],
    /// The one taken.
    pub archetype: Archetype,
    /// 0.5 when another is as near, more the further ahead it is, less where it is kept against a better one.
    pub confidence: f64,
    /// There was too little to go by.
    pub provisional: bool,
}

/// The archetype that the evidence speaks for, or `before` if none beats it clearly.
#[must_use]
pub fn classify(evidence: &Evidence, before: Option<Archetype>, by: &Archetypes) -> Classified {
    let scores = scores(evidence);
    if evidence.uses < by.provisional_below {
        return Classified { scores, archetype: Archetype::Generalist, confidence: 0.5, provisional: true };
    }
    // `max_by` takes the last of equals; the order of archetypes is to win.
    let best = (0..scores.len()).rev().max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or_default();
    let taken = before
        .map(|before| before as usize)
        .filter(|before| !at_least(scores[best] - scores[*before], by.margin))
        .unwrap_or(best);
    let rival =
        scores.iter().enumerate().filter(|(place, _)| *place != taken).map(|(_, score)| *score).fold(0.0, f64::max);
    Classified {
        scores,
        archetype: Archetype::ALL[taken],
        confidence: 1.0 / (1.0 + (-by.steepness * (scores[taken] - rival)).exp()),
        provisional: false,
    }
}

fn scores(evidence: &Evidence) -> [f64; 5] {
    let Evidence { velocity, usage, retention, concentration, is_specialist, uses: _ } = *evidence;
    let special = if is_specialist { 0.5 + 0.5 * concentration } else { 0.5 * concentration };
    let most = velocity.max(usage).max(retention);
    [velocity, special, usage, retention, 0.6 * (1.0 - concentration) + 0.4 * (1.0 - most)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::Coefficients;

    fn evidence(velocity: f64, usage: f64, retention: f64) -> Evidence {
        Evidence { velocity, usage, retention, concentration: 1.0, is_specialist: false, uses: 50 }
    }

    fn classified(evidence: &Evidence, before: Option<Archetype>) -> Classified {
        classify(evidence, before, &Coefficients::default().archetype)
    }

    #[test]
    fn the_highest_score_wins_and_the_first_of_equals() {
        assert_eq!(classified(&evidence(0.6, 0.9, 0.3), None).archetype, Archetype::PowerUser);
        let equal = classified(&evidence(0.8, 0.8, 0.8), None);
        assert_eq!(equal.archetype, Archetype::FastLearner);
        assert!((equal.confidence - 0.5).abs() < 1e-12);
    }

    #[test]
    fn an_archetype_is_kept_until_it_is_beaten_by_the_margin() {
        let before = Some(Archetype::LongTermRetainer);
        let kept = classified(&evidence(0.90, 0.2, 0.86), before);
        assert_eq!(kept.archetype, Archetype::LongTermRetainer);
        assert!(kept.confidence < 0.5);
        // 0.9 - 0.85 is a little less than 0.05, and counts as reaching it.
        assert_eq!(classified(&evidence(0.90, 0.2, 0.85), before).archetype, Archetype::FastLearner);
    }

    #[test]
    fn classifying_again_what_was_taken_changes_nothing() {
        for before in Archetype::ALL.map(Some).into_iter().chain([None]) {
            let first = classified(&evidence(0.90, 0.88, 0.87), before);
            assert_eq!(classified(&evidence(0.90, 0.88, 0.87), Some(first.archetype)), first);
        }
    }

    #[test]
    fn too_little_is_a_provisional_generalist() {
        let few = Evidence { uses: 9, ..evidence(0.9, 0.1, 0.1) };
        let few = classified(&few, Some(Archetype::FastLearner));
        assert_eq!((few.archetype, few.provisional), (Archetype::Generalist, true));
    }

    #[test]
    fn words_are_read_back() {
        for archetype in Archetype::ALL {
            assert_eq!(archetype.as_str().parse(), Ok(archetype));
        }
        assert_eq!("wizard".parse::<Archetype>(), Err(UnknownArchetype));
    }
}
