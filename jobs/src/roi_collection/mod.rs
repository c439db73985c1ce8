//! What learners cost and bring: entries are collected, rolled up by learner and cohort, compared with what was expected, and
//! the expectation is corrected.
//!
//! Here stands the job: its arguments and its key. `steps` holds what each op does; `source`, `file`, `shape`, `staging` and
//! `books` bring entries in; `rollup`, `calibrating`, `experiment` and `reconcile` compute from them, by the statements in
//! `sql/`. The rest is arithmetic alone: `ab`, `calibration`, `cohort`, `learner`, `multipliers`, `trend`, `window`. Money is
//! integer micro-dollars until it becomes a ratio.

pub mod ab;
mod books;
mod calibrating;
pub mod calibration;
mod calibrations;
pub(crate) mod cli;
pub mod cohort;
mod entry;
mod experiment;
mod file;
pub mod learner;
mod metrics;
pub mod multipliers;
mod reconcile;
mod report;
mod rollup;
mod schedules;
mod settings;
mod shape;
mod source;
mod staging;
mod steps;
pub mod trend;
mod window;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use windlass::{Job, JobContext, JobError, Policy};

pub use books::{Booked, RecordError, record};
pub use calibration::{Calibration, calibrate};
pub use calibrations::{MultipliersError, activate, set_multipliers};
pub use cohort::{CohortRoi, Share, cohort_roi};
pub use entry::{BadRow, Entry, Learner};
pub use experiment::ReadoutError;
pub use learner::{LearnerRoi, learner_roi};
pub(crate) use metrics::start_at_zero;
pub use multipliers::Multipliers;
pub use reconcile::Difference;
pub use report::read_roi;
pub use schedules::schedules;
pub use settings::{Settings, SettingsError};
pub use source::SourceError;
pub use trend::{Trend, trend};
pub use window::{Bounds, EmptyWindow, Moment, Window};

use crate::deps::Deps;
use crate::learning::Archetype;
use crate::schema;

/// The arguments: ids, names of sources and experiments, and times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoiCollection {
    /// What is done.
    pub op: Op,
    /// For which cohort; absent: for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cohort_id: Option<i32>,
    /// From which source; absent: from each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// For which time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Which change of the window it answers to; it makes the key another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dirty_seq: Option<i64>,
    /// Which experiment is read out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Books what a source holds.
    Collect,
    /// Computes learners and a cohort in a window.
    Rollup,
    /// Corrects the multipliers by a window.
    Calibrate,
    /// Reads an experiment out.
    AbReadout,
    /// Compares a source with the books.
    Reconcile,
    /// Makes jobs of what is due.
    Dispatch,
}

impl Op {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Collect, Self::Rollup, Self::Calibrate, Self::AbReadout, Self::Reconcile, Self::Dispatch];

    /// Its stored name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::Rollup => "rollup",
            Self::Calibrate => "calibrate",
            Self::AbReadout => "ab_readout",
            Self::Reconcile => "reconcile",
            Self::Dispatch => "dispatch",
        }
    }
}

impl RoiCollection {
    /// An op over a window: for each source or cohort, until one is named.
    #[must_use]
    pub fn of(op: Op, window: Window) -> Self {
        Self { op, window: Some(window), cohort_id: None, source: None, dirty_seq: None, experiment: None }
    }
}

impl Job for RoiCollection {
    const KIND: &'static str = "roi_collection";
    const QUEUE: &'static str = "roi";
    const POLICY: Policy = Policy { timeout: Duration::from_mins(30), ..Policy::DEFAULT };
    const SHOWN: &'static [&'static str] =
        &["op", "cohort_id", "source", "window.start", "window.end", "dirty_seq", "experiment"];
    type Deps = Deps;

    fn args_schema() -> Option<Value> {
        let text = || schema::nullable(json!({ "type": "string" }));
        let moment = || schema::any_of(&[schema::date(), schema::instant()]);
        let window = schema::object(&[("start", moment()), ("end", moment())], &[]);
        let optional = [
            ("cohort_id", schema::nullable(schema::int32())),
            ("source", text()),
            ("window", schema::nullable(window)),
            ("dirty_seq", schema::nullable(schema::int64())),
            ("experiment", text()),
        ];
        Some(schema::object(&[("op", schema::words(&Op::ALL.map(Op::as_str)))], &optional))
    }

    /// `roi:{op}:{cohort, source or experiment}:{start}:{end}:{dirty_seq}`. A dispatch has none: it is its tick's.
    fn unique_key(&self) -> Option<String> {
        let what = match (&self.cohort_id, &self.source, &self.experiment) {
            (Some(cohort_id), ..) => cohort_id.to_string(),
            (_, Some(name), _) | (.., Some(name)) => name.clone(),
            _ => "all".to_owned(),
        };
        let (op, window) = (self.op.as_str(), self.window?);
        let seq = self.dirty_seq.map_or_else(|| "sched".to_owned(), |seq| seq.to_string());
        Some(format!("roi:{op}:{what}:{}:{}:{seq}", window.start, window.end))
    }

    async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        match self.op {
            Op::Collect => self.collect(cx).await,
            Op::Rollup => self.rollup(cx).await,
            Op::Calibrate => self.calibrate(cx).await,
            Op::AbReadout => self.ab_readout(cx).await,
            Op::Reconcile => self.reconcile(cx).await,
            Op::Dispatch => self.dispatch(cx).await,
        }
    }
}
