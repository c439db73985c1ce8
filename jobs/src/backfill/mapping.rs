//! How a source's columns become a target's: for each target column a source column or a constant, a prefix, a map of values,
//! a scale, a date format.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::table::{Table, is_missing};

/// The mapping of a target: a rule for each column. An empty one takes the columns as they are, and wants exactly those.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mapping(pub BTreeMap<String, Rule>);

/// Where a target column's cells come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The source's column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The same text for each row, instead of a column.
    #[serde(rename = "const", skip_serializing_if = "Option::is_none")]
    pub constant: Option<String>,
    /// Put before what is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Values instead of values; one that is not listed stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<HashMap<String, String>>,
    /// What a number is multiplied with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Decimal>,
    /// How the product becomes a whole number; it stays a decimal if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<Round>,
    /// How a date is written, in the words of `strftime`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

/// Roundings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Round {
    /// A half goes to the even neighbour.
    HalfEven,
    /// A half goes away from zero.
    HalfUp,
}

/// What is wrong with a mapping, or with a header under it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MappingError {
    /// A column that the target does not have.
    #[error("the mapping names the column {column:?}, which {table} {version} does not have: {known}")]
    UnknownTarget {
        /// Which.
        column: String,
        /// The target.
        table: &'static str,
        /// Its version.
        version: &'static str,
        /// Its columns.
        known: String,
    },
    /// A required column has no rule.
    #[error("the mapping says nothing of the column {column:?}, which {table} needs")]
    Unmapped {
        /// Which.
        column: &'static str,
        /// The target.
        table: &'static str,
    },
    /// A rule takes its cells from nowhere, or from two places.
    #[error("the mapping of {column:?} needs a \"column\" or a \"const\", and not both")]
    NoSource {
        /// Which.
        column: String,
    },
    /// A date format that cannot be read.
    #[error("the date format of {column:?} cannot be read: {format:?}; write it in the words of strftime, as %m/%d/%Y")]
    BadFormat {
        /// Which.
        column: String,
        /// The format.
        format: String,
    },
    /// The source lacks a column.
    #[error("the source has no column {column:?}; it has {known}")]
    MissingColumn {
        /// Which.
        column: String,
        /// What it has.
        known: String,
    },
    /// The source has a column that the target does not know.
    #[error(
        "the source has the column {column:?}, which {table} {version} does not know; its columns are frozen: {known}. \
         Drop the column, or give a mapping that leaves it out"
    )]
    UnknownColumn {
        /// Which.
        column: String,
        /// The target.
        table: &'static str,
        /// Its version.
        version: &'static str,
        /// Its columns.
        known: String,
    },
    /// The source has a column twice.
    #[error("the source has the column {0:?} twice")]
    TwiceTheColumn(String),
}

/// A mapping bound to a source's header: where each target column's cells stand.
#[derive(Clone, Debug)]
pub struct Bound {
    steps: Vec<(Option<usize>, Rule)>,
}

impl Mapping {
    /// The same, with every date as it should be written.
    #[must_use]
    pub fn without_formats(&self) -> Self {
        let plain = |(name, rule): (&String, &Rule)| (name.clone(), Rule { format: None, ..rule.clone() });
        Self(self.0.iter().map(plain).collect())
    }

    /// Checks the mapping and finds its columns in a header.
    ///
    /// # Errors
    ///
    /// [`MappingError`].
    pub fn bind(&self, table: &Table, header: &[String]) -> Result<Bound, MappingError> {
        if let Some((_, twice)) = header.iter().enumerate().find(|(place, name)| header[..*place].contains(name)) {
            return Err(MappingError::TwiceTheColumn(twice.clone()));
        }
        let place = |name: &str| {
            header
                .iter()
                .position(|column| column == name)
                .ok_or_else(|| MappingError::MissingColumn { column: name.to_owned(), known: header.join(", ") })
        };
        let columns = || table.names().collect::<Vec<_>>().join(", ");
        if self.0.is_empty() {
            if let Some(unknown) = header.iter().find(|name| !table.names().any(|column| column == **name)) {
                let (column, known) = (unknown.clone(), columns());
                return Err(MappingError::UnknownColumn { column, table: table.name, version: table.version, known });
            }
            let steps =
                table.names().map(|name| Ok((Some(place(name)?), Rule::default()))).collect::<Result<_, _>>()?;
            return Ok(Bound { steps });
        }
        if let Some(unknown) = self.0.keys().find(|name| !table.names().any(|column| column == **name)) {
            let (column, known) = (unknown.clone(), columns());
            return Err(MappingError::UnknownTarget { column, table: table.name, version: table.version, known });
        }
        let mut steps = Vec::new();
        for column in table.columns {
            steps.push(match self.0.get(column.name) {
                Some(rule) => {
                    rule.check(column.name)?;
                    (rule.column.as_deref().map(place).transpose()?, rule.clone())
                }
                None if column.required => {
                    return Err(MappingError::Unmapped { column: column.name, table: table.name });
                }
                None => (None, Rule::default()),
            });
        }
        Ok(Bound { steps })
    }
}

