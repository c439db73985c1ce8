//! A worker process, and what it takes of the machine.

use std::fs;
use std::process::Child;

use crate::support::worker;

/// A worker process that is killed when nobody holds it any more.
pub(super) struct Worker(Child);

impl Worker {
    /// Starts one on a database: both processors, and a lease so short that another soon takes over.
    pub(super) fn start(url: &str) -> Self {
        let lease = [("WINDLASS__WORKER__LEASE_SECONDS", "3"), ("WINDLASS__WORKER__RENEW_SECONDS", "1")];
        Self(worker(url, &lease))
    }

    /// The most memory that it has taken so far, in MB.
    pub(super) fn peak_mb(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|peak| peak.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.unwrap_or_default() / 1024
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
