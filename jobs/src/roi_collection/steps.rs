//! The steps of the job: what each op does, from its arguments to its end.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use windlass::{Client, Enqueue, JobContext, JobError};

use super::entry::{BadRow, Tally};
use super::settings::{Settings, SettingsError};
use super::source::{Source, SourceError};
use super::window::{Bounds, Window};
use super::{MultipliersError, Op, RoiCollection, books, calibrating, experiment, metrics, reconcile, rollup};
use crate::alerts::{self, Alert, Severity};
use crate::deps::Deps;

/// How many windows a dispatch makes jobs of, at most: the next one makes the rest.
const DISPATCHED: i64 = 1_000;

type Done = Result<(), JobError>;

impl RoiCollection {
    pub(super) async fn settings(db: &PgPool) -> Result<Settings, JobError> {
        let read = Settings::read(&mut *db.acquire().await?).await;
        read.map_err(|error| match error {
            SettingsError::Database(error) => error.into(),
            wrong => JobError::discard(wrong),
        })
    }

    /// The window asked for, in instants.
    fn bounds(&self, settings: &Settings) -> Result<Bounds, JobError> {
        let missing = || JobError::discard(format!("the op {} needs a window", self.op.as_str()));
        self.window.ok_or_else(missing)?.bounds(settings.books()).map_err(JobError::discard)
    }

    /// Reads one source and books it; without a source, makes a job for each.
    pub(super) async fn collect(&self, cx: &JobContext<Deps>) -> Done {
        let settings = Self::settings(cx.db()).await?;
        let Some(name) = &self.source else { return self.for_each_source(cx, &settings, false).await };
        let window = self.bounds(&settings)?;
        let mut tx = cx.db().begin().await?;
        let source = books::lock(&mut tx, name).await.map_err(verdict)?;
        if !source.enabled || source.side == "finance" {
            return Err(JobError::discard(format!("the source {name:?} is switched off, or finance's: not collected")));
        }
        let mut tally = source.stage(cx.db(), &mut tx, name, &window, settings.books()).await.map_err(verdict)?;
        refuse_unusable(name, &tally)?;
        books::make_room(cx.db(), &mut tx).await.map_err(verdict)?;
        let booked =
            books::book(&mut tx, name, &source, source.is_whole().then_some(&window)).await.map_err(verdict)?;
        if booked.duplicates > 0 {
            tally.bad.insert(BadRow::Duplicate, booked.duplicates.unsigned_abs());
            refuse_unusable(name, &tally)?;
        }
        tell_bad_rows(&mut tx, name, &tally).await?;
        cx.complete(&mut tx).await?;
        tx.commit().await?;
        let (read, bad) = (tally.read, tally.bad());
        metrics::collected(&booked, bad);
        tracing::info!(source = %name, read, bad, outside = tally.outside, ?booked, "collected");
        Ok(())
    }

    /// Compares one source with the books; without a source, makes a job for each.
    pub(super) async fn reconcile(&self, cx: &JobContext<Deps>) -> Done {
        let settings = Self::settings(cx.db()).await?;
        let Some(name) = &self.source else { return self.for_each_source(cx, &settings, true).await };
        let window = self.bounds(&settings)?;
        let mut tx = cx.db().begin().await?;
        // Under the lock: a collection that is under way would look like a difference.
        let source: Source = books::lock(&mut tx, name).await.map_err(verdict)?;
        let tally = source.stage(cx.db(), &mut tx, name, &window, settings.books()).await.map_err(verdict)?;
        let is_finance = source.side == "finance";
        let differences = reconcile::compare(&mut tx, name, is_finance, &window, settings.books(), &tally).await?;
        cx.complete(&mut tx).await?;
        tx.commit().await?;
        metrics::compared(differences.len() as u64);
        if differences.is_empty() && tally.bad() == 0 {
            tracing::info!(source = %name, rows = tally.read, "the books agree with the source");
        } else {
            let (days, bad) = (differences.len(), tally.bad());
            tracing::warn!(source = %name, days, bad, "the books differ from the source: see insights.alerts");
        }
        Ok(())
    }

    /// A job for each source that is switched on, over as many days back as the source may be late.
    async fn for_each_source(&self, cx: &JobContext<Deps>, settings: &Settings, with_finance: bool) -> Done {
        let end = self.bounds(settings)?.end;
        let mut tx = cx.db().begin().await?;
        let sources: Vec<(String, i32)> =
            sqlx::query_as(include_str!("sql/list_sources.sql")).bind(with_finance).fetch_all(&mut *tx).await?;
        let jobs = sources.into_iter().map(|(source, days)| {
            let start = settings.books().day_start(settings.books().local_date(end) - TimeDelta::days(days.into()));
            Self { source: Some(source), window: Some(Window::instants(start, end)), ..self.clone() }
        });
        enqueue(cx, &mut tx, jobs.collect()).await?;
        finish(cx, tx).await
    }

