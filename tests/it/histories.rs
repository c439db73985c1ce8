//! Whatever happens in whatever order: no job is lost, doubled, over its attempts or ended twice, one of an ordering key
//! runs at a time, and keys hold as promised. `HISTORIES=1000` tries more than the usual few.

mod act;
mod model;
mod step;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sqlx::{Executor, PgPool};
use windlass::model::{Claim, SessionId};
use windlass::store::{Retention, Target};
use windlass::testing::{ManualClock, begin};
use windlass::{JobId, Store};

use crate::support::{at_a_clock, database};
use model::{Job, Model, State};
use step::{End, Step, step};

const QUEUE: &str = "toys";
const HOUR: Duration = Duration::from_hours(1);

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
                prop_assert_eq!(self.store.condemn(Some(Duration::ZERO)).await.map_err(wrong)?.sessions, vec![gone]);
                self.gone.push(gone);
            }
            Step::Rescue => self.rescue().await?,
            Step::Turn { seconds } => self.turn(TimeDelta::seconds(seconds)).await?,
            Step::Pause(paused) => {
                let by = paused.then_some(("ana", "a test"));
                let mut line = self.store.db().acquire().await.unwrap();
                self.store.set_paused(&mut line, Target::Queue(QUEUE), by).await.map_err(wrong)?;
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
