//! Learners, as the application that knows them writes them: the curriculum, cohorts, who is enrolled, and what they do.
//!
//! Each of these may be written again: what is known is not doubled.

mod record;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

pub use record::{NewRecord, record};

use crate::calendar::Zone;
use crate::sessions::make_months;

/// A kind of item of the curriculum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// What is learnt, at large. Domains have an order.
    Domain,
    /// What somebody can do, a part of a domain.
    Capability,
    /// What a question is about.
    Topic,
    /// What a question is to show.
    Objective,
}

impl Item {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Capability => "capability",
            Self::Topic => "topic",
            Self::Objective => "objective",
        }
    }
}

/// Somebody who learns.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLearner {
    /// The person.
    pub subject_id: i64,
    /// Since when.
    pub enrolled_at: DateTime<Utc>,
    /// The name of the cohort they are enrolled in.
    pub cohort: Option<String>,
    /// The day of their exam.
    pub exam_on: Option<NaiveDate>,
    /// How long they mean to study.
    pub hours_per_week: Option<f64>,
    /// The score they aim at, 0 to 1.
    pub target_score: Option<f64>,
    /// The cohort they say they belong to; there may be none of the name.
    pub declared_cohort: Option<String>,
}

/// Something a learner did.
#[derive(Clone, Debug, PartialEq)]
pub struct NewInteraction {
    /// Whose.
    pub subject_id: i64,
    /// The producer's own id.
    pub interaction_id: String,
    /// When.
    pub ts: DateTime<Utc>,
    /// In which zone. The local date is stamped here and never recomputed.
    pub zone: Zone,
    /// Items of the curriculum.
    pub domain: i32,
    /// See [`Item::Capability`].
    pub capability: i32,
    /// See [`Item::Topic`].
    pub topic: Option<i32>,
    /// See [`Item::Objective`].
    pub objective: Option<i32>,
    /// A question's difficulty.
    pub difficulty: Option<String>,
    /// What the question was a part of.
    pub assessment: Option<String>,
    /// Whether the answer was right; `None`: not graded.
    pub correct: Option<bool>,
    /// How long it took, in seconds.
    pub duration_s: i32,
}

/// Adds items of the curriculum; answers the ids of all of these names. Domains keep the order in which they are given.
///
/// # Errors
///
/// The database's.
pub async fn add_items(
    connection: &mut PgConnection,
    item: Item,
    names: &[String],
) -> Result<HashMap<String, i32>, sqlx::Error> {
    sqlx::query(include_str!("sql/add_items.sql"))
        .bind(item.as_str())
        .bind(names)
        .bind(item == Item::Domain)
        .execute(&mut *connection)
        .await?;
    let rows: Vec<(String, i32)> = sqlx::query_as(include_str!("sql/list_items.sql"))
        .bind(item.as_str())
        .bind(names)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Adds cohorts with their centroids: domain, pace, engagement, retention.
///
/// # Errors
///
/// The database's.
pub async fn add_cohorts(connection: &mut PgConnection, cohorts: &[(String, [f64; 4])]) -> Result<(), sqlx::Error> {
    named_points(include_str!("sql/add_cohorts.sql"), connection, cohorts).await
}

/// Adds workflows with whom they are for: the same four dimensions.
///
/// # Errors
///
/// The database's.
pub async fn add_workflows(connection: &mut PgConnection, workflows: &[(String, [f64; 4])]) -> Result<(), sqlx::Error> {
    named_points(include_str!("sql/add_workflows.sql"), connection, workflows).await
}

async fn named_points(
    statement: &'static str,
    connection: &mut PgConnection,
    points: &[(String, [f64; 4])],
) -> Result<(), sqlx::Error> {
    let mut query = sqlx::query(statement).bind(points.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
    for dimension in 0..4 {
        query = query.bind(points.iter().map(|(_, point)| point[dimension]).collect::<Vec<_>>());
    }
    query.execute(connection).await?;
    Ok(())
}

/// Enrols learners, or changes what is known of them.
///
/// # Errors
///
/// The database's.
pub async fn enrol(connection: &mut PgConnection, learners: &[NewLearner]) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/enrol.sql"))
        .bind(learners.iter().map(|learner| learner.subject_id).collect::<Vec<_>>())
        .bind(learners.iter().map(|learner| learner.enrolled_at).collect::<Vec<_>>())
        .bind(learners.iter().map(|learner| learner.cohort.as_deref()).collect::<Vec<_>>())
        .bind(learners.iter().map(|learner| learner.exam_on).collect::<Vec<_>>())
        .bind(learners.iter().map(|learner| learner.hours_per_week).collect::<Vec<_>>())
        .bind(learners.iter().map(|learner| learner.target_score).collect::<Vec<_>>())
        .bind(learners.iter().map(|learner| learner.declared_cohort.as_deref()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds interactions; answers how many were new.
///
/// # Errors
///
/// The database's.
pub async fn add_interactions(
    connection: &mut PgConnection,
    interactions: &[NewInteraction],
) -> Result<u64, sqlx::Error> {
    let days: Vec<NaiveDate> = interactions.iter().map(|interaction| interaction.ts.date_naive()).collect();
    make_months(connection, &days).await?;
    let added = sqlx::query(include_str!("sql/add_interactions.sql"))
        .bind(interactions.iter().map(|interaction| interaction.subject_id).collect::<Vec<_>>())
        .bind(interactions.iter().map(|interaction| interaction.interaction_id.as_str()).collect::<Vec<_>>())
        .bind(&days)
        .bind(interactions.iter().map(|interaction| interaction.ts).collect::<Vec<_>>())
        .bind(interactions.iter().map(|at| at.zone.local_date(at.ts)).collect::<Vec<_>>())
        .bind(interactions.iter().map(|interaction| interaction.domain).collect::<Vec<_>>())
        .bind(interactions.iter().map(|interaction| interaction.capability).collect::<Vec<_>>())
        .bind(interactions.iter().map(|interaction| interaction.topic).collect::<Vec<_>>())
        .bind(interactions.iter().map(|interaction| interaction.objective).collect::<Vec<_>>())
        .bind(interactions.iter().map(|interaction| interaction.difficulty.as_deref()).collect::<Vec<_>>())
        .bind(interactions.iter().map(|interaction| interaction.assessment.as_deref()).collect::<Vec<_>>())
        .bind(interactions.iter().map(|interaction| interaction.correct).collect::<Vec<_>>())
        .bind(interactions.iter().map(|interaction| interaction.duration_s).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(added.rows_affected())
}
