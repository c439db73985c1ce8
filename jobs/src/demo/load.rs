//! Conversations on their way into the tables, still open: all of them or none.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;
use windlass::cli::Terminal;

use super::Inputs;
use crate::sessions::{self, NewSession, NewSubject, NewTurn};

/// The most turns, and about the most bytes, of one statement.
const BATCH_TURNS: usize = 1_000;
const BATCH_BYTES: usize = 8 << 20;

/// What was loaded.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The source that its people belong to: each load has its own, so that the same inputs may be loaded again.
    pub source: String,
    /// The sessions, in the inputs' order.
    pub sessions: Vec<OpenSession>,
}

/// An open session.
#[derive(Clone, Copy, Debug)]
pub struct OpenSession {
    /// The person.
    pub subject_id: i64,
    /// The session.
    pub session_id: i64,
    /// When it will have ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Loads everything in one transaction.
///
/// # Errors
///
/// Why there is nothing loaded.
pub async fn load(db: &PgPool, inputs: &Inputs, terminal: &Terminal) -> Result<Loaded, sessions::StoreError> {
    let source = format!("demo:{}", Uuid::now_v7());
    let bar = terminal.bar(inputs.turns() as u64, "loading");
    let mut tx = db.begin().await?;
    let now: DateTime<Utc> = sqlx::query_scalar("select now()").fetch_one(&mut *tx).await?;

    let people: Vec<NewSubject> =
        inputs.people.iter().map(|(id, zone)| NewSubject { external_id: id.clone(), zone: *zone }).collect();
    let subjects = sessions::open_subjects(&mut tx, &source, &people).await?;
    let new: Vec<NewSession> = inputs
        .conversations
        .iter()
        .map(|conversation| NewSession {
            subject_id: subjects[conversation.person],
            external_id: conversation.external_id.clone(),
            started_at: conversation.started_at.unwrap_or(now),
            ingested_at: conversation.ingested_at,
            zone: conversation.zone,
        })
        .collect();
    let ids = sessions::open(&mut tx, &new).await?;

    let (mut batch, mut bytes) = (Vec::new(), 0);
    for ((conversation, session), session_id) in inputs.conversations.iter().zip(&new).zip(&ids) {
        for turn in &conversation.turns {
            bytes += turn.text.len();
            batch.push(NewTurn {
                subject_id: session.subject_id,
                session_id: *session_id,
                local_date: session.zone.local_date(session.started_at),
                turn_index: turn.index,
                role: turn.role,
                body: turn.text.clone(),
            });
            if batch.len() == BATCH_TURNS || bytes > BATCH_BYTES {
                sessions::add_turns(&mut tx, &batch).await?;
                bar.inc(batch.len() as u64);
                batch.clear();
                bytes = 0;
            }
        }
    }
    sessions::add_turns(&mut tx, &batch).await?;
    tx.commit().await?;
    bar.finish_and_clear();

    let sessions = inputs
        .conversations
        .iter()
        .zip(&new)
        .zip(ids)
        .map(|((conversation, session), session_id)| OpenSession {
            subject_id: session.subject_id,
            session_id,
            ended_at: conversation.ended_at,
        })
        .collect();
    Ok(Loaded { source, sessions })
}
