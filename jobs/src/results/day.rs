//! A person's day as a line of JSON.

use chrono::NaiveDate;
use serde::Serialize;

use super::rounded;
use crate::weekly_aggregation::spectrum::StoredDay;

/// A line of `daily.jsonl`: sums over the sessions of one person and date, which add up to weeks and months.
#[derive(Debug, Clone, Serialize)]
pub struct DayRow {
    user_id: String,
    date: NaiveDate,
    n_sessions: i32,
    n_turns: i32,
    n_excluded: i32,
    n_empty: i32,
    n_positive: i32,
    w: f64,
    wv: f64,
    wv2: f64,
    wa: f64,
    wd: f64,
    wvol: f64,
    emo: Vec<f64>,
    patterns: Vec<i32>,
    vmin: Option<f64>,
    vmax: Option<f64>,
}

impl DayRow {
    /// The line of a day.
    #[must_use]
    pub fn new(day: &StoredDay) -> Self {
        Self {
            user_id: day.external_id.clone(),
            date: day.local_date,
            n_sessions: day.n_sessions,
            n_turns: day.n_turns,
            n_excluded: day.n_excluded,
            n_empty: day.n_empty,
            n_positive: day.n_positive,
            w: rounded(day.w),
            wv: rounded(day.wv),
            wv2: rounded(day.wv2),
            wa: rounded(day.wa),
            wd: rounded(day.wd),
            wvol: rounded(day.wvol),
            emo: day.emo.iter().copied().map(rounded).collect(),
            patterns: day.patterns.clone(),
            vmin: day.vmin.map(rounded),
            vmax: day.vmax.map(rounded),
        }
    }
}
