//! What the inputs' people ask for: sessions left out or deleted, spectra begun anew; and which sessions come late.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::inputs::{InputError, csv_lines, wrong};

/// What people ask for. Sessions and people are places in the inputs.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Sessions that are handed over after this are late: the rest is aggregated without them first.
    pub cutoff: Option<DateTime<Utc>>,
    /// Sessions that are left out, and since when.
    pub excluded: Vec<(usize, DateTime<Utc>)>,
    /// Sessions that are deleted.
    pub deleted: Vec<usize>,
    /// People who begin anew, and when.
    pub resets: Vec<(usize, DateTime<Utc>)>,
}

/// The texts of the files; an absent one asks for nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Texts<'a> {
    pub(super) config: Option<&'a str>,
    pub(super) exclusions: Option<&'a str>,
    pub(super) resets: Option<&'a str>,
}

/// Of `config.json` what is asked of it here; other fields are others'.
#[derive(Deserialize)]
struct Config {
    stage1_cutoff: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Exclusion {
    session_id: String,
    excluded_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Reset {
    user_id: String,
    reset_at: DateTime<Utc>,
}

impl Wishes {
    pub(super) fn read(
        texts: Texts<'_>,
        people: &HashMap<String, usize>,
        sessions: &HashMap<String, usize>,
        deleted: Vec<usize>,
    ) -> Result<Self, InputError> {
        let mut wishes = Self { deleted, ..Self::default() };
        if let Some(config) = texts.config {
            let config: Config = serde_json::from_str(config).map_err(|error| {
                let line = u64::try_from(error.line()).unwrap_or_default();
                wrong("config.json", line, "not the JSON that is expected; stage1_cutoff is a time in UTC")
            })?;
            wishes.cutoff = config.stage1_cutoff;
        }
        for (line, row) in csv_lines::<Exclusion>("exclusions.csv", texts.exclusions.unwrap_or_default())? {
            let session = sessions.get(&row.session_id);
            let session =
                session.ok_or_else(|| wrong("exclusions.csv", line, "the session_id is not in sessions.csv"))?;
            wishes.excluded.push((*session, row.excluded_at));
        }
        for (line, row) in csv_lines::<Reset>("resets.csv", texts.resets.unwrap_or_default())? {
            let person = people.get(&row.user_id);
            let person = person.ok_or_else(|| wrong("resets.csv", line, "the user_id is not in users.csv"))?;
            wishes.resets.push((*person, row.reset_at));
        }
        Ok(wishes)
    }
}
