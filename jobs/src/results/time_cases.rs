//! Starts of days, weeks and months over clock changes, as one JSON value. The cases are a list of their own, `data/time_cases.json`;
//! what is computed of them is the calendar's.

use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize, Serializer};

use crate::calendar::{Zone, parse_month, parse_week, week_label};

/// The content of `time_cases.json`.
#[derive(Clone, Debug, Serialize)]
pub struct TimeCases {
    day_start: Vec<DayStart>,
    weeks: Vec<WeekBounds>,
    months: Vec<MonthBounds>,
    iso_week: Vec<WeekOfDate>,
}

#[derive(Clone, Debug, Serialize)]
struct DayStart {
    date: NaiveDate,
    tz: String,
    #[serde(serialize_with = "seconds")]
    start: DateTime<Utc>,
    tz_valid: bool,
}

#[derive(Clone, Debug, Serialize)]
struct WeekBounds {
    week: String,
    tz: String,
    #[serde(serialize_with = "seconds")]
    start: DateTime<Utc>,
    #[serde(serialize_with = "seconds")]
    end: DateTime<Utc>,
    hours: f64,
}

#[derive(Clone, Debug, Serialize)]
struct MonthBounds {
    month: String,
    tz: String,
    #[serde(serialize_with = "seconds")]
    start: DateTime<Utc>,
    #[serde(serialize_with = "seconds")]
    end: DateTime<Utc>,
}

#[derive(Clone, Debug, Serialize)]
struct WeekOfDate {
    date: NaiveDate,
    week: String,
}

#[derive(Deserialize)]
struct Asked {
    day_start: Vec<(NaiveDate, String)>,
    weeks: Vec<(String, String)>,
    months: Vec<(String, String)>,
    iso_week: Vec<NaiveDate>,
}

impl TimeCases {
    /// Computes the cases that the program carries.
    ///
    /// # Errors
    ///
    /// Never: a test reads them.
    pub fn carried() -> Result<Self, serde_json::Error> {
        let asked: Asked = serde_json::from_str(include_str!("../../data/time_cases.json"))?;
        let day = |(date, tz): (NaiveDate, String)| {
            let zone = Zone::parse(&tz);
            DayStart { date, tz, start: zone.day_start(date), tz_valid: zone.valid }
        };
        let week = |(week, tz): (String, String)| {
            let (zone, monday) = (Zone::parse(&tz), parse_week(&week)?);
            let (start, end) = (zone.day_start(monday), zone.day_start(monday + Days::new(7)));
            Some(WeekBounds { week, tz, start, end, hours: (end - start).as_seconds_f64() / 3600.0 })
        };
        let month = |(month, tz): (String, String)| {
            let (zone, first) = (Zone::parse(&tz), parse_month(&month)?);
            Some(MonthBounds { month, tz, start: zone.day_start(first), end: zone.day_start(first + Months::new(1)) })
        };
        Ok(Self {
            day_start: asked.day_start.into_iter().map(day).collect(),
            weeks: asked.weeks.into_iter().filter_map(week).collect(),
            months: asked.months.into_iter().filter_map(month).collect(),
            iso_week: asked.iso_week.into_iter().map(|date| WeekOfDate { date, week: week_label(date) }).collect(),
        })
    }
}

fn seconds<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}
