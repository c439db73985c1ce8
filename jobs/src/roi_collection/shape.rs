//! What a record of a source must hold to be an entry: the columns, and what their text means.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

use super::entry::{BadRow, Entry, Learner};
use crate::calendar::Zone;

/// A source's kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A cost or a value.
    Entries,
    /// Finance's total of a day and category, where a day begins in this zone.
    Totals(Zone),
}

impl Shape {
    /// The columns it needs.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Entries => &["entry_id", "learner_id", "ts", "category", "amount_micros"],
            Self::Totals(_) => &["day", "category", "total_micros"],
        }
    }

    /// The entry of a record whose fields are text; an empty one is null.
    pub(super) fn entry<'a>(self, field: impl Fn(&str) -> Option<Cow<'a, str>>) -> Result<Entry, BadRow> {
        let field = |name| field(name).filter(|text| !text.is_empty());
        let category = field("category").ok_or(BadRow::Category)?.into_owned();
        let amount = |name| field(name).and_then(|text| text.parse().ok()).ok_or(BadRow::Amount);
        match self {
            Self::Entries => {
                let learner = field("learner_id").map_or(Learner::Nobody, |id| Learner::External(id.into_owned()));
                let ts = field("ts").and_then(|text| text.parse::<DateTime<Utc>>().ok()).ok_or(BadRow::Time)?;
                let entry_id = field("entry_id").ok_or(BadRow::Id)?.into_owned();
                self.checked(Entry { entry_id, learner, ts, category, amount_micros: amount("amount_micros")? })
            }
            Self::Totals(books) => {
                let day = field("day").and_then(|text| text.parse::<NaiveDate>().ok()).ok_or(BadRow::Time)?;
                let (entry_id, ts) = (format!("{day}:{category}"), books.day_start(day));
                let amount_micros = amount("total_micros")?;
                self.checked(Entry { entry_id, learner: Learner::Nobody, ts, category, amount_micros })
            }
        }
    }

    /// The entry, if it can be booked or compared. A day's total may be negative: more was refunded than spent.
    pub(super) fn checked(self, entry: Entry) -> Result<Entry, BadRow> {
        match (self, entry.check()) {
            (_, Ok(())) | (Self::Totals(_), Err(BadRow::Negative)) => Ok(entry),
            (_, Err(reason)) => Err(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &'static [(&str, &str)], shape: Shape) -> Result<Entry, BadRow> {
        shape.entry(|name| fields.iter().find(|field| field.0 == name).map(|field| field.1.into()))
    }

    #[test]
    fn a_record_is_an_entry_or_says_what_is_wrong() {
        let right =
            [("entry_id", "k"), ("ts", "2026-01-12T01:00:00Z"), ("category", "path"), ("amount_micros", "75084")];
        let lacking = |name| {
            Shape::Entries.entry(|field| {
                right.iter().find(|(column, _)| *column == field && field != name).map(|(_, text)| (*text).into())
            })
        };
        let entry = lacking("").unwrap();
        assert_eq!((entry.learner, entry.amount_micros), (Learner::Nobody, 75_084));
        for (name, reason) in [
            ("entry_id", BadRow::Id),
            ("ts", BadRow::Time),
            ("category", BadRow::Category),
            ("amount_micros", BadRow::Amount),
        ] {
            assert_eq!(lacking(name), Err(reason));
        }
    }

    #[test]
    fn a_total_stands_at_the_start_of_its_day_in_the_books() {
        let shape = Shape::Totals(Zone::parse("America/New_York"));
        let total = of(&[("day", "2026-01-12"), ("category", "path"), ("total_micros", "7")], shape).unwrap();
        assert_eq!(total.ts.to_rfc3339(), "2026-01-12T05:00:00+00:00");
        let half = of(&[("day", "2026-01-12"), ("category", "path"), ("total_micros", "7.5")], shape);
        assert_eq!(half, Err(BadRow::Amount));
    }
}