    /// Computes one cohort's window; without a cohort, makes a job for each.
    pub(super) async fn rollup(&self, cx: &JobContext<Deps>) -> Done {
        let window = self.bounds(&Self::settings(cx.db()).await?)?;
        let Some(cohort_id) = self.cohort_id else { return self.for_each_cohort(cx).await };
        let known: Option<i32> =
            sqlx::query_scalar(include_str!("sql/read_cohort.sql")).bind(cohort_id).fetch_optional(cx.db()).await?;
        if known.is_none() {
            return Err(JobError::discard(format!("there is no cohort {cohort_id}")));
        }
        let seq = rollup::open(cx.db(), cohort_id, &window).await?;
        let mut tx = cx.db().begin().await?;
        rollup::rebuild(&mut tx, cohort_id, &window, seq).await?;
        finish(cx, tx).await
    }

    async fn for_each_cohort(&self, cx: &JobContext<Deps>) -> Done {
        let mut tx = cx.db().begin().await?;
        let cohorts: Vec<i32> = sqlx::query_scalar(include_str!("sql/list_cohorts.sql")).fetch_all(&mut *tx).await?;
        let jobs = cohorts.into_iter().map(|cohort_id| Self { cohort_id: Some(cohort_id), ..self.clone() });
        enqueue(cx, &mut tx, jobs.collect()).await?;
        finish(cx, tx).await
    }

    pub(super) async fn calibrate(&self, cx: &JobContext<Deps>) -> Done {
        let settings = Self::settings(cx.db()).await?;
        let window = self.bounds(&settings)?;
        let mut tx = cx.db().begin().await?;
        calibrating::run(&mut tx, &window, &settings).await.map_err(|error| match error {
            // Somebody must set the first ones.
            MultipliersError::None => JobError::discard(error),
            other => other.into(),
        })?;
        finish(cx, tx).await
    }

    pub(super) async fn ab_readout(&self, cx: &JobContext<Deps>) -> Done {
        let Some(name) = &self.experiment else {
            return Err(JobError::discard("the op ab_readout needs an experiment"));
        };
        let settings = Self::settings(cx.db()).await?;
        let asked = self.window.map(|_| self.bounds(&settings)).transpose()?;
        let mut tx = cx.db().begin().await?;
        // When this attempt was due is a time that has come: nobody peeks by a clock that runs ahead.
        let read_out = experiment::read_out(&mut tx, name, asked.as_ref(), cx.scheduled_at()).await;
        read_out.map_err(|error| if error.is_permanent() { JobError::discard(error) } else { error.into() })?;
        finish(cx, tx).await
    }

    /// Makes jobs of the windows that are due, and of the experiments that have ended.
    pub(super) async fn dispatch(&self, cx: &JobContext<Deps>) -> Done {
        let mut tx = cx.db().begin().await?;
        let windows: Vec<(i32, DateTime<Utc>, DateTime<Utc>, i64)> =
            sqlx::query_as(include_str!("sql/list_due_windows.sql")).bind(DISPATCHED).fetch_all(&mut *tx).await?;
        let mut jobs: Vec<Self> = windows
            .into_iter()
            .map(|(cohort_id, start, end, seq)| Self {
                cohort_id: Some(cohort_id),
                dirty_seq: Some(seq),
                ..Self::of(Op::Rollup, Window::instants(start, end))
            })
            .collect();
        let ended: Vec<(String, DateTime<Utc>, DateTime<Utc>, i64)> =
            sqlx::query_as(include_str!("sql/list_ended.sql"))
                .bind(cx.scheduled_at())
                .bind(i32::try_from(experiment::CHURN_DAYS).unwrap_or(i32::MAX))
                .fetch_all(&mut *tx)
                .await?;
        jobs.extend(ended.into_iter().map(|(name, start, end, metrics)| Self {
            experiment: Some(name),
            dirty_seq: Some(metrics),
            ..Self::of(Op::AbReadout, Window::instants(start, end))
        }));
        enqueue(cx, &mut tx, jobs).await?;
        finish(cx, tx).await
    }
}

async fn enqueue(cx: &JobContext<Deps>, tx: &mut PgConnection, jobs: Vec<RoiCollection>) -> Done {
    if !jobs.is_empty() {
        let client = Client::new(cx.db().clone());
        client.enqueue_many(tx, jobs.into_iter().map(Enqueue::from)).await?;
    }
    Ok(())
}

async fn finish(cx: &JobContext<Deps>, mut tx: sqlx::Transaction<'_, sqlx::Postgres>) -> Done {
    cx.complete(&mut tx).await?;
    Ok(tx.commit().await?)
}

fn verdict(error: SourceError) -> JobError {
    if error.is_permanent() { JobError::discard(error) } else { error.into() }
}

/// More than one bad row in twenty is another file than was meant: nothing of it is booked.
fn refuse_unusable(name: &str, tally: &Tally) -> Done {
    if tally.is_unusable() {
        let (bad, read, reasons) = (tally.bad(), tally.read, tally.reasons());
        return Err(JobError::discard(format!("{bad} of {read} rows of the source {name:?} are bad: {reasons}")));
    }
    Ok(())
}

/// A bad row is left out, and somebody is told until there is none.
async fn tell_bad_rows(tx: &mut PgConnection, name: &str, tally: &Tally) -> Result<(), sqlx::Error> {
    let key = format!("roi_collect:{name}:bad_rows");
    if tally.bad() == 0 {
        return alerts::close(tx, &[key]).await;
    }
    let body = json!({ "source": name, "read": tally.read, "bad_rows": tally.reasons() });
    alerts::raise(tx, &[Alert { key, severity: Severity::Warning, body }]).await
}
