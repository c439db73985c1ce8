//! What is counted of every job of a queue. The recorder's handles are kept: to find one by its name and labels again costs more
//! than counting, and there are seven for each job.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use super::{ATTEMPTS, DURATION, END_TO_END, FAILURES, LATENCY, SLOTS_BUSY, STARTS};
use crate::model::{Outcome, Reason};

/// One queue's, of one process. To be made when the recorder is there.
#[derive(Debug)]
pub(crate) struct Meters {
    queue: String,
    objective: Duration,
    latency: Histogram,
    in_time: Counter,
    late: Counter,
    busy: Gauge,
    lives: Histogram,
    kinds: Mutex<HashMap<String, Arc<Kind>>>,
}

/// One kind's.
#[derive(Debug)]
struct Kind {
    attempts: [(Outcome, Counter); Outcome::ALL.len()],
    duration: Histogram,
}

impl Meters {
    /// Of a queue whose jobs are to start within `objective`.
    pub(crate) fn new(queue: &str, objective: Duration) -> Self {
        let starts = |is: &'static str| counter!(STARTS, "queue" => queue.to_owned(), "on_time" => is);
        Self {
            queue: queue.to_owned(),
            objective,
            latency: histogram!(LATENCY, "queue" => queue.to_owned()),
            in_time: starts("true"),
            late: starts("false"),
            busy: gauge!(SLOTS_BUSY, "queue" => queue.to_owned()),
            lives: histogram!(END_TO_END, "queue" => queue.to_owned()),
            kinds: Mutex::default(),
        }
    }

    /// A job was due for so long when it was claimed.
    pub(crate) fn waited(&self, waited: Duration) {
        self.latency.record(waited);
        if waited <= self.objective { &self.in_time } else { &self.late }.increment(1);
    }

    /// One slot was taken, or given back.
    pub(crate) fn slot(&self, taken: bool) {
        if taken { self.busy.increment(1.0) } else { self.busy.decrement(1.0) }
    }

    /// An attempt ended and its ending counted.
    pub(crate) fn attempt(&self, kind: &str, outcome: Outcome, reason: Option<Reason>, took: Duration) {
        let of = self.kind(kind);
        for (_, attempts) in of.attempts.iter().filter(|(of, _)| *of == outcome) {
            attempts.increment(1);
        }
        of.duration.record(took);
        if let Some(reason) = reason {
            let (queue, kind) = (self.queue.clone(), kind.to_owned());
            counter!(FAILURES, "queue" => queue, "kind" => kind, "reason" => reason.as_str()).increment(1);
        }
    }

    /// A job has come to its end, so long after it was enqueued.
    pub(crate) fn ended(&self, lived: Duration) {
        self.lives.record(lived);
    }

    fn kind(&self, name: &str) -> Arc<Kind> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kind) = kinds.get(name) {
            return Arc::clone(kind);
        }
        let kind = Arc::new(Kind::new(&self.queue, name));
        kinds.insert(name.to_owned(), Arc::clone(&kind));
        kind
    }
}

impl Kind {
    fn new(queue: &str, kind: &str) -> Self {
        let label = || [("queue", queue.to_owned()), ("kind", kind.to_owned())];
        let attempts = |outcome: Outcome| {
            let [queue, kind] = label();
            (outcome, counter!(ATTEMPTS, &[queue, kind, ("outcome", outcome.as_str().to_owned())]))
        };
        Self { attempts: Outcome::ALL.map(attempts), duration: histogram!(DURATION, &label()) }
    }
}
