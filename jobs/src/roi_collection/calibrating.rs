//! A calibration as a job's step: reads a window, writes its version once, and lets it take effect where it may.

use std::collections::BTreeMap;

use sqlx::{FromRow, PgConnection};

use super::calibration::{Calibration, mean_variance};
use super::calibrations::{self, MultipliersError, Origin};
use super::settings::Settings;
use super::window::Bounds;
use super::{Multipliers, Share, calibrate, cohort_roi};

/// The name under which a version activates itself.
const AUTOMATIC: &str = "automatic";

#[derive(FromRow)]
struct Sums {
    cohort_id: Option<i32>,
    archetype: String,
    n: i64,
    cost_micros: i64,
    value_micros: i64,
}

/// Calibrates a window: the same again changes nothing, and later data change it for as long as it has not taken
/// effect.
pub(super) async fn run(tx: &mut PgConnection, window: &Bounds, settings: &Settings) -> Result<(), MultipliersError> {
    calibrations::lock(tx).await?;
    let before = calibrations::run_of(tx, window).await?;
    if before.as_ref().is_some_and(|run| run.activated_at.is_some()) {
        tracing::info!("nothing to calibrate: the window's calibration has taken effect");
        return Ok(());
    }
    let prior = calibrations::of_version(tx, before.as_ref().and_then(|run| run.prior)).await?;
    let (prior_version, prior) = prior.ok_or(MultipliersError::None)?;
    let cohorts = sums(tx, window).await?;
    let everybody: Vec<Share> = cohorts.values().flatten().copied().collect();
    let calibration = calibrate(&prior, &everybody, &settings.terms());
    let (activates, why) = decide(&cohorts, &prior, &calibration, settings)?;
    let origin = Origin { window: Some(window), prior: Some(prior_version), why };
    let version = calibrations::save(tx, before.map(|run| run.version), &origin, &calibration).await?;
    if activates {
        calibrations::activate(tx, version, AUTOMATIC).await?;
    }
    tracing::info!(version, activates, "{why}");
    Ok(())
}

/// By cohort, without those of no cohort for a variance of their own.
async fn sums(tx: &mut PgConnection, window: &Bounds) -> Result<BTreeMap<Option<i32>, Vec<Share>>, MultipliersError> {
    let sums: Vec<Sums> =
        sqlx::query_as(include_str!("sql/sum_everybody.sql")).bind(window.start).bind(window.end).fetch_all(tx).await?;
    let mut cohorts: BTreeMap<Option<i32>, Vec<Share>> = BTreeMap::new();
    for Sums { cohort_id, archetype, n, cost_micros, value_micros } in sums {
        let share = Share { archetype: archetype.parse()?, n, cost_micros, value_micros };
        cohorts.entry(cohort_id).or_default().push(share);
    }
    Ok(cohorts)
}

/// Whether it takes effect at once (domain.md 6.4), and why or why not.
fn decide(
    cohorts: &BTreeMap<Option<i32>, Vec<Share>>,
    prior: &Multipliers,
    calibration: &Calibration,
    settings: &Settings,
) -> Result<(bool, &'static str), MultipliersError> {
    let with = |multipliers: &Multipliers| {
        let named = cohorts.iter().filter(|(cohort_id, _)| cohort_id.is_some());
        mean_variance(&named.map(|(_, shares)| cohort_roi(shares, Some(multipliers))).collect::<Vec<_>>())
    };
    let (variance_before, variance_after) = (with(prior), with(&calibration.multipliers()?));
    Ok(match settings.activate_automatically {
        false => (false, "waits for a person: nothing activates itself here"),
        true if calibration.activates(variance_before, variance_after) => {
            (true, "activated itself: small changes, and the window's variance falls")
        }
        true => (false, "waits for a person: a change is above 10 %, or the window's variance does not fall"),
    })
}
