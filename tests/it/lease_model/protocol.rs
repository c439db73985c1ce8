//! The lease protocol step by step, each named for the function that does it; what nobody does has a name of its own.
//!
//! Time is a step: three quarters of a lease go by without a renewal (`cut off`, `freeze`), then the rest (`lapse`). That
//! the latter waits for the handlers of a worker that is not frozen is `see_off`'s promise: they are gone by then, or the
//! process is.

use std::fmt;

use super::checker::Model;
use super::state::{Ending, Held, JOBS, Late, Lease, MAX_FAILURES, Phase, SESSIONS, Session, State, WORKERS};

pub(super) const NEVER_LOST: &str = "a job is always in a table";
pub(super) const ONE_END: &str = "a job ends at most once, and what has ended waits no more";
pub(super) const ONE_ENDING: &str = "at most one ending of an attempt is accepted";
pub(super) const LIVING: &str = "the living are never rescued";
pub(super) const ALONE: &str = "without freezes, no two handlers of a job run at the same time";

/// Each step of ours, and the file of its function.
pub(super) const FUNCTIONS: [(&str, &str); 17] = [
    ("register", "src/store/worker.rs"),
    ("renew", "src/store/worker.rs"),
    ("claim", "src/store/claim.rs"),
    ("hand_on", "src/worker/claim.rs"),
    ("attempt", "src/worker/execute.rs"),
    ("complete", "src/store/settle.rs"),
    ("judge", "src/worker/judge.rs"),
    ("stopped", "src/worker/execute.rs"),
    ("released", "src/worker/execute.rs"),
    ("settle", "src/store/settle.rs"),
    ("correct_once", "src/worker/held.rs"),
    ("renew_until_lost", "src/worker/lease.rs"),
    ("see_off", "src/worker/lease.rs"),
    ("begin_again", "src/worker/lease.rs"),
    ("leave", "src/store/worker.rs"),
    ("condemn", "src/store/worker.rs"),
    ("rescue", "src/store/worker.rs"),
];
/// What happens to us. The last two are time and somebody's help; the others are faults, and counted.
pub(super) const EVENTS: [&str; 6] = ["crash", "freeze", "cut off", "stop", "lapse", "thaw"];

/// A mistake that the model can be given, to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    SettleIgnoresTheAttempt,
    SettleIgnoresTheSession,
    SettleRemovesFirst,
    SettleRemembersFirst,
    NobodyStopsTheHandlers,
    TheCondemnedMayRenew,
    RescueByAge,
    NobodyCorrects,
    NobodyRescues,
}

/// The protocol, whole or with a flaw.
pub(super) struct Protocol {
    pub(super) freezes: bool,
    pub(super) faults: u8,
    pub(super) flaw: Option<Flaw>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    name: &'static str,
    worker: Option<usize>,
    job: Option<usize>,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Well,
    /// A fault; what kind, if the name does not say.
    Fault(&'static str),
    /// A statement arrives that nobody waits for any more.
    Late,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.worker.map_or(Ok(()), |worker| write!(f, ", worker {worker}"))?;
        self.job.map_or(Ok(()), |job| write!(f, ", job {job}"))?;
        match self.how {
            How::Well | How::Fault("") => Ok(()),
            How::Fault(kind) => write!(f, " ({kind})"),
            How::Late => f.write_str(" (late)"),
        }
    }
}

impl Model for Protocol {
    type State = State;
    type Step = Step;

    fn first(&self) -> State {
        State::first(self.faults)
    }

    fn key(&self, state: &State) -> State {
        state.key()
    }

    fn next(&self, state: &State) -> Vec<(Step, State)> {
        let mut next = Next { protocol: self, before: state, found: Vec::new() };
        (0..WORKERS).for_each(|worker| next.of_worker(worker));
        next.of_tables();
        next.of_late_statements();
        next.found
    }

    fn broken(&self, state: &State) -> Option<&'static str> {
        let tables = |job: &super::state::Job| u8::from(job.row.is_some()) + job.ended;
        if state.broken.is_some() {
            state.broken
        } else if state.jobs.iter().any(|job| tables(job) > 1) {
            Some(ONE_END)
        } else if state.jobs.iter().any(|job| tables(job) == 0) {
            Some(NEVER_LOST)
        } else if !self.freezes && (0..JOBS).any(|job| state.handlers(job) > 1) {
            Some(ALONE)
        } else {
            None
        }
    }

    fn ended(&self, state: &State) -> bool {
        state.jobs.iter().all(|job| job.row.is_none())
    }

    fn name(step: Step) -> &'static str {
        step.name
    }

    /// While another worker works, not on a frozen one's waking up, nor on a dead one's replacement.
    fn counts_on(&self, step: Step, before: &State) -> bool {
        let works = |worker: &super::state::Worker| worker.moves() && !worker.stopping;
        step.how == How::Well && (!["thaw", "register"].contains(&step.name) || !before.workers.iter().any(works))
    }
}

