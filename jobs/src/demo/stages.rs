//! The demo's steps while the workers run: sessions close and are analysed, people's wishes are granted, days become weeks and months;
//! then the late sessions likewise; at last one person is forgotten.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use indicatif::ProgressBar;
use sqlx::PgPool;
use windlass::cli::CliError;
use windlass::{Client, Job, JobId, Store};

use super::wait::{self, LOOK};
use super::{Conversation, Inputs, Loaded};
use crate::MonthlyNarrative;
use crate::control::{self, ErasureKey, erasure};
use crate::monthly_narrative::{Told, read_told};
use crate::post_session_analysis::{Analysis, PostSessionAnalysis, Stored, StoredSession, StoredTurn, read_results};
use crate::sessions::{self, CloseError};
use crate::weekly_aggregation::WeeklyAggregation;
use crate::weekly_aggregation::spectrum::{StoredBucket, StoredDay, read_days, read_months, read_weeks};

/// How many producers close sessions at once.
const PRODUCERS: usize = 4;
/// By then every bucket is due, whatever it is of.
const END_OF_TIME: &str = "9999-01-01T00:00:00Z";

/// What came out.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The jobs that were enqueued by hand.
    pub(super) jobs: Vec<JobId>,
    /// What the analysis made of each session, before anyone's wishes.
    pub(super) results: Stored,
    /// The weeks before the late sessions came, if any are late.
    pub(super) early_weeks: Option<Vec<StoredBucket>>,
    pub(super) days: Vec<StoredDay>,
    pub(super) weeks: Vec<StoredBucket>,
    pub(super) months: Vec<StoredBucket>,
    /// The months' texts.
    pub(super) told: Vec<Told>,
    /// Whom the last step forgot.
    pub(super) forgotten: Option<Forgotten>,
}

/// What the analysis made of sessions, by their place in the inputs.
type Analysed = BTreeMap<usize, (StoredSession, Vec<StoredTurn>)>;

/// Who was forgotten, and what was removed.
#[derive(Debug)]
pub(super) struct Forgotten {
    /// The place in the inputs' people.
    pub(super) person: usize,
    /// Rows by table, of all of the person's requests.
    pub(super) rows: BTreeMap<String, i64>,
}

/// Everything that the steps need.
pub(super) struct Stages<'a> {
    pub(super) db: &'a PgPool,
    pub(super) inputs: &'a Inputs,
    pub(super) loaded: &'a Loaded,
    pub(super) key: &'a ErasureKey,
    pub(super) bar: &'a ProgressBar,
}

