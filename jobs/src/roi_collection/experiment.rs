//! Reading an experiment out, at its planned end and not sooner: nobody peeks.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sqlx::{FromRow, PgConnection};

use super::ab::{MIN_DAYS, SHARE_DRIFT};
use super::ab::{Proportion, Sample, share_drift, two_proportions, welch};
use super::window::Bounds;
use crate::tolerance::at_most;

/// A learner is lost when nothing is seen of them for so many days after the end (domain.md 4.3.3).
pub(super) const CHURN_DAYS: i64 = 28;

/// An experiment is not read out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadoutError {
    /// Nobody planned it.
    #[error("unknown experiment {0:?}: insights.experiments holds those that were planned")]
    Unknown(String),
    /// Somebody peeks.
    #[error("the experiment {experiment:?} is read out at its planned end, {end}, and not before")]
    TooSoon {
        /// Which.
        experiment: String,
        /// Its end.
        end: DateTime<Utc>,
    },
    /// Not what was planned.
    #[error("the experiment {0:?} was planned for another window: it is read out for that one alone")]
    OtherWindow(String),
    /// Too short to tell.
    #[error("the experiment {0:?} runs less than {MIN_DAYS} days")]
    TooShort(String),
    /// The database's.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl ReadoutError {
    /// Whether trying again is useless.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        !matches!(self, Self::Database(_))
    }
}

/// An arm's sums.
#[derive(FromRow)]
struct ArmSums {
    treatment: bool,
    learners: i64,
    n: i64,
    mean: Option<f64>,
    variance: Option<f64>,
    lost: i64,
}

/// Reads an experiment out as of `now`. Who is lost is known 28 days after the end; until then there is no row of
/// churn.
pub(super) async fn read_out(
    tx: &mut PgConnection,
    experiment: &str,
    asked: Option<&Bounds>,
    now: DateTime<Utc>,
) -> Result<(), ReadoutError> {
    let planned: Option<(DateTime<Utc>, DateTime<Utc>)> =
        sqlx::query_as(include_str!("sql/read_experiment.sql")).bind(experiment).fetch_optional(&mut *tx).await?;
    let (start, end) = planned.ok_or_else(|| ReadoutError::Unknown(experiment.to_owned()))?;
    if asked.is_some_and(|asked| *asked != Bounds { start, end }) {
        return Err(ReadoutError::OtherWindow(experiment.to_owned()));
    }
    if end - start < TimeDelta::days(MIN_DAYS) {
        return Err(ReadoutError::TooShort(experiment.to_owned()));
    }
    if now < end {
        return Err(ReadoutError::TooSoon { experiment: experiment.to_owned(), end });
    }
    let known = end + TimeDelta::days(CHURN_DAYS);
    let [treatment, control] = arms(tx, experiment, start, end, known).await?;
    let mut results = vec![roi(&treatment, &control), archetypes(tx, experiment).await?];
    if now >= known {
        results.push(churn(&treatment, &control));
    }
    for (metric, passed, result) in results {
        let save = sqlx::query(include_str!("sql/save_readout.sql")).bind(experiment).bind(end);
        save.bind(metric).bind(passed).bind(result).execute(&mut *tx).await?;
    }
    Ok(())
}

type Readout = (&'static str, Option<bool>, Value);

async fn arms(
    tx: &mut PgConnection,
    experiment: &str,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    known: DateTime<Utc>,
) -> Result<[ArmSums; 2], sqlx::Error> {
    let sums: Vec<ArmSums> = sqlx::query_as(include_str!("sql/sum_arms.sql"))
        .bind(experiment)
        .bind(start)
        .bind(end)
        .bind(known)
        .fetch_all(tx)
        .await?;
    let none = |treatment| ArmSums { treatment, learners: 0, n: 0, mean: None, variance: None, lost: 0 };
    let mut both = [none(true), none(false)];
    for arm in sums {
        let place = usize::from(!arm.treatment);
        both[place] = arm;
    }
    Ok(both)
}

fn roi(treatment: &ArmSums, control: &ArmSums) -> Readout {
    let sample = |arm: &ArmSums| Some(Sample { n: arm.n, mean: arm.mean?, variance: arm.variance });
    let test = sample(treatment).zip(sample(control)).and_then(|(treatment, control)| welch(&treatment, &control));
    let figures = json!({
        "n_treatment": treatment.n, "n_control": control.n,
        "delta": test.map(|test| test.delta), "t": test.map(|test| test.t),
        "df": test.map(|test| test.df), "p": test.map(|test| test.p),
    });
    ("roi", test.map(|test| test.passes()), figures)
}

fn churn(treatment: &ArmSums, control: &ArmSums) -> Readout {
    let share = |arm: &ArmSums| Proportion { hits: arm.lost, n: arm.learners };
    let test = two_proportions(share(treatment), share(control));
    let figures = json!({
        "n_treatment": treatment.learners, "n_control": control.learners,
        "lost_treatment": treatment.lost, "lost_control": control.lost,
        "z": test.map(|test| test.z), "p": test.map(|test| test.p),
    });
    ("churn", test.map(|test| test.is_no_worse()), figures)
}

async fn archetypes(tx: &mut PgConnection, experiment: &str) -> Result<Readout, sqlx::Error> {
    let counts: Vec<(i64, i64)> =
        sqlx::query_as(include_str!("sql/count_archetypes.sql")).bind(experiment).fetch_all(tx).await?;
    let drift = share_drift(&counts);
    let figures = json!({ "largest_difference": drift });
    Ok(("archetypes", drift.map(|drift| at_most(drift, SHARE_DRIFT)), figures))
}
