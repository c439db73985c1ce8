//! A window of time: from its start up to, but not including, its end.

use std::fmt;

use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::calendar::{Zone, instant_label, month_start, week_start};

/// An end of a window: a day, which begins at midnight of the book zone, or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Moment {
    /// The start of a day in the zone that the books are kept in.
    Day(NaiveDate),
    /// An instant.
    Instant(DateTime<Utc>),
}

impl Moment {
    fn at(self, books: Zone) -> DateTime<Utc> {
        match self {
            Self::Day(day) => books.day_start(day),
            Self::Instant(instant) => instant,
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Instant(instant) => f.write_str(&instant_label(*instant)),
        }
    }
}

/// A half-open window, as a job is asked about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Where it starts.
    pub start: Moment,
    /// The first moment behind it.
    pub end: Moment,
}

/// A window that holds no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the window from {start} to {end} holds no time: its start must be before its end")]
pub struct EmptyWindow {
    start: Moment,
    end: Moment,
}

impl Window {
    /// From day to day.
    #[must_use]
    pub fn days(start: NaiveDate, end: NaiveDate) -> Self {
        Self { start: Moment::Day(start), end: Moment::Day(end) }
    }

    /// From instant to instant.
    #[must_use]
    pub fn instants(start: DateTime<Utc>, end: DateTime<Utc>) -> Self {
        Self { start: Moment::Instant(start), end: Moment::Instant(end) }
    }

    /// The `days` days before the day of `tick`.
    #[must_use]
    pub fn days_before(tick: DateTime<Utc>, days: u64) -> Self {
        let end = tick.date_naive();
        Self::days(end - Days::new(days), end)
    }

    /// The ISO week before that of `tick`.
    #[must_use]
    pub fn week_before(tick: DateTime<Utc>) -> Self {
        let end = week_start(tick.date_naive());
        Self::days(end - Days::new(7), end)
    }

    /// The calendar month before that of `tick`.
    #[must_use]
    pub fn month_before(tick: DateTime<Utc>) -> Self {
        let end = month_start(tick.date_naive());
        Self::days(end - Months::new(1), end)
    }

    /// Its instants, where days begin at midnight in `books`.
    ///
    /// # Errors
    ///
    /// [`EmptyWindow`].
    pub fn bounds(self, books: Zone) -> Result<Bounds, EmptyWindow> {
        let Self { start, end } = self;
        let bounds = Bounds { start: start.at(books), end: end.at(books) };
        if bounds.start < bounds.end { Ok(bounds) } else { Err(EmptyWindow { start, end }) }
    }
}

/// A window's instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The first.
    pub start: DateTime<Utc>,
    /// The first that is not in it.
    pub end: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(instant: &str) -> DateTime<Utc> {
        instant.parse().unwrap()
    }

    #[test]
    fn a_window_is_written_in_days_or_instants() {
        let days: Window = serde_json::from_str(r#"{"start":"2026-10-01","end":"2026-11-01"}"#).unwrap();
        assert_eq!(days, Window::month_before(at("2026-11-01T05:00:00Z")));
        let bounds = days.bounds(Zone::parse("Europe/Berlin")).unwrap();
        assert_eq!((bounds.start, bounds.end), (at("2026-09-30T22:00:00Z"), at("2026-10-31T23:00:00Z")));
        let instants: Window =
            serde_json::from_str(r#"{"start":"2026-01-27T06:00:00Z","end":"2026-04-27T06:00:00Z"}"#).unwrap();
        assert_eq!(instants.end.to_string(), "2026-04-27T06:00:00Z");
        for wrong in [r#"{"start":"2026-13-01","end":"2026-11-01"}"#, r#"{"start":"2026-10-01"}"#] {
            assert!(serde_json::from_str::<Window>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_window_without_time_is_refused() {
        let day = "2026-10-01".parse().unwrap();
        let error = Window::days(day, day).bounds(Zone::parse("UTC")).unwrap_err();
        assert!(error.to_string().contains("2026-10-01"), "{error}");
    }

    #[test]
    fn the_week_before_ends_on_a_monday() {
        assert_eq!(Window::week_before(at("2026-11-25T05:00:00Z")).end.to_string(), "2026-11-23");
        assert_eq!(Window::days_before(at("2026-03-01T03:00:00Z"), 1).start.to_string(), "2026-02-28");
    }
}
