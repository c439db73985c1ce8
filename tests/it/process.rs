//! Real worker processes, real signals.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A process of the toys: a worker, or an API. Killed when dropped.
pub(crate) struct Worker {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Worker {
    /// Starts one and waits until it works.
    pub(crate) fn start(url: &str, settings: &[(&str, &str)]) -> Self {
        Self::of("toys", "worker", url, settings)
    }

    /// Starts an API and waits until it serves, behind tokens.
    pub(crate) fn api(url: &str, settings: &[(&str, &str)]) -> Self {
        Self::of("toys", "api", url, settings)
    }

    /// Starts an example's worker or API and waits until it is ready.
    pub(crate) fn of(example: &str, role: &str, url: &str, settings: &[(&str, &str)]) -> Self {
        let ready = if role == "api" { "serving /v1" } else { "\"working\"" };
        let mut child = Command::new(program(example))
            .args([role, "--database-url", url])
            // Tests that look at the clock compete with compilers and with each other.
            .env("WINDLASS__WORKER__NICENESS", "0")
            .env("WINDLASS__API__ADDRESS", "127.0.0.1:0")
            .env("WINDLASS__API__METRICS_ADDRESS", "127.0.0.1:0")
            .env("WINDLASS__TELEMETRY__METRICS_ADDRESS", "127.0.0.1:0")
            .env("WINDLASS__TELEMETRY__LOG_FORMAT", "json")
            .envs(settings.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut read = Vec::new();
        while !read.last().is_some_and(|line: &String| line.contains(ready)) {
            read.push(
                lines.next().unwrap_or_else(|| panic!("the {role} ended before it was ready: {read:#?}")).unwrap(),
            );
        }
        let kept = Arc::new(Mutex::new(read));
        // Read on to the end: a full pipe would stop the worker.
        std::thread::spawn({
            let kept = Arc::clone(&kept);
            move || lines.map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line))
        });
        Self { child, lines: kept }
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Kills it and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its number.
    pub(crate) fn id(&self) -> i64 {
        self.child.id().into()
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    /// Its log so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Where it serves this, by what its log says.
    pub(crate) fn address(&self, what: &str) -> String {
        let told = format!("serving {what}");
        let lines = self.lines();
        let rest = lines.iter().find_map(|line| line.split_once(&told)?.1.split_once(" on "));
        let (_, rest) = rest.unwrap_or_else(|| panic!("{told}? {lines:#?}"));
        rest.split('"').next().unwrap().to_owned()
    }

    /// A scrape.
    pub(crate) fn metrics(&self) -> String {
        scrape(&self.address("/metrics"))
    }

    /// The sum of a metric's series whose line holds `part`.
    pub(crate) fn metric(&self, name: &str, part: &str) -> f64 {
        self.metrics()
            .lines()
            .filter(|line| line.starts_with(name) && line.contains(part))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The toys' program.
pub(crate) fn toys() -> PathBuf {
    program("toys")
}

/// An example program, built beside this test.
pub(crate) fn program(example: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("examples").join(example)
}

fn scrape(address: &str) -> String {
    get(address, "/metrics")
}

/// An answer over HTTP, its head included.
pub(crate) fn get(address: &str, path: &str) -> String {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))
}

/// The same to a body of JSON, with these headers, each a line.
pub(crate) fn post(address: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    ask(
        address,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        ),
    )
}

fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
