//! Versions of the multipliers: set by a person, made by a calibration, activated by either.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgPool, Row};

use super::calibration::{Calibrated, Calibration, Reason};
use super::multipliers::BadMultiplier;
use super::window::Bounds;
use super::{Archetype, Multipliers};
use crate::learning::archetype::UnknownArchetype;

/// Why stored multipliers cannot be used, or a version was not activated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MultipliersError {
    /// There is no version to start from.
    #[error("no multipliers are active: set the first ones with `windlass multipliers set`")]
    None,
    /// A version is not whole.
    #[error("version {0} of the multipliers lacks an archetype")]
    Incomplete(i32),
    /// There is no such version.
    #[error("there is no version {0} of the multipliers")]
    Unknown(i32),
    /// A stored word.
    #[error("an archetype of a stored multiplier is unknown: {0}")]
    Archetype(#[from] UnknownArchetype),
    /// A stored number.
    #[error(transparent)]
    Number(#[from] BadMultiplier),
    /// The database's.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A version and its multipliers.
type Versioned = (i32, Multipliers);

fn versioned(rows: &[(i32, String, f64)]) -> Result<Option<Versioned>, MultipliersError> {
    let Some((version, ..)) = rows.first() else { return Ok(None) };
    let mut values = [f64::NAN; 5];
    for (_, archetype, value) in rows {
        values[archetype.parse::<Archetype>()? as usize] = *value;
    }
    // Five rows of one version: its key lets no archetype come twice.
    if rows.len() < values.len() {
        return Err(MultipliersError::Incomplete(*version));
    }
    Ok(Some((*version, Multipliers::new(values)?)))
}

/// The multipliers that a cohort's window was published with, else the active ones.
pub(super) async fn of_window(
    tx: &mut PgConnection,
    cohort_id: i32,
    window: &Bounds,
) -> Result<Option<Versioned>, MultipliersError> {
    let rows: Vec<(i32, String, f64)> = sqlx::query_as(include_str!("sql/read_multipliers.sql"))
        .bind(cohort_id)
        .bind(window.start)
        .bind(window.end)
        .fetch_all(tx)
        .await?;
    versioned(&rows)
}

/// The multipliers of a version, else the active ones.
pub(super) async fn of_version(
    tx: &mut PgConnection,
    version: Option<i32>,
) -> Result<Option<Versioned>, MultipliersError> {
    let rows: Vec<(i32, String, f64)> =
        sqlx::query_as(include_str!("sql/read_version.sql")).bind(version).fetch_all(tx).await?;
    versioned(&rows)
}

/// One at a time: versions are numbered, and one is active.
pub(super) async fn lock(tx: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/lock_calibrations.sql")).execute(tx).await?;
    Ok(())
}

/// Where a version came from.
pub(super) struct Origin<'a> {
    /// The window; a person's version has none.
    pub(super) window: Option<&'a Bounds>,
    /// The multipliers it started from.
    pub(super) prior: Option<i32>,
    /// What was decided about it, and why.
    pub(super) why: &'a str,
}

/// Writes a version, inactive. A window's is written over, unless it has taken effect: look first.
pub(super) async fn save(
    tx: &mut PgConnection,
    version: Option<i32>,
    origin: &Origin<'_>,
    calibration: &Calibration,
) -> Result<i32, sqlx::Error> {
    let mean = |of: fn(&Calibrated) -> f64| calibration.0.iter().map(of).sum::<f64>() / 5.0;
    let version: i32 = sqlx::query_scalar(include_str!("sql/save_calibration.sql"))
        .bind(version)
        .bind(origin.window.map(|window| window.start))
        .bind(origin.window.map(|window| window.end))
        .bind(origin.prior)
        .bind(mean(|one| one.prior))
        .bind(mean(|one| one.new))
        .bind(calibration.mean_change())
        .bind(origin.why)
        .fetch_one(&mut *tx)
        .await?;
    let set = origin.window.is_none();
    sqlx::query(include_str!("sql/save_multipliers.sql"))
        .bind(version)
        .bind(calibration.0.iter().map(|one| one.archetype.as_str()).collect::<Vec<_>>())
        .bind(calibration.0.iter().map(|one| one.n).collect::<Vec<_>>())
        .bind(calibration.0.iter().map(|one| one.observed).collect::<Vec<_>>())
        .bind(calibration.0.iter().map(|one| one.z).collect::<Vec<_>>())
        .bind(calibration.0.iter().map(|one| one.prior).collect::<Vec<_>>())
        .bind(calibration.0.iter().map(|one| one.new).collect::<Vec<_>>())
        .bind(calibration.0.iter().map(|one| one.capped).collect::<Vec<_>>())
        .bind(
            calibration
                .0
                .iter()
                .map(|one| if set { Some("set") } else { one.reason.map(Reason::as_str) })
                .collect::<Vec<_>>(),
        )
        .execute(tx)
        .await?;
    Ok(version)
}

/// Sets multipliers by hand and activates them, as their first version must be. `by` names who does.
///
/// # Errors
///
/// [`MultipliersError::Database`].
pub async fn set_multipliers(
    tx: &mut PgConnection,
    multipliers: &Multipliers,
    by: &str,
    why: &str,
) -> Result<i32, MultipliersError> {
    lock(tx).await?;
    let prior = of_version(tx, None).await?;
    let calibration = Calibration(Archetype::ALL.map(|archetype| {
        let new = multipliers.of(archetype);
        let prior = prior.as_ref().map_or(new, |(_, prior)| prior.of(archetype));
        Calibrated { archetype, n: 0, observed: None, z: 0.0, prior, new, capped: false, reason: None }
    }));
    let origin = Origin { window: None, prior: prior.map(|(version, _)| version), why };
    let version = save(tx, None, &origin, &calibration).await?;
    activate(tx, version, by).await?;
    Ok(version)
}

/// Makes a version the active one, in one update; what has been published keeps its version.
///
/// # Errors
///
/// [`MultipliersError::Unknown`]; the database's.
pub async fn activate(tx: &mut PgConnection, version: i32, by: &str) -> Result<(), MultipliersError> {
    let marked = sqlx::query(include_str!("sql/mark_activated.sql")).bind(version).bind(by).execute(&mut *tx).await?;
    if marked.rows_affected() == 0 {
        return Err(MultipliersError::Unknown(version));
    }
    sqlx::query(include_str!("sql/activate.sql")).bind(version).execute(tx).await?;
    Ok(())
}

/// A version, as a list shows it.
#[derive(Debug, Serialize, FromRow)]
#[expect(clippy::struct_field_names, reason = "as the column is called, and what is written")]
pub(super) struct Version {
    pub(super) version: i32,
    pub(super) active: bool,
    /// The end of the window that it was calibrated by; none was set by a person.
    pub(super) win_end: Option<DateTime<Utc>>,
    pub(super) activated_at: Option<DateTime<Utc>>,
    pub(super) activated_by: Option<String>,
    pub(super) why: String,
    /// In the archetypes' order.
    pub(super) multipliers: Vec<f64>,
}

/// The newest versions.
pub(super) async fn list(db: &PgPool, most: i64) -> Result<Vec<Version>, sqlx::Error> {
    let order = Archetype::ALL.map(Archetype::as_str);
    sqlx::query_as(include_str!("sql/list_calibrations.sql")).bind(&order[..]).bind(most).fetch_all(db).await
}

/// A window's calibration, if it has one.
pub(super) struct Run {
    pub(super) version: i32,
    pub(super) prior: Option<i32>,
    pub(super) activated_at: Option<DateTime<Utc>>,
}

/// Reads a window's calibration.
pub(super) async fn run_of(tx: &mut PgConnection, window: &Bounds) -> Result<Option<Run>, sqlx::Error> {
    let row = sqlx::query(include_str!("sql/read_calibration.sql"))
        .bind(window.start)
        .bind(window.end)
        .fetch_optional(tx)
        .await?;
    let run = |row: sqlx::postgres::PgRow| {
        Ok(Run { version: row.try_get(0)?, prior: row.try_get(1)?, activated_at: row.try_get(2)? })
    };
    row.map(run).transpose()
}