/// The steps out of one state.
struct Next<'a> {
    protocol: &'a Protocol,
    before: &'a State,
    found: Vec<(Step, State)>,
}

impl Next<'_> {
    fn add(&mut self, step: Step, change: impl FnOnce(&mut State)) {
        let mut after = self.before.clone();
        if let How::Fault(_) = step.how {
            let Some(left) = after.faults.checked_sub(1) else { return };
            after.faults = left;
        }
        change(&mut after);
        after.tidy();
        self.found.push((step, after));
    }

    fn flawed(&self, flaw: Flaw) -> bool {
        self.protocol.flaw == Some(flaw)
    }

    fn of_worker(&mut self, w: usize) {
        let worker = &self.before.workers[w];
        let own = (w, worker.session);
        let (well, fault) = (step_of(w, How::Well), step_of(w, How::Fault("")));
        if !worker.up {
            self.add(well("register"), |after| {
                assert!(own.1 < SESSIONS, "more sessions than faults");
                after.set_lease(own, Lease::Valid);
                after.workers[w].up = true;
            });
            return;
        }
        self.add(fault("crash"), |after| after.workers[w].end());
        if worker.frozen {
            self.add(well("thaw"), |after| after.workers[w].frozen = false);
            return;
        }
        if self.protocol.freezes {
            // A shorter one is no more than others being faster.
            self.add(fault("freeze"), |after| (after.workers[w].frozen, after.workers[w].overdue) = (true, true));
        }
        if !worker.stopping {
            self.add(fault("stop"), |after| after.workers[w].stopping = true);
        }
        self.of_keeper(w);
        self.of_claimer(w);
        for held in &worker.held {
            self.of_attempt(w, *held);
        }
    }

    /// `src/worker/lease.rs`.
    fn of_keeper(&mut self, w: usize) {
        let worker = &self.before.workers[w];
        let own = (w, worker.session);
        let (well, fault) = (step_of(w, How::Well), step_of(w, How::Fault("")));
        if worker.lost {
            if worker.runs(own.1) {
                self.add(well("see_off"), |after| {
                    let gone = |held: &Held| held.session == own.1 && matches!(held.phase, Phase::Running { .. });
                    after.workers[w].held.retain(|held| !gone(held));
                });
            } else {
                self.add(well("begin_again"), |after| {
                    assert!(own.1 + 1 < SESSIONS, "more sessions than faults");
                    after.set_lease((w, own.1 + 1), Lease::Valid);
                    let worker = &mut after.workers[w];
                    (worker.session, worker.lost, worker.overdue) = (own.1 + 1, false, false);
                });
            }
        } else {
            let refused = match self.before.lease(own) {
                Lease::Missing => true,
                Lease::Condemned => !self.flawed(Flaw::TheCondemnedMayRenew),
                Lease::Valid | Lease::Lapsed => false,
            };
            if refused {
                self.add(well("renew"), |after| after.workers[w].lost = true);
            } else if worker.overdue {
                self.add(well("renew"), |after| {
                    if after.lease(own) == Lease::Lapsed {
                        after.set_lease(own, Lease::Valid);
                    }
                    after.workers[w].overdue = false;
                });
                if !self.flawed(Flaw::NobodyStopsTheHandlers) {
                    self.add(well("renew_until_lost"), |after| after.workers[w].lost = true);
                }
            } else {
                self.add(fault("cut off"), |after| after.workers[w].overdue = true);
            }
        }
        if worker.stopping && !worker.runs(own.1) {
            self.add(well("leave"), |after| {
                after.set_lease(own, Lease::Missing);
                after.workers[w].end();
            });
        }
    }

    /// `src/worker/claim.rs` and `held.rs`.
    fn of_claimer(&mut self, w: usize) {
        let worker = &self.before.workers[w];
        let own = (w, worker.session);
        let alive = self.before.lease(own) == Lease::Valid;
        if alive && !worker.stopping && self.before.faults > 0 && !self.before.late.contains(&Late::Claim(own)) {
            self.add(step_of(w, How::Fault("delayed"))("claim"), |after| after.late(Late::Claim(own)));
        }
        for j in 0..JOBS {
            let Some(row) = &self.before.jobs[j].row else { continue };
            let on = |how| Step { job: Some(j), ..step_of(w, how)("claim") };
            if row.leased_by.is_none() && alive && !worker.stopping {
                self.add(on(How::Well), |after| take(after, own, j, Some(Phase::Ready)));
                // After a freeze it may be read in the end, by when the job has perhaps been handed back.
                let unread = self.protocol.freezes.then_some(Phase::Unread);
                self.add(on(How::Fault("answer lost")), |after| take(after, own, j, unread));
            }
            let known = |held: &&Held| (held.job, held.attempt) == (j, row.attempt) && held.phase != Phase::Unread;
            if row.leased_by == Some(own)
                && !worker.lost
                && worker.held.iter().find(known).is_none()
                && !self.flawed(Flaw::NobodyCorrects)
            {
                let attempt = row.attempt;
                let step = Step { name: "correct_once", ..on(How::Well) };
                let flaw = self.protocol.flaw;
                self.add(step, |after| settle(after, flaw, own, (j, attempt), Ending::Released));
            }
        }
    }

    /// `src/worker/execute.rs` and `settle.rs`.
    fn of_attempt(&mut self, w: usize, held: Held) {
        let worker = &self.before.workers[w];
        let by = (w, held.session);
        let step = |name, how| Step { job: Some(held.job), ..step_of(w, how)(name) };
        let of = (held.job, held.attempt);
        let flaw = self.protocol.flaw;
        match held.phase {
            Phase::Unread => {
                // Good luck is not to be counted on either.
                self.add(step("hand_on", How::Late), |after| after.workers[w].turn(held, Phase::Ready));
            }
            Phase::Ready => {
                let ours = held.session == worker.session && !worker.lost;
                let phase = ours.then_some(Phase::Running { completed: false });
                self.add(step("attempt", How::Well), |after| after.workers[w].turn(held, phase));
                if worker.stopping {
                    let ended = Phase::Finished(Ending::Released);
                    self.add(step("released", How::Well), |after| after.workers[w].turn(held, ended));
                }
            }
            Phase::Running { completed } => {
                let mut end = |name, how, ending| {
                    self.add(step(name, how), |after| after.workers[w].turn(held, Phase::Finished(ending)));
                };
                if worker.stopping {
                    end("stopped", How::Well, Ending::Released);
                }
                if completed {
                    // What becomes of an uncommitted completion; of this one nothing is left to change.
                    return end("judge", How::Well, Ending::Failed);
                }
                end("judge", How::Well, Ending::Completed);
                end("judge", How::Fault("failed"), Ending::Failed);
                // Statement and commit are one step: in between the row is locked, and everybody else skips it or waits.
                self.add(step("complete", How::Well), |after| {
                    let holds = holds(after, flaw, by, of);
                    settle(after, flaw, by, of, Ending::Completed);
                    let phase =
                        if holds { Phase::Running { completed: true } } else { Phase::Finished(Ending::Failed) };
                    after.workers[w].turn(held, phase);
                });
            }
            Phase::Finished(ending) => {
                self.add(step("settle", How::Well), |after| {
                    settle(after, flaw, by, of, ending);
                    after.workers[w].turn(held, None);
                });
                self.add(step("settle", How::Fault("answer lost")), |after| settle(after, flaw, by, of, ending));
                let late = Late::Settle { by, job: held.job, attempt: held.attempt, ending };
                self.add(step("settle", How::Fault("delayed")), |after| after.late(late));
            }
        }
    }

    /// `src/maintenance/rescuer.rs`, whichever worker it runs in, and what time does to leases.
    fn of_tables(&mut self) {
        let rescuer = self.before.workers.iter().any(super::state::Worker::moves);
        for (w, s) in (0..WORKERS).flat_map(|w| (0..SESSIONS).map(move |s| (w, s))) {
            let own = (w, s);
            let step = step_of(w, How::Well);
            match self.before.lease(own) {
                Lease::Valid if self.may_lapse(own) => {
                    self.add(step("lapse"), |after| after.set_lease(own, Lease::Lapsed));
                }
                Lease::Lapsed => {
                    // One that was sent long ago: nobody hears its answer.
                    let late = step_of(w, How::Fault("delayed"))("renew");
                    self.add(late, |after| after.set_lease(own, Lease::Valid));
                    if rescuer {
                        self.add(step("condemn"), |after| after.set_lease(own, Lease::Condemned));
                    }
                }
                _ => {}
            }
        }
        for j in 0..JOBS {
            let Some(holder) = self.before.jobs[j].row.as_ref().and_then(|row| row.leased_by) else { continue };
            let free = matches!(self.before.lease(holder), Lease::Missing | Lease::Condemned);
            if rescuer && (free || self.flawed(Flaw::RescueByAge)) && !self.flawed(Flaw::NobodyRescues) {
                let step = Step { name: "rescue", worker: None, job: Some(j), how: How::Well };
                self.add(step, |after| {
                    if after.lives(holder) {
                        after.broken = Some(LIVING);
                    }
                    after.jobs[j].row.as_mut().unwrap().leased_by = None;
                });
            }
        }
    }

    /// Whether the rest of a lease can go by without a renewal.
    fn may_lapse(&self, (w, session): Session) -> bool {
        let worker = &self.before.workers[w];
        if !worker.up || worker.session != session {
            return true;
        }
        let stopped = worker.lost && !worker.runs(session);
        worker.overdue && (worker.frozen || stopped || self.flawed(Flaw::NobodyStopsTheHandlers))
    }

    fn of_late_statements(&mut self) {
        let flaw = self.protocol.flaw;
        for (place, late) in self.before.late.iter().enumerate() {
            match *late {
                Late::Settle { by, job, attempt, ending } => {
                    let step = Step { job: Some(job), ..step_of(by.0, How::Late)("settle") };
                    self.add(step, |after| {
                        after.late.remove(place);
                        settle(after, flaw, by, (job, attempt), ending);
                    });
                }
                Late::Claim(by) => {
                    let free = |j: &usize| self.before.jobs[*j].row.as_ref().is_some_and(|row| row.leased_by.is_none());
                    for j in (0..JOBS).filter(free) {
                        let step = Step { job: Some(j), ..step_of(by.0, How::Late)("claim") };
                        self.add(step, |after| {
                            after.late.remove(place);
                            take(after, by, j, Some(Phase::Ready));
                        });
                    }
                }
            }
        }
    }
}

