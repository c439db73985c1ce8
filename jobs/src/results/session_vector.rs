//! A session's vector as a line of JSON.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::rounded;
use crate::post_session_analysis::emotion::Shares;
use crate::post_session_analysis::{Emotion, Pattern, SessionVector, Status};

/// A line of `session_vectors.jsonl`, or with people's ratings of `reviews_vectors.jsonl`. An
/// empty session's line ends after the weight.
#[derive(Debug, Clone, Serialize)]
pub struct SessionVectorRow {
    session_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    human_valence: Option<f64>,
    status: Status,
    n_user_turns: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    n_tokens: Option<i32>,
    weight: f64,
    #[serde(flatten)]
    scores: Option<Scores>,
}

impl SessionVectorRow {
    /// The line of a session.
    #[must_use]
    pub fn new(session_id: impl Into<String>, vector: &SessionVector) -> Self {
        let scores = Scores::of(vector);
        Self {
            session_id: session_id.into(),
            human_valence: None,
            status: vector.status,
            n_user_turns: vector.n_user_turns,
            n_tokens: scores.is_some().then_some(vector.n_tokens),
            weight: rounded(vector.weight),
            scores,
        }
    }

    /// The same with what people felt, if anyone rated it.
    #[must_use]
    pub fn with_human_valence(mut self, valence: Option<f64>) -> Self {
        self.human_valence = valence.map(rounded);
        self
    }
}

/// What people felt in a session: their ratings of its turns, weighted as the turns are.
#[derive(Debug, Default, Clone, Copy)]
pub struct HumanValence {
    ratings: f64,
    weight: f64,
}

impl HumanValence {
    /// Adds the rating of a turn, from -1 to 1, with the turn's weight.
    pub fn add(&mut self, weight: f64, rating: f64) {
        self.ratings += weight * rating;
        self.weight += weight;
    }

    /// The weighted mean; none without a turn.
    #[must_use]
    pub fn mean(self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.ratings / self.weight)
    }
}

#[derive(Debug, Clone, Serialize)]
struct Scores {
    valence: f64,
    arousal: f64,
    dominance: f64,
    #[serde(serialize_with = "by_name")]
    emotions: Shares,
    dominant_emotion: &'static str,
    volatility: f64,
    slope: Option<f64>,
    peak: f64,
    end: f64,
    peak_end: f64,
    coverage: f64,
    pattern: Pattern,
}

impl Scores {
    /// None for an empty session.
    fn of(vector: &SessionVector) -> Option<Self> {
        Some(Self {
            valence: rounded(vector.valence?),
            arousal: rounded(vector.arousal?),
            dominance: rounded(vector.dominance?),
            emotions: vector.emotions?.map(rounded),
            dominant_emotion: vector.dominant_emotion.map_or("none", Emotion::as_str),
            volatility: rounded(vector.volatility?),
            slope: vector.slope.map(rounded),
            peak: rounded(vector.peak?),
            end: rounded(vector.end?),
            peak_end: rounded(vector.peak_end()?),
            coverage: rounded(vector.coverage?),
            pattern: vector.pattern?,
        })
    }
}

fn by_name<S: Serializer>(shares: &Shares, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(shares.len()))?;
    for (emotion, share) in Emotion::ALL.iter().zip(shares) {
        map.serialize_entry(emotion.as_str(), share)?;
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post_session_analysis::{Analysis, Role};

    fn line(text: &str, human: Option<f64>) -> String {
        let mut session = Analysis::new();
        session.turn(0, Role::User, text).unwrap();
        let row = SessionVectorRow::new("s1", &session.finish().0).with_human_valence(human);
        serde_json::to_string(&row).unwrap()
    }

    #[test]
    fn an_empty_session_ends_after_the_weight() {
        assert_eq!(line(" ", None), r#"{"session_id":"s1","status":"empty","n_user_turns":0,"weight":0.0}"#);
    }

    #[test]
    fn fields_keep_their_order() {
        assert_eq!(
            line("I am happy", Some(0.5)),
            concat!(
                r#"{"session_id":"s1","human_valence":0.5,"status":"ok","n_user_turns":1,"#,
                r#""n_tokens":3,"weight":1.38629436112,"valence":0.5719,"arousal":0.55,"#,
                r#""dominance":0.7,"emotions":{"joy":1.0,"trust":0.0,"fear":0.0,"surprise":0.0,"#,
                r#""sadness":0.0,"disgust":0.0,"anger":0.0,"anticipation":0.0},"#,
                r#""dominant_emotion":"joy","volatility":0.0,"slope":null,"peak":0.5719,"#,
                r#""end":0.5719,"peak_end":0.5719,"coverage":0.333333333333,"#,
                r#""pattern":"insufficient"}"#
            )
        );
    }
}
