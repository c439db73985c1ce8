//! One step, done to the tables and to the model; both must answer the same.

use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::json;
use windlass::model::{Calendar, Claim, Ending, NewJob, Reason, SessionId};
use windlass::store::{Ask, Settlement, StoreError, Watermarks, enqueue};
use windlass::{Enqueued, JobId, KeyScope, Priority};

use super::model::{Holder, Job, Scope, State};
use super::step::{End, Step};
use super::{Checked, History, QUEUE, wrong};

impl History {
    pub(super) async fn enqueue(&mut self, step: Step) -> Checked {
        let Step::Enqueue { key, args, order, max_failures, priority, delay } = step else { return Ok(()) };
        let now = self.clock.now();
        let priorities = [Priority::High, Priority::Raised, Priority::Normal, Priority::Low];
        let new = NewJob {
            id: JobId::new(),
            queue: QUEUE.to_owned(),
            kind: "toy".to_owned(),
            args: json!({ "args": args }),
            args_version: 1,
            priority: priorities[usize::from(priority - 1)],
            scheduled_at: None,
            delay: Duration::from_secs(delay.unsigned_abs()),
            expires_at: None,
            max_failures,
            unique_key: key.map(|(key, _)| key.to_string()),
            key_scope: match key {
                Some((_, Scope::WhileLive)) => KeyScope::WhileLive,
                Some((_, Scope::ForAMinute)) => KeyScope::For(Duration::from_mins(1)),
                Some((_, Scope::PerHour)) => KeyScope::Per(Calendar::Hour, Tz::UTC),
                _ => KeyScope::Forever,
            },
            identity: None,
            ordering_key: order.map(|order| order.to_string()),
            subject: None,
            traceparent: None,
        };
        let stored = enqueue(&self.db, self.store.clock(), std::slice::from_ref(&new)).await.map_err(wrong)?.remove(0);
        let holder = new.unique_key.as_deref().and_then(|key| self.model.holder(key, now));
        match (holder, stored) {
            (None, Ok(Enqueued::Created(id))) => {
                prop_assert_eq!(id, new.id);
                if let (Some((_, scope)), Some(key)) = (key, &new.unique_key) {
                    self.model.take(key, scope, id, args, now);
                }
                let job = Job {
                    state: State::Waiting,
                    attempt: 0,
                    failures: 0,
                    max_failures,
                    not_before: now + TimeDelta::seconds(delay),
                    order: new.ordering_key,
                    key: new.unique_key,
                    key_ends: key.is_some_and(|(_, scope)| scope == Scope::WhileLive),
                    cancel_requested: false,
                    replayed: false,
                };
                self.model.jobs.insert(id, job);
            }
            (Some(holder), Ok(Enqueued::Existing(id, _))) => {
                prop_assert!(holder.args.is_none_or(|known| known == args), "other arguments were not told");
                prop_assert_eq!(id, holder.job);
            }
            (Some(holder), Err(conflict)) => {
                prop_assert!(holder.args.is_none_or(|known| known != args), "the same arguments were refused");
                prop_assert_eq!(conflict.holder, holder.job);
            }
            (holder, answer) => {
                return Err(wrong(format!("the key is {:?}'s, and yet: {answer:?}", holder.map(|holder| holder.job))));
            }
        }
        Ok(())
    }

    pub(super) async fn claim(&mut self, session: SessionId, limit: usize) -> Result<usize, TestCaseError> {
        let ask = Ask::new(QUEUE, session, limit);
        let claimed = self.store.claim(&ask, &mut Watermarks::default()).await.map_err(wrong)?.jobs;
        prop_assert!(claimed.len() <= limit && (claimed.is_empty() || !self.model.paused), "claimed too much");
        for claim in &claimed {
            let front = self.model.in_front_of(claim.id);
            let job = self.model.jobs.get_mut(&claim.id).unwrap();
            prop_assert_eq!(job.state, State::Waiting, "claimed {}", claim.id);
            prop_assert!(job.not_before <= self.clock.now(), "{} was not due", claim.id);
            prop_assert_eq!(front, None, "claimed {} in spite of another of its ordering key", claim.id);
            job.attempt += 1;
            prop_assert_eq!((claim.attempt, claim.failures), (job.attempt, job.failures));
            prop_assert_eq!(claim.cancel_requested, job.cancel_requested);
            job.state = State::Running(session);
        }
        let count = claimed.len();
        self.claims.extend(claimed);
        Ok(count)
    }

