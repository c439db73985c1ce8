//! What the tables and the workers hold, as far as the lease protocol sees it.

/// How many workers and jobs there are.
pub(super) const WORKERS: usize = 2;
pub(super) const JOBS: usize = 2;
/// The most sessions of one worker: each but the first follows a fault.
pub(super) const SESSIONS: usize = 5;
/// A job's failures after which it is buried.
pub(super) const MAX_FAILURES: u8 = 2;

/// A worker's number, and which of its sessions.
pub(super) type Session = (usize, usize);

/// Everything. Two workers, two jobs, the statements on their way, and how much bad luck is left.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct State {
    pub(super) jobs: [Job; JOBS],
    /// `windlass.workers`.
    pub(super) sessions: [[Lease; SESSIONS]; WORKERS],
    pub(super) workers: [Worker; WORKERS],
    /// Sent, and not there yet; nobody waits for the answers any more.
    pub(super) late: Vec<Late>,
    /// How many faults may still happen.
    pub(super) faults: u8,
    /// The first promise that a step has broken.
    pub(super) broken: Option<&'static str>,
}

/// A job in `windlass.jobs`, or in `history` or `dead_letters`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Job {
    pub(super) row: Option<Row>,
    pub(super) ended: u8,
    /// The attempts of which an ending was accepted, a bit each. Only the model remembers that.
    pub(super) accepted: u16,
}

/// A row of `windlass.jobs`: running when somebody holds it, else available.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) leased_by: Option<Session>,
    pub(super) attempt: u8,
    pub(super) failures: u8,
}

/// A row of `windlass.workers` at the server's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Lease {
    #[default]
    Missing,
    Valid,
    Lapsed,
    Condemned,
}

/// A worker process.
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Worker {
    pub(super) up: bool,
    pub(super) frozen: bool,
    /// Told to shut down.
    pub(super) stopping: bool,
    /// Its current session; the next one's number while it is down.
    pub(super) session: usize,
    /// `Session::lost` of that one.
    pub(super) lost: bool,
    /// Three quarters of a lease have gone by since the last renewal that was answered.
    pub(super) overdue: bool,
    pub(super) held: Vec<Held>,
}

/// An attempt in a worker's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Held {
    pub(super) job: usize,
    pub(super) attempt: u8,
    pub(super) session: usize,
    pub(super) phase: Phase,
}

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Phase {
    /// The claim's answer lies in a socket; nobody has read it.
    Unread,
    Ready,
    /// Its handler is there; it has completed the job in its own transaction, or not.
    Running {
        completed: bool,
    },
    Finished(Ending),
}

/// How an attempt ended, as far as it matters who may say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Ending {
    Completed,
    /// Tried again, or buried when it has failed too often.
    Failed,
    Released,
}

/// A statement on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Late {
    /// It has read that its session is alive, and not taken its job yet.
    Claim(Session),
    Settle {
        by: Session,
        job: usize,
        attempt: u8,
        ending: Ending,
    },
}

impl State {
    pub(super) fn first(faults: u8) -> Self {
        Self {
            jobs: [(); JOBS].map(|()| Job { row: Some(Row::default()), ..Job::default() }),
            sessions: Default::default(),
            workers: Default::default(),
            late: Vec::new(),
            faults,
            broken: None,
        }
    }

    pub(super) fn lease(&self, (worker, session): Session) -> Lease {
        self.sessions[worker][session]
    }

    pub(super) fn set_lease(&mut self, (worker, session): Session, lease: Lease) {
        self.sessions[worker][session] = lease;
    }

    /// How many handlers of a job there are.
    pub(super) fn handlers(&self, job: usize) -> usize {
        let held = self.workers.iter().flat_map(|worker| &worker.held);
        held.filter(|held| held.job == job && matches!(held.phase, Phase::Running { .. })).count()
    }

    /// Whether a worker has heard less than three quarters of a lease ago that this session is alive, and believes it.
    pub(super) fn lives(&self, (number, session): Session) -> bool {
        let worker = &self.workers[number];
        worker.up && worker.session == session && !worker.lost && !worker.overdue
    }

    /// The same for all that differ in nothing but which worker is which, and which job.
    pub(super) fn key(&self) -> Self {
        let mut jobs = self.clone();
        jobs.jobs.swap(0, 1);
        for held in jobs.workers.iter_mut().flat_map(|worker| &mut worker.held) {
            held.job = 1 - held.job;
        }
        for late in &mut jobs.late {
            if let Late::Settle { job, .. } = late {
                *job = 1 - *job;
            }
        }
        for worker in &mut jobs.workers {
            worker.held.sort_unstable();
        }
        jobs.late.sort_unstable();
        let jobs = jobs.min(self.clone());
        jobs.with_workers_swapped().min(jobs)
    }

    fn with_workers_swapped(&self) -> Self {
        let mut other = self.clone();
        other.workers.swap(0, 1);
        other.sessions.swap(0, 1);
        let holders = other.jobs.iter_mut().filter_map(|job| job.row.as_mut()?.leased_by.as_mut());
        let late = other.late.iter_mut().map(|late| match late {
            Late::Claim(by) | Late::Settle { by, .. } => by,
        });
        holders.chain(late).for_each(|by| by.0 = 1 - by.0);
        other.late.sort_unstable();
        other
    }

