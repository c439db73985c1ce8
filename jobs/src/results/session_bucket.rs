//! A session's local date, week and month as a line of JSON.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::calendar::{Zone, month_label, week_label};

/// A line of `session_buckets.jsonl`.
#[derive(Debug, Clone, Serialize)]
pub struct SessionBucketRow {
    session_id: String,
    local_date: NaiveDate,
    week: String,
    month: String,
    tz_valid: bool,
}

impl SessionBucketRow {
    /// The line of a session that started at `started_at` in `zone`.
    #[must_use]
    pub fn new(session_id: impl Into<String>, started_at: DateTime<Utc>, zone: Zone) -> Self {
        Self::on(session_id, zone.local_date(started_at), zone.valid)
    }

    /// The line of a session whose local date is stored.
    #[must_use]
    pub fn on(session_id: impl Into<String>, local_date: NaiveDate, tz_valid: bool) -> Self {
        Self {
            session_id: session_id.into(),
            local_date,
            week: week_label(local_date),
            month: month_label(local_date),
            tz_valid,
        }
    }
}
