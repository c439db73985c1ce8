//! The machine's own server programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::EmbeddedError;

const NEEDED: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// Where packages put versioned programs: a folder, and what stands between a version's folder and its programs.
const PACKAGED: [(&str, &str); 5] = [
    ("/usr/lib/postgresql", "bin"), // Debian, Ubuntu
    ("/usr", "bin"),                // RPMs of the PostgreSQL project: /usr/pgsql-17/bin
    ("/opt/homebrew/opt", "bin"),   // Homebrew on Apple silicon: postgresql@17
    ("/usr/local/opt", "bin"),      // Homebrew on Intel
    ("/Library/PostgreSQL", "bin"), // the graphical installer
];

/// The folder of one version's programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    folder: PathBuf,
    major: u32,
}

impl Programs {
    /// Finds them: the folder named by `WINDLASS_PG_BIN`, the search path, then the newest of the usual package folders.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError::NoPrograms`], which says what to install; [`EmbeddedError::WrongPrograms`].
    pub fn find() -> Result<Self, EmbeddedError> {
        if let Some(folder) = std::env::var_os("WINDLASS_PG_BIN").filter(|folder| !folder.is_empty()) {
            let folder = PathBuf::from(folder);
            return match NEEDED.iter().find(|program| !folder.join(program).is_file()) {
                Some(missing) => Err(EmbeddedError::WrongPrograms { folder, missing }),
                None => Self::at(folder),
            };
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_the_path = std::env::split_paths(&path).find_map(|folder| Self::at(real_folder(&folder)?).ok());
        on_the_path
            .or_else(|| packaged().filter_map(|folder| Self::at(folder).ok()).max_by_key(|programs| programs.major))
            .ok_or(EmbeddedError::NoPrograms)
    }

    fn at(folder: PathBuf) -> Result<Self, EmbeddedError> {
        let program = folder.join("postgres");
        let failed = |said: String| EmbeddedError::Version { program: program.clone(), said };
        let output = Command::new(&program).arg("--version").output().map_err(|error| failed(error.to_string()))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "… 18beta1"
        let version = said.split_whitespace().nth(2).unwrap_or_default();
        let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
        let major = digits.parse().map_err(|_| failed(said.clone()))?;
        Ok(Self { folder, major })
    }

    /// The major version.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The folder they stand in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Another program of the same version, if it is there.
    #[must_use]
    pub fn beside(&self, program: &str) -> Option<PathBuf> {
        Some(self.path(program)).filter(|path| path.is_file())
    }

    /// Whether the server can load this; where packages put such beside the programs.
    pub(super) fn has_library(&self, name: &str) -> bool {
        let beside = self.folder.parent().map(|folder| folder.join("lib"));
        let folders = beside.iter().flat_map(|lib| [lib.clone(), lib.join("postgresql")]);
        folders.into_iter().any(|lib| ["so", "dylib"].iter().any(|kind| lib.join(format!("{name}.{kind}")).is_file()))
    }

    pub(super) fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }
}

/// The folder where these programs really stand: what is on the search path may be a link into a versioned folder.
fn real_folder(folder: &Path) -> Option<PathBuf> {
    let real = std::fs::canonicalize(folder.join("postgres")).ok()?.parent()?.to_path_buf();
    has_all(&real).then_some(real)
}

fn packaged() -> impl Iterator<Item = PathBuf> {
    PACKAGED
        .iter()
        .filter_map(|(root, bin)| Some((std::fs::read_dir(root).ok()?, bin)))
        .flat_map(|(entries, bin)| entries.flatten().map(move |entry| entry.path().join(bin)))
        .filter(|folder| has_all(folder))
}

fn has_all(folder: &Path) -> bool {
    NEEDED.iter().all(|program| folder.join(program).is_file())
}
