//! Days, ISO weeks and months in a person's zone.
//!
//! Not a clock: every instant is given. A session belongs to the local date it started on
//! (ISO 8601 for the week), and that never changes; instants of a day's start are for scanning.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, SecondsFormat, TimeZone, Utc, Weekday};
use chrono_tz::{GapInfo, Tz};

/// A time zone, and whether its name was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone {
    /// The zone; UTC if the name was not known.
    pub tz: Tz,
    /// Whether the name was known.
    pub valid: bool,
}

impl Zone {
    /// Looks `name` up in the compiled-in zone database, never among files: a name may hold
    /// anything a client sent.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        name.parse().map_or(Self { tz: Tz::UTC, valid: false }, |tz| Self { tz, valid: true })
    }

    /// The date on the wall at `instant`.
    #[must_use]
    pub fn local_date(self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.tz).date_naive()
    }

    /// The earliest instant whose local date is `date` or later.
    ///
    /// Of two midnights it is the first, where Postgres's `at time zone` takes the second; where
    /// midnight (or the whole day) is skipped, it is the instant the clock jumps.
    #[must_use]
    pub fn day_start(self, date: NaiveDate) -> DateTime<Utc> {
        let midnight = date.and_time(NaiveTime::MIN);
        self.tz
            .from_local_datetime(&midnight)
            .earliest()
            .or_else(|| GapInfo::new(&midnight, &self.tz)?.end)
            // A gap always ends; were it not so, midnight in UTC is within a day of the truth.
            .map_or_else(|| midnight.and_utc(), |start| start.to_utc())
    }
}

/// An instant as keys and tables of text write it: `2026-10-04T03:30:00Z`, with as much of a second as there is.
#[must_use]
pub fn instant_label(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The ISO week of `date`, like `2025-W42`.
#[must_use]
pub fn week_label(date: NaiveDate) -> String {
    let week = date.iso_week();
    format!("{:04}-W{:02}", week.year(), week.week())
}

/// The Monday of `date`'s week.
#[must_use]
pub fn week_start(date: NaiveDate) -> NaiveDate {
    date - Days::new(u64::from(date.weekday().num_days_from_monday()))
}

/// The Monday of the week a label like `2025-W42` names, if there is such a week.
#[must_use]
pub fn parse_week(label: &str) -> Option<NaiveDate> {
    let (year, week) = label.split_once("-W")?;
    NaiveDate::from_isoywd_opt(digits(year, 4)?.cast_signed(), digits(week, 2)?, Weekday::Mon)
}

/// The month of `date`, like `2025-10`.
#[must_use]
pub fn month_label(date: NaiveDate) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}

/// The first day of `date`'s month.
#[must_use]
pub fn month_start(date: NaiveDate) -> NaiveDate {
    date - Days::new(u64::from(date.day0()))
}

/// The first day of the month a label like `2025-10` names, if there is such a month.
#[must_use]
pub fn parse_month(label: &str) -> Option<NaiveDate> {
    let (year, month) = label.split_once('-')?;
    NaiveDate::from_ymd_opt(digits(year, 4)?.cast_signed(), digits(month, 2)?, 1)
}

/// Exactly `count` digits: `parse` alone would take `+7` too.
fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use chrono_tz::TZ_VARIANTS;
    use proptest::prelude::*;

    use super::*;

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn an_unknown_zone_is_utc_and_says_so() {
        for name in ["Mars/Olympus", "", "../../etc/passwd", "/usr/share/zoneinfo/Europe/Berlin"] {
            assert_eq!(Zone::parse(name), Zone { tz: Tz::UTC, valid: false });
        }
        assert_eq!(Zone::parse("Asia/Tokyo"), Zone { tz: Tz::Asia__Tokyo, valid: true });
    }

    #[test]
    fn labels_name_what_they_were_made_from() {
        assert_eq!(parse_week("2020-W53"), Some(date(2020, 12, 28)));
        assert_eq!(parse_month("2025-10"), Some(date(2025, 10, 1)));
        for week in ["2026-W60", "2021-W53", "2026-W00", "2026-W1", "2026W01", "+026-W01"] {
            assert_eq!(parse_week(week), None, "{week}");
        }
        for month in ["2026-13", "2026-00", "2026-1", "2026-+1"] {
            assert_eq!(parse_month(month), None, "{month}");
        }
    }

    proptest! {
        #[test]
        fn weeks_and_months_hold_their_days(days in 0_u64..60_000) {
            let day = date(1950, 1, 1) + Days::new(days);
            let monday = week_start(day);
            prop_assert_eq!(monday.weekday(), Weekday::Mon);
            prop_assert!((0..7).contains(&(day - monday).num_days()));
            prop_assert_eq!(parse_week(&week_label(day)), Some(monday));
            prop_assert_eq!(parse_month(&month_label(day)), Some(month_start(day)));
        }

        #[test]
        fn a_day_starts_at_the_first_instant_of_its_date(
            zone in prop::sample::select(&TZ_VARIANTS[..]),
            days in 0_u64..40_000,
        ) {
            let day = date(1940, 1, 1) + Days::new(days);
            let zone = Zone { tz: zone, valid: true };
            let start = zone.day_start(day);
            prop_assert!(zone.local_date(start) >= day);
            prop_assert!(zone.local_date(start - TimeDelta::seconds(1)) < day);
            for quarters in 1..120 {
                let before = start - TimeDelta::minutes(15 * quarters);
                prop_assert!(zone.local_date(before) < day, "{} earlier", before);
            }
        }
    }
}
