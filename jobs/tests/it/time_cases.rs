//! Starts of days, weeks and months over clock changes, against `time_cases.json`.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use serde::Deserialize;
use windlass_jobs::calendar::{Zone, month_label, parse_month, parse_week, week_label};

#[derive(Deserialize)]
struct Cases {
    day_start: Vec<DayStart>,
    weeks: Vec<Week>,
    months: Vec<Month>,
    iso_week: Vec<IsoWeek>,
}

#[derive(Deserialize)]
struct DayStart {
    date: NaiveDate,
    tz: String,
    start: DateTime<Utc>,
    tz_valid: bool,
}

#[derive(Deserialize)]
struct Week {
    week: String,
    tz: String,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    hours: f64,
}

#[derive(Deserialize)]
struct Month {
    month: String,
    tz: String,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

#[derive(Deserialize)]
struct IsoWeek {
    date: NaiveDate,
    week: String,
}

#[test]
fn buckets_start_at_the_first_instant_of_their_first_day() {
    for set in ["open-a", "open-b"] {
        let file = format!("tests/fixtures/{set}/expected/time_cases.json");
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let cases: Cases = serde_json::from_str(&text).unwrap();

        for case in cases.day_start {
            let zone = Zone::parse(&case.tz);
            assert_eq!(zone.valid, case.tz_valid, "{}", case.tz);
            assert_eq!(zone.day_start(case.date), case.start, "{} {}", case.date, case.tz);
        }
        for case in cases.weeks {
            let (zone, monday) = (Zone::parse(&case.tz), parse_week(&case.week).unwrap());
            let (start, end) = (zone.day_start(monday), zone.day_start(monday + Days::new(7)));
            assert_eq!((start, end), (case.start, case.end), "{} {}", case.week, case.tz);
            assert!(((end - start).as_seconds_f64() / 3600.0 - case.hours).abs() < 1e-9);
            assert_eq!(week_label(monday), case.week);
        }
        for case in cases.months {
            let (zone, first) = (Zone::parse(&case.tz), parse_month(&case.month).unwrap());
            let (start, end) = (zone.day_start(first), zone.day_start(first + Months::new(1)));
            assert_eq!((start, end), (case.start, case.end), "{} {}", case.month, case.tz);
            assert_eq!(month_label(first), case.month);
        }
        for case in cases.iso_week {
            assert_eq!(week_label(case.date), case.week, "{}", case.date);
        }
    }
}
