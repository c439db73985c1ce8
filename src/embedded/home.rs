//! The folder of one cluster: what stands where in it, and that it is the server's user's alone.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use super::error::{EmbeddedError, file};
use super::user::User;

/// The longest path of a Unix socket on every system, less the socket's own name.
const SOCKET_FOLDER: usize = 80;

/// What the server's settings are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// For data: what is committed survives a crash.
    Durable,
    /// For measuring: as durable, with the memory and the log that a server of its own would be given.
    Bench,
    /// For throw-away data: nothing is forced to disk, and what no server can open is begun anew.
    Test,
}

/// One cluster's folder.
#[derive(Clone, Debug)]
pub(super) struct Home {
    folder: PathBuf,
    socket: PathBuf,
}

impl Home {
    /// Makes what is missing. A mode and a major version have a folder of their own: a server cannot open another's data,
    /// and must not open what should last without care.
    pub(super) fn open(root: &Path, mode: Mode, major: u32, user: &User) -> Result<Self, EmbeddedError> {
        let root = real(&std::path::absolute(root).map_err(file("resolve", root))?);
        let folder = root.join(match mode {
            Mode::Durable => format!("pg{major}"),
            Mode::Bench => format!("pg{major}-bench"),
            Mode::Test => format!("pg{major}-test"),
        });
        // Before anything is made: nothing is to be left where the server cannot be.
        user.check_way_to(&folder)?;
        make_way(&root)?;
        private_folder(&folder, user)?;
        let socket = socket_folder(&folder, user);
        private_folder(&socket, user)?;
        Ok(Self { folder, socket })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What `initdb` has made: it has this name only when it is whole.
    pub(super) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// A file of no content, to be locked. The kernel gives a lock back however its holder ends.
    pub(super) fn lockable(&self, name: &str) -> Result<File, EmbeddedError> {
        let path = self.path(name);
        let mut options = File::options();
        options.create(true).append(true).mode(0o600).custom_flags(flags(OFlags::NOFOLLOW));
        options.open(&path).map_err(file("open", &path))
    }

    /// The folders beside ours that hold data of other major versions.
    pub(super) fn of_other_majors(&self) -> Vec<PathBuf> {
        let beside = self.folder.parent().and_then(|root| fs::read_dir(root).ok());
        let folders = beside.into_iter().flatten().flatten().map(|entry| entry.path());
        let is_other = |path: &PathBuf| {
            let major = path.file_name().and_then(|name| name.to_str()?.strip_prefix("pg")?.parse::<u32>().ok());
            major.is_some() && *path != self.folder && path.join("data").exists()
        };
        folders.filter(is_other).collect()
    }
}

/// A folder of the server's user and nobody else, made if it is missing.
///
/// One handle is looked at and changed, and no link followed: by name, as root, a change could land on any folder that a
/// stranger's link points to.
pub(super) fn private_folder(folder: &Path, user: &User) -> Result<(), EmbeddedError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(file("make the folder", folder)(error)),
        _ => {}
    }
    let about = fs::symlink_metadata(folder).map_err(file("look at", folder))?;
    let foreign = |owner| EmbeddedError::Foreign { folder: folder.into(), owner, user: user.name.clone() };
    if !about.is_dir() {
        return Err(foreign(about.uid()));
    }
    let opened = File::options().read(true).custom_flags(flags(OFlags::NOFOLLOW | OFlags::DIRECTORY)).open(folder);
    let handle = match opened {
        Err(_) if !user.may_take(about.uid()) => return Err(foreign(about.uid())),
        opened => opened.map_err(file("open", folder))?,
    };
    let about = handle.metadata().map_err(file("look at", folder))?;
    if !user.may_take(about.uid()) {
        return Err(foreign(about.uid()));
    }
    if let Some((uid, gid)) = user.ids().filter(|(uid, _)| *uid != about.uid()) {
        fchown(&handle, Some(uid), Some(gid)).map_err(file("hand over", folder))?;
    }
    if about.mode() & 0o077 != 0 {
        handle.set_permissions(Permissions::from_mode(0o700)).map_err(file("restrict", folder))?;
    }
    Ok(())
}

/// Enough of a hash for a name, the same whatever compiled us.
pub(super) fn short_hash(of: &[u8]) -> String {
    let mut hash = format!("{:x}", Sha256::digest(of));
    hash.truncate(16);
    hash
}

/// Without links, also where its end is not there yet. One spelling, so that every process comes to the same socket.
fn real(path: &Path) -> PathBuf {
    match (fs::canonicalize(path), path.parent(), path.file_name()) {
        (Ok(real), _, _) => real,
        (Err(_), Some(parent), Some(name)) => real(parent).join(name),
        _ => path.to_path_buf(),
    }
}

/// The folders above ours: the server's user has to pass, whatever root's umask.
fn make_way(folder: &Path) -> Result<(), EmbeddedError> {
    if folder.is_dir() {
        return Ok(());
    }
    folder.parent().map_or(Ok(()), make_way)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Ok(()) if rustix::process::geteuid().is_root() => fs::set_permissions(folder, Permissions::from_mode(0o755))
            .map_err(file("open to the server's user", folder)),
        made => made.map_err(file("make the folder", folder)),
    }
}

/// A folder for the socket: beside the data where the path is short enough, else one in `/tmp`, the same for every process.
fn socket_folder(folder: &Path, user: &User) -> PathBuf {
    let beside = folder.join("socket");
    if beside.as_os_str().len() <= SOCKET_FOLDER {
        return beside;
    }
    let hash = short_hash(folder.as_os_str().as_encoded_bytes());
    PathBuf::from(format!("/tmp/windlass-{}-{hash}", user.uid()))
}

fn flags(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}
