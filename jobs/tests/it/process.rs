//! Real worker processes whose words and figures are kept: everything they write, and what they serve at `/metrics`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A worker process. Killed when dropped.
pub(crate) struct Worker {
    child: Child,
    address: String,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Worker {
    /// Starts one that logs as `filter` says, and waits until it works.
    pub(crate) fn start(url: &str, filter: &str, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_windlass"))
            .arg("worker")
            .env("DATABASE_URL", url)
            .env("WINDLASS__TELEMETRY__METRICS_ADDRESS", "127.0.0.1:0")
            .env("WINDLASS__TELEMETRY__LOG_FORMAT", "json")
            .env("WINDLASS__TELEMETRY__LOG", filter)
            .env("WINDLASS__TELEMETRY__SAMPLE_SECONDS", "1")
            .env("WINDLASS__WORKER__LEASE_SECONDS", "3")
            .env("WINDLASS__WORKER__RENEW_SECONDS", "1")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let kept = Arc::new(Mutex::new(Vec::new()));
        keep(BufReader::new(child.stdout.take().unwrap()).lines(), &kept);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut address = String::new();
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("it ended before it worked: {:#?}", kept.lock())).unwrap();
            if let Some((_, rest)) = line.split_once("serving /metrics on ") {
                rest.split('"').next().unwrap().clone_into(&mut address);
            }
            let works = line.contains("\"working\"");
            kept.lock().unwrap().push(line);
            if works {
                break;
            }
        }
        keep(lines, &kept);
        Self { child, address, lines: kept }
    }

    /// Kills it and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// All that it has written so far.
    pub(crate) fn written(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// Where it serves its metrics.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A scrape.
    pub(crate) fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// What a series says, by its name with its labels; nothing where there is none.
    pub(crate) fn metric(&self, series: &str) -> Option<f64> {
        let metrics = self.metrics();
        let mut lines = metrics.lines();
        lines.find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads on to the end: a full pipe would stop the worker.
fn keep(lines: impl Iterator<Item = std::io::Result<String>> + Send + 'static, kept: &Arc<Mutex<Vec<String>>>) {
    let kept = Arc::clone(kept);
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line)));
}
