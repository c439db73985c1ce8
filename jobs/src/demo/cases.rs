//! The cases of texts and contracts, and of routing and rates, that a folder of inputs may hold; and the files of their answers.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use windlass::cli::CliError;

use crate::results::{ControlCases, NarrativeCases, write_json};

/// A file's name, of cases and of their answers.
const NARRATIVES: &str = "narrative_cases.json";
/// Other cases, and their answers.
const CONTROL: (&str, &str) = ("control_cases.json", "control.json");

/// The cases that there are.
#[derive(Debug, Default)]
pub(super) struct Cases {
    narratives: Option<NarrativeCases>,
    control: Option<ControlCases>,
}

impl Cases {
    /// Reads them.
    pub(super) fn read(folder: &Path) -> Result<Self, CliError> {
        Ok(Self { narratives: read(&folder.join(NARRATIVES))?, control: read(&folder.join(CONTROL.0))? })
    }

    /// Writes their answers.
    pub(super) fn write(&self, out: &Path) -> Result<(), CliError> {
        if let Some(cases) = &self.narratives {
            write(&out.join(NARRATIVES), &cases.answers())?;
        }
        if let Some(cases) = &self.control {
            write(&out.join(CONTROL.1), &cases.answers())?;
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, CliError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CliError::failed(format!("failed to read {}: {error}", path.display()))),
    };
    // serde's own words may quote a candidate; where it is, is enough.
    serde_json::from_str(&text).map(Some).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        CliError::failed(format!("{}, line {line} column {column}: not the cases that are expected", path.display()))
    })
}

fn write(path: &Path, answers: &impl Serialize) -> Result<(), CliError> {
    let written = File::create(path).and_then(|file| write_json(BufWriter::new(file), answers));
    written.map_err(|error| CliError::failed(format!("failed to write {}: {error}", path.display())))
}
