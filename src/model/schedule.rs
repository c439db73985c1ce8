//! What is said about a schedule beside its job, and which of its ticks fire. Plain values and arithmetic.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Cron;

/// A tick that is found later than this was missed: nobody was there to fire it.
const PUNCTUAL: TimeDelta = TimeDelta::minutes(1);
/// The most jobs that are made at once.
const MOST_FIRED: usize = 100;
/// The most missed ticks that are counted at once.
const MOST_MISSED: i32 = 10_000;
/// The most ticks that [`Missed::All`] catches up with.
const MOST_CAUGHT_UP: u32 = 1_000;

/// What becomes of ticks that came while nobody fired them: every node was down, or the schedule was paused.
///
/// Within a minute nothing is missed, whatever the rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Missed {
    /// They are gone.
    Skip,
    /// The newest fires, once for all.
    #[default]
    Latest,
    /// The newest ones fire, so many at most (1 to 1,000).
    All(u32),
}

/// What becomes of a tick whose predecessor's job has not ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overlap {
    /// It fires all the same.
    #[default]
    Allow,
    /// It makes no job, and that is recorded.
    Skip,
}

/// What a configuration says of a schedule: `[schedules.NAME]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleSettings {
    /// The cron expression: 5 fields, or 6 with seconds first.
    pub cron: String,
    /// The time zone it is read in, by its IANA name.
    #[serde(default = "ScheduleSettings::default_zone")]
    pub zone: String,
    /// The kind of its jobs.
    pub kind: String,
    /// Their arguments.
    #[serde(default = "ScheduleSettings::default_args")]
    pub args: Value,
    /// What becomes of missed ticks: `skip`, `latest` or `all(N)`.
    #[serde(default)]
    pub missed: Missed,
    /// What becomes of ticks whose predecessor's job has not ended: `allow` or `skip`.
    #[serde(default)]
    pub overlap: Overlap,
}

impl ScheduleSettings {
    /// UTC, which has no clock to be put forward.
    pub(crate) fn default_zone() -> String {
        "UTC".to_owned()
    }

    fn default_args() -> Value {
        Value::Object(serde_json::Map::new())
    }
}

/// A schedule as a program declares it and the database keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Declaration {
    /// Its name, one in the database.
    pub name: String,
    /// The cron expression.
    pub cron: String,
    /// The time zone it is read in.
    pub zone: String,
    /// The kind of its jobs.
    pub kind: String,
    /// What becomes of missed ticks.
    pub missed: String,
    /// What becomes of ticks whose predecessor still runs.
    pub overlap: String,
}

/// The ticks that are due, in order, or the first part of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Those that were missed for good, in a row.
    pub missed: Option<Run>,
    /// Those that fire now; after the missed ones.
    pub ticks: Vec<DateTime<Utc>>,
    /// The last of all of them.
    pub through: DateTime<Utc>,
    /// Jobs of ticks before this are due at once: a tick caught up with is no time to measure a latency from.
    pub late: DateTime<Utc>,
    /// Whether there are more.
    pub more: bool,
}

/// Some ticks in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first.
    pub first: DateTime<Utc>,
    /// The last.
    pub last: DateTime<Utc>,
    /// How many.
    pub count: i32,
}

impl Missed {
    /// Which of the ticks after `since` are due at `now`, and which of these are missed.
    #[must_use]
    pub fn due(self, cron: &Cron, since: DateTime<Utc>, now: DateTime<Utc>) -> Option<Due> {
        let ahead = |tick: DateTime<Utc>| cron.after(tick).filter(|next| *next <= now);
        let mut next = ahead(since);
        next?;
        let late = now - PUNCTUAL;
        let fires_from = self.fires_from(cron, late, now);
        let mut due = Due { missed: None, ticks: Vec::new(), through: since, late, more: false };
        while let Some(tick) = next {
            let counted = due.missed.map_or(0, |run| run.count);
            if due.ticks.len() == MOST_FIRED || counted == MOST_MISSED {
                due.more = true;
                break;
            }
            if tick < fires_from {
                let first = due.missed.map_or(tick, |run| run.first);
                due.missed = Some(Run { first, last: tick, count: counted + 1 });
            } else {
                due.ticks.push(tick);
            }
            due.through = tick;
            next = ahead(tick);
        }
        Some(due)
    }

    /// The time from which ticks fire.
    fn fires_from(self, cron: &Cron, late: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        let caught_up = match self {
            Self::Skip => 0,
            Self::Latest => 1,
            Self::All(limit) => limit.min(MOST_CAUGHT_UP),
        };
        let (mut from, mut before) = (late, now);
        for _ in 0..caught_up {
            let Some(tick) = cron.latest(before) else { break };
            from = from.min(tick);
            before = tick - TimeDelta::seconds(1);
        }
        from
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skip => f.write_str("skip"),
            Self::Latest => f.write_str("latest"),
            Self::All(limit) => write!(f, "all({limit})"),
        }
    }
}

