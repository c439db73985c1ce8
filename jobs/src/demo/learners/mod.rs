//! The demo's learners: their rows come in through backfill, what is told of them beside those by the application's own doors;
//! then their week runs, and their files are written.

pub(super) mod constants;
mod files;
pub(super) mod fresh;
mod inputs;
mod money;

use std::collections::HashMap;
use std::path::Path;

use chrono::{DateTime, Days, Utc};
use sqlx::{PgConnection, PgPool};
use windlass::cli::CliError;

pub use fresh::FreshError;

use super::inputs::InputError;
use crate::backfill::spec::Import;
use crate::backfill::target::Target;
use crate::calendar::week_start;
use crate::learners::{self, Item, NewRecord};
use crate::weekly_aggregation::global::Stage;
use crate::weekly_aggregation::{Global, WeeklyAggregation};
use constants::Constants;
use inputs::Inputs;

/// How the source of a demo's learners begins.
pub(super) const SOURCE: &str = "demo:learners:";

/// A folder's learners.
#[derive(Clone, Debug)]
pub struct Learners {
    inputs: Inputs,
    /// The source that they belong to.
    people: String,
}

impl Learners {
    /// Reads what a folder says of learners; nothing if it has no `learners.csv`.
    ///
    /// # Errors
    ///
    /// [`InputError`] for the first file or line that is not as it should be.
    pub fn read(folder: &Path) -> Result<Option<Self>, InputError> {
        let people = format!("{SOURCE}{}", uuid::Uuid::now_v7());
        Ok(Inputs::read(folder)?.map(|inputs| Self { inputs, people }))
    }

    /// The source that these learners belong to: each reading has its own.
    #[must_use]
    pub fn people(&self) -> &str {
        &self.people
    }

    /// Up to when evidence counts.
    #[must_use]
    pub fn as_of(&self) -> DateTime<Utc> {
        self.inputs.config.as_of
    }

    /// Makes the database ready for them: what an earlier demo brought goes, constants, curriculum and cohorts come. Answers the
    /// constants that held before.
    ///
    /// # Errors
    ///
    /// [`FreshError`]: the database has learners of its own.
    pub async fn prepare(&self, db: &PgPool) -> Result<Constants, FreshError> {
        let (config, cohorts) = (&self.inputs.config, &self.inputs.cohorts);
        let mut tx = db.begin().await?;
        fresh::clear(&mut tx).await?;
        let before = constants::adopt(&mut tx, &constants::of(config, self.inputs.roi.as_ref())).await?;
        learners::add_cohorts(&mut tx, &cohorts.centroids()).await?;
        learners::add_workflows(&mut tx, &cohorts.targets()).await?;
        learners::add_items(&mut tx, Item::Domain, &config.domains).await?;
        learners::add_items(&mut tx, Item::Capability, &cohorts.capabilities).await?;
        tx.commit().await?;
        Ok(before)
    }

    /// The imports of their rows, in their order.
    #[must_use]
    pub fn imports(&self) -> Vec<Import> {
        let import = |(target, file): (Target, &str)| {
            super::imports::of_people(target, self.inputs.folder.join(file), self.as_of(), &self.people)
        };
        [(Target::Learners, "learners.csv"), (Target::Interactions, "interactions.csv")].map(import).into()
    }

    /// Adds what is known of learners beside their rows: records, and the archetypes of the week before.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn complete(&self, db: &PgPool) -> Result<(), sqlx::Error> {
        let mut tx = db.begin().await?;
        let people: Vec<(String, i64)> =
            sqlx::query_as(include_str!("sql/list_people.sql")).bind(&self.people).fetch_all(&mut *tx).await?;
        let records = self.records(&mut tx, &people.into_iter().collect()).await?;
        learners::record(&mut tx, &records).await?;
        let (ids, archetypes): (Vec<&str>, Vec<&str>) = self
            .inputs
            .config
            .previous_archetypes
            .iter()
            .map(|(id, archetype)| (id.as_str(), archetype.as_str()))
            .unzip();
        sqlx::query(include_str!("sql/remember.sql"))
            .bind(ids)
            .bind(archetypes)
            .bind(week_start(self.as_of().date_naive()) - Days::new(14))
            .bind(&self.people)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    async fn records(
        &self,
        tx: &mut PgConnection,
        people: &HashMap<String, i64>,
    ) -> Result<Vec<NewRecord>, sqlx::Error> {
        let mut names: Vec<String> = self.inputs.records.iter().flat_map(|record| record.domains().cloned()).collect();
        // Those of the configuration have their places already, and keep them.
        names.retain(|name| !self.inputs.config.domains.contains(name));
        names.sort_unstable();
        names.dedup();
        names.splice(0..0, self.inputs.config.domains.iter().cloned());
        let domains = learners::add_items(tx, Item::Domain, &names).await?;
        let of = |record: &inputs::Record| {
            let subject_id = people.get(&record.learner_id)?;
            Some(record.of(*subject_id, self.as_of(), |name| domains.get(name).copied()))
        };
        Ok(self.inputs.records.iter().filter_map(of).collect())
    }

    /// The job of their week. `run` tells this run of it from others.
    #[must_use]
    pub fn week(&self, run: i64) -> WeeklyAggregation {
        WeeklyAggregation::Global(Global { dirty_seq: Some(run), ..Global::of(self.as_of()) })
    }

    /// The job that looks, four weeks after, who has gone; the inputs hold what was done until then.
    #[must_use]
    pub fn judgement(&self, run: i64) -> WeeklyAggregation {
        WeeklyAggregation::Global(Global { dirty_seq: Some(run), stage: Stage::Judge, ..Global::of(self.as_of()) })
    }

    /// Writes their files, but for that of costs and values.
    ///
    /// # Errors
    ///
    /// The database's or the disk's.
    pub async fn write(&self, db: &PgPool, out: &Path) -> Result<(), CliError> {
        files::write(self, db, out).await
    }
}
