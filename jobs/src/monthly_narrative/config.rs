//! The narrator from the environment: which provider, with which key, models and budgets. Without a URL there is none, and the
//! rules tell every month.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use windlass::model::Clock;

use super::narration::Narration;
use super::settings::{Model, Settings};
use crate::ports::narrator::{HttpNarrator, HttpNarratorError, Secret};

/// The names of all variables begin so.
pub const PREFIX: &str = "WINDLASS_NARRATOR_";

/// Every variable after its prefix, and what it is.
pub const VARIABLES: [(&str, &str); 14] = [
    ("URL", "base URL of a Messages-style API; without it no model is asked"),
    ("KEY", "the key"),
    ("KEY_FILE", "a file that holds the key"),
    ("CHEAP_MODEL", "name of the model for most texts"),
    ("CHEAP_PRICE_IN", "its price, in micro-dollars a million tokens of a prompt"),
    ("CHEAP_PRICE_OUT", "its price, in micro-dollars a million tokens of an answer"),
    ("STRONG_MODEL", "name of the model for critical texts and second tries"),
    ("STRONG_PRICE_IN", "its price a million tokens of a prompt"),
    ("STRONG_PRICE_OUT", "its price a million tokens of an answer"),
    ("SOFT_MICROS", "up to what a person's month may cost with the strong model; 650000"),
    ("HARD_MICROS", "up to what it may cost at all; 900000"),
    ("GLOBAL_MICROS", "up to what everybody's month may cost; 650000000"),
    ("CALLS_A_MINUTE", "calls in any 60 s, of everybody and of each person; 100"),
    ("TIERS", "tiers whose months a model tells, with commas between; plus"),
];

/// What is wrong with the environment. Names the variable, never a key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Something that goes with a URL is not there.
    #[error("{PREFIX}{0} is not set; it goes with {PREFIX}URL")]
    Missing(&'static str),
    /// It cannot be read.
    #[error("{PREFIX}{name} is {problem}")]
    Bad {
        /// The variable.
        name: &'static str,
        /// What it should be.
        problem: String,
    },
    /// The key's file cannot be read.
    #[error("failed to read the file that {PREFIX}KEY_FILE names: {0}")]
    KeyFile(std::io::Error),
    /// The provider.
    #[error("{PREFIX}URL and {PREFIX}KEY: {0}")]
    Narrator(#[from] HttpNarratorError),
}

impl Narration {
    /// Reads the process's environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| std::env::var(format!("{PREFIX}{name}")).ok())
    }

    /// Reads variables, named without their prefix. An empty one is none.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let read = |name: &'static str| variable(name).filter(|value| !value.trim().is_empty());
        let mut settings = Settings::default();
        set(&mut settings.soft_micros, "SOFT_MICROS", &read)?;
        set(&mut settings.hard_micros, "HARD_MICROS", &read)?;
        set(&mut settings.global_micros, "GLOBAL_MICROS", &read)?;
        set(&mut settings.calls, "CALLS_A_MINUTE", &read)?;
        if let Some(tiers) = read("TIERS") {
            settings.tiers = tiers.split(',').map(|tier| tier.trim().to_owned()).collect();
        }
        let Some(url) = read("URL") else {
            return Ok(Self { narrator: None, settings: Arc::new(settings), clock: Clock::Server });
        };
        settings.cheap = model(["CHEAP_MODEL", "CHEAP_PRICE_IN", "CHEAP_PRICE_OUT"], &read)?;
        settings.strong = model(["STRONG_MODEL", "STRONG_PRICE_IN", "STRONG_PRICE_OUT"], &read)?;
        let key = match (read("KEY"), read("KEY_FILE")) {
            (Some(key), _) => key,
            (None, Some(file)) => std::fs::read_to_string(file).map_err(ConfigError::KeyFile)?,
            (None, None) => return Err(ConfigError::Missing("KEY")),
        };
        Ok(Self::new(HttpNarrator::new(&url, Secret::new(&key))?, settings))
    }
}

fn model(
    [name, price_in, price_out]: [&'static str; 3],
    read: &impl Fn(&'static str) -> Option<String>,
) -> Result<Model, ConfigError> {
    let mut model =
        Model { name: read(name).ok_or(ConfigError::Missing(name))?.trim().to_owned(), price_in: -1, price_out: -1 };
    // A price that is not said would make every call free, and every budget endless.
    set(&mut model.price_in, price_in, read)?;
    set(&mut model.price_out, price_out, read)?;
    for (name, price) in [(price_in, model.price_in), (price_out, model.price_out)] {
        if price < 0 {
            return Err(ConfigError::Missing(name));
        }
    }
    Ok(model)
}

/// Sets what the environment says; a number that is not negative.
fn set<T>(to: &mut T, name: &'static str, read: &impl Fn(&'static str) -> Option<String>) -> Result<(), ConfigError>
where
    T: FromStr + PartialOrd + Default,
    T::Err: Display,
{
    let Some(value) = read(name) else { return Ok(()) };
    let number = value.trim().parse::<T>();
    let bad = |problem: String| ConfigError::Bad { name, problem };
    let number = number.map_err(|error| bad(format!("no whole number: {error}")))?;
    if number < T::default() {
        return Err(bad("negative".to_owned()));
    }
    *to = number;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [(&str, &str); 8] = [
        ("URL", "https://models.example/"),
        ("KEY", "sk-1"),
        ("CHEAP_MODEL", "small"),
        ("CHEAP_PRICE_IN", "1"),
        ("CHEAP_PRICE_OUT", "2"),
        ("STRONG_MODEL", "large"),
        ("STRONG_PRICE_IN", "3"),
        ("STRONG_PRICE_OUT", "4"),
    ];

    fn read(variables: &[(&str, &str)]) -> Result<Narration, ConfigError> {
        let of =
            |name: &str| variables.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Narration::from_variables(of)
    }

    #[test]
    fn without_a_url_the_rules_tell_every_month() {
        let narration = read(&[("KEY", "sk-1"), ("HARD_MICROS", "7")]).unwrap();
        assert!(narration.narrator.is_none());
        assert_eq!(narration.settings.hard_micros, 7);
    }

    #[test]
    fn a_provider_comes_with_its_key_models_and_prices() {
        let narration = read(&WHOLE).unwrap();
        assert_eq!(narration.narrator.unwrap().provider(), "models.example");
        assert_eq!(narration.settings.strong, Model { name: "large".to_owned(), price_in: 3, price_out: 4 });
        for (missing, _) in WHOLE.iter().skip(1) {
            let others: Vec<_> = WHOLE.into_iter().filter(|(name, _)| name != missing).collect();
            let error = read(&others).unwrap_err().to_string();
            assert!(error.contains(missing), "{error}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_no_key_is_shown() {
        for (name, value) in
            [("STRONG_PRICE_IN", "-3"), ("HARD_MICROS", "1.5"), ("CALLS_A_MINUTE", "many"), ("KEY", "sk 1")]
        {
            let error = read(&[&WHOLE[..], &[(name, value)]].concat()).unwrap_err().to_string();
            assert!(error.contains(name) && !error.contains("sk"), "{error}");
        }
        let known = |name: &str| VARIABLES.iter().any(|(variable, _)| *variable == name);
        assert!(WHOLE.iter().all(|(name, _)| known(name)));
    }
}
