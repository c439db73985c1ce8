//! The worker processes of a run: this same program, told over pipes.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Error, ErrorKind};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use super::eye::{Eye, SOON};
use super::job::Started;
use super::{BenchError, Ground, machine};

/// How this program is started again.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// The words that make it a worker of the bench's.
    pub(crate) args: Vec<OsString>,
}

/// How the worker processes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// How many there are.
    pub(crate) workers: usize,
    /// How many run at once, in each; a claim takes no more.
    pub(crate) slots: usize,
    /// How many are held at once, in each: those that run and those ready behind them.
    pub(crate) held: usize,
    /// How many queues each serves: the bench's, and others where nothing ever comes.
    pub(crate) queues: usize,
}

impl Shape {
    /// One process that claims so many at most, and the next while those run.
    pub(crate) fn claiming(claims: usize) -> Self {
        Self { workers: 1, slots: claims, held: 2 * claims, queues: 1 }
    }
}

/// The processes. Killed when dropped.
#[derive(Debug)]
pub(super) struct Crew {
    members: Vec<Member>,
    jobs: usize,
}

#[derive(Debug)]
struct Member {
    process: Child,
    /// It works until this is shut, also by our death.
    till: Option<ChildStdin>,
    started: Arc<AtomicU64>,
    notes: Option<JoinHandle<Result<Vec<u8>, Error>>>,
}

impl Crew {
    /// Starts them, for jobs 0 to `jobs`.
    pub(super) fn start(program: &Program, ground: &Ground, jobs: usize, shape: Shape) -> Result<Self, BenchError> {
        let url = ground.url();
        let start = |_| Member::start(program, &url, jobs, shape);
        let members = (0..shape.workers.max(1)).map(start).collect::<Result<_, _>>();
        Ok(Self { members: members.map_err(BenchError::process("start a worker process"))?, jobs })
    }

    /// Waits until all have registered.
    pub(super) async fn ready(&self, eye: &mut Eye) -> Result<(), BenchError> {
        while eye.workers().await? < self.members.len() {
            self.still_there()?;
            tokio::time::sleep(SOON).await;
        }
        Ok(())
    }

    /// How many jobs they have started, as far as they have said.
    pub(super) fn started(&self) -> u64 {
        self.members.iter().map(|member| member.started.load(Ordering::Relaxed)).sum()
    }

    /// Whether all of them are.
    pub(super) fn still_there(&self) -> Result<(), BenchError> {
        let gone = |member: &Member| member.notes.as_ref().is_none_or(JoinHandle::is_finished);
        if self.members.iter().any(gone) { Err(BenchError::WorkerEnded) } else { Ok(()) }
    }

    /// The processor seconds they have used, all together.
    pub(super) fn cpu(&self) -> Option<f64> {
        self.members.iter().map(|member| machine::cpu_of(member.process.id())).sum()
    }

    /// The most memory they ever had in megabytes, all together.
    pub(super) fn peak_memory(&self) -> Option<f64> {
        self.members.iter().map(|member| machine::peak_memory_of(member.process.id())).sum()
    }

    /// Lets them shut down in order, and asks what they have done.
    pub(super) async fn stop(mut self) -> Result<Started, BenchError> {
        let jobs = self.jobs;
        let stopped = tokio::task::spawn_blocking(move || self.notes());
        let notes = stopped.await.map_err(|error| BenchError::process("stop the worker processes")(error.into()))?;
        Ok(Started::sum(jobs, &notes?))
    }

    fn notes(&mut self) -> Result<Vec<Vec<u8>>, BenchError> {
        for member in &mut self.members {
            drop(member.till.take());
        }
        let mut notes = Vec::with_capacity(self.members.len());
        for member in &mut self.members {
            let read = member.notes.take().and_then(|reading| reading.join().ok()).ok_or(BenchError::WorkerEnded)?;
            notes.push(read.map_err(BenchError::process("read what a worker process has done"))?);
            member.process.wait().map_err(BenchError::process("wait for a worker process"))?;
        }
        Ok(notes)
    }
}

impl Member {
    fn start(program: &Program, url: &str, jobs: usize, shape: Shape) -> Result<Self, Error> {
        let mut command = Command::new(&program.path);
        command.args(&program.args).env("DATABASE_URL", url).env("WINDLASS__DATABASE__DIRECT_URL", "");
        for (name, value) in
            [("--jobs", jobs), ("--slots", shape.slots), ("--held", shape.held), ("--queues", shape.queues)]
        {
            command.arg(name).arg(value.to_string());
        }
        // A process group of its own, so that Ctrl-C is ours to deal with.
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).spawn()?;
        let (till, said) = (process.stdin.take(), process.stdout.take());
        let said = BufReader::new(said.ok_or(Error::from(ErrorKind::BrokenPipe))?);
        let started = Arc::new(AtomicU64::default());
        let notes = std::thread::spawn({
            let started = Arc::clone(&started);
            move || listen(said, &started, 9 * jobs)
        });
        Ok(Self { process, till, started, notes: Some(notes) })
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A line for how many jobs were started, again and again; an empty one, and then the notes.
fn listen(mut said: impl BufRead, started: &AtomicU64, length: usize) -> Result<Vec<u8>, Error> {
    let mut line = String::new();
    while said.read_line(&mut line)? > 0 {
        match line.trim_end() {
            "" => {
                let mut notes = vec![0; length];
                said.read_exact(&mut notes)?;
                return Ok(notes);
            }
            count => started.store(count.parse().map_err(Error::other)?, Ordering::Relaxed),
        }
        line.clear();
    }
    Err(ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_says_how_far_it_is_and_then_what_it_has_done() {
        let started = AtomicU64::default();
        assert_eq!(listen(&b"3\n12\n\n\x01\n\x02"[..], &started, 3).unwrap(), [1, b'\n', 2]);
        assert_eq!(started.into_inner(), 12);
        assert!(listen(&b"3\n"[..], &AtomicU64::default(), 3).is_err(), "it was killed");
    }
}