    /// Forgets what can make no difference any more, and numbers sessions and attempts anew, from 0 and in order: a state
    /// that only looks different would be gone through again.
    pub(super) fn tidy(&mut self) {
        for j in 0..JOBS {
            self.tidy_job(j);
        }
        for w in 0..WORKERS {
            self.tidy_sessions(w);
        }
    }

    fn tidy_job(&mut self, j: usize) {
        let void = self.jobs[j].row.is_none();
        let mut used = 0_u16;
        let idle = |held: &Held| held.job == j && matches!(held.phase, Phase::Finished(_) | Phase::Unread);
        for worker in &mut self.workers {
            if void {
                // There is no row that it could change.
                worker.held.retain(|held| !idle(held));
            }
            let own = worker.held.iter().filter(|held| held.job == j);
            used = own.fold(used, |used, held| used | 1 << held.attempt);
        }
        self.late.retain(|late| !(void && matches!(late, Late::Settle { job, .. } if *job == j)));
        for late in &self.late {
            if let Late::Settle { job, attempt, .. } = late
                && *job == j
            {
                used |= 1 << attempt;
            }
        }
        let job = &mut self.jobs[j];
        // Of an attempt that nobody speaks of any more no second ending can come.
        job.accepted &= if void { 0 } else { used };
        let current = job.row.as_ref().map_or(0, |row| 1 << row.attempt);
        let all = used | current;
        if all & (all + 1) == 0 {
            return;
        }
        let rank = |attempt: u8| u8::try_from((all & ((1 << attempt) - 1)).count_ones()).unwrap();
        let accepted = job.accepted;
        job.accepted = (0..16).filter(|bit| accepted & (1 << bit) != 0).fold(0, |bits, bit| bits | 1 << rank(bit));
        if let Some(row) = &mut job.row {
            row.attempt = rank(row.attempt);
        }
        let own = self.workers.iter_mut().flat_map(|worker| &mut worker.held).filter(|held| held.job == j);
        own.for_each(|held| held.attempt = rank(held.attempt));
        for late in &mut self.late {
            if let Late::Settle { job, attempt, .. } = late
                && *job == j
            {
                *attempt = rank(*attempt);
            }
        }
    }

    fn tidy_sessions(&mut self, w: usize) {
        let mut used = 1_u16 << self.workers[w].session;
        for held in &self.workers[w].held {
            used |= 1 << held.session;
        }
        let holders = self.jobs.iter().filter_map(|job| job.row.as_ref()?.leased_by);
        let late = self.late.iter().map(|late| match late {
            Late::Claim(by) | Late::Settle { by, .. } => *by,
        });
        used = holders.chain(late).filter(|by| by.0 == w).fold(used, |used, by| used | 1 << by.1);
        for (s, lease) in self.sessions[w].iter_mut().enumerate() {
            if used & (1 << s) == 0 {
                *lease = Lease::Missing;
            }
        }
        if used & (used + 1) == 0 {
            return;
        }
        let rank = |session: usize| (used & ((1 << session) - 1)).count_ones() as usize;
        let before = std::mem::take(&mut self.sessions[w]);
        for (s, lease) in before.into_iter().enumerate().filter(|(s, _)| used & (1 << s) != 0) {
            self.sessions[w][rank(s)] = lease;
        }
        let worker = &mut self.workers[w];
        worker.session = rank(worker.session);
        worker.held.iter_mut().for_each(|held| held.session = rank(held.session));
        let holders = self.jobs.iter_mut().filter_map(|job| job.row.as_mut()?.leased_by.as_mut());
        let late = self.late.iter_mut().map(|late| match late {
            Late::Claim(by) | Late::Settle { by, .. } => by,
        });
        holders.chain(late).filter(|by| by.0 == w).for_each(|by| by.1 = rank(by.1));
    }

    pub(super) fn late(&mut self, statement: Late) {
        if let Err(place) = self.late.binary_search(&statement) {
            self.late.insert(place, statement);
        }
    }
}

impl Worker {
    /// Whether it takes steps.
    pub(super) fn moves(&self) -> bool {
        self.up && !self.frozen
    }

    /// Whether a handler of this session is there.
    pub(super) fn runs(&self, session: usize) -> bool {
        self.held.iter().any(|held| held.session == session && matches!(held.phase, Phase::Running { .. }))
    }

    pub(super) fn add(&mut self, held: Held) {
        if let Err(place) = self.held.binary_search(&held) {
            self.held.insert(place, held);
        }
    }

    /// Replaces one attempt's phase; without one it is forgotten.
    pub(super) fn turn(&mut self, mut held: Held, phase: impl Into<Option<Phase>>) {
        self.held.retain(|other| *other != held);
        if let Some(phase) = phase.into() {
            held.phase = phase;
            self.add(held);
        }
    }

    /// The process is gone, and its memory with it.
    pub(super) fn end(&mut self) {
        *self = Self { session: self.session + 1, ..Self::default() };
    }
}
