//! Whom the server runs as: us, or where we are root, which it refuses to be, an ordinary user.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::error::{EmbeddedError, file};

/// What the environment has for clients would reach the server's programs too, and their words are read.
const NOT_FOR_SERVERS: [&str; 6] = ["PGDATA", "PGDATABASE", "PGHOST", "PGOPTIONS", "PGPORT", "PGUSER"];

/// The server's user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) name: String,
    /// Set where we are root and the server is to be this user.
    ids: Option<(u32, u32)>,
}

impl User {
    /// Us; `postgres` or `nobody` where we are root.
    pub(super) fn of_the_server() -> Result<Self, EmbeddedError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self { name: std::env::var("USER").unwrap_or_else(|_| "this user".to_owned()), ids: None });
        }
        let accounts = fs::read_to_string("/etc/passwd").map_err(file("read", Path::new("/etc/passwd")))?;
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Self::in_accounts(&accounts, name))
            .ok_or(EmbeddedError::NoUser)
    }

    fn in_accounts(accounts: &str, name: &str) -> Option<Self> {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        let ids = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(Self { name: name.to_owned(), ids: Some(ids) })
    }

    /// A command that runs as this user. Setting the ids also clears the supplementary groups.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
        let mut command = Command::new(program);
        // It must start somewhere it may be.
        command.current_dir(folder).env("LC_ALL", "C");
        for variable in NOT_FOR_SERVERS {
            command.env_remove(variable);
        }
        if let Some((uid, gid)) = self.ids {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// To whom files are to be given, where it is not us.
    pub(super) fn ids(&self) -> Option<(u32, u32)> {
        self.ids
    }

    pub(super) fn uid(&self) -> u32 {
        self.ids.map_or_else(|| rustix::process::geteuid().as_raw(), |(uid, _)| uid)
    }

    /// Whether what belongs to this owner is this user's, or ours to give.
    pub(super) fn may_take(&self, owner: u32) -> bool {
        owner == self.uid() || owner == rustix::process::geteuid().as_raw()
    }

    /// Refuses a folder that this user cannot get to, naming the one that is shut.
    pub(super) fn check_way_to(&self, path: &Path) -> Result<(), EmbeddedError> {
        let Some((uid, gid)) = self.ids else { return Ok(()) };
        let mut ancestors: Vec<&Path> = path.ancestors().skip(1).collect();
        ancestors.reverse();
        for ancestor in ancestors {
            let Ok(about) = fs::metadata(ancestor) else { continue };
            let search = match (about.uid() == uid, about.gid() == gid) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            if about.mode() & search == 0 {
                let (user, folder) = (self.name.clone(), ancestor.into());
                return Err(EmbeddedError::NoEntry { user, folder, path: path.into() });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts =
            "root:x:0:0:root:/root:/bin/sh\npostgresql:x:9:9::/:/bin/sh\npostgres:x:101:104:x:/var:/bin/sh\n";
        let user = User::in_accounts(accounts, "postgres").unwrap();
        assert_eq!(user.ids, Some((101, 104)));
        assert_eq!(User::in_accounts(accounts, "nobody"), None);
    }
}
