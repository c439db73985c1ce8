//! A person's week or month as a line of JSON.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::rounded;
use crate::calendar::{month_label, week_label};
use crate::post_session_analysis::{Emotion, Pattern};
use crate::weekly_aggregation::spectrum::{StoredBucket, Values};

/// A line of `weekly.jsonl`. One without an analysed session ends after the status.
#[derive(Debug, Clone, Serialize)]
pub struct WeekRow {
    user_id: String,
    week: String,
    #[serde(flatten)]
    bucket: Bucket,
    #[serde(flatten)]
    series: Option<Series>,
}

/// A line of `monthly.jsonl`. One without an analysed session ends after the status.
#[derive(Debug, Clone, Serialize)]
pub struct MonthRow {
    user_id: String,
    month: String,
    #[serde(flatten)]
    bucket: Bucket,
    #[serde(flatten)]
    series: Option<Change>,
}

impl WeekRow {
    /// The line of a week.
    #[must_use]
    pub fn new(week: &StoredBucket) -> Self {
        let series = week.values.as_ref().map(|values| Series {
            valence_delta: values.valence_delta.map(rounded),
            valence_ema: values.valence_ema.map(rounded),
            valence_z: values.valence_z.map(rounded),
        });
        Self { user_id: week.external_id.clone(), week: week_label(week.first_day), bucket: Bucket::of(week), series }
    }
}

impl MonthRow {
    /// The line of a month.
    #[must_use]
    pub fn new(month: &StoredBucket) -> Self {
        let series = month.values.as_ref().map(|values| Change { valence_delta: values.valence_delta.map(rounded) });
        Self {
            user_id: month.external_id.clone(),
            month: month_label(month.first_day),
            bucket: Bucket::of(month),
            series,
        }
    }
}

#[derive(Debug, Clone, Serialize)]
struct Bucket {
    n_sessions: i32,
    n_turns: i32,
    n_excluded: i32,
    n_empty: i32,
    status: &'static str,
    #[serde(flatten)]
    values: Option<Rounded>,
}

#[derive(Debug, Clone, Serialize)]
struct Rounded {
    weight: f64,
    valence: f64,
    valence_sd: f64,
    arousal: f64,
    dominance: f64,
    volatility: f64,
    #[serde(serialize_with = "by_emotion")]
    emotions: Vec<f64>,
    dominant_emotion: String,
    diversity: f64,
    positive_share: f64,
    valence_min: f64,
    valence_max: f64,
    #[serde(serialize_with = "by_pattern")]
    patterns: Vec<i32>,
}

#[derive(Debug, Clone, Serialize)]
#[expect(clippy::struct_field_names, reason = "as the files name them")]
struct Series {
    valence_delta: Option<f64>,
    valence_ema: Option<f64>,
    valence_z: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
struct Change {
    valence_delta: Option<f64>,
}

impl Bucket {
    fn of(stored: &StoredBucket) -> Self {
        Self {
            n_sessions: stored.n_sessions,
            n_turns: stored.n_turns,
            n_excluded: stored.n_excluded,
            n_empty: stored.n_empty,
            status: if stored.values.is_some() { "ok" } else { "insufficient_data" },
            values: stored.values.as_ref().map(Rounded::of),
        }
    }
}

impl Rounded {
    fn of(values: &Values) -> Self {
        Self {
            weight: rounded(values.weight),
            valence: rounded(values.valence),
            valence_sd: rounded(values.valence_sd),
            arousal: rounded(values.arousal),
            dominance: rounded(values.dominance),
            volatility: rounded(values.volatility),
            emotions: values.emotions.iter().copied().map(rounded).collect(),
            dominant_emotion: values.dominant_emotion.clone(),
            diversity: rounded(values.diversity),
            positive_share: rounded(values.positive_share),
            valence_min: rounded(values.valence_min),
            valence_max: rounded(values.valence_max),
            patterns: values.patterns.clone(),
        }
    }
}

fn by_emotion<S: Serializer>(shares: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    by_name(Emotion::ALL.iter().map(|emotion| emotion.as_str()).zip(shares), serializer)
}

fn by_pattern<S: Serializer>(counts: &[i32], serializer: S) -> Result<S::Ok, S::Error> {
    by_name(Pattern::ALL.iter().map(|pattern| pattern.as_str()).zip(counts), serializer)
}

fn by_name<S: Serializer, V: Serialize>(
    entries: impl Iterator<Item = (&'static str, V)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (name, value) in entries {
        map.serialize_entry(name, &value)?;
    }
    map.end()
}
