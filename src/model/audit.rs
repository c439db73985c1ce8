//! What people did.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// One entry of the audit, which nobody can change.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// Its identity.
    pub id: Uuid,
    /// Who: a person, or `windlass` itself where a replay stopped.
    pub actor: String,
    /// In what role.
    pub role: String,
    /// What was done, like `replay.start`.
    pub action: String,
    /// To what: a fingerprint, a job, a replay, a queue.
    pub target: String,
    /// In which queue, where it is in one.
    pub queue: Option<String>,
    /// What for.
    pub why: Option<String>,
    /// What was before. No arguments: ids of people are not kept here.
    pub before: Option<Value>,
    /// What is now.
    pub after: Option<Value>,
    /// By which request.
    pub request: Option<String>,
}
