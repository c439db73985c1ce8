//! One step of a replay: look how the released letters ended, judge, release the next. One transaction, in which the replay's
//! row is locked: any number of processes may try, one does it, and where one dies in the middle nothing has happened.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::audit::{self, Deed};
use super::{Store, StoreError, sql};
use crate::model::{By, JobId, Priority};
use crate::telemetry;

/// The most letters that one step releases.
const MOST: i32 = 1_000;
/// So many endings have to be there before a share of them says anything.
const ENDINGS: i32 = 5;
/// Replayed jobs stand behind live ones.
const LANE: Priority = Priority::Low;

#[derive(Debug, sqlx::FromRow)]
struct Row {
    state: String,
    planned_by: String,
    why: String,
    waiting: i32,
    running: i32,
    succeeded: i32,
    died_same: i32,
    died_other: i32,
    ended: i32,
    refused: i32,
    canary: i32,
    probed: i32,
    concurrency: i32,
    stop_share: f64,
    cycle_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    tokens: f64,
}

#[derive(Default, sqlx::FromRow)]
struct Collected {
    succeeded: i32,
    died_same: i32,
    died_other: i32,
    ended: i32,
}

#[derive(sqlx::FromRow)]
struct Picked {
    queue: String,
    letter: JobId,
    known: bool,
}

impl Store {
    /// Replays that are under way, and whether their letters are still to be chosen.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn active_replays(&self) -> Result<Vec<(Uuid, bool)>, StoreError> {
        let mut line = self.line().await?;
        let active = sqlx::query_as(sql::LIST_ACTIVE_REPLAYS).fetch_all(line.connection()?).await?;
        line.answered();
        Ok(active)
    }

    /// One step of a replay; says whether it made jobs. Nothing is done where somebody else is at it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`].
    pub async fn step_replay(&self, id: Uuid) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let locked = sqlx::query_as(sql::LOCK_REPLAY).bind(id).bind(self.clock.now()).fetch_optional(&mut *tx).await?;
        let Some(row) = locked else { return Ok(false) };
        sqlx::query(sql::LOOK_UP_BY_KEY).execute(&mut *tx).await?;
        let mut step = Step { store: self, tx, id, row, over: Collected::default(), stopped: None };
        step.collect().await?;
        step.judge().await?;
        let released = step.release().await?;
        step.finish();
        step.save().await?;
        Ok(released > 0)
    }
}

struct Step<'a> {
    store: &'a Store,
    tx: Transaction<'a, Postgres>,
    id: Uuid,
    row: Row,
    over: Collected,
    stopped: Option<String>,
}

