//! A job that does nothing, and what is noted of its starts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::job::{Job, JobContext, JobError};

/// The queue of the bench's jobs.
pub(super) const QUEUE: &str = "bench";

/// A job that does nothing but note that it was started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Noop {
    /// Which one, from 0.
    pub(super) i: u64,
}

impl Job for Noop {
    const KIND: &'static str = "bench_noop";
    const QUEUE: &'static str = QUEUE;
    type Deps = Arc<Notes>;

    async fn run(&self, cx: &JobContext<Arc<Notes>>) -> Result<(), JobError> {
        cx.deps().start(self.i);
        Ok(())
    }
}

/// What a process knows of the jobs that it has run.
#[derive(Debug)]
pub(super) struct Notes {
    runs: Vec<AtomicU8>,
    starts: Vec<AtomicU64>,
    all: AtomicU64,
}

impl Notes {
    /// For jobs 0 to `jobs`.
    pub(super) fn of(jobs: usize) -> Self {
        let runs = std::iter::repeat_with(AtomicU8::default).take(jobs).collect();
        let starts = std::iter::repeat_with(AtomicU64::default).take(jobs).collect();
        Self { runs, starts, all: AtomicU64::default() }
    }

    fn start(&self, i: u64) {
        let at = usize::try_from(i).unwrap_or(usize::MAX);
        let (Some(runs), Some(start)) = (self.runs.get(at), self.starts.get(at)) else { return };
        if runs.fetch_add(1, Ordering::Relaxed) == 0 {
            start.store(now(), Ordering::Relaxed);
        }
        self.all.fetch_add(1, Ordering::Relaxed);
    }

    /// How many starts there were.
    pub(super) fn all(&self) -> u64 {
        self.all.load(Ordering::Relaxed)
    }

    /// A byte a job for how often it was started, then eight for when: what another process reads.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.runs.iter().map(|runs| runs.load(Ordering::Relaxed)).collect();
        bytes.extend(self.starts.iter().flat_map(|start| start.load(Ordering::Relaxed).to_le_bytes()));
        bytes
    }
}

/// What the processes of a run know together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Started {
    /// How many jobs were started at all.
    pub(super) jobs: u64,
    /// How many of them more than once.
    pub(super) twice: u64,
    /// When each was started first, by the machine's clock in nanoseconds; 0: never.
    pub(super) at: Vec<u64>,
}

impl Started {
    /// Adds up what the processes sent.
    pub(super) fn sum(jobs: usize, processes: &[Vec<u8>]) -> Self {
        let mut runs = vec![0_u32; jobs];
        let mut at = vec![0_u64; jobs];
        for bytes in processes {
            let (counts, starts) = bytes.split_at(jobs.min(bytes.len()));
            for (sum, count) in runs.iter_mut().zip(counts) {
                *sum += u32::from(*count);
            }
            for (first, start) in at.iter_mut().zip(starts.chunks_exact(8)) {
                let start = u64::from_le_bytes(start.try_into().unwrap_or_default());
                if start > 0 && (*first == 0 || start < *first) {
                    *first = start;
                }
            }
        }
        let count = |which: fn(&&u32) -> bool| runs.iter().filter(which).count() as u64;
        Self { jobs: count(|runs| **runs > 0), twice: count(|runs| **runs > 1), at }
    }

    /// All starts, the first first.
    pub(super) fn in_order(&self) -> Vec<u64> {
        let mut at: Vec<u64> = self.at.iter().copied().filter(|at| *at > 0).collect();
        at.sort_unstable();
        at
    }
}

/// The machine's clock in nanoseconds: one for all of its processes, and never set.
pub(super) fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    u64::try_from(time.tv_sec).unwrap_or_default() * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_two_processes_started_was_started_twice() {
        let (one, other) = (Notes::of(3), Notes::of(3));
        one.start(0);
        one.start(1);
        other.start(1);
        let sum = Started::sum(3, &[one.to_bytes(), other.to_bytes()]);
        assert_eq!((sum.jobs, sum.twice), (2, 1));
        assert_eq!(sum.in_order(), [one.starts[0].load(Ordering::Relaxed), one.starts[1].load(Ordering::Relaxed)]);
    }
}
