//! The demo's inputs: read whole and checked whole, so that a bad line is named before anything is written.
//!
//! An error never quotes a turn: people's words belong in one table.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::wishes::{Texts, Wishes};
use crate::calendar::Zone;
use crate::post_session_analysis::Role;

/// Conversations to be analysed.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The people: their own ids and zones.
    pub people: Vec<(String, Zone)>,
    /// Their conversations, in the order of the file.
    pub conversations: Vec<Conversation>,
    /// Whether people have rated the turns.
    pub rated: bool,
    /// What the people ask for.
    pub wishes: Wishes,
}

/// A conversation.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// Its producer's id.
    pub external_id: String,
    /// Whose it is: a place in [`Inputs::people`].
    pub person: usize,
    /// When it began; now if absent.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended; now if absent.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it was handed over; now if absent.
    pub ingested_at: Option<DateTime<Utc>>,
    /// The zone it was held in.
    pub zone: Zone,
    /// What was said.
    pub turns: Vec<Said>,
}

/// Something that was said. Its debug form leaves that out.
#[derive(Clone)]
pub struct Said {
    /// Its place.
    pub index: i32,
    /// Who said it.
    pub role: Role,
    /// What.
    pub text: String,
    /// How people rated it, -1 to 1.
    pub human_valence: Option<f64>,
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Said").field("index", &self.index).field("role", &self.role).finish_non_exhaustive()
    }
}

/// What is wrong with the inputs, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// A file cannot be read.
    #[error(
        "failed to read {path}: {error}; the folder needs sessions.csv, users.csv and turns.jsonl, or reviews_turns.jsonl"
    )]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A line is not as it should be.
    #[error("{file}, line {line}: {wrong}; nothing was loaded")]
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        wrong: String,
    },
}

#[derive(Deserialize)]
struct UserLine {
    user_id: String,
    tz: String,
}

#[derive(Deserialize)]
struct SessionLine {
    session_id: String,
    user_id: String,
    started_at: DateTime<Utc>,
    ended_at: DateTime<Utc>,
    tz: String,
    ingested_at: DateTime<Utc>,
    #[serde(default)]
    deleted: u8,
}

#[derive(Deserialize)]
struct TurnLine {
    session_id: String,
    turn_index: i32,
    role: String,
    text: String,
    human_valence: Option<f64>,
}

impl Inputs {
    /// The sample that the program carries.
    ///
    /// # Errors
    ///
    /// Never: a test reads it.
    pub fn sample() -> Result<Self, InputError> {
        Self::conversations(
            include_str!("../../sample/users.csv"),
            include_str!("../../sample/sessions.csv"),
            include_str!("../../sample/turns.jsonl"),
            Texts::default(),
        )
    }

    /// Reads a folder.
    ///
    /// # Errors
    ///
    /// [`InputError`] for the first file or line that is not as it should be.
    pub fn read(folder: &Path) -> Result<Self, InputError> {
        let reviews = folder.join("reviews_turns.jsonl");
        if reviews.exists() {
            return Self::reviews(&text_of(&reviews)?);
        }
        let asked = ["config.json", "exclusions.csv", "resets.csv"].map(|name| folder.join(name));
        let asked = asked.map(|path| path.exists().then(|| text_of(&path)).transpose());
        let [config, exclusions, resets] = asked;
        let (config, exclusions, resets) = (config?, exclusions?, resets?);
        Self::conversations(
            &text_of(&folder.join("users.csv"))?,
            &text_of(&folder.join("sessions.csv"))?,
            &text_of(&folder.join("turns.jsonl"))?,
            Texts { config: config.as_deref(), exclusions: exclusions.as_deref(), resets: resets.as_deref() },
        )
    }

    /// How many turns there are.
    #[must_use]
    pub fn turns(&self) -> usize {
        self.conversations.iter().map(|conversation| conversation.turns.len()).sum()
    }