    pub(super) async fn settle(&mut self, claims: &[Claim], end: End) -> Checked {
        let settlement = |claim: &Claim| {
            // As a worker judges it.
            let error = || (Reason::Error, "a failure".to_owned());
            let ending = match end {
                End::Completed => Ending::Completed,
                End::Cancelled => Ending::Cancelled,
                End::Expired => Ending::Expired,
                End::Retry(seconds) if claim.failures + 1 < claim.max_failures => {
                    Ending::Retry { delay: Duration::from_secs(seconds), reason: error().0, error: error().1 }
                }
                End::Retry(_) | End::Bury => Ending::Buried { reason: error().0, error: error().1 },
                End::Snooze(seconds) => Ending::Snoozed { delay: Duration::from_secs(seconds) },
                End::RetryAfter(seconds) => Ending::RetryAfter { delay: Duration::from_secs(seconds) },
                End::Release => Ending::Released,
                End::Park => Ending::Parked,
            };
            Settlement { id: claim.id, kind: claim.kind.clone(), ending }
        };
        let batch: Vec<Settlement> = claims.iter().map(settlement).collect();
        let (session, attempt) = (claims[0].session, claims[0].attempt);
        let settled = self.store.settle(QUEUE, session, attempt, &batch, true).await.map_err(wrong)?;
        let now = self.clock.now();
        for (claim, settlement) in claims.iter().zip(batch) {
            prop_assert_eq!(
                settled.contains(&claim.id),
                self.holds(claim),
                "whether the ending of {} counts",
                claim.id
            );
            if !self.holds(claim) {
                continue;
            }
            let job = self.model.jobs.get_mut(&claim.id).unwrap();
            let (state, delay) = match settlement.ending {
                Ending::Completed => (State::Ended("completed"), Duration::ZERO),
                Ending::Cancelled => (State::Ended("cancelled"), Duration::ZERO),
                Ending::Expired => (State::Ended("expired"), Duration::ZERO),
                Ending::Buried { .. } => (State::Ended("buried"), Duration::ZERO),
                Ending::Parked => (State::Parked, Duration::ZERO),
                Ending::Retry { delay, .. } => {
                    job.failures += 1;
                    (State::Waiting, delay)
                }
                Ending::Snoozed { delay } | Ending::RetryAfter { delay } => (State::Waiting, delay),
                Ending::Released => (State::Waiting, Duration::ZERO),
            };
            let delay = if job.cancel_requested { Duration::ZERO } else { delay };
            job.not_before = now + delay;
            if let State::Ended(how) = state {
                job.failures += i32::from(how == "buried");
                self.model.end(claim.id, how);
            } else {
                job.state = state;
            }
        }
        Ok(())
    }

    pub(super) async fn rescue(&mut self) -> Checked {
        let mut freed = self.store.rescue(QUEUE).await.map_err(wrong)?;
        freed.sort();
        let mut lost = Vec::new();
        for (id, job) in &mut self.model.jobs {
            if matches!(job.state, State::Running(session) if self.gone.contains(&session)) {
                (job.state, job.not_before) = (State::Waiting, self.clock.now());
                lost.push(*id);
            }
        }
        prop_assert_eq!(freed, lost, "rescued, and what gone sessions held");
        self.store.forget_condemned().await.map_err(wrong)
    }

    pub(super) async fn cancel(&mut self, pick: usize) -> Checked {
        let Some(id) = self.model.pick(pick, Job::is_live) else { return Ok(()) };
        let mut line = self.store.db().acquire().await.unwrap();
        let ended = self.store.cancel(&mut line, id).await.map_err(wrong)?;
        drop(line);
        let job = self.model.jobs.get_mut(&id).unwrap();
        let runs = matches!(job.state, State::Running(_));
        prop_assert_eq!(ended, !runs, "whether cancelling ended {}", id);
        if runs {
            job.cancel_requested = true;
        } else {
            self.model.end(id, "cancelled");
        }
        Ok(())
    }

    pub(super) async fn replay(&mut self, pick: usize) -> Checked {
        let Some(id) = self.model.pick(pick, |job| job.state == State::Ended("buried")) else { return Ok(()) };
        let (again, now) = (JobId::new(), self.clock.now());
        let job = self.model.jobs[&id].clone();
        let holder = job.key.as_deref().and_then(|key| self.model.holder(key, now)).map(|holder| holder.job);
        let taken = holder.filter(|holder| *holder != id);
        match self.store.replay(id, again, &windlass::dead_letters::By::new("ana", "a test")).await {
            Ok(()) => {
                prop_assert!(!job.replayed, "{} was replayed twice", id);
                prop_assert_eq!(taken, None, "the key of {} is another's", id);
            }
            Err(StoreError::AlreadyReplayed { .. }) => {
                prop_assert!(job.replayed);
                return Ok(());
            }
            Err(StoreError::KeyTaken { holder, .. }) => {
                prop_assert_eq!(Some(holder), taken);
                return Ok(());
            }
            Err(error) => return Err(wrong(error)),
        }
        if let Some(key) = &job.key {
            // A key whose time is over stays free for others.
            if let Some(held) = self.model.keys.get_mut(key) {
                held.job = again;
            } else if job.key_ends {
                self.model.keys.insert(key.clone(), Holder { job: again, args: None, until: None });
            }
        }
        self.model.jobs.get_mut(&id).unwrap().replayed = true;
        let fresh =
            Job { state: State::Waiting, attempt: 0, failures: 0, not_before: now, cancel_requested: false, ..job };
        self.model.jobs.insert(again, fresh);
        Ok(())
    }

    pub(super) async fn unpark(&mut self) -> Checked {
        let freed = self.store.unpark(QUEUE, &[("toy", 1)]).await.map_err(wrong)?;
        let parked = self.model.jobs.values_mut().filter(|job| job.state == State::Parked);
        prop_assert_eq!(freed, parked.map(|job| job.state = State::Waiting).count());
        Ok(())
    }
}
