//! The records of a piece: where each stands, and its fields by the header's places.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::Format;
use crate::backfill::mapping::{Bound, Mapping, MappingError};
use crate::backfill::table::{Checked, Table};

/// A record that has been looked at.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where it begins in its piece.
    pub from: usize,
    /// How many bytes it has, without its line end.
    pub length: usize,
    /// What it is.
    pub row: Checked,
}

/// A source's columns, bound to a target's.
#[derive(Clone, Debug)]
pub struct Columns {
    format: Format,
    header: Vec<String>,
    bound: Bound,
    /// Whether names that the header does not know are none of our business.
    mapped: bool,
}

impl Columns {
    /// Binds a header. JSON leaves absent fields out, so there the mapping's columns are the header.
    ///
    /// # Errors
    ///
    /// [`MappingError`].
    pub fn bind(format: Format, mapping: &Mapping, table: &Table, header: &[String]) -> Result<Self, MappingError> {
        let mapped = !mapping.0.is_empty();
        let mut header = header.to_vec();
        if format == Format::Json {
            let wanted: Vec<String> = if mapped {
                mapping.0.values().filter_map(|rule| rule.column.clone()).collect()
            } else {
                table.names().map(str::to_owned).collect()
            };
            let missing: Vec<String> = wanted.into_iter().filter(|name| !header.contains(name)).collect();
            header.extend(missing);
            header.sort();
            header.dedup();
        }
        let bound = mapping.bind(table, &header)?;
        Ok(Self { format, header, bound, mapped })
    }

    /// Looks at each record of a piece, in order.
    #[must_use]
    pub fn check(&self, piece: &[u8], table: &Table, as_of: chrono::NaiveDate) -> Vec<Record> {
        match self.format {
            Format::Csv => self.check_csv(piece, table, as_of),
            Format::Json => self.check_json(piece, table, as_of),
        }
    }

    /// Looks at one record alone, as a person has corrected it.
    #[must_use]
    pub fn check_one(&self, record: &[u8], table: &Table, as_of: chrono::NaiveDate) -> Checked {
        let mut records = self.check(record, table, as_of);
        match (records.pop(), records.is_empty()) {
            (Some(record), true) => record.row,
            _ => table.malformed(),
        }
    }

    fn check_csv(&self, piece: &[u8], table: &Table, as_of: chrono::NaiveDate) -> Vec<Record> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(piece);
        let (mut records, mut record, mut from) = (Vec::new(), csv::ByteRecord::new(), 0);
        // Reading from memory fails in no way that a flexible reader knows of.
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            let to = usize::try_from(reader.position().byte()).unwrap_or(piece.len()).min(piece.len());
            let (start, length) = trimmed(piece, from, to);
            from = to;
            let texts: Option<Vec<&str>> = record.iter().map(|field| std::str::from_utf8(field).ok()).collect();
            let row = match texts.filter(|texts| texts.len() == self.header.len()) {
                Some(texts) => table.check(self.bound.apply(|place| texts.get(place).copied()), as_of),
                None => table.malformed(),
            };
            records.push(Record { from: start, length, row });
        }
        records
    }

    fn check_json(&self, piece: &[u8], table: &Table, as_of: chrono::NaiveDate) -> Vec<Record> {
        let (mut records, mut from) = (Vec::new(), 0);
        for line in piece.split_inclusive(|byte| *byte == b'\n') {
            let (start, length) = trimmed(piece, from, from + line.len());
            from += line.len();
            if line.trim_ascii().is_empty() {
                continue;
            }
            let row = match self.fields(line) {
                Some(fields) => {
                    let field = |place: usize| fields.get(self.header.get(place)?)?.as_deref();
                    table.check(self.bound.apply(field), as_of)
                }
                None => table.malformed(),
            };
            records.push(Record { from: start, length, row });
        }
        records
    }

    /// An object's fields as text; nothing if it is no object, holds more than plain values, or a name that is not known.
    fn fields(&self, line: &[u8]) -> Option<BTreeMap<String, Option<String>>> {
        let object: BTreeMap<String, &RawValue> = serde_json::from_slice(line).ok()?;
        let mut fields = BTreeMap::new();
        for (name, value) in object {
            if !self.header.contains(&name) {
                if self.mapped {
                    continue;
                }
                return None;
            }
            fields.insert(name, plain(value.get())?);
        }
        Some(fields)
    }
}

/// The names of an object's fields; nothing if it is no object.
pub(super) fn names(line: &[u8]) -> Option<Vec<String>> {
    let object: BTreeMap<String, &RawValue> = serde_json::from_slice(line).ok()?;
    Some(object.into_keys().collect())
}

/// A plain value as text, a number as it was written: `1e5` must not become 100000.
#[expect(clippy::option_option, reason = "no plain value; null; a text")]
fn plain(value: &str) -> Option<Option<String>> {
    match value.as_bytes().first()? {
        b'"' => serde_json::from_str(value).ok().map(Some),
        b'{' | b'[' => None,
        b'n' => Some(None),
        _ => Some(Some(value.to_owned())),
    }
}

/// A record's bytes without the line ends around it: where they begin, and how many they are.
fn trimmed(piece: &[u8], from: usize, to: usize) -> (usize, usize) {
    let end = |byte: &u8| *byte == b'\n' || *byte == b'\r';
    let record = &piece[from..to];
    let before = record.iter().take_while(|byte| end(byte)).count();
    let after = record[before..].iter().rev().take_while(|byte| end(byte)).count();
    (from + before, record.len() - before - after)
}
