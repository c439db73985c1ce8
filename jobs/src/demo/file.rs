//! A file of results in the folder that was asked for.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use serde::Serialize;
use windlass::cli::CliError;

use crate::results::{write_csv, write_json, write_jsonl};

/// Writes a value as JSON.
pub(super) fn json(out: &Path, name: &str, value: &impl Serialize) -> Result<(), CliError> {
    written(out, name, |file| write_json(file, value))
}

/// Writes rows as JSON lines.
pub(super) fn lines(out: &Path, name: &str, rows: impl IntoIterator<Item = impl Serialize>) -> Result<(), CliError> {
    written(out, name, |file| write_jsonl(file, rows))
}

/// Writes rows as CSV, under their names.
pub(super) fn csv(
    out: &Path,
    name: &str,
    names: &[&str],
    rows: impl IntoIterator<Item = impl Serialize>,
) -> Result<(), CliError> {
    written(out, name, |file| write_csv(file, names, rows).map_err(io::Error::from))
}

fn written(out: &Path, name: &str, write: impl FnOnce(BufWriter<File>) -> io::Result<()>) -> Result<(), CliError> {
    let path = out.join(name);
    let done = File::create(&path).and_then(|file| write(BufWriter::new(file)));
    done.map_err(|error| CliError::failed(format!("failed to write {}: {error}", path.display())))
}
