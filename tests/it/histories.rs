//! Whatever happens in whatever order: no job is lost, doubled, over its attempts or ended twice, one of an ordering key
//! runs at a time, and keys hold as promised. `HISTORIES=1000` tries more than the usual few.

mod model;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::json;
use sqlx::{Executor, PgPool};
use windlass::model::{Calendar, Claim, Ending, NewJob, Reason, SessionId};
use windlass::store::{Ask, Retention, Settlement, StoreError, Target, Watermarks, enqueue};
use windlass::testing::{ManualClock, begin};
use windlass::{Enqueued, JobId, KeyScope, Priority, Store};

use crate::support::{at_a_clock, database};
use model::{Holder, Job, Model, Scope, State};

const QUEUE: &str = "toys";
const HOUR: Duration = Duration::from_hours(1);

/// What is done in a step. Numbers named `pick` choose among what there is, round and round.
#[derive(Clone, Debug)]
enum Step {
    Enqueue { key: Option<(u8, Scope)>, args: u8, order: Option<u8>, max_failures: i32, priority: u8, delay: i64 },
    Claim { session: usize, limit: usize },
    ClaimByTheGone { pick: usize },
    Settle { pick: usize, ending: End, batch: bool },
    SettleLate { pick: usize, ending: End },
    Leave { session: usize },
    Lapse { session: usize },
    Rescue,
    Turn { seconds: i64 },
    Pause(bool),
    Cancel { pick: usize },
    Replay { pick: usize },
    Unpark,
    Unblock,
    Prune,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Completed,
    Cancelled,
    Expired,
    Retry(u64),
    Snooze(u64),
    RetryAfter(u64),
    Release,
    Park,
    Bury,
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        4 => Just(End::Completed),
        1 => Just(End::Cancelled),
        1 => Just(End::Expired),
        3 => (0..90_u64).prop_map(End::Retry),
        1 => (0..90_u64).prop_map(End::Snooze),
        1 => (0..90_u64).prop_map(End::RetryAfter),
        2 => Just(End::Release),
        1 => Just(End::Park),
        2 => Just(End::Bury),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let scope =
        prop_oneof![Just(Scope::Forever), Just(Scope::WhileLive), Just(Scope::ForAMinute), Just(Scope::PerHour)];
    let some_key = prop::option::of((0..3_u8, scope));
    let new = (some_key, 0..2_u8, prop::option::of(0..2_u8), 1..4_i32, 1..5_u8, 0..60_i64);
    prop_oneof![
        8 => new.prop_map(|(key, args, order, max_failures, priority, delay)| {
            Step::Enqueue { key, args, order, max_failures, priority, delay: (delay - 40).max(0) }
        }),
        8 => (0..3_usize, 1..4_usize).prop_map(|(session, limit)| Step::Claim { session, limit }),
        1 => (0..9_usize).prop_map(|pick| Step::ClaimByTheGone { pick }),
        8 => (0..9_usize, end(), any::<bool>()).prop_map(|(pick, ending, batch)| Step::Settle { pick, ending, batch }),
        3 => (0..9_usize, end()).prop_map(|(pick, ending)| Step::SettleLate { pick, ending }),
        1 => (0..3_usize).prop_map(|session| Step::Leave { session }),
        1 => (0..3_usize).prop_map(|session| Step::Lapse { session }),
        3 => Just(Step::Rescue),
        3 => (1..100_i64).prop_map(|seconds| Step::Turn { seconds }),
        1 => any::<bool>().prop_map(Step::Pause),
        2 => (0..9_usize).prop_map(|pick| Step::Cancel { pick }),
        2 => (0..9_usize).prop_map(|pick| Step::Replay { pick }),
        1 => Just(Step::Unpark),
        1 => Just(Step::Unblock),
        1 => Just(Step::Prune),
    ]
}

