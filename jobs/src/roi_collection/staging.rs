//! Entries on their way into the books: a temporary table of one transaction, so that everything is booked by one
//! statement.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::entry::{Entry, Learner};

/// Makes an empty staging table, which is gone with the transaction.
pub(super) async fn begin(tx: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/make_staging.sql")).execute(&mut *tx).await?;
    sqlx::query(include_str!("sql/empty_staging.sql")).execute(tx).await?;
    Ok(())
}

/// Stages entries, the first of which stood at `place`.
pub(super) async fn add(tx: &mut PgConnection, place: u64, entries: &[Entry]) -> Result<(), sqlx::Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let places = (place.cast_signed()..).take(entries.len()).collect::<Vec<i64>>();
    let external = |entry: &Entry| if let Learner::External(id) = &entry.learner { Some(id.clone()) } else { None };
    let subject = |entry: &Entry| if let Learner::Subject(id) = entry.learner { Some(id) } else { None };
    sqlx::query(include_str!("sql/stage.sql"))
        .bind(places)
        .bind(entries.iter().map(|entry| entry.entry_id.as_str()).collect::<Vec<_>>())
        .bind(entries.iter().map(external).collect::<Vec<_>>())
        .bind(entries.iter().map(subject).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.ts).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.category.as_str()).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| entry.amount_micros).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    Ok(())
}

/// Tells the planner how much is staged: nobody else does that for a temporary table.
pub(super) async fn finish(tx: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/analyze_staging.sql")).execute(tx).await?;
    Ok(())
}

/// The days of what is staged: their months need partitions.
pub(super) async fn days(tx: &mut PgConnection) -> Result<BTreeSet<NaiveDate>, sqlx::Error> {
    Ok(sqlx::query_scalar(include_str!("sql/staged_months.sql")).fetch_all(tx).await?.into_iter().collect())
}