    fn conversations(users: &str, sessions: &str, turns: &str, asked: Texts<'_>) -> Result<Self, InputError> {
        let mut inputs = Self::default();
        let mut people = HashMap::new();
        for (line, user) in csv_lines::<UserLine>("users.csv", users)? {
            if people.insert(user.user_id.clone(), inputs.people.len()).is_some() {
                return Err(wrong("users.csv", line, "the user_id stands on an earlier line too"));
            }
            inputs.people.push((stored("users.csv", line, "user_id", user.user_id)?, Zone::parse(&user.tz)));
        }
        let (mut places, mut deleted) = (HashMap::new(), Vec::new());
        for (line, session) in csv_lines::<SessionLine>("sessions.csv", sessions)? {
            let Some(person) = people.get(&session.user_id) else {
                return Err(wrong("sessions.csv", line, "the user_id is not in users.csv"));
            };
            if session.ended_at < session.started_at {
                return Err(wrong("sessions.csv", line, "ended_at is before started_at"));
            }
            if places.insert(session.session_id.clone(), inputs.conversations.len()).is_some() {
                return Err(wrong("sessions.csv", line, "the session_id stands on an earlier line too"));
            }
            if session.deleted != 0 {
                deleted.push(inputs.conversations.len());
            }
            inputs.conversations.push(Conversation {
                external_id: stored("sessions.csv", line, "session_id", session.session_id)?,
                person: *person,
                started_at: Some(session.started_at),
                ended_at: Some(session.ended_at),
                ingested_at: Some(session.ingested_at),
                zone: Zone::parse(&session.tz),
                turns: Vec::new(),
            });
        }
        for (line, turn) in turn_lines("turns.jsonl", turns) {
            let turn = turn?;
            let Some(place) = places.get(&turn.session_id) else {
                return Err(wrong("turns.jsonl", line, "the session_id is not in sessions.csv"));
            };
            add(&mut inputs.conversations[*place], "turns.jsonl", line, turn)?;
        }
        inputs.wishes = Wishes::read(asked, &people, &places, deleted)?;
        Ok(inputs)
    }

    /// Reviews: every session is a person's of its own.
    fn reviews(turns: &str) -> Result<Self, InputError> {
        let file = "reviews_turns.jsonl";
        let mut inputs = Self { rated: true, ..Self::default() };
        let mut places: HashMap<String, usize> = HashMap::new();
        for (line, turn) in turn_lines(file, turns) {
            let turn = turn?;
            if let Some(rating) = turn.human_valence
                && !(-1.0..=1.0).contains(&rating)
            {
                return Err(wrong(file, line, "human_valence is not between -1 and 1"));
            }
            let place = match places.get(&turn.session_id).copied() {
                Some(place) => place,
                None => inputs.add_review(stored(file, line, "session_id", turn.session_id.clone())?),
            };
            places.insert(turn.session_id.clone(), place);
            add(&mut inputs.conversations[place], file, line, turn)?;
        }
        Ok(inputs)
    }

    /// Adds an empty review; answers its place. Nobody knows when it was written.
    fn add_review(&mut self, external_id: String) -> usize {
        let (zone, person) = (Zone::parse("UTC"), self.people.len());
        self.people.push((external_id.clone(), zone));
        let (started_at, ended_at, ingested_at, turns) = (None, None, None, Vec::new());
        self.conversations.push(Conversation { external_id, person, started_at, ended_at, ingested_at, zone, turns });
        person
    }
}

fn add(to: &mut Conversation, file: &str, line: u64, turn: TurnLine) -> Result<(), InputError> {
    let role = turn.role.parse().map_err(|_| wrong(file, line, "the role is neither user nor assistant"))?;
    // Turns stand in their order; only then is an earlier line with the same index its neighbour.
    match to.turns.last() {
        _ if turn.turn_index < 0 => return Err(wrong(file, line, "the turn_index is negative")),
        Some(last) if last.index >= turn.turn_index => {
            return Err(wrong(file, line, "the turn_index is not above that of the session's turn before"));
        }
        _ => {}
    }
    let text = stored(file, line, "text", turn.text)?;
    to.turns.push(Said { index: turn.turn_index, role, text, human_valence: turn.human_valence });
    Ok(())
}

fn text_of(path: &Path) -> Result<String, InputError> {
    std::fs::read_to_string(path).map_err(|error| InputError::Unreadable { path: path.to_owned(), error })
}

pub(super) fn wrong(file: &str, line: u64, wrong: impl Into<String>) -> InputError {
    InputError::Line { file: file.to_owned(), line, wrong: wrong.into() }
}

fn stored(file: &str, line: u64, field: &str, text: String) -> Result<String, InputError> {
    if text.contains('\0') {
        return Err(wrong(file, line, format!("{field} holds a NUL character (\\u0000), which cannot be stored")));
    }
    Ok(text)
}

