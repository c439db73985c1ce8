//! What the engine promises of jobs and keys, in memory: small enough to be believed.

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use windlass::JobId;
use windlass::model::SessionId;

/// For how long a key is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Forever,
    WhileLive,
    ForAMinute,
    PerHour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Parked,
    Running(SessionId),
    /// How it ended, in the tables' word.
    Ended(&'static str),
}

#[derive(Clone, Debug)]
pub(super) struct Job {
    pub state: State,
    pub attempt: i32,
    pub failures: i32,
    pub max_failures: i32,
    pub not_before: DateTime<Utc>,
    pub order: Option<String>,
    pub key: Option<String>,
    pub key_ends: bool,
    pub cancel_requested: bool,
    pub replayed: bool,
}

/// Who holds a key. Arguments: unknown once a replay took a key that was free.
pub(super) struct Holder {
    pub job: JobId,
    pub args: Option<u8>,
    pub until: Option<DateTime<Utc>>,
}

/// All there ever was.
#[derive(Default)]
pub(super) struct Model {
    pub jobs: BTreeMap<JobId, Job>,
    pub keys: BTreeMap<String, Holder>,
    pub paused: bool,
}

impl Job {
    pub(super) fn is_live(&self) -> bool {
        !matches!(self.state, State::Ended(_))
    }
}

impl Model {
    /// The `pick`th job that is so, the oldest first.
    pub(super) fn pick(&self, pick: usize, is_so: impl Fn(&Job) -> bool) -> Option<JobId> {
        let fit: Vec<_> = self.jobs.iter().filter(|(_, job)| is_so(job)).map(|(id, _)| *id).collect();
        (!fit.is_empty()).then(|| fit[pick % fit.len()])
    }

    /// Who holds a key at this time.
    pub(super) fn holder(&self, key: &str, now: DateTime<Utc>) -> Option<&Holder> {
        self.keys.get(key).filter(|holder| holder.until.is_none_or(|until| until > now))
    }

    /// Gives a key to a new job.
    pub(super) fn take(&mut self, key: &str, scope: Scope, job: JobId, args: u8, now: DateTime<Utc>) {
        let until = match scope {
            Scope::Forever | Scope::WhileLive => None,
            Scope::ForAMinute => Some(now + TimeDelta::minutes(1)),
            Scope::PerHour => Some(now.duration_trunc(TimeDelta::hours(1)).unwrap() + TimeDelta::hours(1)),
        };
        self.keys.insert(key.to_owned(), Holder { job, args: Some(args), until });
    }

    /// Ends a job, and lets its key go if it says so.
    pub(super) fn end(&mut self, id: JobId, how: &'static str) {
        let job = self.jobs.get_mut(&id).unwrap();
        assert!(job.is_live(), "{id} ended twice");
        job.state = State::Ended(how);
        if job.key_ends
            && let Some(key) = &job.key
            && self.keys.get(key).is_some_and(|holder| holder.job == id)
        {
            self.keys.remove(key);
        }
    }

    /// Why this job must not start beside the others, if it must not.
    pub(super) fn in_front_of(&self, id: JobId) -> Option<JobId> {
        let order = self.jobs[&id].order.as_ref()?;
        let others = self.jobs.iter().filter(|(_, job)| job.is_live() && job.order.as_ref() == Some(order));
        others.map(|(other, job)| (*other, job)).find_map(|(other, job)| {
            (other < id || (other > id && matches!(job.state, State::Running(_)))).then_some(other)
        })
    }
}
