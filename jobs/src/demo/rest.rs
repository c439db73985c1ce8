//! What a folder of inputs holds beside conversations: learners, what they cost and bring, and claims.

use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use sqlx::PgPool;
use windlass::JobId;
use windlass::cli::CliError;

use super::claims::{Claims, Judged};
use super::learners::{FreshError, Learners, fresh};
use super::real::{Figures, Real};
use super::{imports, wait};

/// What there is beside conversations.
#[derive(Debug, Default)]
pub(super) struct Rest {
    learners: Option<Learners>,
    claims: Option<Claims>,
    real: Option<Real>,
    /// Whether it leaves a database alone that has learners of its own.
    gives_way: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// The jobs that were enqueued by hand.
    pub(super) jobs: Vec<JobId>,
    /// How many learners there are, and how many things they did.
    pub(super) learners: Option<(u64, u64)>,
    /// How many costs and values were collected.
    pub(super) entries: Option<i64>,
    /// What came of the claims.
    pub(super) claims: Option<Judged>,
    /// What came of real data.
    pub(super) real: Option<Figures>,
    /// Whether nothing was brought in, for the database has learners of its own.
    pub(super) gave_way: bool,
    /// How long it took.
    pub(super) took: Duration,
}

impl Rest {
    /// Reads it, as far as it does not come in row by row.
    pub(super) fn read(folder: &Path) -> Result<Self, CliError> {
        let learners = Learners::read(folder)?;
        let claims = learners.as_ref().and_then(|learners| Claims::of(folder, learners.as_of()));
        // Both are of all learners there are: a folder has the one or the other.
        let real = if learners.is_some() { None } else { Real::of(folder) };
        Ok(Self { learners, claims, real, gives_way: false })
    }

    /// Refuses a database that these learners cannot come into, before anything is changed.
    pub(super) async fn check(&self, db: &PgPool) -> Result<(), FreshError> {
        if self.gives_way || (self.learners.is_none() && self.real.is_none()) { Ok(()) } else { fresh::check(db).await }
    }

    /// The same, but it leaves a database alone that has learners of its own.
    pub(super) fn giving_way(self) -> Self {
        Self { gives_way: true, ..self }
    }

    /// Brings it in, runs its jobs, and writes its files where some are asked for.
    pub(super) async fn run(&self, db: &PgPool, bar: &ProgressBar, out: Option<&Path>) -> Result<Learned, CliError> {
        let started = Instant::now();
        let mut learned = Learned::default();
        if let Some(learners) = &self.learners {
            bar.set_message("learners");
            let before = match learners.prepare(db).await {
                Ok(before) => before,
                Err(FreshError::Others) if self.gives_way => return Ok(Learned { gave_way: true, ..learned }),
                Err(error) => return Err(error.into()),
            };
            learn(learners, db, bar, out, &mut learned).await?;
            before.put_back(db).await?;
        }
        if let Some(claims) = &self.claims {
            bar.set_message("claims");
            let judged = claims.judge(db, bar).await?;
            if let Some(out) = out {
                judged.write(out)?;
            }
            learned.claims = Some(judged);
        }
        if let Some(real) = &self.real {
            learned.real = Some(real.run(db, bar).await?);
        }
        learned.took = started.elapsed();
        Ok(learned)
    }
}

async fn learn(
    learners: &Learners,
    db: &PgPool,
    bar: &ProgressBar,
    out: Option<&Path>,
    learned: &mut Learned,
) -> Result<(), CliError> {
    let mut rows = Vec::new();
    for import in learners.imports() {
        rows.push(imports::through(db, import, bar).await?.accepted.unsigned_abs());
    }
    learners.complete(db).await?;
    let run = chrono::Utc::now().timestamp_millis();
    learned.jobs.extend(wait::through(db, [learners.week(run)]).await?);
    // Four weeks after may be still to come; what the inputs hold of them is there.
    learned.jobs.extend(wait::through(db, [learners.judgement(run)]).await?);
    bar.set_message("costs and values");
    learners.prepare_roi(db).await?;
    for step in learners.roi_steps() {
        learned.jobs.extend(wait::through(db, step).await?);
    }
    learned.learners = rows.first().copied().zip(rows.get(1).copied());
    learned.entries = learners.close_roi(db).await?;
    if let Some(out) = out {
        learners.write(db, out).await?;
        learners.write_roi(db, out).await?;
    }
    Ok(())
}
