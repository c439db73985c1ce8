//! `windlass run-suspect`: the child process in which a worker has a suspect run. It is asked by a line on standard input
//! and answers on standard output; before the job begins it takes both away, for the job may use them itself.

use std::fs::File;
use std::io::{BufRead, BufReader, Error, Write};

use rustix::fd::{AsFd, OwnedFd};
use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::{Application, CliError, Host};
use crate::store::Store;
use crate::worker::{Request, Said, Suspect};

/// Why it came to nothing is told to the log that it shares with its worker, in the form of every other line there.
pub(super) async fn run<A: Application>(application: &A, host: &Host) -> Result<(), CliError> {
    if let Err(error) = answer(application, host).await {
        tracing::error!(error = error.text(), "failed to run a suspect");
        std::process::exit(error.exit_code().into());
    }
    Ok(())
}

async fn answer<A: Application>(application: &A, host: &Host) -> Result<(), CliError> {
    let mut answers = File::from(take(std::io::stdout())?);
    rustix::stdio::dup2_stdout(std::io::stderr())?;
    let questions = File::from(take(std::io::stdin())?);
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    let asked = listen(questions)?.await.map_err(|_| CliError::usage("workers call this; people call `worker`"))?;
    // The end of a service or a container is told to all of its processes at once. Here it is the worker's affair.
    for told in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
        drop(signal(told)?);
    }

    // The parser's error would quote the line, and so perhaps a password.
    let request: Request =
        serde_json::from_str(&asked).map_err(|_| CliError::usage("the worker's line does not parse"))?;
    let connected = host.at(request.database_url.clone()).connect().await?;
    let deps = application.deps(&connected.db).await?;
    let suspect = Suspect::load(Store::new(connected.db), application.registry(), deps, &request).await?;
    limit_memory(request.memory_megabytes)?;
    say(&mut answers, &Said::Begun)?;
    let ended = suspect.run().await;
    Ok(say(&mut answers, &ended)?)
}

/// A pipe of our own, which the job's own child processes do not inherit.
fn take(pipe: impl AsFd) -> Result<OwnedFd, Error> {
    Ok(rustix::io::fcntl_dupfd_cloexec(pipe, 3)?)
}

/// Hears what the worker asks, and then its end: with it, this process ends as it stands. On a thread of its own, for the
/// job may block all others.
fn listen(questions: File) -> Result<oneshot::Receiver<String>, Error> {
    let (ask, asked) = oneshot::channel();
    std::thread::Builder::new().name("worker".to_owned()).spawn(move || {
        let mut lines = BufReader::new(questions).lines();
        let Some(Ok(line)) = lines.next() else { return };
        let _ = ask.send(line);
        while lines.next().is_some_and(|line| line.is_ok()) {}
        // Nothing in the process can hold this up.
        let _ = kill_process(getpid(), Signal::KILL);
    })?;
    Ok(asked)
}

/// Limits what the process may take beyond what it has. Address space, the only measure that every system enforces.
fn limit_memory(megabytes: u64) -> Result<(), Error> {
    if megabytes == 0 {
        return Ok(());
    }
    let limit = Rlimit {
        current: Some(address_space().saturating_add(megabytes.saturating_mul(1 << 20))),
        ..getrlimit(Resource::As)
    };
    Ok(setrlimit(Resource::As, limit)?)
}

/// How much the process has, in bytes; 0 where the system does not say.
fn address_space() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmSize:")?.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or(0_u64).saturating_mul(1 << 10)
}

fn say(answers: &mut File, said: &Said) -> Result<(), Error> {
    // One write: half a line is none.
    let line = serde_json::to_string(said)? + "\n";
    answers.write_all(line.as_bytes())
}