/// The rows of a CSV, each with its line.
pub(super) fn csv_lines<T: DeserializeOwned>(file: &str, text: &str) -> Result<Vec<(u64, T)>, InputError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let headers = reader.headers().map_err(|error| wrong(file, 1, error.to_string()))?.clone();
    for record in reader.records() {
        let failed = |error: &csv::Error| {
            let line = error.position().map_or(1, csv::Position::line);
            wrong(file, line, error.to_string())
        };
        let record = record.map_err(|error| failed(&error))?;
        let line = record.position().map_or(1, csv::Position::line);
        let row = record.deserialize(Some(&headers)).map_err(|error| failed(&error))?;
        rows.push((line, row));
    }
    Ok(rows)
}

/// The turns of a JSONL file, each with its line. What is wrong is said without a word of the line.
fn turn_lines(file: &str, text: &str) -> impl Iterator<Item = (u64, Result<TurnLine, InputError>)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).map(move |(line, json)| {
        let turn = serde_json::from_str::<TurnLine>(json).map_err(|error| {
            let column = error.column();
            wrong(
                file,
                line,
                match error.classify() {
                    serde_json::error::Category::Eof => "the line ends in the middle of its JSON".to_owned(),
                    serde_json::error::Category::Data => format!(
                        "at column {column} a field is missing or of the wrong type; \
                     needed are session_id, turn_index (a number), role and text"
                    ),
                    _ => format!("malformed JSON at column {column}"),
                },
            )
        });
        (line, turn)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "user_id,tz\nu1,Nowhere/Land\n";
    const SESSIONS: &str = "session_id,user_id,started_at,ended_at,tz,ingested_at,deleted\n\
        s1,u1,2025-10-18T00:00:00Z,2025-10-18T00:12:00Z,Europe/Berlin,2025-10-19T00:30:00Z,0\n";
    const TURN: &str = r#"{"session_id":"s1","turn_index":0,"role":"user","text":"a secret"}"#;

    fn refusal(users: &str, sessions: &str, turns: &str) -> String {
        let error = Inputs::conversations(users, sessions, turns, Texts::default()).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
        error
    }

    #[test]
    fn the_sample_is_right() {
        let sample = Inputs::sample().unwrap();
        assert_eq!(sample.people.len(), 5);
        assert!(sample.turns() > 300);
    }

    #[test]
    fn an_unknown_zone_is_utc_and_a_flag() {
        let inputs = Inputs::conversations(USERS, SESSIONS, TURN, Texts::default()).unwrap();
        assert!(!inputs.people[0].1.valid);
        assert!(inputs.conversations[0].zone.valid);
    }

    #[test]
    fn a_bad_line_is_named_and_not_quoted() {
        let cases = [
            (TURN[..50].to_owned(), "line 1: the line ends in the middle"),
            (format!("{TURN}\n{{\"a secret\"]"), "line 2: malformed JSON at column 12"),
            (TURN.replace("0,", "\"a secret\","), "line 1: at column 42 a field is missing or of the wrong type"),
            (TURN.replace("\"user\"", "\"secret\""), "line 1: the role is neither"),
            (TURN.replace(":0,", ":-1,"), "line 1: the turn_index is negative"),
            (format!("{TURN}\n{TURN}"), "line 2: the turn_index is not above"),
            (TURN.replace("a secret", "a\\u0000secret"), "line 1: text holds a NUL"),
            (TURN.replace("s1", "s2"), "line 1: the session_id is not in sessions.csv"),
        ];
        for (turns, expected) in cases {
            let error = refusal(USERS, SESSIONS, &turns);
            assert!(error.contains(expected), "{error} should say {expected}");
        }
        for (sessions, expected) in [
            (SESSIONS.replace("2025-10-18T00:00:00Z", "yesterday"), "sessions.csv, line 2"),
            (SESSIONS.replace("s1,u1", "s1,u9"), "line 2: the user_id is not in users.csv"),
            (SESSIONS.replace("00:12:00Z", "00:12:00"), "sessions.csv, line 2"),
            (SESSIONS.replace(",tz,", ",zone,"), "missing field `tz`"),
            (SESSIONS.replace("2025-10-18T00:12", "2025-10-17T00:12"), "line 2: ended_at is before"),
        ] {
            let error = refusal(USERS, &sessions, TURN);
            assert!(error.contains(expected), "{error} should say {expected}");
        }
    }
}
