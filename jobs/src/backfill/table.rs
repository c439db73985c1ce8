//! What a table of imported rows must look like: its columns, and the rules a cell obeys. The list of columns is versioned;
//! a column that is not in it is refused.
//!
//! Not the reading of files, nor the tables of the database.

use std::fmt::Write;

use chrono::{DateTime, NaiveDate};
use sha2::{Digest, Sha256};

use super::reason::{Reason, Reasons};
use crate::calendar::{Zone, instant_label};

/// Words that stand for a missing cell, in any case.
const MISSING: [&str; 5] = ["na", "n/a", "null", "none", "nan"];
/// The first date that is believed.
const FIRST_DATE: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(first) => first,
    None => NaiveDate::MIN,
};
/// The longest cell, in bytes.
const LONGEST_CELL: usize = 1_000;

/// What a cell must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Any text.
    Text,
    /// One of these words, lower-cased.
    Choice(&'static [&'static str]),
    /// One of these words, lower-cased, with `_` for `-` and blanks.
    Label(&'static [&'static str]),
    /// A day, `YYYY-MM-DD`, from 2000-01-01 to the run's `as_of`.
    Date,
    /// An instant (RFC 3339), from 1970-01-01 on; rows after `as_of` may be wanted, so it sets no end.
    Instant,
    /// A whole number in plain digits, from the first to the second.
    Integer(i64, i64),
    /// A decimal number, from the first to the second.
    Number(f64, f64),
    /// `0` or `1`.
    Flag,
    /// The name of a time zone; one that is not known becomes `UTC`.
    Zone,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its cells must be.
    pub rule: Rule,
    /// Whether its cells must be there.
    pub required: bool,
}

impl Column {
    /// A column whose cells must be there.
    #[must_use]
    pub const fn required(name: &'static str, rule: Rule) -> Self {
        Self { name, rule, required: true }
    }

    /// A column whose cells may be missing.
    #[must_use]
    pub const fn optional(name: &'static str, rule: Rule) -> Self {
        Self { name, rule, required: false }
    }
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name, which is also the target's.
    pub name: &'static str,
    /// The version of its list of columns.
    pub version: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// The columns whose days must not fall.
    pub in_order: &'static [usize],
}

/// A row, looked at by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Its id, if it has one.
    pub key: Option<String>,
    /// Its cells, normalised where they are right, trimmed where not.
    pub cells: Vec<Option<String>>,
    /// What is wrong with it.
    pub reasons: Reasons,
    /// How many cells are missing.
    pub missing: usize,
}

impl Table {
    /// The names of its columns.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|column| column.name)
    }

    /// Looks at a row by itself. The first column is its id. `as_of` is the last day that is not in the future.
    #[must_use]
    pub fn check(&self, mut cells: Vec<Option<String>>, as_of: NaiveDate) -> Checked {
        let storable = |cell: &String| cell.len() <= LONGEST_CELL && !cell.contains('\0');
        if cells.len() != self.columns.len() || !cells.iter().flatten().all(storable) {
            return self.malformed();
        }
        let (mut reasons, mut missing) = (Reasons::default(), 0);
        let mut days = vec![None; cells.len()];
        for ((cell, column), day) in cells.iter_mut().zip(self.columns).zip(&mut days) {
            *cell = cell.take().and_then(present);
            match cell {
                None => {
                    missing += 1;
                    if column.required {
                        reasons.add(Reason::MissingRequired);
                    }
                }
                Some(text) => match column.rule.normalise(text, as_of) {
                    Ok(seen) => *day = seen,
                    Err(wrong) => {
                        reasons.add(wrong);
                        // A day in the future is one all the same, and may stand in the wrong order too.
                        *day = if wrong == Reason::FutureDate { plain_date(text) } else { None };
                    }
                },
            }
        }
        let ordered: Vec<NaiveDate> = self.in_order.iter().filter_map(|place| days[*place]).collect();
        if !ordered.is_sorted() {
            reasons.add(Reason::DateOrder);
        }
        Checked { key: cells.first().cloned().flatten(), cells, reasons, missing }
    }

    /// A row of which nothing can be made: all its cells are missing.
    #[must_use]
    pub fn malformed(&self) -> Checked {
        let missing = self.columns.len();
        Checked { key: None, cells: vec![None; missing], reasons: Reasons::of(&[Reason::MalformedRow]), missing }
    }
}

impl Checked {
    /// What is equal for equal rows.
    #[must_use]
    pub fn content_hash(&self) -> [u8; 32] {
        let mut text = String::new();
        for cell in &self.cells {
            // The length before the cell: no two rows can be written alike.
            let _ = match cell {
                Some(cell) => write!(text, "{}:{cell}", cell.len()),
                None => write!(text, "-"),
            };
        }
        Sha256::digest(text).into()
    }
}