impl FromStr for Missed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let limit = || text.strip_prefix("all(")?.strip_suffix(')')?.parse().ok();
        match text {
            "skip" => Ok(Self::Skip),
            "latest" => Ok(Self::Latest),
            _ => match limit().map(Self::All) {
                Some(all) if all.is_fit() => Ok(all),
                _ => Err(format!("{text:?} is none of skip, latest, all(N) with N from 1 to {MOST_CAUGHT_UP}")),
            },
        }
    }
}

impl Missed {
    /// Whether its limit can be kept.
    pub(crate) fn is_fit(self) -> bool {
        !matches!(self, Self::All(limit) if limit == 0 || limit > MOST_CAUGHT_UP)
    }
}

impl TryFrom<String> for Missed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Missed> for String {
    fn from(missed: Missed) -> Self {
        missed.to_string()
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Skip => "skip",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every minute; asked from 12:00 at a later time.
    fn due(missed: Missed, now: &str) -> Option<(i32, Vec<String>)> {
        let cron = Cron::parse("* * * * *", "UTC").unwrap();
        let now = format!("2026-03-01T{now}Z").parse().unwrap();
        missed.due(&cron, "2026-03-01T12:00:00Z".parse().unwrap(), now).map(|due| {
            let ticks = due.ticks.iter().map(|tick| tick.format("%H:%M").to_string()).collect();
            (due.missed.map_or(0, |run| run.count), ticks)
        })
    }

    #[test]
    fn each_rule_fires_what_it_says() {
        let some = |count, ticks: &[&str]| Some((count, ticks.iter().map(|&tick| tick.to_owned()).collect()));
        for missed in [Missed::Skip, Missed::Latest, Missed::All(3)] {
            assert_eq!(due(missed, "12:00:59"), None);
            assert_eq!(due(missed, "12:01:30"), some(0, &["12:01"]));
        }
        assert_eq!(due(Missed::Skip, "12:09:30"), some(8, &["12:09"]));
        assert_eq!(due(Missed::Latest, "12:09:30"), some(8, &["12:09"]));
        assert_eq!(due(Missed::All(3), "12:09:30"), some(6, &["12:07", "12:08", "12:09"]));
        assert_eq!(due(Missed::All(100), "12:03:30"), some(0, &["12:01", "12:02", "12:03"]));
    }

    #[test]
    fn a_lone_tick_found_late_fires_by_its_rule() {
        let cron = Cron::parse("0 3 * * *", "UTC").unwrap();
        let (since, now) = ("2026-03-01T12:00:00Z".parse().unwrap(), "2026-03-04T12:00:00Z".parse().unwrap());
        let count = |missed: Missed| {
            let due = missed.due(&cron, since, now).unwrap();
            (due.missed.map_or(0, |run| run.count), due.ticks.len())
        };
        assert_eq!(count(Missed::Skip), (3, 0));
        assert_eq!(count(Missed::Latest), (2, 1));
        assert_eq!(count(Missed::All(2)), (1, 2));
        assert_eq!(count(Missed::All(9)), (0, 3));
    }

    #[test]
    fn a_long_absence_is_worked_off_in_parts_that_leave_nothing_out() {
        let cron = Cron::parse("* * * * * *", "UTC").unwrap();
        let (mut since, now): (DateTime<Utc>, DateTime<Utc>) =
            ("2026-03-01T12:00:00Z".parse().unwrap(), "2026-03-02T12:00:00Z".parse().unwrap());
        let (mut missed, mut fired, mut parts) = (0, 0, 0);
        while let Some(due) = Missed::All(300).due(&cron, since, now) {
            let first = due.missed.map_or_else(|| due.ticks[0], |run| run.first);
            assert_eq!(first, since + TimeDelta::seconds(1));
            missed += due.missed.map_or(0, |run| run.count);
            fired += due.ticks.len();
            parts += 1;
            since = due.through;
        }
        assert_eq!((missed, fired), (86_400 - 300, 300));
        assert!(parts < 15, "{parts}");
    }

    #[test]
    fn a_rule_is_read_as_it_is_written() {
        for missed in [Missed::Skip, Missed::Latest, Missed::All(12)] {
            assert_eq!(missed.to_string().parse(), Ok(missed));
        }
        for wrong in ["", "all", "all(0)", "all(1001)", "all(-1)", "Skip"] {
            assert!(wrong.parse::<Missed>().is_err(), "{wrong:?}");
        }
    }
}
