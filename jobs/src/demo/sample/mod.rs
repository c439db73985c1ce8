//! Learners, their costs and claims that a seed makes up, for a demo that is given nothing else. They are written as files, for
//! they come in through the same door as anybody's.

mod claims;
mod learners;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;
use windlass::cli::CliError;

/// The same numbers each time.
const SEED: u64 = 20_261_121;

/// A folder of files, removed with this value.
#[derive(Debug)]
pub(super) struct Sample(PathBuf);

impl Sample {
    /// Writes the files.
    pub(super) fn write() -> Result<Self, CliError> {
        let sample = Self(std::env::temp_dir().join(format!("windlass-demo-{}", Uuid::now_v7())));
        sample.fill().map_err(|error| {
            CliError::failed(format!("failed to write the sample into {}: {error}", sample.0.display()))
        })?;
        Ok(sample)
    }

    /// Where they are.
    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    fn fill(&self) -> io::Result<()> {
        fs::create_dir(&self.0)?;
        for (name, text) in learners::files().into_iter().chain(claims::files()) {
            fs::write(self.0.join(name), text)?;
        }
        Ok(())
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        // What stays behind is a temporary file of nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}
