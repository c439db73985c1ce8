//! The contract: all that a narrative, and a prompt, may know of a person's month.
//!
//! It holds numbers, words of closed lists and labels of weeks; nothing in it can carry what somebody said, an id, a name or a
//! zone. There is no way from here to a turn.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::calendar::{month_label, parse_month, parse_week, week_label};
use crate::post_session_analysis::{Emotion, Pattern};

/// A month of one person, rounded. Made from aggregates by [`Contract::new`], or from JSON by [`Contract::parse`], which
/// refuses whatever is not exactly this.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contract {
    #[serde(serialize_with = "month_as_label")]
    month: NaiveDate,
    n_sessions: u32,
    n_turns: u32,
    valence: f64,
    valence_delta: Option<f64>,
    volatility: f64,
    diversity: f64,
    positive_share: f64,
    #[serde(serialize_with = "emotion_or_none")]
    dominant_emotion: Option<Emotion>,
    #[serde(serialize_with = "patterns_in_order")]
    patterns: Vec<(Pattern, u32)>,
    #[serde(serialize_with = "week_as_label")]
    best_week: Option<NaiveDate>,
    #[serde(serialize_with = "week_as_label")]
    hardest_week: Option<NaiveDate>,
    n_excluded: u32,
    prompt_version: PromptVersion,
}

/// The aggregates of a month as they are stored, not rounded.
#[derive(Clone, Debug, PartialEq)]
pub struct Month {
    /// Its first day.
    pub month: NaiveDate,
    /// Analysed sessions.
    pub n_sessions: u32,
    /// Their user turns.
    pub n_turns: u32,
    /// Sessions left out at the person's request.
    pub n_excluded: u32,
    /// The weighted mean valence, -1 to 1.
    pub valence: f64,
    /// Its difference to the month before.
    pub valence_delta: Option<f64>,
    /// How much feelings shifted within sessions, 0 to 1.
    pub volatility: f64,
    /// The entropy of the emotions over its maximum, 0 to 1.
    pub diversity: f64,
    /// The share of sessions with a valence of 0.05 or more.
    pub positive_share: f64,
    /// The strongest emotion, if there is any.
    pub dominant_emotion: Option<Emotion>,
    /// Sessions by pattern, in the order of [`Pattern::ALL`].
    pub patterns: [u32; 7],
    /// The Monday of the week with the highest valence.
    pub best_week: Option<NaiveDate>,
    /// The Monday of the week with the lowest.
    pub hardest_week: Option<NaiveDate>,
}

/// A prompt's name and revision, like `rules-1`: a short lower-case word and a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PromptVersion(String);

