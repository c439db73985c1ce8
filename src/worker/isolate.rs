//! Running suspects apart: each in a child process, one at a time, where a death costs nobody else anything and convicts the
//! right one. The child is this same program; it only runs the job, and the worker settles how it ended.
//!
//! The child ends with its worker because it reads from a pipe that the worker holds open. No parent-death signal: Linux
//! sends it when the *thread* ends that started the child, and a runtime's threads come and go.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::execute::{Finished, Held, asked_and_not_heeded};
use super::judge::{Run, judge};
use super::suspect::{Request, Said};
use crate::model::{Claim, Ending, Isolation, Policy, Reason};
use crate::store::{Store, answered};
use crate::telemetry;

/// How long a child may take until it has what the job needs.
const START: Duration = Duration::from_mins(1);
/// How much longer than its kind's timeout an attempt may take: the child stops its handler itself, unless that blocks.
const GRACE: Duration = Duration::from_secs(10);
/// How long a suspect waits whose child could not be started.
const AGAIN: Duration = Duration::from_secs(10);
/// How long a process takes to be gone whose pipes are shut.
const EXIT: Duration = Duration::from_secs(5);

/// Runs suspects, one at a time.
#[derive(Debug)]
pub(super) struct Suspects {
    store: Store,
    isolation: Isolation,
    turn: Semaphore,
}

/// What became of a child.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// It said how the job ended.
    Said { ending: Ending, completed_itself: bool },
    /// It died of the job.
    Died(String),
    /// It did not come to an end in time.
    TimedOut,
    /// It did not come as far as the job.
    Unstarted(String),
    /// Somebody asked for it to be cancelled.
    Cancelled,
    /// The worker is past its shutdown's patience.
    HandedBack,
    /// The worker has lost its lease.
    Lost,
}

impl Suspects {
    pub(super) fn new(store: Store, isolation: Isolation) -> Self {
        Self { store, isolation, turn: Semaphore::new(1) }
    }

    /// Runs one to its end, in its turn. `None`: its lease was lost, and there is nothing for us to settle.
    pub(super) async fn run(&self, held: &Held, policy: &Policy, hurry: &CancellationToken) -> Option<Finished> {
        let Held { claim, session, .. } = held;
        let started = Instant::now();
        let end = tokio::select! {
            biased;
            () = session.lost.cancelled() => End::Lost,
            () = hurry.cancelled() => End::HandedBack,
            turn = self.turn.acquire() => {
                tracing::info!(crashes = claim.crashes, "suspected of killing its workers: runs alone in a child process");
                let end = self.apart(held, policy.timeout, hurry).await;
                telemetry::child_exited(&claim.queue, &claim.kind, end.reason());
                drop(turn);
                end
            }
        };
        let (ending, completed_itself) = match end {
            End::Said { ending, completed_itself } => (ending, completed_itself),
            End::Died(error) => (Ending::Buried { reason: Reason::WorkerKilled, error }, false),
            End::TimedOut => (judge(claim, policy, Run::TimedOut, false), false),
            End::Unstarted(why) => {
                tracing::warn!(why, "failed to run a suspect apart; it stays one, and will be tried again");
                return Some(finished(claim, Ending::Snoozed { delay: AGAIN }, false, started));
            }
            End::Cancelled => (Ending::Cancelled, false),
            End::HandedBack => (Ending::Released, false),
            End::Lost => {
                telemetry::lease_lost(&claim.queue, "expired");
                tracing::warn!("stopped: its lease was lost");
                return None;
            }
        };
        if matches!(ending, Ending::Retry { .. } | Ending::Snoozed { .. } | Ending::RetryAfter { .. }) {
            self.clear(claim).await;
        }
        Some(finished(claim, ending, completed_itself, started))
    }

