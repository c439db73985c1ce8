//! What the demo says at its end.

use std::time::Duration;

use serde::Serialize;
use windlass::cli::{facts, table};

use super::Inputs;
use super::real::Figures;
use super::rest::Learned;
use super::stages::Outcome;
use super::weeks::sparklines;
use crate::post_session_analysis::{Emotion, Pattern, StoredSession};

/// How many sessions the table shows.
const SHOWN: usize = 8;
/// Half the width of the picture of a valence.
const HALF: usize = 8;

/// The demo in numbers.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    people: usize,
    sessions: usize,
    turns: usize,
    loading_seconds: f64,
    working_seconds: f64,
    weeks: usize,
    months: usize,
    narratives: usize,
    rows_forgotten: Option<i64>,
    learners: Option<u64>,
    interactions: Option<u64>,
    entries: Option<i64>,
    claims: Option<u64>,
    claims_quarantined: Option<u64>,
    learning_seconds: f64,
    learners_left_alone: bool,
    real: Option<String>,
    jobs: Vec<Ended>,
    database: String,
    #[serde(skip)]
    table: String,
    #[serde(skip)]
    patterns: String,
    #[serde(skip)]
    pictures: Vec<String>,
    #[serde(skip)]
    narrative: Option<String>,
}

/// How many jobs of a kind ended how.
#[derive(Debug, Serialize)]
struct Ended {
    kind: String,
    outcome: String,
    jobs: i64,
}

impl Report {
    pub(super) fn new(
        inputs: &Inputs,
        (outcome, learned): (&Outcome, &Learned),
        outcomes: &[(String, String, i64)],
        loading: Duration,
        working: Duration,
        database: &str,
    ) -> Self {
        Self {
            people: inputs.people.len(),
            sessions: inputs.conversations.len(),
            turns: inputs.turns(),
            loading_seconds: loading.as_secs_f64(),
            working_seconds: working.as_secs_f64(),
            weeks: outcome.weeks.len(),
            months: outcome.months.len(),
            narratives: outcome.told.iter().filter(|told| told.published).count(),
            rows_forgotten: outcome.forgotten.as_ref().map(|forgotten| forgotten.rows.values().sum()),
            learners: learned.learners.map(|(learners, _)| learners),
            interactions: learned.learners.map(|(_, interactions)| interactions),
            entries: learned.entries,
            claims: learned.claims.as_ref().map(|claims| claims.rows().0),
            claims_quarantined: learned.claims.as_ref().map(|claims| claims.rows().1),
            real: learned.real.as_ref().and_then(Figures::said),
            learning_seconds: learned.took.as_secs_f64(),
            learners_left_alone: learned.gave_way,
            jobs: outcomes
                .iter()
                .map(|(kind, outcome, jobs)| Ended { kind: kind.clone(), outcome: outcome.clone(), jobs: *jobs })
                .collect(),
            database: database.to_owned(),
            table: sessions_table(&outcome.results.sessions),
            patterns: patterns(&outcome.results.sessions),
            pictures: sparklines(&outcome.weeks),
            narrative: outcome.told.iter().rev().find(|told| told.published).map(|told| told.text.clone()),
        }
    }

    /// How many jobs became dead letters.
    pub(super) fn dead(&self) -> i64 {
        self.jobs.iter().filter(|outcome| outcome.outcome == "buried").map(|outcome| outcome.jobs).sum()
    }

    /// What is said of learners.
    fn learned(&self) -> Option<String> {
        let (learners, interactions) = (self.learners?, self.interactions?);
        let entries = self.entries.map(|entries| format!(" and {entries} costs and values")).unwrap_or_default();
        let seconds = self.learning_seconds;
        Some(format!(
            "{learners} of {interactions} interactions{entries}: imported, measured, compared in {seconds:.2} s"
        ))
    }

    pub(super) fn text(&self) -> String {
        let jobs = table(
            &["kind", "outcome", "jobs"],
            self.jobs.iter().map(|row| vec![row.kind.clone(), row.outcome.clone(), row.jobs.to_string()]),
        );
        let summary = facts([
            (
                "loaded",
                format!(
                    "{} turns of {} sessions of {} people in {:.2} s",
                    self.turns, self.sessions, self.people, self.loading_seconds
                ),
            ),
            (
                "worked",
                format!(
                    "{:.2} s: each analysis enqueued by the transaction that closed its session, then {} weeks and {} months",
                    self.working_seconds, self.weeks, self.months
                ),
            ),
            ("patterns", self.patterns.clone()),
        ]);
        let first = |line: usize| if line == 0 { "weeks" } else { "" };
        let mut weeks: Vec<_> =
            self.pictures.iter().enumerate().map(|(line, picture)| (first(line), picture.clone())).collect();
        if let Some(narrative) = &self.narrative {
            weeks.push(("a month", narrative.clone()));
        }
        if let Some(rows) = self.rows_forgotten {
            weeks.push(("forgotten", format!("one person: {rows} rows removed, and none left in any table")));
        }
        if let Some(learners) = self.learned() {
            weeks.push(("learners", learners));
        }
        if self.learners_left_alone {
            weeks
                .push(("learners", "those of this database were left alone; the sample's need one without".to_owned()));
        }
        if let (Some(rows), Some(bad)) = (self.claims, self.claims_quarantined) {
            weeks.push(("claims", format!("{rows} judged, {bad} of them in quarantine; taken out again")));
        }
        if let Some(real) = &self.real {
            weeks.push(("real", real.clone()));
        }
        let weeks = facts(weeks);
        let next = facts([
            ("look", format!("psql '{}'", self.database)),
            ("", "select * from insights.session_emotions limit 5;".to_owned()),
            ("then", "windlass jobs list · windlass dead list · windlass doctor · windlass dev".to_owned()),
        ]);
        format!("{}\n\n{jobs}\n\n{summary}\n\n{weeks}\n\n{next}", self.table)
    }
}

/// The first sessions that were analysed.
fn sessions_table(sessions: &[StoredSession]) -> String {
    let analysed = sessions.iter().filter_map(|session| Some((session, session.vector.as_ref()?)));
    table(
        &["session", "day", "turns", "negative · valence · positive", "emotion", "pattern"],
        analysed.take(SHOWN).map(|(session, vector)| {
            vec![
                session.external_id.clone(),
                session.local_date.to_string(),
                vector.n_user_turns.to_string(),
                vector.valence.map_or_else(String::new, |valence| format!("{} {valence:+.2}", picture(valence))),
                vector.dominant_emotion.map_or("none", Emotion::as_str).to_owned(),
                vector.pattern.map_or("empty", Pattern::as_str).replace('_', " "),
            ]
        }),
    )
}

/// A bar to the left or to the right of zero.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of a small width"
)]
fn picture(valence: f64) -> String {
    let length = ((valence.abs() * HALF as f64).round() as usize).min(HALF);
    let bar = "█".repeat(length);
    if valence < 0.0 { format!("{bar:>HALF$}│{:HALF$}", "") } else { format!("{:HALF$}│{bar:<HALF$}", "") }
}

fn patterns(sessions: &[StoredSession]) -> String {
    let count = |pattern: Pattern| {
        sessions
            .iter()
            .filter(|session| session.vector.as_ref().and_then(|vector| vector.pattern) == Some(pattern))
            .count()
    };
    Pattern::ALL
        .into_iter()
        .map(|pattern| (pattern, count(pattern)))
        .filter(|(_, count)| *count > 0)
        .map(|(pattern, count)| format!("{count} {}", pattern.as_str().replace('_', " ")))
        .collect::<Vec<_>>()
        .join(", ")
}