#[test]
fn no_history_loses_doubles_or_overruns_a_job() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(database());
    let cases = std::env::var("HISTORIES").ok().map_or(80, |number| number.parse().unwrap());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 1..60), |steps| {
            runtime.block_on(async {
                let mut history = History::begin(&database).await?;
                for step in steps {
                    history.take(step).await?;
                    history.check().await?;
                }
                history.drain().await
            })
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

type Checked = Result<(), TestCaseError>;

fn wrong(error: impl Display) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

struct History {
    store: Store,
    db: PgPool,
    clock: ManualClock,
    model: Model,
    sessions: Vec<SessionId>,
    gone: Vec<SessionId>,
    claims: Vec<Claim>,
}

impl History {
    async fn begin(database: &windlass::testing::Database) -> Result<Self, TestCaseError> {
        let db = database.pool().clone();
        let wipe = "delete from windlass.jobs; delete from windlass.history; delete from windlass.dead_letters;
                    delete from windlass.attempts; delete from windlass.unique_keys; delete from windlass.workers;
                    update windlass.queues set paused_at = null, paused_by = null, paused_why = null";
        db.execute(sqlx::raw_sql(wipe)).await.map_err(wrong)?;
        let (store, _, clock) = at_a_clock(database);
        let mut sessions = Vec::new();
        for _ in 0..3 {
            sessions.push(begin(&store).await.map_err(wrong)?);
        }
        Ok(Self { store, db, clock, model: Model::default(), sessions, gone: Vec::new(), claims: Vec::new() })
    }

    async fn take(&mut self, step: Step) -> Checked {
        match step {
            Step::Enqueue { .. } => self.enqueue(step).await?,
            Step::Claim { session, limit } => self.claim(self.sessions[session], limit).await.map(drop)?,
            Step::ClaimByTheGone { pick } if !self.gone.is_empty() => {
                let gone = self.gone[pick % self.gone.len()];
                prop_assert_eq!(self.claim(gone, 1).await?, 0, "a gone session claimed");
            }
            Step::Settle { pick, ending, batch } => {
                let held: Vec<Claim> = self.claims.iter().filter(|claim| self.holds(claim)).cloned().collect();
                if !held.is_empty() {
                    let one = &held[pick % held.len()];
                    let fits = |claim: &&Claim| {
                        claim.id == one.id || batch && (claim.session, claim.attempt) == (one.session, one.attempt)
                    };
                    self.settle(&held.iter().filter(fits).cloned().collect::<Vec<_>>(), ending).await?;
                }
            }
            Step::SettleLate { pick, ending } => {
                let late: Vec<Claim> = self.claims.iter().filter(|claim| !self.holds(claim)).cloned().collect();
                if !late.is_empty() {
                    self.settle(&late[pick % late.len()..][..1], ending).await?;
                }
            }
            Step::Leave { session } => {
                let gone = std::mem::replace(&mut self.sessions[session], begin(&self.store).await.map_err(wrong)?);
                let mut connection = self.db.acquire().await.map_err(wrong)?;
                self.store.leave(&mut connection, gone).await.map_err(wrong)?;
                self.gone.push(gone);
            }
            Step::Lapse { session } => {
                let gone = std::mem::replace(&mut self.sessions[session], begin(&self.store).await.map_err(wrong)?);
                self.turn(TimeDelta::minutes(40)).await?;
                self.turn(TimeDelta::minutes(40)).await?;
                prop_assert_eq!(self.store.condemn(Duration::ZERO).await.map_err(wrong)?, vec![gone]);
                self.gone.push(gone);
            }
            Step::Rescue => self.rescue().await?,
            Step::Turn { seconds } => self.turn(TimeDelta::seconds(seconds)).await?,
            Step::Pause(paused) => {
                let by = paused.then_some(("ana", "a test"));
                self.store.set_paused(Target::Queue(QUEUE), by).await.map_err(wrong)?;
                self.model.paused = paused;
            }
            Step::Cancel { pick } => self.cancel(pick).await?,
            Step::Replay { pick } => self.replay(pick).await?,
            Step::Unpark => self.unpark().await?,
            Step::Unblock => self.store.unblock(QUEUE, "").await.map(drop).map_err(wrong)?,
            Step::Prune => {
                let keep = Retention { dead_letters: 1_000_000_000, attempts: 1_000_000_000 };
                self.store.prune_queue(QUEUE, keep).await.map_err(wrong)?;
                let now = self.clock.now();
                self.model.keys.retain(|_, holder| holder.until.is_none_or(|until| until >= now));
            }
            Step::ClaimByTheGone { .. } => {}
        }
        Ok(())
    }

    fn holds(&self, claim: &Claim) -> bool {
        let job = &self.model.jobs[&claim.id];
        job.state == State::Running(claim.session) && job.attempt == claim.attempt
    }

    async fn turn(&mut self, by: TimeDelta) -> Checked {
        self.clock.turn(by);
        let mut connection = self.db.acquire().await.map_err(wrong)?;
        for session in &self.sessions {
            prop_assert!(self.store.renew(&mut connection, *session, HOUR).await.map_err(wrong)?, "a lease was lost");
        }
        Ok(())
    }

    async fn enqueue(&mut self, step: Step) -> Checked {
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

    async fn claim(&mut self, session: SessionId, limit: usize) -> Result<usize, TestCaseError> {
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

    async fn settle(&mut self, claims: &[Claim], end: End) -> Checked {
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
                _ => (State::Waiting, Duration::ZERO),
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

    async fn rescue(&mut self) -> Checked {
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

    async fn cancel(&mut self, pick: usize) -> Checked {
        let Some(id) = self.model.pick(pick, Job::is_live) else { return Ok(()) };
        let ended = self.store.cancel(id).await.map_err(wrong)?;
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

    async fn replay(&mut self, pick: usize) -> Checked {
        let Some(id) = self.model.pick(pick, |job| job.state == State::Ended("buried")) else { return Ok(()) };
        let (again, now) = (JobId::new(), self.clock.now());
        let job = self.model.jobs[&id].clone();
        let holder = job.key.as_deref().and_then(|key| self.model.holder(key, now)).map(|holder| holder.job);
        let taken = holder.filter(|holder| *holder != id);
        match self.store.replay(id, again, "ana", "a test").await {
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

    async fn unpark(&mut self) -> Checked {
        let freed = self.store.unpark(QUEUE, &[("toy", 1)]).await.map_err(wrong)?;
        let parked = self.model.jobs.values_mut().filter(|job| job.state == State::Parked);
        prop_assert_eq!(freed, parked.map(|job| job.state = State::Waiting).count());
        Ok(())
    }

    /// The tables say what the model says.
    async fn check(&self) -> Checked {
        type Row = (JobId, String, i32, i32, Option<SessionId>, Option<String>);
        let live = "select id, state, attempt, failures, leased_by, ordering_key from windlass.jobs";
        let ended = "select id, outcome, attempt, failures, null::uuid, null from windlass.history
                     union all select id, 'buried', attempt, failures, null, null from windlass.dead_letters";
        let live: Vec<Row> = sqlx::query_as(live).fetch_all(&self.db).await.map_err(wrong)?;
        let ended: Vec<Row> = sqlx::query_as(ended).fetch_all(&self.db).await.map_err(wrong)?;
        let mut found = BTreeMap::new();
        for (id, state, attempt, failures, session, _) in live.iter().chain(&ended) {
            let word = if state == "blocked" { "available" } else { state };
            let twice = found.insert(*id, (word.to_owned(), *attempt, *failures, *session));
            prop_assert_eq!(twice, None, "{} is there twice", id);
        }
        let told = self.model.jobs.iter().map(|(id, job)| {
            let (word, session) = match job.state {
                State::Waiting => ("available", None),
                State::Parked => ("parked", None),
                State::Running(session) => ("running", Some(session)),
                State::Ended(how) => (how, None),
            };
            (*id, (word.to_owned(), job.attempt, job.failures, session))
        });
        prop_assert_eq!(found, told.collect::<BTreeMap<_, _>>(), "left: the tables, right: the model");
        for (id, job) in &self.model.jobs {
            let most = job.max_failures - i32::from(job.is_live());
            prop_assert!(job.failures <= most, "{} is over its attempts", id);
        }
        for (id, .., order) in live.iter().filter(|row| row.1 == "blocked") {
            let front = live.iter().any(|row| row.5 == *order && row.1 != "blocked");
            prop_assert!(front, "{} is blocked, and nothing is in front of it", id);
        }
        Ok(())
    }

    /// Everybody dies; what is left is run to its end.
    async fn drain(&mut self) -> Checked {
        self.take(Step::Pause(false)).await?;
        for session in 0..3 {
            self.take(Step::Leave { session }).await?;
        }
        self.rescue().await?;
        for _ in 0..=2 * self.model.jobs.len() {
            self.unpark().await?;
            self.turn(TimeDelta::minutes(2)).await?;
            self.claim(self.sessions[0], 9).await?;
            let held: Vec<Claim> = self.claims.iter().filter(|claim| self.holds(claim)).cloned().collect();
            for claim in held {
                self.settle(&[claim], End::Completed).await?;
            }
        }
        self.check().await?;
        let left = self.model.pick(0, Job::is_live);
        prop_assert_eq!(left, None, "is never run");
        Ok(())
    }
}
