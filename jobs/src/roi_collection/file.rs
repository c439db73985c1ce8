//! A source that is a file of the workers': read record by record, never as a whole.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::sync::mpsc;

use super::entry::{BadRow, Entry};
use super::shape::Shape;

/// How many records travel at once, and how many such batches wait.
pub(super) const BATCH: usize = 5_000;
const WAITING: usize = 2;
/// A longer line is no record.
const LONGEST_LINE: u64 = 64 << 10;

/// How a file holds its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Csv,
    JsonLines,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is not there, or the disk failed.
    #[error("failed to read {path}: {error}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Its header lacks a column.
    #[error("{path} has no column {column:?}")]
    Header {
        /// Which.
        path: PathBuf,
        /// What it lacks.
        column: &'static str,
    },
}

type Batch = Result<Vec<Result<Entry, BadRow>>, FileError>;

/// Reads a file on a thread of its own. The last batch is followed by the channel's end; an error is the last.
pub(super) fn read(path: PathBuf, encoding: Encoding, shape: Shape) -> mpsc::Receiver<Batch> {
    let (to, from) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let mut batches = Batches { to, batch: Vec::new() };
        let read = match encoding {
            Encoding::Csv => read_csv(&path, shape, &mut batches),
            Encoding::JsonLines => read_lines(&path, shape, &mut batches),
        };
        // Nobody listens where the job has ended; then nobody misses the rest.
        match read {
            Ok(()) => batches.flush(),
            Err(error) => batches.to.blocking_send(Err(error)).is_ok(),
        }
    });
    from
}

struct Batches {
    to: mpsc::Sender<Batch>,
    batch: Vec<Result<Entry, BadRow>>,
}

impl Batches {
    /// Whether anybody still listens.
    fn push(&mut self, row: Result<Entry, BadRow>) -> bool {
        self.batch.push(row);
        self.batch.len() < BATCH || self.flush()
    }

    fn flush(&mut self) -> bool {
        self.to.blocking_send(Ok(std::mem::take(&mut self.batch))).is_ok()
    }
}

fn read_csv(path: &Path, shape: Shape, to: &mut Batches) -> Result<(), FileError> {
    let failed = |error| FileError::Read { path: path.to_owned(), error };
    let mut reader = csv::Reader::from_reader(BufReader::new(File::open(path).map_err(failed)?));
    let header = reader.headers().cloned().unwrap_or_default();
    let place = |name: &str| header.iter().position(|column| column == name);
    let missing = shape.columns().iter().find(|column| place(column).is_none());
    if let Some(column) = missing {
        return Err(FileError::Header { path: path.to_owned(), column });
    }
    for record in reader.records() {
        let row = match record {
            Ok(record) => shape.entry(|name| place(name).and_then(|place| record.get(place)).map(Cow::Borrowed)),
            Err(error) => match error.into_kind() {
                csv::ErrorKind::Io(error) => return Err(failed(error)),
                _ => Err(BadRow::Malformed),
            },
        };
        if !to.push(row) {
            break;
        }
    }
    Ok(())
}

fn read_lines(path: &Path, shape: Shape, to: &mut Batches) -> Result<(), FileError> {
    let failed = |error| FileError::Read { path: path.to_owned(), error };
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return Ok(());
        }
        let whole = line.last() == Some(&b'\n') || (line.len() as u64) < LONGEST_LINE;
        if !whole {
            reader.skip_until(b'\n').map_err(failed)?;
        }
        if !(whole && line.trim_ascii().is_empty())
            && !to.push(if whole { of_json(&line, shape) } else { Err(BadRow::Malformed) })
        {
            return Ok(());
        }
    }
}

fn of_json(line: &[u8], shape: Shape) -> Result<Entry, BadRow> {
    let record: serde_json::Map<String, Value> =
        serde_json::from_slice(line).map_err(|_may_quote_it| BadRow::Malformed)?;
    shape.entry(|name| match record.get(name)? {
        Value::String(text) => Some(Cow::Borrowed(text.as_str())),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn rows(name: &str, text: &[u8], encoding: Encoding) -> Result<Vec<Result<Entry, BadRow>>, FileError> {
        let path = std::env::temp_dir().join(format!("windlass-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let mut from = read(path.clone(), encoding, Shape::Entries);
        let mut all = Vec::new();
        while let Some(batch) = from.recv().await {
            all.extend(batch?);
        }
        std::fs::remove_file(path).unwrap();
        Ok(all)
    }

    const GOOD: &str = "2026-01-12T01:00:00Z";

    #[tokio::test]
    async fn a_bad_record_is_told_and_the_next_one_read() {
        let csv = format!(
            "ts,entry_id,learner_id,category,amount_micros\n{GOOD},k1,l1,path,7\ntoo,few\n{GOOD},\"k\n2\",,path,8\n\
             {GOOD},k3,l1,path,\u{fc}\n{GOOD},k4,l1,path,9"
        );
        let rows_read = rows("a.csv", csv.as_bytes(), Encoding::Csv).await.unwrap();
        let told: Vec<_> = rows_read.iter().map(|row| row.as_ref().map(|entry| entry.amount_micros)).collect();
        assert_eq!(told, [Ok(7), Err(&BadRow::Malformed), Ok(8), Err(&BadRow::Amount), Ok(9)]);

        let line = format!(r#"{{"entry_id":"k1","ts":"{GOOD}","category":"path","amount_micros":7}}"#);
        let long = format!(r#"{{"entry_id":"{}"}}"#, "x".repeat(100_000));
        let lines = format!("{line}\n\n{long}\n[1]\n{}\n{line}", line.replace(":7", ":7.5"));
        let rows_read = rows("a.jsonl", lines.as_bytes(), Encoding::JsonLines).await.unwrap();
        let told: Vec<_> = rows_read.iter().map(|row| row.as_ref().map(|entry| entry.amount_micros)).collect();
        let malformed = Err(&BadRow::Malformed);
        assert_eq!(told, [Ok(7), malformed, malformed, Err(&BadRow::Amount), Ok(7)]);
    }

    #[tokio::test]
    async fn a_file_of_another_kind_is_refused() {
        let error = rows("b.csv", b"id,amount\n1,2\n", Encoding::Csv).await.unwrap_err();
        assert!(error.to_string().contains("entry_id"), "{error}");
        let missing = read(PathBuf::from("/nowhere/at/all.csv"), Encoding::Csv, Shape::Entries).recv().await;
        assert!(missing.unwrap().unwrap_err().to_string().contains("/nowhere/at/all.csv"));
    }

    #[tokio::test]
    async fn many_records_come_in_batches() {
        let mut csv = "entry_id,learner_id,ts,category,amount_micros\n".to_owned();
        for n in 0..12_345 {
            csv += &format!("k{n},l1,{GOOD},path,{n}\n");
        }
        assert_eq!(rows("c.csv", csv.as_bytes(), Encoding::Csv).await.unwrap().len(), 12_345);
    }
}
