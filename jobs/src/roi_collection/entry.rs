//! An entry of a source: a cost or a value, as it was written down. What cannot be booked is refused with a code.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::window::Bounds;

/// The category of what may be negative.
const REFUND: &str = "refund";
const LONGEST_ID: usize = 200;
const LONGEST_CATEGORY: usize = 64;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The source's own id of it.
    pub entry_id: String,
    /// Whose it is.
    pub learner: Learner,
    /// When it was due.
    pub ts: DateTime<Utc>,
    /// What for: a word of the source's.
    pub category: String,
    /// How much, in micro-dollars.
    pub amount_micros: i64,
}

/// Whose an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Learner {
    /// Nobody's: unallocated.
    Nobody,
    /// Somebody's that the source knows by this id.
    External(String),
    /// Somebody's of ours.
    Subject(i64),
}

/// Why a row was not booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum BadRow {
    /// It is no record of the format, or lacks a column.
    #[error("malformed_row")]
    Malformed,
    /// It has no id, or one that cannot be stored.
    #[error("bad_id")]
    Id,
    /// Its time is none.
    #[error("bad_time")]
    Time,
    /// Its category is no word.
    #[error("bad_category")]
    Category,
    /// Its amount is no whole number.
    #[error("bad_amount")]
    Amount,
    /// Its amount is negative, and it is no refund.
    #[error("negative_amount")]
    Negative,
    /// An entry of its id stands further up.
    #[error("duplicate_id")]
    Duplicate,
}

impl Entry {
    /// What keeps it from being booked.
    ///
    /// # Errors
    ///
    /// [`BadRow`].
    pub fn check(&self) -> Result<(), BadRow> {
        let storable = |text: &str| (1..=LONGEST_ID).contains(&text.len()) && !text.contains('\0');
        if !storable(&self.entry_id) || matches!(&self.learner, Learner::External(id) if !storable(id)) {
            return Err(BadRow::Id);
        }
        // A word, so that nobody's sentences come in by this door.
        let in_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte);
        let word = self.category.len() <= LONGEST_CATEGORY
            && self.category.bytes().all(in_word)
            && self.category.starts_with(|first: char| first.is_ascii_alphanumeric());
        if !word {
            return Err(BadRow::Category);
        }
        if self.amount_micros < 0 && self.category != REFUND {
            return Err(BadRow::Negative);
        }
        Ok(())
    }
}

/// What was read of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Rows read, good, bad and outside of the window.
    pub(super) read: u64,
    /// Rows that lie outside of the window: another collection's.
    pub(super) outside: u64,
    /// Rows not booked, by reason.
    pub(super) bad: BTreeMap<BadRow, u64>,
}

impl Tally {
    /// Counts a row; gives it back if it is to be booked.
    pub(super) fn admit(&mut self, row: Result<Entry, BadRow>, within: &Bounds) -> Option<Entry> {
        self.read += 1;
        match row {
            Ok(entry) if (within.start..within.end).contains(&entry.ts) => Some(entry),
            Ok(_) => {
                self.outside += 1;
                None
            }
            Err(reason) => {
                *self.bad.entry(reason).or_default() += 1;
                None
            }
        }
    }

    /// How many rows are bad.
    pub(super) fn bad(&self) -> u64 {
        self.bad.values().sum()
    }

    /// Whether more than one row in twenty is bad (domain.md 2.4): then it is not this source's file.
    pub(super) fn is_unusable(&self) -> bool {
        self.bad() * 20 > self.read
    }

    /// The bad rows as JSON: codes and counts.
    pub(super) fn reasons(&self) -> serde_json::Value {
        self.bad.iter().map(|(reason, count)| (reason.to_string(), serde_json::Value::from(*count))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            entry_id: "k1".to_owned(),
            learner: Learner::External("l1".to_owned()),
            ts: "2026-01-02T03:04:05Z".parse().unwrap(),
            category: "tutor".to_owned(),
            amount_micros: 5,
        }
    }

    #[test]
    fn only_a_refund_is_negative_and_a_category_is_a_word() {
        assert_eq!(entry().check(), Ok(()));
        let negative = Entry { amount_micros: -5, ..entry() };
        assert_eq!(negative.check(), Err(BadRow::Negative));
        assert_eq!(Entry { category: "refund".to_owned(), ..negative }.check(), Ok(()));
        for category in ["", "Tutor", "my neighbour", "-x", "é"] {
            assert_eq!(Entry { category: category.to_owned(), ..entry() }.check(), Err(BadRow::Category), "{category}");
        }
        for id in ["", "a\0b", &"x".repeat(201)] {
            assert_eq!(Entry { entry_id: id.to_owned(), ..entry() }.check(), Err(BadRow::Id));
            assert_eq!(Entry { learner: Learner::External(id.to_owned()), ..entry() }.check(), Err(BadRow::Id));
        }
    }

    #[test]
    fn every_row_is_counted_somewhere() {
        let at = |instant: &str| instant.parse().unwrap();
        let within = Bounds { start: at("2026-01-01T00:00:00Z"), end: at("2026-02-01T00:00:00Z") };
        let mut tally = Tally::default();
        assert_eq!(tally.admit(Ok(entry()), &within), Some(entry()));
        assert_eq!(tally.admit(Ok(Entry { ts: within.end, ..entry() }), &within), None);
        assert_eq!(tally.admit(Err(BadRow::Malformed), &within), None);
        assert_eq!((tally.read, tally.outside, tally.bad()), (3, 1, 1));
        assert_eq!(tally.reasons(), serde_json::json!({"malformed_row": 1}));
        assert!(tally.is_unusable());
        for _ in 0..17 {
            tally.admit(Ok(entry()), &within);
        }
        assert!(!tally.is_unusable(), "one in twenty is not more than 5 %");
    }
}
