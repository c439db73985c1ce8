//! The outbox: what caches and push services are told of new results. A message commits with what it tells; the wake-up
//! goes out after the commit and may be lost: whoever listens reads the table now and then.

use std::fmt;

use chrono::NaiveDate;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// The channel of the wake-ups. Its payload is the topic alone.
pub const CHANNEL: &str = "windlass_insights";

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A week has a new row.
    WeeklyReady,
    /// A month has a new text.
    MonthlyReady,
    /// A month's text is not to be shown any more.
    MonthlyWithdrawn,
}

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// The person.
    pub subject_id: i64,
    /// The week's Monday or the month's first day.
    pub bucket: NaiveDate,
    /// The version that it tells of; of each there is one message.
    pub version: i64,
}

impl Topic {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WeeklyReady => "weekly_ready",
            Self::MonthlyReady => "monthly_ready",
            Self::MonthlyWithdrawn => "monthly_withdrawn",
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Adds messages, in the transaction of what they tell. One that is there already is not added again.
///
/// # Errors
///
/// The database's.
pub async fn add(tx: &mut PgConnection, topic: Topic, messages: &[Message]) -> Result<(), sqlx::Error> {
    if messages.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("sql/add_messages.sql"))
        .bind(topic.as_str())
        .bind(messages.iter().map(|message| message.subject_id).collect::<Vec<_>>())
        .bind(messages.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
        .bind(messages.iter().map(|message| message.bucket).collect::<Vec<_>>())
        .bind(messages.iter().map(|message| message.version).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    Ok(())
}

/// Wakes whoever listens; after the commit. A wake-up that fails is no error: the message stands.
pub async fn notify(db: &PgPool, topic: Topic) {
    if let Err(error) = sqlx::query(include_str!("sql/notify.sql")).bind(topic.as_str()).execute(db).await {
        tracing::warn!(%error, %topic, "failed to wake who listens for new insights");
    }
}
