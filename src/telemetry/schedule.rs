//! What a scheduler counts.

use chrono::{DateTime, TimeDelta, Utc};
use metrics::{counter, gauge};

use super::{SCHEDULE_LAST, SCHEDULE_MISSED, SCHEDULE_TICKS, SCHEDULER_LAG};

/// This became of so many ticks of a schedule.
pub(crate) fn schedule_ticked(schedule: &str, outcome: &'static str, ticks: i32) {
    let ticks = u64::try_from(ticks).unwrap_or(0);
    if outcome == "missed" {
        counter!(SCHEDULE_MISSED, "schedule" => schedule.to_owned()).increment(ticks);
    } else {
        counter!(SCHEDULE_TICKS, "schedule" => schedule.to_owned(), "outcome" => outcome).increment(ticks);
    }
}

/// The last tick that made a job, whoever fired it.
#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
pub(crate) fn schedule_fired_last(schedule: &str, tick: Option<DateTime<Utc>>) {
    let seconds = tick.map_or(0, |tick| tick.timestamp());
    gauge!(SCHEDULE_LAST, "schedule" => schedule.to_owned()).set(seconds as f64);
}

/// So late was the tick that waited longest.
pub(crate) fn scheduler_lag(lag: TimeDelta) {
    gauge!(SCHEDULER_LAG).set(lag.as_seconds_f64());
}

/// Brings the schedules' counters into being at zero: a first missed tick must be an increase, not an appearance.
pub(crate) fn schedules_start_at_zero<'a>(schedules: impl Iterator<Item = &'a str>) {
    for schedule in schedules {
        for outcome in ["fired", "skipped", "missed"] {
            schedule_ticked(schedule, outcome, 0);
        }
        schedule_fired_last(schedule, None);
    }
    scheduler_lag(TimeDelta::zero());
}
