//! What a narrative may cost and how often a model may be called. Defaults are the specification's; a deployment sets its own.

use std::time::Duration;

use chrono::TimeDelta;

/// Limits and prices.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The model for most texts.
    pub cheap: Model,
    /// The model for critical texts, and for a second try.
    pub strong: Model,
    /// Up to what a person's month the strong model may cost, in micro-dollars.
    pub soft_micros: i64,
    /// Up to what it may cost at all.
    pub hard_micros: i64,
    /// Up to what everybody's month may cost.
    pub global_micros: i64,
    /// Estimated tokens of a prompt and its answer.
    pub max_tokens: u32,
    /// Tokens of an answer, at most.
    pub max_answer: u32,
    /// Tokens of an answer, at least: with less room no model is asked.
    pub min_answer: u32,
    /// Calls in any `window`, of everybody and of each person.
    pub calls: usize,
    /// The window.
    pub window: Duration,
    /// How long a call may take.
    pub timeout: Duration,
    /// After how long a reservation that nobody settled is given back.
    pub release_after: Duration,
    /// Tiers whose months a model may tell.
    pub tiers: Vec<String>,
    /// From which change of valence on a model may tell anybody's month.
    pub large_change: f64,
    /// When a provider is left alone.
    pub breaker: BreakerSettings,
}

/// A model and what it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its name at the provider.
    pub name: String,
    /// Micro-dollars a million tokens of a prompt.
    pub price_in: i64,
    /// Micro-dollars a million tokens of an answer.
    pub price_out: i64,
}

/// When a provider is left alone, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerSettings {
    /// How many of the last calls are looked at.
    pub last: usize,
    /// Fewer say nothing.
    pub least: usize,
    /// The share of failures at which it opens.
    pub share: f64,
    /// For how long it opens; doubled when the next call fails too.
    pub open: TimeDelta,
    /// At most for how long.
    pub longest: TimeDelta,
    /// How many calls must succeed before it closes.
    pub successes: u32,
}

impl Model {
    /// What so many tokens cost, in micro-dollars, rounded up.
    #[must_use]
    pub fn cost(&self, tokens_in: u32, tokens_out: u32) -> i64 {
        let millionths =
            i128::from(tokens_in) * i128::from(self.price_in) + i128::from(tokens_out) * i128::from(self.price_out);
        let micros = millionths.div_euclid(1_000_000) + i128::from(millionths.rem_euclid(1_000_000) > 0);
        i64::try_from(micros).unwrap_or(i64::MAX)
    }
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            last: 20,
            least: 10,
            share: 0.5,
            open: TimeDelta::seconds(30),
            longest: TimeDelta::seconds(300),
            successes: 3,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cheap: Model { name: "cheap".to_owned(), price_in: 200_000, price_out: 1_100_000 },
            strong: Model { name: "strong".to_owned(), price_in: 3_000_000, price_out: 15_000_000 },
            soft_micros: 650_000,
            hard_micros: 900_000,
            global_micros: 650_000_000,
            max_tokens: 4_000,
            max_answer: 800,
            min_answer: 200,
            calls: 100,
            window: Duration::from_mins(1),
            timeout: Duration::from_secs(20),
            release_after: Duration::from_mins(10),
            tiers: vec!["plus".to_owned()],
            large_change: 0.1,
            breaker: BreakerSettings::default(),
        }
    }
}
