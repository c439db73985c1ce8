//! When a schedule ticks: a cron expression on the clock of a time zone. What then happens is not known here.
//!
//! The expression is matched against the local clock, and the match is then placed in time. That leaves two cases open,
//! and they are decided here, whatever the library would do: a local time that does not exist ticks once, at the moment
//! the clock jumps over it; one that comes twice ticks the first time only. So no tick is lost and none comes twice, but a
//! schedule "every ten minutes" pauses while an hour repeats: what is meant in intervals belongs into UTC.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};

/// The longest expression.
const LONGEST: usize = 128;

/// A cron expression in a time zone.
///
/// ```
/// use windlass::model::Cron;
///
/// let cron = Cron::parse("30 2 * * *", "Europe/Berlin").unwrap();
/// let before = "2026-03-28T12:00:00Z".parse().unwrap();
/// // On the 29th the clock jumps from 02:00 to 03:00.
/// assert_eq!(cron.after(before).unwrap().to_string(), "2026-03-29 01:00:00 UTC");
/// ```
#[derive(Clone, Debug)]
pub struct Cron {
    pattern: croner::Cron,
    zone: Tz,
}

/// Why an expression or a zone is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CronError {
    /// It does not parse.
    #[error(
        "{expression:?} is no cron expression ({why}); it has 5 fields, minute hour day month weekday, or 6 with seconds first"
    )]
    Expression {
        /// What was given.
        expression: String,
        /// What the parser says.
        why: String,
    },
    /// It parses, and no day is ever like that.
    #[error("{expression:?} never comes: no date fits it")]
    Never {
        /// What was given.
        expression: String,
    },
    /// There is no such zone.
    #[error("{zone:?} is no time zone; its IANA name is needed, like Europe/Berlin or UTC")]
    Zone {
        /// What was given.
        zone: String,
    },
}

impl CronError {
    /// Which of the two it is about.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Expression { .. } | Self::Never { .. } => "cron",
            Self::Zone { .. } => "zone",
        }
    }
}

impl Cron {
    /// Reads an expression (5 fields, or 6 with seconds first) and the name of a zone.
    ///
    /// # Errors
    ///
    /// [`CronError`], also where the expression parses and never comes.
    pub fn parse(expression: &str, zone: &str) -> Result<Self, CronError> {
        let refused = |why: String| CronError::Expression { expression: expression.to_owned(), why };
        if expression.len() > LONGEST || expression.contains('\0') {
            return Err(refused(format!("at most {LONGEST} characters are read, and no NUL")));
        }
        let zone: Tz = zone.parse().map_err(|_| CronError::Zone { zone: zone.to_owned() })?;
        let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
        let pattern = parser.parse(expression).map_err(|error| refused(error.to_string()))?;
        let cron = Self { pattern, zone };
        match cron.after(DateTime::UNIX_EPOCH) {
            Some(_) => Ok(cron),
            None => Err(CronError::Never { expression: expression.to_owned() }),
        }
    }