impl PromptVersion {
    /// Reads one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, revision) = text.split_once('-')?;
        let named = (1..=16).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase());
        let numbered = (1..=6).contains(&revision.len()) && revision.bytes().all(|byte| byte.is_ascii_digit());
        (named && numbered).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is wrong with a field. Names the field, never its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Fault {
    /// It is no field of a contract.
    #[error("unknown:{0}")]
    Unknown(String),
    /// It is not there.
    #[error("missing:{0}")]
    Missing(&'static str),
    /// It has another type.
    #[error("type:{0}")]
    Type(&'static str),
    /// It is out of its range.
    #[error("range:{0}")]
    Range(&'static str),
    /// It is none of its list's words.
    #[error("enum:{0}")]
    Enum(&'static str),
    /// It is not written as it should be.
    #[error("format:{0}")]
    Format(&'static str),
}

impl Contract {
    /// A month's contract: the numbers rounded to 3 decimals, half to even.
    #[must_use]
    pub fn new(month: &Month, prompt: PromptVersion) -> Self {
        Self {
            month: month.month,
            n_sessions: month.n_sessions,
            n_turns: month.n_turns,
            valence: rounded(month.valence),
            valence_delta: month.valence_delta.map(rounded),
            volatility: rounded(month.volatility),
            diversity: rounded(month.diversity),
            positive_share: rounded(month.positive_share),
            dominant_emotion: month.dominant_emotion,
            patterns: Pattern::ALL.into_iter().zip(month.patterns).filter(|&(_, count)| count > 0).collect(),
            best_week: month.best_week,
            hardest_week: month.hardest_week,
            n_excluded: month.n_excluded,
            prompt_version: prompt,
        }
    }

    /// Reads a contract from JSON.
    ///
    /// # Errors
    ///
    /// Every fault there is: unknown fields first, then the fields in their order.
    pub fn parse(value: &Value) -> Result<Self, Vec<Fault>> {
        let Value::Object(fields) = value else { return Err(vec![Fault::Type("contract")]) };
        let mut read = Reader { fields, faults: unknown(fields) };
        let contract = Self {
            month: read.with("month", text, |text| parse_month(text).ok_or(Fault::Format("month"))),
            n_sessions: read.count("n_sessions"),
            n_turns: read.count("n_turns"),
            valence: read.number("valence", -1.0),
            valence_delta: read.nullable("valence_delta", |read, name| read.number(name, -2.0)),
            volatility: read.number("volatility", 0.0),
            diversity: read.number("diversity", 0.0),
            positive_share: read.number("positive_share", 0.0),
            dominant_emotion: read.with("dominant_emotion", text, |word| match word {
                "none" => Ok(None),
                word => word.parse().map(Some).map_err(|_| Fault::Enum("dominant_emotion")),
            }),
            patterns: read.with("patterns", Value::as_object, patterns),
            best_week: read.week("best_week"),
            hardest_week: read.week("hardest_week"),
            n_excluded: read.count("n_excluded"),
            prompt_version: read
                .with("prompt_version", text, |text| {
                    PromptVersion::parse(text).map(Some).ok_or(Fault::Format("prompt_version"))
                })
                .unwrap_or(PromptVersion(String::new())),
        };
        if read.faults.is_empty() { Ok(contract) } else { Err(read.faults) }
    }

    /// The same for another prompt.
    #[must_use]
    pub fn for_prompt(&self, prompt: PromptVersion) -> Self {
        Self { prompt_version: prompt, ..self.clone() }
    }

    /// The SHA-256 of what it says of the month. The prompt is not part of it: that is compared by itself.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(self) else { return [0; 32] };
        fields.remove("prompt_version");
        Sha256::digest(Value::Object(fields).to_string()).into()
    }

    /// The month's first day.
    #[must_use]
    pub fn month(&self) -> NaiveDate {
        self.month
    }
    /// Its name, like `March`.
    #[must_use]
    pub fn month_name(&self) -> &'static str {
        MONTHS[self.month.month0() as usize]
    }
    /// Analysed sessions.
    #[must_use]
    pub fn n_sessions(&self) -> u32 {
        self.n_sessions
    }
    /// Sessions left out.
    #[must_use]
    pub fn n_excluded(&self) -> u32 {
        self.n_excluded
    }
    /// The mean valence.
    #[must_use]
    pub fn valence(&self) -> f64 {
        self.valence
    }
    /// Its change.
    #[must_use]
    pub fn valence_delta(&self) -> Option<f64> {
        self.valence_delta
    }
    /// How much feelings shifted within sessions.
    #[must_use]
    pub fn volatility(&self) -> f64 {
        self.volatility
    }
    /// How wide the range of emotions was.
    #[must_use]
    pub fn diversity(&self) -> f64 {
        self.diversity
    }
    /// The strongest emotion.
    #[must_use]
    pub fn dominant_emotion(&self) -> Option<Emotion> {
        self.dominant_emotion
    }
    /// The lightest week's label.
    #[must_use]
    pub fn best_week(&self) -> Option<String> {
        self.best_week.map(week_label)
    }
    /// The hardest week's label.
    #[must_use]
    pub fn hardest_week(&self) -> Option<String> {
        self.hardest_week.map(week_label)
    }

    /// Every number in it, and its texts: what a narrative's numbers must be found in.
    #[must_use]
    pub fn numbers_and_texts(&self) -> (Vec<f64>, Vec<String>) {
        let counts = [self.n_sessions, self.n_turns, self.n_excluded].into_iter();
        let shares = [self.valence, self.volatility, self.diversity, self.positive_share];
        let numbers = counts
            .chain(self.patterns.iter().map(|&(_, count)| count))
            .map(f64::from)
            .chain(shares)
            .chain(self.valence_delta)
            .collect();
        let texts = [Some(month_label(self.month)), self.best_week(), self.hardest_week()].into_iter().flatten();
        (numbers, texts.chain([self.prompt_version.0.clone()]).collect())
    }
}

const FIELDS: [&str; 14] = [
    "month",
    "n_sessions",
    "n_turns",
    "valence",
    "valence_delta",
    "volatility",
    "diversity",
    "positive_share",
    "dominant_emotion",
    "patterns",
    "best_week",
    "hardest_week",
    "n_excluded",
    "prompt_version",
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// To 3 decimals: the decimal expansion is exact, so a tie is a true one and goes to the even digit. Minus zero is zero.
fn rounded(value: f64) -> f64 {
    format!("{value:.3}").parse::<f64>().map_or(value, |value| value + 0.0)
}

struct Reader<'a> {
    fields: &'a Map<String, Value>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    /// The field, made by `of` from what `kind` makes of it; anything at all where it is faulty, which is noted.
    fn with<K, T: Default>(
        &mut self,
        name: &'static str,
        kind: impl Fn(&'a Value) -> Option<K>,
        of: impl FnOnce(K) -> Result<T, Fault>,
    ) -> T {
        let found = self.fields.get(name).ok_or(Fault::Missing(name));
        let made = found.and_then(|value| kind(value).ok_or(Fault::Type(name))).and_then(of);
        made.unwrap_or_else(|fault| {
            self.faults.push(fault);
            T::default()
        })
    }

    fn count(&mut self, name: &'static str) -> u32 {
        // A whole number that is written as one: 12.0 is none.
        let whole = |value: &Value| value.as_number().filter(|number| !number.is_f64()).cloned();
        self.with(name, whole, |number| number.as_u64().and_then(|n| n.try_into().ok()).ok_or(Fault::Range(name)))
    }

    fn number(&mut self, name: &'static str, least: f64) -> f64 {
        let most = if least < -1.0 { -least } else { 1.0 };
        self.with(name, Value::as_f64, |n| if (least..=most).contains(&n) { Ok(n) } else { Err(Fault::Range(name)) })
    }

    fn nullable<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Self, &'static str) -> T) -> Option<T> {
        if self.fields.get(name).is_some_and(Value::is_null) { None } else { Some(read(self, name)) }
    }

    fn week(&mut self, name: &'static str) -> Option<NaiveDate> {
        self.nullable(name, |read, name| read.with(name, text, |text| parse_week(text).ok_or(Fault::Format(name))))
    }
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

fn unknown(fields: &Map<String, Value>) -> Vec<Fault> {
    // A name may be anything that somebody sent; it is repeated only if it looks like a name.
    let shown = |name: &String| {
        let plain = name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        Fault::Unknown(if plain { name.clone() } else { "?".to_owned() })
    };
    fields.keys().filter(|name| !FIELDS.contains(&name.as_str())).map(shown).collect()
}

fn patterns(counts: &Map<String, Value>) -> Result<Vec<(Pattern, u32)>, Fault> {
    if counts.keys().any(|name| Pattern::ALL.iter().all(|pattern| pattern.as_str() != name)) {
        return Err(Fault::Enum("patterns"));
    }
    let count = |pattern: Pattern| {
        let value = counts.get(pattern.as_str())?;
        let count = value.as_u64().filter(|&n| n > 0).and_then(|n| u32::try_from(n).ok());
        Some(count.map(|n| (pattern, n)).ok_or(Fault::Type("patterns")))
    };
    Pattern::ALL.into_iter().filter_map(count).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn month_as_label<S: serde::Serializer>(month: &NaiveDate, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&month_label(*month))
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn week_as_label<S: serde::Serializer>(week: &Option<NaiveDate>, to: S) -> Result<S::Ok, S::Error> {
    week.map(week_label).serialize(to)
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn emotion_or_none<S: serde::Serializer>(emotion: &Option<Emotion>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(emotion.map_or("none", Emotion::as_str))
}

fn patterns_in_order<S: serde::Serializer>(patterns: &[(Pattern, u32)], to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(patterns.len()))?;
    for (pattern, count) in patterns {
        map.serialize_entry(pattern.as_str(), count)?;
    }
    map.end()
}
