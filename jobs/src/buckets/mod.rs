//! Dirty buckets: what changed of a person since it was last aggregated, and when that is due.
//!
//! Whoever changes an input dirties its buckets in the same transaction. Aggregating them is the jobs' affair.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};
use sqlx::PgConnection;

use crate::calendar::{Zone, month_start, week_start};

/// What a bucket is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// A month whose narrative may have to be written anew: the month, its weeks or what its text is made of changed.
    Narrative,
    /// A month of a person's spectrum.
    Month,
    /// A week of a person's spectrum.
    Week,
}

/// The scopes whose key is a person, for erasures; `spectrum_day` is the analysis's lock.
pub const OF_PEOPLE: [&str; 5] = ["learner", "narrative_month", "spectrum_day", "spectrum_month", "spectrum_week"];

/// After its end a bucket rests so long: sessions that are still open then come in.
const GRACE: TimeDelta = TimeDelta::minutes(30);
/// Narratives begin so long after their month's end, and are spread over so many minutes by the person.
const NARRATIVE_GRACE: TimeDelta = TimeDelta::hours(6);
const NARRATIVE_SPREAD_MINUTES: i64 = 18 * 60;

impl Scope {
    /// All of them, in the order of their words.
    pub const ALL: [Self; 3] = [Self::Narrative, Self::Month, Self::Week];

    /// The stored word. Rows are locked in the order of these words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Narrative => "narrative_month",
            Self::Month => "spectrum_month",
            Self::Week => "spectrum_week",
        }
    }

    /// The first day of the bucket that holds `date`.
    #[must_use]
    pub fn bucket(self, date: NaiveDate) -> NaiveDate {
        match self {
            Self::Narrative | Self::Month => month_start(date),
            Self::Week => week_start(date),
        }
    }

    /// When the bucket that holds `date` is due at the earliest: it has ended on the person's own clock, and its grace is over.
    #[must_use]
    pub fn due(self, date: NaiveDate, zone: Zone, subject_id: i64) -> DateTime<Utc> {
        let first = self.bucket(date);
        let end = match self {
            Self::Week => first + Days::new(7),
            Self::Month | Self::Narrative => first + Months::new(1),
        };
        let end = zone.day_start(end);
        match self {
            Self::Week | Self::Month => end + GRACE,
            Self::Narrative => {
                // Any fixed spread will do; neighbours must not fall together.
                let spread = subject_id.wrapping_mul(7_919).rem_euclid(NARRATIVE_SPREAD_MINUTES);
                end + NARRATIVE_GRACE + TimeDelta::minutes(spread)
            }
        }
    }
}

/// Buckets that are to be dirtied together. Each is dirtied once, however often it is added.
#[derive(Clone, Debug, Default)]
pub struct Dirt(BTreeMap<(Scope, i64, NaiveDate), DateTime<Utc>>);

impl Dirt {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the bucket that holds a date.
    pub fn add(&mut self, scope: Scope, subject_id: i64, zone: Zone, date: NaiveDate) {
        self.0.insert((scope, subject_id, scope.bucket(date)), scope.due(date, zone, subject_id));
    }

    /// Adds the week and the month that hold a date.
    pub fn add_day(&mut self, subject_id: i64, zone: Zone, date: NaiveDate) {
        self.add(Scope::Week, subject_id, zone, date);
        self.add(Scope::Month, subject_id, zone, date);
    }

    /// Dirties them, on the transaction of what changed. They are due when they have ended, but not for a minute, so that a
    /// burst makes one aggregation.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn write(&self, tx: &mut PgConnection) -> Result<(), sqlx::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        sqlx::query(include_str!("sql/dirty.sql"))
            .bind(self.0.keys().map(|(scope, ..)| scope.as_str()).collect::<Vec<_>>())
            .bind(self.0.keys().map(|(_, subject, _)| *subject).collect::<Vec<_>>())
            .bind(self.0.keys().map(|(.., bucket)| *bucket).collect::<Vec<_>>())
            .bind(self.0.values().copied().collect::<Vec<_>>())
            .execute(tx)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn due(scope: Scope, day: &str, zone: &str) -> String {
        scope.due(date(day), Zone::parse(zone), 0).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    #[test]
    fn a_bucket_is_due_half_an_hour_after_its_end_on_the_persons_clock() {
        assert_eq!(due(Scope::Week, "2026-03-25", "Europe/Berlin"), "2026-03-29T22:30:00Z"); // the clock jumped that night
        assert_eq!(due(Scope::Week, "2021-01-03", "Asia/Kathmandu"), "2021-01-03T18:45:00Z"); // 2020-W53, +05:45
        assert_eq!(due(Scope::Month, "2026-10-02", "America/Havana"), "2026-11-01T04:30:00Z"); // the first of two midnights
        assert_eq!(due(Scope::Narrative, "2026-02-11", "UTC"), "2026-03-01T06:00:00Z");
    }

    #[test]
    fn narratives_are_spread_over_eighteen_hours() {
        let minutes: Vec<i64> = (0..2_000)
            .map(|subject| {
                let due = Scope::Narrative.due(date("2026-02-11"), Zone::parse("UTC"), subject);
                (due - date("2026-03-01").and_time(chrono::NaiveTime::MIN).and_utc()).num_minutes() - 360
            })
            .collect();
        assert!(minutes.iter().all(|minute| (0..1_080).contains(minute)));
        for hour in 0..18 {
            let share = minutes.iter().filter(|minute| **minute / 60 == hour).count();
            assert!((80..140).contains(&share), "{share} in hour {hour}");
        }
    }

    #[test]
    fn words_are_in_the_order_of_the_scopes() {
        let words = Scope::ALL.map(Scope::as_str);
        assert!(words.is_sorted() && words.iter().all(|word| OF_PEOPLE.contains(word)));
    }
}
