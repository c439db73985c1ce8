//! Comparing a file of results with the expected one.
//!
//! Floating-point numbers may differ by 1e-9, relative or absolute (`valence_sd` by 1e-7: the square root of a difference of
//! sums magnifies rounding); everything else (strings,
//! integers, nulls, keys, the order of rows) is exact. The ending of the expected file's name
//! (`jsonl`, `json`, `csv`) says how to read both.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// What was compared, where the files agree.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Agreement {
    /// Lines of JSON or CSV, a header not counted.
    pub(crate) rows: usize,
    /// Floating-point numbers.
    pub(crate) numbers: usize,
    /// The largest difference of two numbers: the relative or the absolute one, the smaller.
    pub(crate) largest: f64,
}

/// Compares two files; the error lists the first differences.
pub(crate) fn files(expected: &Path, actual: &Path) -> Result<Agreement, String> {
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let (expected_text, actual_text) = (read(expected)?, read(actual)?);
    let mut comparison = Comparison::default();
    match expected.extension().and_then(|ending| ending.to_str()) {
        Some("jsonl") => comparison.json_lines(&expected_text, &actual_text)?,
        Some("json") => comparison.json("", &parse(&expected_text)?, &parse(&actual_text)?),
        Some("csv") => comparison.csv(&expected_text, &actual_text)?,
        _ => {
            return Err(format!("{}: neither jsonl, json nor csv", expected.display()));
        }
    }
    if comparison.differences.is_empty() {
        return Ok(comparison.agreement);
    }
    let first = comparison.differences.iter().take(20).map(String::as_str);
    let first = first.collect::<Vec<_>>().join("\n  ");
    let count = comparison.differences.len();
    Err(format!("{} differs in {count} places:\n  {first}", actual.display()))
}

#[derive(Default)]
struct Comparison {
    agreement: Agreement,
    differences: Vec<String>,
}

impl Comparison {
    fn json_lines(&mut self, expected: &str, actual: &str) -> Result<(), String> {
        self.rows(expected.lines().count(), actual.lines().count());
        for ((expected, actual), line) in expected.lines().zip(actual.lines()).zip(1..) {
            self.json(&format!("line {line}"), &parse(expected)?, &parse(actual)?);
        }
        Ok(())
    }

    fn csv(&mut self, expected: &str, actual: &str) -> Result<(), String> {
        let (expected, actual) = (records(expected)?, records(actual)?);
        self.rows(expected.len().saturating_sub(1), actual.len().saturating_sub(1));
        for ((expected, actual), line) in expected.iter().zip(&actual).zip(1..) {
            if expected.len() != actual.len() {
                self.differ(&format!("line {line}"), expected.len(), actual.len());
            }
            for ((expected, actual), column) in expected.iter().zip(actual).zip(1..) {
                self.cell(&format!("line {line} column {column}"), expected, actual);
            }
        }
        Ok(())
    }

    fn json(&mut self, at: &str, expected: &Value, actual: &Value) {
        match (expected, actual) {
            (Value::Number(e), Value::Number(a)) if e.is_f64() && a.is_f64() => {
                self.number(at, e.as_f64().unwrap(), a.as_f64().unwrap());
            }
            (Value::Array(e), Value::Array(a)) if e.len() == a.len() => {
                for ((e, a), place) in e.iter().zip(a).zip(0..) {
                    self.json(&format!("{at}[{place}]"), e, a);
                }
            }
            (Value::Object(e), Value::Object(a)) if e.keys().eq(a.keys()) => {
                for ((key, e), a) in e.iter().zip(a.values()) {
                    self.json(&format!("{at}.{key}"), e, a);
                }
            }
            (expected, actual) if expected != actual => self.differ(at, expected, actual),
            _ => {}
        }
    }

    fn cell(&mut self, at: &str, expected: &str, actual: &str) {
        match (float(expected), float(actual)) {
            (Some(expected), Some(actual)) => self.number(at, expected, actual),
            _ if expected != actual => self.differ(at, expected, actual),
            _ => {}
        }
    }

    fn number(&mut self, at: &str, expected: f64, actual: f64) {
        let absolute = (expected - actual).abs();
        let scale = expected.abs().max(actual.abs()).max(1.0);
        let difference = absolute / scale;
        self.agreement.numbers += 1;
        self.agreement.largest = self.agreement.largest.max(difference);
        let within = if at.ends_with(".valence_sd") { 1e-7 } else { 1e-9 };
        if difference.is_nan() || difference > within {
            self.differ(at, expected, actual);
        }
    }

    fn rows(&mut self, expected: usize, actual: usize) {
        self.agreement.rows = expected;
        if expected != actual {
            self.differ("rows", expected, actual);
        }
    }

    fn differ(&mut self, at: &str, expected: impl Display, actual: impl Display) {
        self.differences.push(format!("{at}: expected {expected}, is {actual}"));
    }
}

fn parse(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// The header too, as the first record.
fn records(text: &str) -> Result<Vec<csv::StringRecord>, String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// A number with a point or an exponent: an integer or an id must not pass as one.
fn float(cell: &str) -> Option<f64> {
    let numeric = cell.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    (numeric && cell.contains(['.', 'e', 'E'])).then(|| cell.parse().ok()).flatten()
}

#[test]
fn differences_are_found_and_rounding_is_not_one() {
    let json = |expected: &str, actual: &str| {
        let mut comparison = Comparison::default();
        comparison.json_lines(expected, actual).unwrap();
        comparison.differences
    };
    assert!(json(r#"{"a":[0.1,null,"x",7]}"#, r#"{"a":[0.1000000001,null,"x",7]}"#).is_empty());
    assert!(json("1000000.5", "1000000.5005").is_empty());
    for (expected, actual) in [
        (r#"{"a":0.1}"#, r#"{"a":0.10000001}"#),
        (r#"{"a":0.1}"#, r#"{"a":null}"#),
        (r#"{"a":7}"#, r#"{"a":7.0}"#),
        (r#"{"a":7}"#, r#"{"a":7,"b":1}"#),
        (r#"{"a":[1,2]}"#, r#"{"a":[1,3]}"#),
        ("1\n2", "1"),
    ] {
        assert_eq!(json(expected, actual).len(), 1, "{expected} {actual}");
    }

    let csv = |expected: &str, actual: &str| {
        let mut comparison = Comparison::default();
        comparison.csv(expected, actual).unwrap();
        comparison.differences.len()
    };
    assert_eq!(csv("a,b\nx,0.5\n", "a,b\nx,0.50000000001\n"), 0);
    assert_eq!(csv("a,b\nx,0.5\n", "a,b\nx,\n"), 1);
    assert_eq!(csv("a,b\nx,5\n", "a,c\ny,6\n"), 3);
}