impl Rule {
    /// Brings a cell into its normal form; answers its day, if it is one.
    fn normalise(self, cell: &mut String, as_of: NaiveDate) -> Result<Option<NaiveDate>, Reason> {
        match self {
            Self::Text => Ok(None),
            Self::Choice(words) => {
                cell.make_ascii_lowercase();
                if words.contains(&cell.as_str()) { Ok(None) } else { Err(Reason::BadEnum) }
            }
            Self::Label(words) => {
                let label: String = cell.to_lowercase().replace(|c: char| c == '-' || c.is_whitespace(), "_");
                *cell = label;
                if words.contains(&cell.as_str()) { Ok(None) } else { Err(Reason::BadLabel) }
            }
            Self::Date => match plain_date(cell) {
                Some(day) if day < FIRST_DATE => Err(Reason::BadDate),
                Some(day) if day > as_of => Err(Reason::FutureDate),
                Some(day) => Ok(Some(day)),
                None => Err(Reason::BadDate),
            },
            Self::Instant => {
                let instant = DateTime::parse_from_rfc3339(cell).map_err(|_| Reason::BadDate)?.to_utc();
                if instant < DateTime::UNIX_EPOCH {
                    return Err(Reason::BadDate);
                }
                *cell = instant_label(instant);
                Ok(None)
            }
            Self::Integer(least, most) => {
                // A sign is allowed only where the range is: `parse` alone would take `+7` too.
                let digits = if least < 0 { cell.strip_prefix('-').unwrap_or(cell.as_str()) } else { cell.as_str() };
                let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                let number = cell.parse::<i64>().ok().filter(|number| plain && (least..=most).contains(number));
                *cell = number.ok_or(Reason::BadNumber)?.to_string();
                Ok(None)
            }
            Self::Number(least, most) => {
                let plain = cell.bytes().all(|byte| byte.is_ascii_digit() || b"-.".contains(&byte));
                let number = cell.parse::<f64>().ok().filter(|number| plain && (least..=most).contains(number));
                *cell = number.ok_or(Reason::BadNumber)?.to_string();
                Ok(None)
            }
            Self::Zone => {
                let zone = Zone::parse(cell);
                cell.replace_range(.., zone.tz.name());
                Ok(None)
            }
            Self::Flag => match cell.to_ascii_lowercase().as_str() {
                flag @ ("0" | "false" | "1" | "true") => {
                    cell.replace_range(.., if matches!(flag, "1" | "true") { "1" } else { "0" });
                    Ok(None)
                }
                _ => Err(Reason::BadNumber),
            },
        }
    }
}

/// The trimmed cell, unless it is missing.
fn present(mut cell: String) -> Option<String> {
    let trimmed = cell.trim();
    if is_missing(trimmed) {
        return None;
    }
    if trimmed.len() != cell.len() {
        cell = trimmed.to_owned();
    }
    Some(cell)
}

/// Whether a trimmed cell says that there is nothing.
pub(super) fn is_missing(cell: &str) -> bool {
    cell.is_empty() || MISSING.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// The day `YYYY-MM-DD`, with all its digits.
fn plain_date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return None;
    }
    NaiveDate::from_ymd_opt(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = Table {
        name: "test",
        version: "v1",
        columns: &[
            Column::required("id", Rule::Text),
            Column::required("from", Rule::Date),
            Column::optional("to", Rule::Date),
            Column::required("word", Rule::Choice(&["one", "two"])),
            Column::required("label", Rule::Label(&["non_claimable"])),
            Column::required("count", Rule::Integer(1, 100)),
        ],
        in_order: &[1, 2],
    };

    fn check(row: &str) -> Checked {
        let cells = row.split(',').map(|cell| Some(cell.to_owned())).collect();
        TABLE.check(cells, NaiveDate::from_ymd_opt(2026, 1, 12).unwrap())
    }

    #[test]
    fn a_good_row_is_brought_into_its_normal_form() {
        let checked = check(" a ,2024-02-29,N/A,ONE, Non-Claimable ,007");
        assert!(checked.reasons.is_empty(), "{:?}", checked.reasons);
        let cells: Vec<_> = checked.cells.iter().map(|cell| cell.as_deref().unwrap_or("-")).collect();
        assert_eq!(cells, ["a", "2024-02-29", "-", "one", "non_claimable", "7"]);
        assert_eq!((checked.key.as_deref(), checked.missing), (Some("a"), 1));
        assert_eq!(checked.content_hash(), check("a,2024-02-29,,one,non claimable,7").content_hash());
        assert_ne!(checked.content_hash(), check("a,2024-02-29,,one,non claimable,8").content_hash());
    }

    #[test]
    fn each_reason_is_found() {
        for (row, expected) in [
            ("a,2024-02-29,,one,non_claimable", "malformed_row"),
            ("a,2024-02-29,,one,non_claimable,7,8", "malformed_row"),
            ("a\0,2024-02-29,,one,non_claimable,7", "malformed_row"),
            ("null,2024-02-29,,one,non_claimable,7", "missing_required"),
            ("a,2023-02-29,,one,non_claimable,7", "bad_date"),
            ("a,2024-2-9,,one,non_claimable,7", "bad_date"),
            ("a,12/31/2024,,one,non_claimable,7", "bad_date"),
            ("a,1999-12-31,,one,non_claimable,7", "bad_date"),
            ("a,2026-01-13,,one,non_claimable,7", "future_date"),
            ("a,2190-01-01,2024-01-01,one,non_claimable,7", "future_date date_order"),
            ("a,2024-01-02,2024-01-01,one,non_claimable,7", "date_order"),
            ("a,2024-01-02,,three,maybe,7", "bad_enum bad_label"),
            ("a,2024-01-02,,one,non_claimable,0", "bad_number"),
            ("a,2024-01-02,,one,non_claimable,101", "bad_number"),
            ("a,2024-01-02,,one,non_claimable,+7", "bad_number"),
            ("a,2024-01-02,,one,non_claimable,1e1", "bad_number"),
            ("a,2024-01-02,,one,non_claimable,2.5", "bad_number"),
            ("a,2024-01-02,,one,non_claimable,99999999999999999999", "bad_number"),
        ] {
            assert_eq!(check(row).reasons.codes().join(" "), expected, "{row}");
        }
        assert_eq!(check("a").missing, 6);
    }
}