impl Rule {
    fn check(&self, name: &str) -> Result<(), MappingError> {
        if self.column.is_some() == self.constant.is_some() {
            return Err(MappingError::NoSource { column: name.to_owned() });
        }
        let read = |format: &String| {
            let mut written = String::new();
            let day = NaiveDate::default();
            std::fmt::Write::write_fmt(&mut written, format_args!("{}", day.format(format))).ok()?;
            NaiveDate::parse_from_str(&written, format).ok()
        };
        match &self.format {
            Some(format) if read(format).is_none() => {
                Err(MappingError::BadFormat { column: name.to_owned(), format: format.clone() })
            }
            _ => Ok(()),
        }
    }

    /// A cell under this rule. What cannot be read stays as it is, and fails the column's own rule.
    fn apply(&self, cell: &str) -> String {
        let cell = cell.trim();
        if is_missing(cell) {
            return String::new();
        }
        let mapped = self.map.as_ref().and_then(|map| map.get(cell)).map_or(cell, String::as_str);
        let dated = self.format.as_ref().and_then(|format| NaiveDate::parse_from_str(mapped, format).ok());
        let text = match (dated, self.scale) {
            (Some(day), _) => day.format("%Y-%m-%d").to_string(),
            (None, Some(scale)) => self.scaled(mapped, scale).unwrap_or_else(|| mapped.to_owned()),
            (None, None) => mapped.to_owned(),
        };
        match &self.prefix {
            Some(prefix) => format!("{prefix}{text}"),
            None => text,
        }
    }

    fn scaled(&self, cell: &str, scale: Decimal) -> Option<String> {
        let product = Decimal::from_str(cell).ok()?.checked_mul(scale)?;
        let strategy = match self.round {
            Some(Round::HalfEven) => RoundingStrategy::MidpointNearestEven,
            Some(Round::HalfUp) => RoundingStrategy::MidpointAwayFromZero,
            None => return Some(product.normalize().to_string()),
        };
        Some(product.round_dp_with_strategy(0, strategy).normalize().to_string())
    }
}

impl Bound {
    /// The target's cells of a source's row.
    pub fn apply<'a>(&self, field: impl Fn(usize) -> Option<&'a str>) -> Vec<Option<String>> {
        let cell = |(place, rule): &(Option<usize>, Rule)| match place {
            Some(place) if *rule == Rule::default() => field(*place).map(str::to_owned),
            Some(place) => field(*place).map(|cell| rule.apply(cell)),
            None => rule.constant.as_deref().map(|constant| rule.apply(constant)),
        };
        self.steps.iter().map(cell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{Column, Rule as Cell};
    use super::*;

    const TABLE: Table = Table {
        name: "test",
        version: "v1",
        columns: &[
            Column::required("id", Cell::Text),
            Column::required("day", Cell::Date),
            Column::required("cents", Cell::Integer(0, 1_000_000)),
            Column::optional("label", Cell::Label(&["yes"])),
        ],
        in_order: &[],
    };

    fn mapping(json: &str) -> Mapping {
        serde_json::from_str(json).unwrap()
    }

    fn header(names: &str) -> Vec<String> {
        names.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn every_kind_of_rule_is_applied() {
        let mapping = mapping(
            r#"{"id":{"column":"no","prefix":"P"},"day":{"column":"at","format":"%m/%d/%Y"},
                "cents":{"column":"sum","scale":100,"round":"half_even"},"label":{"column":"won","map":{"True":"yes"}}}"#,
        );
        let bound = mapping.bind(&TABLE, &header("at,no,sum,won,else")).unwrap();
        let row = |text: &str| {
            let fields: Vec<&str> = text.split(',').collect();
            let cells = bound.apply(|place| fields.get(place).copied());
            cells.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join("|")
        };
        assert_eq!(row("1/9/2011,7,0.285,True,x"), "P7|2011-01-09|28|yes");
        assert_eq!(row("2011-01-09,7,0.275,False,x"), "P7|2011-01-09|28|False");
        assert_eq!(row("n/a, ,many,nan,x"), "||many|");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (json, names, expected) in [
            ("{}", "id,day,cents,label,more", "has the column \"more\", which test v1 does not know"),
            ("{}", "id,day,cents", "no column \"label\"; it has id, day, cents"),
            ("{}", "id,day,cents,id", "has the column \"id\" twice"),
            (r#"{"id":{"column":"a"}}"#, "a", "says nothing of the column \"day\""),
            (r#"{"ids":{"column":"a"}}"#, "a", "names the column \"ids\", which test v1 does not have"),
            (r#"{"id":{"column":"a","const":"b"}}"#, "a", "and not both"),
            (r#"{"id":{"prefix":"b"}}"#, "a", "needs a \"column\" or a \"const\""),
            (r#"{"id":{"column":"b"}}"#, "a", "no column \"b\"; it has a"),
            (r#"{"id":{"column":"a"},"day":{"column":"a","format":"%q"}}"#, "a", "date format of \"day\""),
        ] {
            let error = mapping(json).bind(&TABLE, &header(names)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error} should say {expected}");
        }
        assert!(serde_json::from_str::<Mapping>(r#"{"id":{"colunm":"a"}}"#).is_err());
    }
}
