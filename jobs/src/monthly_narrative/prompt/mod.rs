//! The prompts of the models: revisions are added and one of them is in use; none is ever changed, so that every text can say what it
//! was made with.

pub(crate) mod cli;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgPool};

use super::route::estimate;
use super::settings::Settings;

/// What a template has where the data go.
pub const PLACE: &str = "{contract}";
/// Tokens that the data take, with room to spare.
const DATA_TOKENS: u32 = 300;

/// A revision of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, FromRow)]
pub struct Revision {
    /// The prompt.
    pub name: String,
    /// Its number, from 1.
    pub revision: i32,
    /// `draft`, `active` or `retired`.
    pub status: String,
    /// Who wrote it.
    pub author: String,
    /// What is new in it.
    pub note: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last made the one in use, by whom, and what for.
    pub activated_at: Option<DateTime<Utc>>,
    /// By whom.
    pub activated_by: Option<String>,
    /// What for.
    pub why: Option<String>,
}

/// Why a prompt stays as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PromptError {
    /// A name is a short word.
    #[error("a prompt is named by 1 to 16 letters from a to z, not {0:?}")]
    Name(String),
    /// Nobody signed.
    #[error("{0} is missing: a revision and its activation are signed")]
    Unsigned(&'static str),
    /// The data have no place in it.
    #[error("the template has {PLACE} {0} times; it takes it once, where the data go")]
    Place(usize),
    /// It leaves no room for an answer.
    #[error("the template is estimated at {tokens} tokens; {most} leave room for the data and an answer")]
    TooLong {
        /// Its tokens.
        tokens: u32,
        /// The most it may have.
        most: u32,
    },
    /// There is no such revision.
    #[error("prompt {name:?} has no revision {revision} (`windlass prompt list` shows them)")]
    Unknown {
        /// The prompt.
        name: String,
        /// The revision.
        revision: i32,
    },
    /// Somebody else has added one at the same moment, or the database refused or was away.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Every revision of every prompt, the newest first.
///
/// # Errors
///
/// The database's.
pub async fn list(db: &PgPool) -> Result<Vec<Revision>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/list_revisions.sql")).fetch_all(db).await
}

/// Adds a revision as a draft; answers its number.
///
/// # Errors
///
/// [`PromptError`].
pub async fn add(db: &PgPool, name: &str, template: &str, author: &str, note: &str) -> Result<i32, PromptError> {
    if !(1..=16).contains(&name.len()) || !name.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(PromptError::Name(name.to_owned()));
    }
    signed(author, note)?;
    match template.matches(PLACE).count() {
        1 => {}
        other => return Err(PromptError::Place(other)),
    }
    let settings = Settings::default();
    let most = settings.max_tokens - settings.max_answer - DATA_TOKENS;
    let tokens = estimate(template);
    if tokens > most {
        return Err(PromptError::TooLong { tokens, most });
    }
    let add = sqlx::query_scalar(include_str!("sql/add_revision.sql"));
    Ok(add.bind(name).bind(template).bind(author).bind(note).fetch_one(db).await?)
}

/// Makes a revision the one in use. Answers `false` where it was that already. What was told by another stays.
///
/// # Errors
///
/// [`PromptError`].
pub async fn activate(db: &PgPool, name: &str, revision: i32, by: &str, why: &str) -> Result<bool, PromptError> {
    signed(by, why)?;
    let mut tx = db.begin().await?;
    let revisions: Vec<(i32, bool)> =
        sqlx::query_as(include_str!("sql/lock_revisions.sql")).bind(name).fetch_all(&mut *tx).await?;
    let Some((_, active)) = revisions.iter().find(|(known, _)| *known == revision) else {
        return Err(PromptError::Unknown { name: name.to_owned(), revision });
    };
    if *active {
        return Ok(false);
    }
    // Of a prompt one revision is in use: the old one goes first.
    for (old, _) in revisions.iter().filter(|(_, active)| *active) {
        set_status(&mut tx, name, *old, "retired").await?;
    }
    set_status(&mut tx, name, revision, "active").await?;
    let record = sqlx::query(include_str!("sql/record_activation.sql"));
    record.bind(name).bind(revision).bind(by).bind(why).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(true)
}

async fn set_status(tx: &mut PgConnection, name: &str, revision: i32, status: &str) -> Result<(), sqlx::Error> {
    let set = sqlx::query(include_str!("sql/set_status.sql"));
    set.bind(name).bind(revision).bind(status).execute(tx).await?;
    Ok(())
}

fn signed(who: &str, why: &str) -> Result<(), PromptError> {
    let missing = [(who, "who does it"), (why, "what for")].into_iter().find(|(text, _)| text.trim().is_empty());
    missing.map_or(Ok(()), |(_, what)| Err(PromptError::Unsigned(what)))
}