impl Step<'_> {
    async fn collect(&mut self) -> Result<(), StoreError> {
        if self.row.running == 0 {
            return Ok(());
        }
        let over: Collected = sqlx::query_as(sql::COLLECT_REPLAY_ITEMS)
            .bind(self.id)
            .bind(self.store.clock.now())
            .fetch_one(&mut *self.tx)
            .await?;
        let row = &mut self.row;
        row.succeeded += over.succeeded;
        row.died_same += over.died_same;
        row.died_other += over.died_other;
        row.ended += over.ended;
        row.running -= over.succeeded + over.died_same + over.died_other + over.ended;
        self.over = over;
        Ok(())
    }

    /// Stops it, or lets the canaries' success open the way.
    async fn judge(&mut self) -> Result<(), StoreError> {
        let canary = self.row.state == "canary";
        if !canary && self.row.state != "running" {
            return Ok(());
        }
        let (endings, deaths, same): (i32, i32, i32) =
            sqlx::query_as(sql::JUDGE_REPLAY).bind(self.id).bind(self.row.cycle_at).fetch_one(&mut *self.tx).await?;
        let probed = self.row.probed >= self.row.canary || self.row.waiting == 0;
        let over = canary && probed && self.row.running == 0;
        let many = f64::from(deaths) > f64::from(endings) * self.row.stop_share;
        self.stopped = if canary && same > 0 {
            Some(format!("{same} of {endings} canaries died as before"))
        } else if deaths > 0 && many && (over || endings >= ENDINGS) {
            Some(format!("{deaths} of the last {endings} died; {:.0} % may", self.row.stop_share * 100.0))
        } else {
            None
        };
        if self.stopped.is_some() {
            "stopped".clone_into(&mut self.row.state);
        } else if over {
            "running".clone_into(&mut self.row.state);
        }
        Ok(())
    }

    /// Releases as many as the canary, the rate and the concurrency allow; says how many.
    async fn release(&mut self) -> Result<i32, StoreError> {
        let row = &self.row;
        let free = row.concurrency - row.running;
        let (allowed, failures) = match row.state.as_str() {
            "canary" => (row.canary - row.probed, Some(1)),
            #[expect(clippy::cast_possible_truncation, reason = "a bucket holds two seconds' worth")]
            "running" => (row.tokens.floor().min(f64::from(MOST)) as i32, None),
            _ => return Ok(0),
        };
        let count = allowed.min(free).min(MOST);
        if count <= 0 {
            return Ok(0);
        }
        let picked: Vec<Picked> =
            sqlx::query_as(sql::PICK_REPLAY_ITEMS).bind(self.id).bind(count).fetch_all(&mut *self.tx).await?;
        let mut by_queue: BTreeMap<String, Vec<Picked>> = BTreeMap::new();
        for item in picked {
            by_queue.entry(item.queue.clone()).or_default().push(item);
        }
        let mut released = 0;
        for (queue, items) in by_queue {
            let made = self.release_of(&queue, &items, failures).await?;
            let all = i32::try_from(items.len()).unwrap_or(i32::MAX);
            released += made;
            self.row.waiting -= all;
            self.row.running += made;
            self.row.refused += all - made;
        }
        if self.row.state == "canary" {
            self.row.probed += released;
        } else {
            self.row.tokens -= f64::from(released);
        }
        Ok(released)
    }

    /// Makes jobs of these letters of one queue; says how many.
    async fn release_of(&mut self, queue: &str, items: &[Picked], failures: Option<i32>) -> Result<i32, StoreError> {
        let known: Vec<JobId> = items.iter().filter(|item| item.known).map(|item| item.letter).collect();
        let again: Vec<JobId> = known.iter().map(|_| JobId::new()).collect();
        let holders: Vec<(JobId, JobId)> = sqlx::query_as(sql::REPLAY_DEAD_LETTERS)
            .bind(queue)
            .bind(&known)
            .bind(&again)
            .bind(&self.row.planned_by)
            .bind(&self.row.why)
            .bind(self.store.clock.now())
            .bind(LANE.number())
            .bind(failures)
            .fetch_all(&mut *self.tx)
            .await?;
        let made: BTreeMap<JobId, JobId> = known.into_iter().zip(again).collect();
        let holders: BTreeMap<JobId, JobId> = holders.into_iter().collect();
        let mut marks = Marks::default();
        let mut released = 0;
        for item in items {
            match holders.get(&item.letter) {
                _ if !item.known => marks.push(item.letter, "unknown_kind", None, None),
                Some(holder) if made.get(&item.letter) == Some(holder) => {
                    released += 1;
                    marks.push(item.letter, "running", Some(*holder), None);
                }
                Some(holder) => marks.push(item.letter, "key_taken", None, Some(format!("job {holder} has its key"))),
                None => marks.push(item.letter, "gone", None, None),
            }
        }
        marks.write(&mut self.tx, queue, self.id, self.store).await?;
        Ok(released)
    }

    fn finish(&mut self) {
        if matches!(self.row.state.as_str(), "canary" | "running") && self.row.waiting == 0 && self.row.running == 0 {
            "done".clone_into(&mut self.row.state);
        }
    }

    async fn save(mut self) -> Result<(), StoreError> {
        let row = &self.row;
        sqlx::query(sql::SAVE_REPLAY)
            .bind(self.id)
            .bind(&row.state)
            .bind(row.waiting)
            .bind(row.running)
            .bind(row.succeeded)
            .bind(row.died_same)
            .bind(row.died_other)
            .bind(row.ended)
            .bind(row.refused)
            .bind(row.probed)
            .bind(row.tokens)
            .bind(&self.stopped)
            .bind(self.store.clock.now())
            .bind(row.now)
            .execute(&mut *self.tx)
            .await?;
        if let Some(why) = &self.stopped {
            let deed = Deed { after: Some(json!({ "state": "stopped" })), ..Deed::new("replay.stop", &self.id) };
            audit::write(&mut self.tx, &self.store.clock, &By::new("windlass", why.as_str()), deed).await?;
        }
        self.tx.commit().await?;
        for (result, jobs) in [
            ("succeeded", self.over.succeeded),
            ("died_same", self.over.died_same),
            ("died_other", self.over.died_other),
            ("ended", self.over.ended),
        ] {
            telemetry::replay_ended(result, jobs);
        }
        telemetry::replay_stopped(self.stopped.is_some().into());
        Ok(())
    }
}

/// What came of letters of one queue, turned on its side.
#[derive(Default)]
struct Marks {
    letters: Vec<JobId>,
    states: Vec<&'static str>,
    jobs: Vec<Option<JobId>>,
    notes: Vec<Option<String>>,
}

impl Marks {
    fn push(&mut self, letter: JobId, state: &'static str, job: Option<JobId>, note: Option<String>) {
        self.letters.push(letter);
        self.states.push(state);
        self.jobs.push(job);
        self.notes.push(note);
    }

    async fn write(self, tx: &mut PgConnection, queue: &str, replay: Uuid, store: &Store) -> Result<(), StoreError> {
        sqlx::query(sql::MARK_REPLAY_ITEMS)
            .bind(queue)
            .bind(replay)
            .bind(self.letters)
            .bind(self.states)
            .bind(self.jobs)
            .bind(self.notes)
            .bind(store.clock.now())
            .execute(tx)
            .await?;
        Ok(())
    }
}
