//! What can be said about a worker process.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Isolation;

/// How a worker process runs. The defaults are those of `config/default.toml`.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// The queues it serves; all of the registry's where this is empty.
    pub queues: Vec<String>,
    /// What a deploy calls this code, at most 64 characters; the program's version where it is not said.
    pub revision: Option<String>,
    /// How many jobs of a queue it runs at once, for queues that are named here.
    pub slots: BTreeMap<String, usize>,
    /// The same for all others.
    pub default_slots: usize,
    /// How many more jobs than slots it holds ready, as a share of the slots (0 to 1).
    pub prefetch: f64,
    /// How long its lease lasts: a crashed worker's jobs run again a little later than that.
    pub lease: Duration,
    /// How often the lease is renewed; well below a third of it.
    pub renew: Duration,
    /// How often an idle queue is looked at when nothing wakes it.
    pub poll: Duration,
    /// When a job of lower priority has been due for so long, it is aged: every fourth place is for those.
    pub ageing: Duration,
    /// How long a shutdown may take before what still runs is handed back.
    pub shutdown: Duration,
    /// How often gauges are sampled; more seldom where that would take more than a fiftieth of the time.
    pub sample: Duration,
    /// How soon a due job of a queue is to be claimed, for queues that are named here; telemetry compares with it.
    pub objectives: BTreeMap<String, Duration>,
    /// The same for all others.
    pub default_objective: Duration,
    /// How long ended jobs are remembered.
    pub history: Duration,
    /// How long dead letters are kept, unless their queue says otherwise.
    pub dead_letters: Duration,
    /// The same for failed attempts.
    pub attempts: Duration,
    /// How a job whose worker was lost twice while it held the job is run: alone, in a child process, which dies in the
    /// worker's stead. The command line's `worker` and `dev` set it. Without it such a job runs like every other, and one that
    /// kills its worker does so again and again.
    pub isolation: Option<Isolation>,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            queues: Vec::new(),
            revision: None,
            slots: BTreeMap::new(),
            default_slots: 8,
            prefetch: 0.25,
            lease: Duration::from_secs(15),
            renew: Duration::from_secs(5),
            poll: Duration::from_secs(1),
            ageing: Duration::from_mins(1),
            shutdown: Duration::from_secs(25),
            sample: Duration::from_secs(10),
            objectives: BTreeMap::new(),
            default_objective: Duration::from_secs(30),
            history: Duration::from_hours(24),
            dead_letters: Duration::from_hours(24 * 90),
            attempts: Duration::from_hours(24 * 30),
            isolation: None,
        }
    }
}

impl WorkerOptions {
    /// How many jobs of `queue` run at once; at least one.
    #[must_use]
    pub fn slots(&self, queue: &str) -> usize {
        self.slots.get(queue).copied().unwrap_or(self.default_slots).max(1)
    }

    /// How soon a due job of `queue` is to be claimed.
    #[must_use]
    pub fn objective(&self, queue: &str) -> Duration {
        self.objectives.get(queue).copied().unwrap_or(self.default_objective)
    }

    /// How many jobs of `queue` are held at once: those that run, and a few ready behind them.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a small positive number"
    )]
    pub(crate) fn held(&self, queue: &str) -> usize {
        let slots = self.slots(queue);
        slots + (slots as f64 * self.prefetch.clamp(0.0, 1.0)) as usize
    }
}
