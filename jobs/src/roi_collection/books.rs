//! Booking entries: once each, and what the source changes as a difference.

use chrono::NaiveDate;
use sqlx::{FromRow, PgConnection, PgPool};

use super::cohort::TREND_WEEKS;
use super::entry::{BadRow, Entry};
use super::source::{Source, SourceError};
use super::staging;
use super::window::Bounds;
use crate::sessions::make_months;

/// What booking did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Booked {
    /// Entries booked for the first time.
    pub new: i64,
    /// Further revisions of entries that were booked before.
    pub adjusted: i64,
    /// Entries of the source that are nobody's.
    pub unallocated: i64,
    /// Rows left out, since an entry of their id stands further up.
    pub duplicates: i64,
    /// Windows of cohorts that are to be computed again.
    pub dirtied: i64,
}

/// Why entries were not recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// One cannot be booked.
    #[error("entry {place} cannot be booked: {reason}")]
    Bad {
        /// Its place among those given, from 0.
        place: usize,
        /// What is wrong.
        reason: BadRow,
    },
    /// The source.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// Records entries of a producer, on its own transaction: its source's format is `recorded`. The same entries again
/// change
/// nothing.
///
/// # Errors
///
/// [`RecordError`]; then roll back.
pub async fn record(tx: &mut PgConnection, source: &str, entries: &[Entry]) -> Result<Booked, RecordError> {
    for (place, entry) in entries.iter().enumerate() {
        entry.check().map_err(|reason| RecordError::Bad { place, reason })?;
    }
    let found = lock(tx, source).await?;
    staging::begin(tx).await.map_err(SourceError::from)?;
    staging::add(tx, 0, entries).await.map_err(SourceError::from)?;
    staging::finish(tx).await.map_err(SourceError::from)?;
    let months = months(tx).await?;
    make_months(tx, &months).await.map_err(SourceError::from)?;
    Ok(book(tx, source, &found, None).await?)
}

/// Locks a source for the rest of the transaction: it is booked by one at a time.
pub(super) async fn lock(tx: &mut PgConnection, source: &str) -> Result<Source, SourceError> {
    let found = sqlx::query_as(include_str!("sql/lock_source.sql")).bind(source).fetch_optional(tx).await?;
    found.ok_or_else(|| SourceError::Unknown(source.to_owned()))
}

/// The first days of the staged months.
async fn months(tx: &mut PgConnection) -> Result<Vec<NaiveDate>, SourceError> {
    Ok(staging::days(tx).await?.into_iter().collect())
}

/// Makes the staged entries' months in a transaction of its own: new partitions hold up whoever reads the table, which
/// must
/// not last as long as a collection.
pub(super) async fn make_room(db: &PgPool, tx: &mut PgConnection) -> Result<(), SourceError> {
    let months = months(tx).await?;
    let mut making = db.begin().await?;
    make_months(&mut making, &months).await?;
    Ok(making.commit().await?)
}

/// Books what is staged. With `whole`, what the source no longer holds of this window is taken back.
pub(super) async fn book(
    tx: &mut PgConnection,
    name: &str,
    source: &Source,
    whole: Option<&Bounds>,
) -> Result<Booked, SourceError> {
    sqlx::query(include_str!("sql/lock_learners.sql")).bind(&source.people).execute(&mut *tx).await?;
    sqlx::query(include_str!("sql/share_windows.sql")).execute(&mut *tx).await?;
    Ok(sqlx::query_as(include_str!("sql/book.sql"))
        .bind(name)
        .bind(&source.side)
        .bind(&source.people)
        .bind(whole.is_some())
        .bind(whole.map(|bounds| bounds.start))
        .bind(whole.map(|bounds| bounds.end))
        .bind(TREND_WEEKS)
        .fetch_one(tx)
        .await?)
}