fn step_of(worker: usize, how: How) -> impl Fn(&'static str) -> Step {
    move |name| Step { name, worker: Some(worker), job: None, how }
}

/// What `claim.sql` does to a row, and what becomes of the answer.
fn take(after: &mut State, by: Session, job: usize, answer: Option<Phase>) {
    let row = after.jobs[job].row.as_mut().unwrap();
    (row.leased_by, row.attempt) = (Some(by), row.attempt + 1);
    let attempt = row.attempt;
    let worker = &mut after.workers[by.0];
    if let Some(phase) = answer
        && worker.up
        && worker.session == by.1
    {
        worker.add(Held { job, attempt, session: by.1, phase });
    }
}

/// The fence of `settle.sql`.
fn holds(state: &State, flaw: Option<Flaw>, by: Session, (job, attempt): (usize, u8)) -> bool {
    state.jobs[job].row.as_ref().is_some_and(|row| {
        (row.leased_by == Some(by) || flaw == Some(Flaw::SettleIgnoresTheSession))
            && (row.attempt == attempt || flaw == Some(Flaw::SettleIgnoresTheAttempt))
    })
}

/// What `settle.sql` does to a row.
fn settle(after: &mut State, flaw: Option<Flaw>, by: Session, of: (usize, u8), ending: Ending) {
    if !holds(after, flaw, by, of) {
        return;
    }
    let job = &mut after.jobs[of.0];
    if job.accepted & (1 << of.1) != 0 {
        after.broken = Some(ONE_ENDING);
    }
    job.accepted |= 1 << of.1;
    let row = job.row.as_mut().unwrap();
    let failures = row.failures + u8::from(ending == Ending::Failed);
    if ending == Ending::Completed {
        // Of two statements, the second comes too late in both orders.
        if flaw != Some(Flaw::SettleRemembersFirst) {
            job.row = None;
        }
        job.ended += u8::from(flaw != Some(Flaw::SettleRemovesFirst));
    } else if failures >= MAX_FAILURES {
        job.row = None;
        job.ended += 1;
    } else {
        (row.leased_by, row.failures) = (None, failures);
    }
}
