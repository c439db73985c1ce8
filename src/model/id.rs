//! Identities. All are UUIDs of version 7: they grow with time, which keeps the indexes they stand in narrow.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The identity of a job, made by whoever enqueues it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct JobId(pub Uuid);

/// The identity of one worker process between two losses of its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct SessionId(pub Uuid);

impl JobId {
    /// A new id, later than every id this process made before.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default id that differs at every call would surprise")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl SessionId {
    /// A new id.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default id that differs at every call would surprise")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for JobId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::from_str(text).map(Self)
    }
}
