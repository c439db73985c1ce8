//! PostgreSQL's own load generator: what the server does with nothing of ours in the way.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{BenchError, Ground};
use crate::embedded::Programs;

/// One run of a script.
#[derive(Debug)]
pub(super) struct Script<'a> {
    /// Its text.
    pub(super) text: &'a str,
    /// How many connections go through it at once.
    pub(super) clients: usize,
    /// For how long, or how often each.
    pub(super) until: Until,
    /// Its variables.
    pub(super) variables: Vec<(&'a str, String)>,
}

/// When a run ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    Seconds(u64),
    Times(u64),
}

/// Runs it in the bench's database. How often it was gone through a second.
pub(super) async fn run(ground: &Ground, script: Script<'_>) -> Result<f64, BenchError> {
    let mut command = Command::new(find().ok_or(BenchError::NoPgbench)?);
    // One thread drives a few clients without being the limit, and takes nothing from the server.
    command.args(["--no-vacuum", "--protocol=prepared", "--jobs=1", "--file=/dev/stdin"]);
    command.arg(format!("--client={}", script.clients));
    command.arg(match script.until {
        Until::Seconds(seconds) => format!("--time={seconds}"),
        Until::Times(times) => format!("--transactions={times}"),
    });
    for (name, value) in &script.variables {
        command.arg(format!("--define={name}={value}"));
    }
    connect(&mut command, ground);
    let text = script.text.to_owned();
    let ran = tokio::task::spawn_blocking(move || said(command, &text));
    let said = ran.await.map_err(|error| BenchError::process("run pgbench")(error.into()))??;
    rate(&said).ok_or_else(|| BenchError::Pgbench(format!("it said no rate: {said}")))
}

/// Beside the server's programs, or on the search path.
fn find() -> Option<PathBuf> {
    let beside = Programs::find().ok().and_then(|programs| programs.beside("pgbench"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    beside.or_else(|| std::env::split_paths(&path).map(|folder| folder.join("pgbench")).find(|path| path.is_file()))
}

/// By the environment: what stands on a command line, `ps` shows.
fn connect(command: &mut Command, ground: &Ground) {
    let (options, url) = (ground.options(), ground.url());
    let host =
        options.get_socket().map_or_else(|| options.get_host().to_owned(), |socket| socket.display().to_string());
    command.env("PGHOST", host).env("PGPORT", options.get_port().to_string()).env("PGUSER", options.get_username());
    command.env("PGDATABASE", options.get_database().unwrap_or_default());
    if let Some(password) = password(&url) {
        command.env("PGPASSWORD", password);
    }
}

/// The password in a URL of sqlx's making.
fn password(url: &str) -> Option<String> {
    let (user, _) = url.split_once("://")?.1.split('/').next()?.rsplit_once('@')?;
    let mut bytes = user.split_once(':')?.1.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        let digits = [bytes.clone().next(), bytes.clone().nth(1)];
        let coded = match (byte, digits) {
            (b'%', [Some(high), Some(low)]) => u8::from_str_radix(&String::from_utf8_lossy(&[high, low]), 16).ok(),
            _ => None,
        };
        if coded.is_some() {
            bytes.nth(1);
        }
        plain.push(coded.unwrap_or(byte));
    }
    String::from_utf8(plain).ok().filter(|plain| !plain.is_empty())
}

fn said(mut command: Command, text: &str) -> Result<String, BenchError> {
    let failed = BenchError::process("run pgbench");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = (|| {
        let mut process = command.spawn()?;
        if let Some(mut script) = process.stdin.take() {
            std::io::Write::write_all(&mut script, text.as_bytes())?;
        }
        process.wait_with_output()
    })()
    .map_err(failed)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(BenchError::Pgbench(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// `tps = 277.123456 (without initial connection time)`
fn rate(said: &str) -> Option<f64> {
    said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_and_a_password_are_read() {
        assert_eq!(rate("latency average = 1 ms\ntps = 27.5 (without initial connection time)\n"), Some(27.5));
        assert_eq!(rate("nothing"), None);
        assert_eq!(password("postgres://ana:a%40b%2F@host:5432/db?sslmode=prefer").as_deref(), Some("a@b/"));
        assert_eq!(password("postgres://ana@host:5432/db"), None);
    }
}