impl Stages<'_> {
    /// Goes through all of them; ends when everything is done.
    pub(super) async fn run(&self) -> Result<Outcome, CliError> {
        let (mut outcome, mut analysed) = (Outcome::default(), Analysed::new());
        let late = |place: &usize| {
            let handed_over = self.inputs.conversations[*place].ingested_at;
            self.inputs.wishes.cutoff.is_some_and(|cutoff| handed_over.is_some_and(|at| at > cutoff))
        };
        let (late, early): (Vec<usize>, Vec<usize>) = (0..self.loaded.sessions.len()).partition(late);
        self.stage(&early, &mut outcome, &mut analysed).await?;
        if self.inputs.wishes.cutoff.is_some() {
            outcome.early_weeks = Some(read_weeks(self.db, &self.loaded.source).await?);
            self.stage(&late, &mut outcome, &mut analysed).await?;
        }
        outcome.days = read_days(self.db, &self.loaded.source).await?;
        outcome.weeks = read_weeks(self.db, &self.loaded.source).await?;
        outcome.months = read_months(self.db, &self.loaded.source).await?;
        if !self.inputs.rated {
            outcome.jobs.extend(self.narrate().await?);
            outcome.told = read_told(self.db, &self.loaded.source).await?;
        }
        outcome.forgotten = self.forget().await?;
        for (session, turns) in analysed.into_values() {
            outcome.results.sessions.push(session);
            outcome.results.turns.extend(turns);
        }
        Ok(outcome)
    }

    /// Closes and analyses these sessions, grants what is asked of them, and aggregates.
    async fn stage(&self, places: &[usize], outcome: &mut Outcome, analysed: &mut Analysed) -> Result<(), CliError> {
        let jobs = self.close(places).await?;
        self.ended(PostSessionAnalysis::QUEUE, &jobs).await;
        outcome.jobs.extend(jobs);
        self.collect(places, analysed).await?;
        if self.inputs.rated {
            // When reviews were written nobody knows: they have no weeks.
            return Ok(());
        }
        self.grant(places).await?;
        wait::idle(self.db, PostSessionAnalysis::QUEUE).await;
        outcome.jobs.extend(self.aggregate().await?);
        Ok(())
    }

    async fn close(&self, places: &[usize]) -> Result<Vec<JobId>, CloseError> {
        let all: Arc<Vec<_>> = Arc::new(places.iter().map(|place| self.loaded.sessions[*place]).collect());
        let mut producers = tokio::task::JoinSet::new();
        for producer in 0..PRODUCERS {
            let (db, client, all) = (self.db.clone(), Client::new(self.db.clone()), Arc::clone(&all));
            producers.spawn(async move {
                let mut jobs = Vec::new();
                for session in all.iter().skip(producer).step_by(PRODUCERS) {
                    let (subject_id, session_id) = (session.subject_id, session.session_id);
                    let mut tx = db.begin().await?;
                    let job = sessions::close(&mut tx, &client, subject_id, session_id, session.ended_at).await?;
                    client.commit(tx).await?;
                    jobs.push(job.id());
                }
                Ok::<_, CloseError>(jobs)
            });
        }
        let mut jobs = Vec::new();
        for closed in producers.join_all().await {
            jobs.extend(closed?);
        }
        Ok(jobs)
    }

    /// Keeps the results of these sessions. One before its person's reset has none in the tables: its formula is computed here,
    /// for the files hold that of every session.
    async fn collect(&self, places: &[usize], analysed: &mut Analysed) -> Result<(), CliError> {
        let Stored { sessions, turns } = read_results(self.db, &self.loaded.source).await?;
        let mut sessions: HashMap<String, StoredSession> =
            sessions.into_iter().map(|session| (session.external_id.clone(), session)).collect();
        let mut impacts: HashMap<String, Vec<StoredTurn>> = HashMap::new();
        for turn in turns {
            impacts.entry(turn.external_id.clone()).or_default().push(turn);
        }
        for place in places {
            let conversation = &self.inputs.conversations[*place];
            let Some(mut session) = sessions.remove(&conversation.external_id) else { continue };
            let mut turns = impacts.remove(&conversation.external_id).unwrap_or_default();
            if session.vector.is_none() && self.is_before_reset(conversation) {
                let mut analysis = Analysis::new();
                for said in &conversation.turns {
                    analysis.turn(said.index, said.role, &said.text)?;
                }
                let (vector, of_turns) = analysis.finish();
                session.vector = Some(vector);
                let turn = |impact| StoredTurn { external_id: conversation.external_id.clone(), impact };
                turns = of_turns.into_iter().map(turn).collect();
            }
            analysed.insert(*place, (session, turns));
        }
        Ok(())
    }

    fn is_before_reset(&self, conversation: &Conversation) -> bool {
        let before = |at: DateTime<Utc>| conversation.started_at.is_some_and(|started_at| started_at < at);
        self.inputs.wishes.resets.iter().any(|(person, at)| *person == conversation.person && before(*at))
    }

    /// Grants what is asked of these sessions, and of people what has not been granted yet.
    async fn grant(&self, places: &[usize]) -> Result<(), CliError> {
        let (client, wishes) = (Client::new(self.db.clone()), &self.inputs.wishes);
        let mut requests = Vec::new();
        for (place, at) in wishes.excluded.iter().filter(|(place, _)| places.contains(place)) {
            let session = self.loaded.sessions[*place];
            let mut tx = self.db.begin().await?;
            control::exclude(&mut tx, &client, session.subject_id, session.session_id, Some(*at)).await?;
            client.commit(tx).await?;
        }
        for place in wishes.deleted.iter().filter(|place| places.contains(place)) {
            let session = self.loaded.sessions[*place];
            let mut tx = self.db.begin().await?;
            requests.push(control::delete(&mut tx, self.key, session.subject_id, session.session_id).await?);
            tx.commit().await?;
        }
        for (person, at) in &wishes.resets {
            let mut tx = self.db.begin().await?;
            let request = control::reset(&mut tx, self.key, self.loaded.people[*person], Some(*at)).await?;
            tx.commit().await?;
            requests.push(request);
        }
        for request in requests {
            self.erase(request).await?;
        }
        Ok(())
    }

    /// Has every week that will ever be due aggregated.
    async fn aggregate(&self) -> Result<Vec<JobId>, CliError> {
        Ok(wait::through(self.db, [WeeklyAggregation::dispatch(END_OF_TIME.parse()?)]).await?)
    }

    /// Tells every month.
    async fn narrate(&self) -> Result<Vec<JobId>, CliError> {
        Ok(wait::through(self.db, [MonthlyNarrative::dispatch(END_OF_TIME.parse()?)]).await?)
    }

    /// Forgets the second person, if there are others.
    async fn forget(&self) -> Result<Option<Forgotten>, CliError> {
        let person = 1;
        let Some(subject_id) = self.loaded.people.get(person).filter(|_| !self.inputs.rated) else { return Ok(None) };
        let mut tx = self.db.begin().await?;
        let request = control::erase(&mut tx, self.key, *subject_id).await?;
        tx.commit().await?;
        self.erase(request).await?;
        let rows = erasure::removed(self.db, self.key, &self.loaded.source, &self.inputs.people[person].0).await?;
        Ok(Some(Forgotten { person, rows }))
    }

    async fn erase(&self, request: i64) -> Result<(), CliError> {
        // A job about the person may be running.
        while !erasure::run(self.db, request).await? {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Resolves when all of these jobs have ended.
    async fn ended(&self, queue: &str, jobs: &[JobId]) {
        let store = Store::new(self.db.clone());
        let before = self.bar.position();
        loop {
            match store.unended(queue, jobs).await {
                Ok(0) => break,
                Ok(left) => self.bar.set_position(before + (jobs.len() as u64).saturating_sub(left.unsigned_abs())),
                Err(error) => tracing::warn!(%error, "failed to ask what is left"),
            }
            tokio::time::sleep(LOOK).await;
        }
        self.bar.set_position(before + jobs.len() as u64);
    }
}