    /// Runs it in a child, and returns when the child is gone.
    async fn apart(&self, held: &Held, timeout: Duration, hurry: &CancellationToken) -> End {
        let Held { claim, session, cancelled, .. } = held;
        let _present = session.enter();
        let mut child = match self.start() {
            Ok(child) => child,
            Err(error) => {
                return End::Unstarted(format!("failed to start {}: {error}", self.isolation.program.display()));
            }
        };
        let end = tokio::select! {
            biased;
            end = self.talk(&mut child, claim, timeout) => end,
            () = asked_and_not_heeded(cancelled.clone()) => End::Cancelled,
            () = session.lost.cancelled() => End::Lost,
            () = hurry.cancelled() => End::HandedBack,
        };
        // Whatever it has left to do, it does not. An error says that it is gone already.
        let _ = child.start_kill();
        if let Err(error) = child.wait().await {
            tracing::warn!(%error, "failed to wait for a child process");
        }
        end
    }

    fn start(&self) -> std::io::Result<Child> {
        let mut command = Command::new(&self.isolation.program);
        command.args(&self.isolation.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        // A group of its own: a terminal's Ctrl-C is the worker's to deal with.
        command.process_group(0).kill_on_drop(true).spawn()
    }

    /// Asks a child to run the job, and waits for what it says.
    async fn talk(&self, child: &mut Child, claim: &Claim, timeout: Duration) -> End {
        let (Some(mut ask), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return End::Unstarted("it has no pipes".to_owned());
        };
        let mut answers = BufReader::new(answers).lines();
        let begin = async {
            // One that does not listen says nothing either.
            let _ = ask.write_all(self.request(claim).as_bytes()).await;
            next(&mut answers).await
        };
        match tokio::time::timeout(START, begin).await {
            Ok(Some(Said::Begun)) => {}
            Ok(_) => return End::Unstarted(format!("it ended before the job began: {}", exit(child).await)),
            Err(_elapsed) => return End::Unstarted(format!("it was not ready after {START:?}")),
        }
        match tokio::time::timeout(timeout + GRACE, next(&mut answers)).await {
            Ok(Some(Said::Ended { ending, completed_itself })) => End::Said { ending, completed_itself },
            Ok(_) => End::Died(format!("the process that ran it alone died: {}", exit(child).await)),
            Err(_elapsed) => End::TimedOut,
        }
    }

    fn request(&self, claim: &Claim) -> String {
        let request = Request {
            database_url: self.isolation.database_url.clone(),
            memory_megabytes: self.isolation.memory_megabytes,
            queue: claim.queue.clone(),
            job: claim.id,
            session: claim.session.0,
            attempt: claim.attempt,
        };
        // Texts and numbers are always JSON.
        serde_json::to_string(&request).unwrap_or_default() + "\n"
    }

    /// It has shown that it kills nobody. Where that cannot be written it stays a suspect, and runs apart once more.
    async fn clear(&self, claim: &Claim) {
        if let Err(error) = answered(self.store.clear_crashes(claim)).await {
            tracing::warn!(%error, "failed to clear a suspect");
        }
    }
}

impl End {
    /// The label under which the child is counted.
    fn reason(&self) -> &'static str {
        match self {
            Self::Said { .. } => "ok",
            Self::Died(_) => "crash",
            Self::TimedOut => "timeout",
            Self::Unstarted(_) => "unstarted",
            Self::Cancelled | Self::HandedBack | Self::Lost => "stopped",
        }
    }
}

fn finished(claim: &Arc<Claim>, ending: Ending, completed_itself: bool, started: Instant) -> Finished {
    Finished { claim: Arc::clone(claim), ending, took: started.elapsed(), completed_itself }
}

/// The next thing a child says; `None` when it says no more, or nothing that is understood.
async fn next(answers: &mut Lines<BufReader<ChildStdout>>) -> Option<Said> {
    let line = answers.next_line().await.ok()??;
    serde_json::from_str(&line).ok()
}

