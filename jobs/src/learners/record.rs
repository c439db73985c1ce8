//! What an application reports of a learner's preparation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use sqlx::types::Json;

/// A learner's record. Accuracies, scores and completion are shares, 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewRecord {
    /// Whose; set by whoever writes it.
    #[serde(default)]
    pub subject_id: i64,
    /// As of when.
    #[serde(default)]
    pub recorded_at: DateTime<Utc>,
    /// Modules done.
    pub modules_completed: i32,
    /// Of how many.
    pub modules_total: i32,
    /// Share of the course.
    pub completion: f64,
    /// Hours studied.
    pub study_hours: f64,
    /// Of all graded questions.
    pub accuracy: f64,
    /// Practice exams taken.
    pub mock_count: i32,
    /// Their mean score.
    pub mock_avg: f64,
    /// The best.
    pub mock_best: f64,
    /// Days in a row.
    pub streak: i32,
    /// Sessions a week.
    pub active_sessions_per_week: f64,
    /// Practice questions answered.
    pub practice_questions: i32,
    /// Days since preparation began.
    pub prep_days: i32,
    /// Minutes a session.
    pub avg_session_min: f64,
    /// Learning velocity.
    pub velocity: f64,
    /// Days to the exam; `None`: there is none.
    pub days_to_exam: Option<i32>,
    /// The score aimed at.
    pub target: f64,
    /// Days since anything was done.
    pub days_idle: i32,
    /// Accuracy of the last 7 days.
    pub acc_7d: f64,
    /// Graded questions of the last 7 days.
    pub n_7d: i32,
    /// Accuracy of the 21 days before.
    pub acc_prev21d: f64,
    /// Graded questions of the 21 days before.
    pub n_prev21d: i32,
    /// Hours of the last 7 days.
    pub hours_7d: f64,
    /// Hours a week that were meant.
    pub target_hours_week: f64,
    /// Days of more than four hours, of the last 7.
    pub long_days_7d: i32,
    /// Accuracy of hard questions, if there were any.
    pub hard_accuracy: Option<f64>,
    /// The module that comes next.
    pub next_module: Option<String>,
    /// The domains there is a score of; ids of the curriculum.
    #[serde(default)]
    pub domains: Vec<i32>,
    /// Their scores, in the same order.
    #[serde(default, rename(deserialize = "scores"))]
    pub domain_scores: Vec<f64>,
    /// Their questions, in the same order.
    #[serde(default, rename(deserialize = "questions"))]
    pub domain_questions: Vec<i32>,
}

/// Writes records; of each learner the newest stays.
///
/// # Errors
///
/// The database's.
pub async fn record(connection: &mut PgConnection, records: &[NewRecord]) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/record.sql")).bind(Json(records)).execute(connection).await?;
    Ok(())
}
