//! Who uses a cluster, and the reaper, which stops the server when nobody does.
//!
//! A user holds the pipe `in-use` open for writing; the kernel shuts it however the user ends, and the reaper, which reads
//! from it, then sees its end. So there is no file to tidy and no process number to judge.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::error::{EmbeddedError, file};
use super::home::Home;
use super::programs::Programs;
use super::server::run;
use super::user::User;

/// Longer than a reaper takes at most, which is twice 15 seconds.
const STOPPING: Duration = Duration::from_secs(45);

/// Held, it says that this process uses the cluster.
#[derive(Clone, Debug)]
pub(super) struct Using {
    _pipe: Arc<File>,
}

impl Using {
    /// Signs in, and waits for a reaper that had already made up its mind. The caller holds the cluster's lock.
    pub(super) fn sign_in(home: &Home, user: &User) -> Result<Self, EmbeddedError> {
        let path = home.path("in-use");
        if !fs::symlink_metadata(&path).is_ok_and(|about| about.file_type().is_fifo()) {
            let _ = fs::remove_file(&path);
            let mut mkfifo = user.command("mkfifo", home.folder());
            mkfifo.args(["-m", "600", "in-use"]);
            run("mkfifo", mkfifo, home.folder())?;
        }
        // Also for reading, since nobody may be reading yet.
        let pipe = File::options().read(true).write(true).open(&path).map_err(file("open", &path))?;
        // This order: the reaper's step from `idle` to `stopping` either fails for it or is seen by us.
        let _ = fs::remove_file(home.path("idle"));
        wait_while_stopping(home)?;
        Ok(Self { _pipe: Arc::new(pipe) })
    }
}

/// Sees to it that a reaper is there. Before the server is started: who is killed in between leaves nobody else to stop it.
pub(super) fn watch(home: &Home, programs: &Programs, user: &User) -> Result<(), EmbeddedError> {
    let Some(lock) = free_lock(home)? else { return Ok(()) };
    let pipe = home.path("in-use");
    let pipe = File::open(&pipe).map_err(file("open", &pipe))?;
    let mut command = user.command("sh", home.folder());
    command.arg("-c").arg(include_str!("reaper.sh")).arg("windlass-reaper").arg(programs.folder());
    // The lock goes over to it. A process group of its own, so that Ctrl-C passes it by.
    command.stdin(pipe).stdout(lock).stderr(Stdio::null()).process_group(0);
    let mut reaper = command.spawn().map_err(file("start the reaper in", home.folder()))?;
    // Waited for, so that it does not stay behind as a zombie while this process lives.
    std::thread::spawn(move || reaper.wait());
    Ok(())
}

fn wait_while_stopping(home: &Home) -> Result<(), EmbeddedError> {
    let stopping = home.path("stopping");
    let began = Instant::now();
    while stopping.exists() {
        // The lock, not the file, says that it has ended, also where it was killed. What it could not stop answers or not.
        if free_lock(home)?.is_some() {
            fs::remove_file(&stopping).map_err(file("remove", &stopping))?;
        } else if began.elapsed() > STOPPING {
            return Err(EmbeddedError::not_ready(home.folder(), "it is being stopped", STOPPING));
        } else {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(())
}

/// The reaper's lock, unless there is a reaper, who holds it for as long as it lives.
fn free_lock(home: &Home) -> Result<Option<File>, EmbeddedError> {
    let lock = home.lockable("reaper")?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(file("lock", &home.path("reaper"))(error)),
    }
}