    /// The first tick after `instant`.
    #[must_use]
    pub fn after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut local = self.at(instant).naive_local();
        loop {
            local = self.pattern.find_next_occurrence(&local, false).ok()?;
            // What a repeated hour holds was placed into its first pass, which may be over.
            let tick = self.place(local)?;
            if tick > instant {
                return Some(tick);
            }
        }
    }

    /// The last tick that is not after `instant`.
    #[must_use]
    pub fn latest(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let here = self.at(instant);
        // In the second pass of a repeated hour all of the first one lies behind us, so look back from its end.
        let from = match self.zone.from_local_datetime(&here.naive_local()) {
            MappedLocalTime::Ambiguous(first, _) if first < here => {
                instant.naive_utc().checked_add_offset(first.offset().fix())?
            }
            _ => here.naive_local(),
        };
        let mut local = self.pattern.find_previous_occurrence(&from, true).ok()?;
        loop {
            let tick = self.place(local)?;
            if tick <= instant {
                return Some(tick);
            }
            local = self.pattern.find_previous_occurrence(&local, false).ok()?;
        }
    }

    /// An instant on the zone's own clock, with its offset.
    #[must_use]
    pub fn at(&self, instant: DateTime<Utc>) -> DateTime<Tz> {
        instant.with_timezone(&self.zone)
    }

    /// Where a local time stands in time.
    fn place(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self.zone.from_local_datetime(&local).earliest() {
            Some(tick) => Some(tick.to_utc()),
            None => self.jump_over(local),
        }
    }

    /// The moment at which the clock jumps over a local time that does not exist: the first at which it shows more.
    fn jump_over(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        // No zone is further than 27 hours from UTC, a skipped day included.
        let (mut before, mut after) = (-97_200_i64, 97_200_i64);
        let moment = |seconds| local.and_utc().checked_add_signed(TimeDelta::seconds(seconds));
        while before + 1 < after {
            let middle = i64::midpoint(before, after);
            if self.at(moment(middle)?).naive_local() < local { before = middle } else { after = middle }
        }
        moment(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(expression: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let cron = Cron::parse(expression, zone).unwrap();
        let ticks = std::iter::successors(cron.after(from.parse().unwrap()), |tick| cron.after(*tick));
        ticks.take(count).map(|tick| tick.format("%dT%H:%M").to_string()).collect()
    }

    #[test]
    fn a_local_time_that_does_not_exist_ticks_once_when_the_clock_jumps() {
        // Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
        assert_eq!(
            ticks("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", 3),
            ["28T01:30", "29T01:00", "30T00:30"]
        );
        let crowd = ticks("*/20 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", 4);
        assert_eq!(crowd, ["29T00:40", "29T01:00", "29T01:20", "29T01:40"]);
        // São Paulo, 4 November 2018: the day begins at 01:00, at 03:00 UTC.
        let dawn = ticks("0 0 * * *", "America/Sao_Paulo", "2018-11-03T00:00:00Z", 3);
        assert_eq!(dawn, ["03T03:00", "04T03:00", "05T02:00"]);
        // Lord Howe, 4 October 2026: 02:00 becomes 02:30, at 15:30 UTC of the 3rd.
        let half = ticks("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T00:00:00Z", 3);
        assert_eq!(half, ["02T15:45", "03T15:30", "04T15:15"]);
        // Samoa went without 30 December 2011.
        let apia = ticks("0 12 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", 3);
        assert_eq!(apia, ["29T22:00", "30T10:00", "30T22:00"]);
    }

    #[test]
    fn a_local_time_that_comes_twice_ticks_the_first_time_only() {
        // Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
        assert_eq!(ticks("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2), ["25T00:30", "26T01:30"]);
        assert_eq!(
            ticks("30 * * * *", "Europe/Berlin", "2026-10-24T23:00:00Z", 3),
            ["24T23:30", "25T00:30", "25T02:30"]
        );
        // Lord Howe, 5 April 2026: 02:00 becomes 01:30 at 15:00 UTC of the 4th.
        let half = ticks("*/15 * * * *", "Australia/Lord_Howe", "2026-04-04T14:20:00Z", 5);
        assert_eq!(half, ["04T14:30", "04T14:45", "04T15:30", "04T15:45", "04T16:00"]);
    }

    #[test]
    fn looking_back_finds_what_looking_ahead_found() {
        for (expression, zone, from, to) in [
            ("*/20 * * * *", "Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T04:00:00Z"),
            ("*/20 * * * *", "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T04:00:00Z"),
            ("*/7 * * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z", "2026-04-04T18:00:00Z"),
            ("5,35 * * * * *", "America/Sao_Paulo", "2018-11-04T02:00:00Z", "2018-11-04T04:00:00Z"),
            ("0 12 * * *", "Pacific/Apia", "2011-12-28T00:00:00Z", "2012-01-02T00:00:00Z"),
        ] {
            let cron = Cron::parse(expression, zone).unwrap();
            let (from, to): (DateTime<Utc>, DateTime<Utc>) = (from.parse().unwrap(), to.parse().unwrap());
            let mut last = cron.latest(from).unwrap();
            let mut now = from;
            while now < to {
                now += TimeDelta::milliseconds(13_500);
                if let Some(tick) = cron.after(last).filter(|tick| *tick <= now) {
                    last = tick;
                }
                assert_eq!(cron.latest(now), Some(last), "{expression} in {zone} at {now}");
            }
        }
    }

    #[test]
    fn what_cannot_tick_is_refused_with_its_field() {
        for (expression, zone, field, says) in [
            ("", "UTC", "cron", "5 fields"),
            ("0 3 * *", "UTC", "cron", "5 fields"),
            ("61 * * * *", "UTC", "cron", "out of bounds"),
            ("*/0 * * * *", "UTC", "cron", "zero"),
            ("@reboot", "UTC", "cron", "5 fields"),
            ("0 0 0 1 1 * 2027", "UTC", "cron", "5 or 6 fields"),
            ("0 0 30 2 *", "UTC", "cron", "never comes"),
            ("0 0 31 4,6,9,11 *", "UTC", "cron", "never comes"),
            ("0 3 * * *", "Berlin", "zone", "Europe/Berlin"),
            ("0 3 * * *", "", "zone", "IANA"),
        ] {
            let error = Cron::parse(expression, zone).unwrap_err();
            assert_eq!(error.field(), field, "{error}");
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