/// How a child ended that says no more.
async fn exit(child: &mut Child) -> String {
    match tokio::time::timeout(EXIT, child.wait()).await {
        Ok(Ok(status)) => status.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_elapsed) => "it shut its pipe and went on".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use sqlx::postgres::PgPoolOptions;

    use super::*;
    use crate::model::{JobId, SessionId};
    use crate::worker::lease::Session;

    const BEGUN: &str = r#"read -r asked; echo '"Begun"';"#;

    /// Runs a suspect in a shell that does this, under a timeout of no time, so that only the grace is left.
    async fn child(does: &str, session: &Session, hurry: &CancellationToken) -> End {
        let isolation = Isolation {
            program: PathBuf::from(if does.is_empty() { "/nowhere/windlass" } else { "/bin/sh" }),
            args: vec!["-c".into(), does.into()],
            database_url: "postgres://somebody:hunter2@localhost/".to_owned(),
            memory_megabytes: 0,
        };
        let db = PgPoolOptions::new().connect_lazy("postgres://nobody@localhost:1/").unwrap();
        let suspects = Suspects::new(Store::new(db), isolation);
        let (_nobody, cancelled) = tokio::sync::watch::channel(false);
        let held = Held { claim: Arc::new(claim(session.id)), session: session.clone(), cancelled, place: None };
        suspects.apart(&held, Duration::ZERO, hurry).await
    }

    async fn end(does: &str) -> End {
        child(does, &Session::new(SessionId::new()), &CancellationToken::new()).await
    }

    fn claim(session: SessionId) -> Claim {
        let then = "2026-03-01T12:00:00Z".parse().unwrap();
        Claim {
            session,
            queue: "toys".to_owned(),
            id: JobId::new(),
            attempt: 3,
            kind: "toy".to_owned(),
            args: "{}".to_owned(),
            args_version: 1,
            priority: 3,
            failures: 0,
            max_failures: 3,
            deferrals: 0,
            expired: false,
            cancel_requested: false,
            ordered: false,
            crashes: 2,
            created_at: then,
            scheduled_at: then,
            attempted_at: then,
            checkpoint: None,
            traceparent: None,
        }
    }

    fn died(how: &str) -> End {
        End::Died(format!("the process that ran it alone died: {how}"))
    }

    #[tokio::test]
    async fn a_suspects_child_that_dies_of_the_job_is_told_from_one_that_never_came_so_far() {
        assert_eq!(end(&format!("{BEGUN} kill -9 $$")).await, died("signal: 9 (SIGKILL)"));
        assert_eq!(end(&format!("{BEGUN} exit 3")).await, died("exit status: 3"));
        assert_eq!(end(&format!("{BEGUN} exit 0")).await, died("exit status: 0"));
        let half = format!(r#"{BEGUN} printf '{{"Ended":{{"ending":"Comp'; kill -9 $$"#);
        assert_eq!(end(&half).await, died("signal: 9 (SIGKILL)"), "half an answer is none");
        for early in ["", "exit 1", "read -r asked; exit 1", "kill -9 $$", "echo hello; read -r asked"] {
            let end = end(early).await;
            assert!(matches!(&end, End::Unstarted(why) if !why.contains("hunter2")), "{early:?}: {end:?}");
        }
    }

    #[tokio::test]
    async fn a_suspect_that_has_ended_is_believed_whatever_its_child_does_then() {
        let answer = r#"{"Ended":{"ending":"Completed","completed_itself":true}}"#;
        let said = End::Said { ending: Ending::Completed, completed_itself: true };
        for then in ["exit 0", "exit 1", "kill -9 $$", "exec sleep 600"] {
            assert_eq!(end(&format!("{BEGUN} echo '{answer}'; {then}")).await, said, "{then}");
        }
    }

    #[tokio::test]
    async fn a_suspect_that_takes_too_long_is_stopped_and_not_convicted() {
        assert_eq!(end(&format!("{BEGUN} exec sleep 600")).await, End::TimedOut);
    }

    #[tokio::test]
    async fn a_suspect_is_stopped_when_its_lease_is_lost_or_the_shutdown_is_over() {
        let (session, hurry) = (Session::new(SessionId::new()), CancellationToken::new());
        let does = format!("{BEGUN} exec sleep 600");
        let (end, ()) = tokio::join!(child(&does, &session, &hurry), async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            session.lost.cancel();
        });
        assert_eq!(end, End::Lost);
        let session = Session::new(SessionId::new());
        let (end, ()) = tokio::join!(child(&does, &session, &hurry), async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            hurry.cancel();
        });
        assert_eq!(end, End::HandedBack);
    }
}
