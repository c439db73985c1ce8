//! Nothing is integrated unless one could go back: a dump whose hash is what was said, or a snapshot with a name.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What one could go back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Backup {
    /// A file of `pg_dump`.
    Dump {
        /// Where the workers find it.
        path: PathBuf,
        /// Of its bytes, in hexadecimal.
        sha256: String,
    },
    /// A snapshot of the storage or the provider. It has a name; whether it is there is for whoever named it to know.
    Snapshot(String),
}

/// Why there is no going back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// Nothing was named.
    #[error(
        "no backup: an import needs one to go back to. Give --backup FILE (of pg_dump) or --backup snapshot:NAME; a file's \
         SHA-256 stands after it as FILE@HEX, or beside it in FILE.sha256"
    )]
    Missing,
    /// A snapshot without a usable name.
    #[error("the snapshot's name {0:?} cannot be: letters, digits and any of . _ - : / only")]
    BadName(String),
    /// No file, or it cannot be read.
    #[error("failed to read the backup {path}: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// It is no dump.
    #[error("{0} is no dump: it begins neither as pg_dump's custom format nor as its SQL")]
    NoDump(String),
    /// It is another one.
    #[error("the backup {0} is not the one that was named: its SHA-256 is another")]
    Changed(String),
}

impl Backup {
    /// As one shows and stores it.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Dump { path, sha256 } => format!("{}@{sha256}", path.display()),
            Self::Snapshot(name) => format!("snapshot:{name}"),
        }
    }

    /// Looks whether it is what it says. It reads the whole dump.
    ///
    /// # Errors
    ///
    /// [`BackupError`].
    pub fn verify(&self) -> Result<(), BackupError> {
        match self {
            Self::Dump { path, sha256 } => {
                if hash(path)? == sha256.to_ascii_lowercase() {
                    Ok(())
                } else {
                    Err(BackupError::Changed(path.display().to_string()))
                }
            }
            Self::Snapshot(name) => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:/".contains(&byte);
                if !name.is_empty() && name.len() <= 200 && name.bytes().all(plain) {
                    Ok(())
                } else {
                    Err(BackupError::BadName(name.clone()))
                }
            }
        }
    }
}

impl FromStr for Backup {
    type Err = BackupError;

    /// `snapshot:NAME`, `FILE@SHA256`, or `FILE` with a `FILE.sha256` beside it, as `sha256sum` writes it.
    fn from_str(text: &str) -> Result<Self, BackupError> {
        if text.is_empty() {
            return Err(BackupError::Missing);
        }
        if let Some(name) = text.strip_prefix("snapshot:") {
            return Ok(Self::Snapshot(name.to_owned()));
        }
        if let Some((path, sha256)) = text.rsplit_once('@')
            && sha256.len() == 64
        {
            return Ok(Self::Dump { path: path.into(), sha256: sha256.to_ascii_lowercase() });
        }
        let beside = format!("{text}.sha256");
        let said = std::fs::read_to_string(&beside).map_err(|error| BackupError::Unreadable { path: beside, error })?;
        let sha256 = said.split_ascii_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        Ok(Self::Dump { path: text.into(), sha256 })
    }
}

fn hash(path: &Path) -> Result<String, BackupError> {
    let unreadable = |error| BackupError::Unreadable { path: path.display().to_string(), error };
    let mut file = File::open(path).map_err(unreadable)?;
    let (mut hash, mut buffer, mut first) = (Sha256::new(), vec![0; 1 << 16], Vec::new());
    loop {
        let read = file.read(&mut buffer).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        let wanted = 64_usize.saturating_sub(first.len()).min(read);
        first.extend_from_slice(&buffer[..wanted]);
        hash.update(&buffer[..read]);
    }
    let text = String::from_utf8_lossy(&first);
    if !first.starts_with(b"PGDMP") && !text.contains("PostgreSQL database") {
        return Err(BackupError::NoDump(path.display().to_string()));
    }
    Ok(hex(&hash.finalize()))
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
