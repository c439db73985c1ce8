//! The cases of texts and contracts that a folder of inputs may hold, and the file of their answers.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind};
use std::path::Path;

use windlass::cli::CliError;

use crate::results::{NarrativeCases, write_json};

/// The file's name, of the cases and of their answers.
const FILE: &str = "narrative_cases.json";

/// Reads the cases, if there are any.
pub(super) fn read(folder: &Path) -> Result<Option<NarrativeCases>, CliError> {
    let path = folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CliError::failed(format!("failed to read {}: {error}", path.display()))),
    };
    // serde's own words may quote a candidate; where it is, is enough.
    serde_json::from_str(&text).map(Some).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        CliError::failed(format!("{}, line {line} column {column}: no cases of narratives", path.display()))
    })
}

/// Writes their answers.
pub(super) fn write(out: &Path, cases: &NarrativeCases) -> Result<(), CliError> {
    let path = out.join(FILE);
    let written = File::create(&path).and_then(|file| write_json(BufWriter::new(file), &cases.answers()));
    written.map_err(|error| CliError::failed(format!("failed to write {}: {error}", path.display())))
}
