//! Archetypes and cohorts, once everyone's ranks are known; and the learners' rows, published whole.

use serde::Serialize;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};

use super::page::Page;
use crate::learning::Coefficients;
use crate::learning::archetype::{Archetype, Evidence, classify};
use crate::learning::matching::{Cohorts, Match, Position};

/// What is told from a learner's ranks.
#[derive(FromRow)]
struct Ranked {
    subject_id: i64,
    velocity: f64,
    usage: f64,
    retention: f64,
    retention_strength: f64,
    concentration: f64,
    is_specialist: bool,
    usage_90d: i32,
    declared_cohort: Option<String>,
    before: Option<String>,
}

#[derive(Serialize)]
struct Told {
    subject_id: i64,
    archetype: &'static str,
    confidence: f64,
    provisional: bool,
    scores: [f64; 5],
    position: Position,
}

/// The cohorts that learners can be matched with.
///
/// # Errors
///
/// The database's.
pub(super) async fn cohorts(tx: &mut PgConnection) -> Result<Cohorts, sqlx::Error> {
    let rows: Vec<(i32, String, Vec<f64>)> = sqlx::query_as(include_str!("sql/read_cohorts.sql")).fetch_all(tx).await?;
    Ok(Cohorts::new(
        rows.into_iter().filter_map(|(id, name, centroid)| Some((id, name, centroid.try_into().ok()?))).collect(),
    ))
}

/// Classifies, matches and publishes a page of learners. `week` is the bucket's number: a run writes one week's history.
pub(super) async fn page(
    tx: &mut PgConnection,
    page: &Page,
    week: i32,
    cohorts: &Cohorts,
    by: &Coefficients,
) -> Result<(), sqlx::Error> {
    let rows =
        page.bind(include_str!("sql/read_evidence.sql")).bind(page.as_of()).bind(week).fetch_all(&mut *tx).await?;
    let (mut told, mut matched) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for row in &rows {
        let row = Ranked::from_row(row)?;
        let position = [row.concentration.clamp(0.0, 1.0), row.velocity, row.usage, row.retention_strength];
        if let Some(found) = cohorts.find(position, row.declared_cohort.as_deref()) {
            matched.push((row.subject_id, found));
        }
        told.push(tell(&row, position, by));
    }
    page.bind(include_str!("sql/publish.sql"))
        .bind(page.as_of())
        .bind(week)
        .bind(Json(&told))
        .execute(&mut *tx)
        .await?;
    page.bind(include_str!("sql/save_history.sql")).bind(page.as_of()).execute(&mut *tx).await?;
    save_members(tx, page, &matched).await
}

fn tell(row: &Ranked, position: Position, by: &Coefficients) -> Told {
    let evidence = Evidence {
        velocity: row.velocity,
        usage: row.usage,
        retention: row.retention,
        concentration: row.concentration,
        is_specialist: row.is_specialist,
        uses: row.usage_90d,
    };
    let before: Option<Archetype> = row.before.as_deref().and_then(|word| word.parse().ok());
    let classified = classify(&evidence, before, &by.archetype);
    Told {
        subject_id: row.subject_id,
        archetype: classified.archetype.as_str(),
        confidence: classified.confidence,
        provisional: classified.provisional,
        scores: classified.scores,
        position,
    }
}

async fn save_members(tx: &mut PgConnection, page: &Page, matched: &[(i64, Match)]) -> Result<(), sqlx::Error> {
    let ids: Vec<i64> = matched.iter().map(|(id, _)| *id).collect();
    let cohorts: Vec<i32> = matched.iter().map(|(_, found)| found.cohort_id).collect();
    page.bind(include_str!("sql/clear_members.sql")).bind(&ids).bind(&cohorts).execute(&mut *tx).await?;
    sqlx::query(include_str!("sql/save_members.sql"))
        .bind(&ids)
        .bind(&cohorts)
        .bind(matched.iter().map(|(_, found)| found.score).collect::<Vec<_>>())
        .bind(matched.iter().map(|(_, found)| found.how.as_str()).collect::<Vec<_>>())
        .bind(page.as_of())
        .execute(tx)
        .await?;
    Ok(())
}
