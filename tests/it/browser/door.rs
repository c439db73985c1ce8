//! `windlass api` as a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::process::toys;

/// The door with its pages. Killed when dropped.
pub(crate) struct Door {
    child: Child,
    address: String,
}

impl Door {
    /// Starts it and waits until it serves.
    pub(crate) fn start(database: &str) -> Self {
        let mut child = Command::new(toys())
            .args(["api", "--database-url", database])
            .env("WINDLASS__API__ADDRESS", "127.0.0.1:0")
            .env("WINDLASS__API__TRACE_URL", "https://traces.example/trace/{trace_id}")
            .env("WINDLASS__TELEMETRY__METRICS_ADDRESS", "127.0.0.1:0")
            .env("WINDLASS__TELEMETRY__LOG_FORMAT", "json")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, rest) = line.split_once("/ops on ")?;
            Some(rest.split('"').next().unwrap().to_owned())
        });
        let address = address.unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// A page's URL.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
