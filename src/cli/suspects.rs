//! How the command line's workers run suspects: by `windlass run-suspect` of this same program.

use std::ffi::OsString;
use std::path::PathBuf;

use super::{CliError, Connected, Host};
use crate::model::Isolation;

/// The child's command line: nothing that `ps` may not show.
pub(super) fn isolation(host: &Host, connected: &Connected) -> Result<Isolation, CliError> {
    let args = again(host, &["run-suspect"]);
    let configured = host.config().database.url.reveal();
    Ok(Isolation {
        program: program()?,
        args,
        // The private Postgres has no password that could be left out.
        database_url: if configured.is_empty() { connected.shown_url.clone() } else { configured.to_owned() },
        memory_megabytes: host.config().worker.suspect_memory_megabytes,
    })
}

/// A command line of this program's with the layers of this one's configuration.
pub(super) fn again(host: &Host, command: &[&str]) -> Vec<OsString> {
    let (profile, file) = host.layers();
    let mut args: Vec<OsString> = command.iter().map(OsString::from).collect();
    args.extend(["--profile".into(), profile.into()]);
    if let Some(file) = file {
        args.extend(["--config".into(), file.into()]);
    }
    args
}

/// This program. Not by its path where there is another way: a deploy may have put another version there.
pub(super) fn program() -> Result<PathBuf, CliError> {
    if cfg!(target_os = "linux") {
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    Ok(std::env::current_exe()?)
}
