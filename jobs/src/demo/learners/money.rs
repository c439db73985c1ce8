//! What the demo's learners cost and bring: two files as sources, collected, rolled up, calibrated, and an experiment read out.

use std::path::Path;

use sqlx::PgPool;
use windlass::cli::CliError;

use super::super::file;
use super::Learners;
use crate::roi_collection::{Op, RoiCollection, Window, read_roi, set_multipliers};

/// The sources, their sides and their files.
const SOURCES: [(&str, &str, &str); 2] = [("demo-costs", "cost", "costs.csv"), ("demo-values", "value", "values.csv")];
/// Who sets the multipliers, and why.
const BY: (&str, &str) = ("demo", "the inputs' config.json");

impl Learners {
    /// Sets up what the jobs of costs and values need. Nothing if the inputs have none.
    ///
    /// # Errors
    ///
    /// The database's, or multipliers that cannot be.
    pub async fn prepare_roi(&self, db: &PgPool) -> Result<(), CliError> {
        let Some(roi) = &self.inputs.roi else { return Ok(()) };
        let window = self.inputs.config.window();
        let mut tx = db.begin().await?;
        set_multipliers(&mut tx, &roi.multipliers()?, BY.0, BY.1).await?;
        sqlx::query(include_str!("sql/plan_experiment.sql"))
            .bind(&roi.experiment)
            .bind(window.start)
            .bind(window.end)
            .execute(&mut *tx)
            .await?;
        let folder = std::path::absolute(&self.inputs.folder)?;
        for (source, side, file) in SOURCES {
            let path = folder.join(file);
            sqlx::query(include_str!("sql/add_source.sql"))
                .bind(source)
                .bind(side)
                .bind(path.to_string_lossy())
                .bind(&self.people)
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Switches the sources off: the folder may be gone when the daily collection looks for it. Answers how many entries were
    /// booked.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn close_roi(&self, db: &PgPool) -> Result<Option<i64>, sqlx::Error> {
        if self.inputs.roi.is_none() {
            return Ok(None);
        }
        sqlx::query(include_str!("sql/disable_sources.sql")).execute(db).await?;
        sqlx::query_scalar(include_str!("sql/count_entries.sql")).fetch_one(db).await
    }

    /// The jobs, step by step: those of a step need all of the step before.
    #[must_use]
    pub fn roi_steps(&self) -> Vec<Vec<RoiCollection>> {
        let Some(roi) = &self.inputs.roi else { return Vec::new() };
        let bounds = self.inputs.config.window();
        let of = |op: Op| RoiCollection::of(op, Window::instants(bounds.start, bounds.end));
        let of_source =
            |op: Op| SOURCES.map(|(source, ..)| RoiCollection { source: Some(source.to_owned()), ..of(op) }).to_vec();
        let readout = RoiCollection { experiment: Some(roi.experiment.clone()), ..of(Op::AbReadout) };
        vec![of_source(Op::Collect), of_source(Op::Reconcile), vec![of(Op::Rollup)], vec![of(Op::Calibrate), readout]]
    }

    /// Writes `roi.json`. Nothing if the inputs have no costs.
    ///
    /// # Errors
    ///
    /// The database's or the disk's.
    pub async fn write_roi(&self, db: &PgPool, out: &Path) -> Result<(), CliError> {
        let Some(roi) = &self.inputs.roi else { return Ok(()) };
        let window = self.inputs.config.window();
        file::json(out, "roi.json", &read_roi(db, &self.people, &window, &roi.experiment).await?)
    }
}
