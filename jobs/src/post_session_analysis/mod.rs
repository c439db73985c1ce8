//! Analyse a finished session: how each turn feels, and the session as a whole.
//!
//! Here stands the job: its arguments, its key, its steps. `store` holds its SQL. The other modules are the arithmetic
//! alone: no database, no clock, no network. Feed the turns to an [`Analysis`] in their order and
//! [`finish`](Analysis::finish) it.

pub mod emotion;
pub mod impact;
pub mod lexicon;
pub mod pattern;
pub mod role;
pub mod session;
mod store;
pub mod text;
pub mod turn;
pub mod vector;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use windlass::{Job, JobContext, JobError, Policy};

pub use emotion::Emotion;
pub use impact::{Class, TurnImpact};
pub use pattern::Pattern;
pub use role::Role;
pub use session::{Analysis, AnalysisError};
pub use store::{Stored, StoredSession, StoredTurn, read_results};
pub(crate) use store::{lock_day, rebuild_day};
pub use turn::TurnScore;
pub use vector::{SessionVector, Status};

use crate::apart::apart;
use crate::deps::Deps;
use crate::schema;

/// The name results carry: this lexicon with these formulas.
pub const ANALYZER: &str = "lex-1";

/// The arguments: ids only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostSessionAnalysis {
    /// The person.
    pub subject_id: i64,
    /// The session.
    pub session_id: i64,
    /// The session's revision: an edit, an exclusion or its end raises it and enqueues the analysis anew.
    pub session_revision: i32,
    /// How it is analysed.
    pub analyzer: Analyzer,
    /// What for.
    pub mode: Mode,
}

/// The analyzers there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Analyzer {
    /// The lexicon; needs nothing from outside.
    #[default]
    #[serde(rename = "lex-1")]
    Lex1,
}

/// What an analysis is made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The person's emotional spectrum.
    #[default]
    Spectrum,
}

impl PostSessionAnalysis {
    /// The analysis of a session's revision.
    #[must_use]
    pub fn of(subject_id: i64, session_id: i64, session_revision: i32) -> Self {
        Self { subject_id, session_id, session_revision, analyzer: Analyzer::default(), mode: Mode::default() }
    }
}

impl Job for PostSessionAnalysis {
    const KIND: &'static str = "post_session_analysis";
    const QUEUE: &'static str = "analysis";
    const POLICY: Policy = Policy { timeout: Duration::from_mins(1), max_failures: 5, ..Policy::DEFAULT };
    /// All but whose session it is.
    const SHOWN: &'static [&'static str] = &["session_id", "session_revision", "analyzer", "mode"];
    type Deps = Deps;

    fn args_schema() -> Option<Value> {
        let ids = [("subject_id", schema::int64()), ("session_id", schema::int64())];
        let how = [("analyzer", schema::words(&[ANALYZER])), ("mode", schema::words(&["spectrum"]))];
        let revision = ("session_revision", schema::int32());
        Some(schema::object(&[&ids[..], &[revision], &how[..]].concat(), &[]))
    }

    fn unique_key(&self) -> Option<String> {
        let Self { subject_id, session_id, session_revision, .. } = self;
        Some(format!("psa:{subject_id}:{session_id}:{session_revision}:{ANALYZER}:spectrum"))
    }

    fn subject(&self) -> Option<String> {
        Some(self.subject_id.to_string())
    }

    /// Reads and scores outside a transaction, a page of turns at a time; then writes everything in one, after looking again
    /// under lock whether the session is still the one that was read.
    async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        let Some(session) = store::read_session(cx.db(), self).await?.filter(|session| self.is_wanted(session)) else {
            return self.nothing_to_do();
        };
        let results = if session.excluded { None } else { Some(self.analyse(cx, &session).await?) };

        let mut tx = cx.db().begin().await?;
        match store::lock_session(&mut tx, self).await? {
            Some(still) if still == session => {}
            Some(changed) if self.is_wanted(&changed) => {
                return Err(JobError::retry("the session changed while it was analysed"));
            }
            _ => return self.nothing_to_do(),
        }
        store::save(&mut tx, self, &session, results.as_ref()).await?;
        cx.complete(&mut tx).await?;
        Ok(tx.commit().await?)
    }
}

impl PostSessionAnalysis {
    /// A session that is deleted, or was before a reset, is not analysed; nor is an older revision: its successor has a job
    /// of its own.
    fn is_wanted(&self, session: &store::Session) -> bool {
        !session.gone && session.revision == self.session_revision
    }

    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "one named way to end well without an effect")]
    fn nothing_to_do(&self) -> Result<(), JobError> {
        tracing::info!("nothing to analyse: the session is gone, or has a newer revision");
        Ok(())
    }

    async fn analyse(
        &self,
        cx: &JobContext<Deps>,
        session: &store::Session,
    ) -> Result<(SessionVector, Vec<TurnImpact>), JobError> {
        let mut analysis = Analysis::new();
        let mut after = -1;
        loop {
            let page = store::read_turns(cx.db(), self, session.local_date, after).await?;
            let Some(last) = page.last() else { return Ok(analysis.finish()) };
            after = last.index;
            // Scoring a page of the longest turns takes seconds; it must not hold up its thread's other jobs.
            analysis = apart(move || add(analysis, &page)).await?.map_err(JobError::discard)?;
        }
    }
}

fn add(mut analysis: Analysis, page: &[store::Turn]) -> Result<Analysis, AnalysisError> {
    for turn in page {
        analysis.turn(turn.index, turn.role, &turn.body)?;
    }
    Ok(analysis)
}
