//! Pass probabilities and advice for the learners of a page that have a record.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value, json};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, Row as _};

use super::page::Page;
use crate::learning::advice::{self, Advice, Recent};
use crate::learning::pass::{Coefficients, Domain, FEATURES, Prediction, Record, predict};

#[derive(Serialize)]
struct Row {
    subject_id: i64,
    p: f64,
    lo: f64,
    hi: f64,
    bayes: f64,
    regression: f64,
    rules: f64,
    agreement: f64,
    status: &'static str,
    interventions: Vec<&'static str>,
    features: Map<String, Value>,
    domains: Map<String, Value>,
}

/// Predicts for a page of learners, and writes what they are advised.
pub(super) async fn page(tx: &mut PgConnection, page: &Page, by: &Coefficients) -> Result<(), sqlx::Error> {
    let names: Vec<(i32, String)> = sqlx::query_as(include_str!("sql/read_domains.sql")).fetch_all(&mut *tx).await?;
    let names: HashMap<i32, String> = names.into_iter().collect();
    let name = |id: i32| names.get(&id).cloned().unwrap_or_else(|| id.to_string());
    let rows = page.bind(include_str!("sql/read_records.sql")).fetch_all(&mut *tx).await?;
    let (mut predictions, mut advised) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in &rows {
        let (subject_id, record, recent) = (row.try_get("subject_id")?, record(row)?, recent(row)?);
        let prediction = predict(&record, by);
        let interventions = advice::interventions(&record, &recent, &prediction);
        let advice = advice::recommendations(&record, &recent, &interventions, name);
        advised.extend(advice.into_iter().map(|advice| (subject_id, advice)));
        let hours = advice::hours(&record, recent.planned_hours, by.target, name);
        let domains = domains(&record, &prediction, &hours, name);
        predictions.push(Row::new(subject_id, &prediction, interventions, domains));
    }
    sqlx::query(include_str!("sql/save_predictions.sql"))
        .bind(page.as_of())
        .bind(Json(&predictions))
        .execute(&mut *tx)
        .await?;
    save_advice(tx, page, &advised).await
}

impl Row {
    fn new(
        subject_id: i64,
        prediction: &Prediction,
        interventions: Vec<&'static str>,
        domains: Map<String, Value>,
    ) -> Self {
        let Prediction { bayes, regression, rules, p, lo, hi, agreement, status, .. } = *prediction;
        let features = FEATURES.iter().zip(prediction.features);
        let features = features.map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        Self { subject_id, p, lo, hi, bayes, regression, rules, agreement, status, interventions, features, domains }
    }
}

fn domains(
    record: &Record,
    prediction: &Prediction,
    hours: &[f64],
    name: impl Fn(i32) -> String,
) -> Map<String, Value> {
    let told = record.domains.iter().zip(&prediction.domains).zip(hours);
    told.map(|((domain, (shrunk, p)), hours)| {
        (name(domain.id), json!({"score": domain.score, "shrunk": shrunk, "p": p, "hours": hours}))
    })
    .collect()
}

async fn save_advice(tx: &mut PgConnection, page: &Page, advised: &[(i64, Advice)]) -> Result<(), sqlx::Error> {
    let ids: Vec<i64> = advised.iter().map(|(id, _)| *id).collect();
    let kinds: Vec<&str> = advised.iter().map(|(_, advice)| advice.kind.as_str()).collect();
    let subjects: Vec<&str> = advised.iter().map(|(_, advice)| advice.subject.as_str()).collect();
    sqlx::query(include_str!("sql/save_advice.sql"))
        .bind(page.as_of())
        .bind(&ids)
        .bind(&kinds)
        .bind(&subjects)
        .bind(advised.iter().map(|(_, advice)| advice.priority.as_str()).collect::<Vec<_>>())
        .execute(&mut *tx)
        .await?;
    page.bind(include_str!("sql/resolve_advice.sql"))
        .bind(page.as_of())
        .bind(&ids)
        .bind(&kinds)
        .bind(&subjects)
        .execute(tx)
        .await?;
    Ok(())
}

fn record(row: &PgRow) -> Result<Record, sqlx::Error> {
    let (ids, scores, questions): (Vec<i32>, Vec<f64>, Vec<i32>) =
        (row.try_get("domains")?, row.try_get("domain_scores")?, row.try_get("domain_questions")?);
    let domains = ids.into_iter().zip(scores).zip(questions);
    Ok(Record {
        modules: (row.try_get("modules_completed")?, row.try_get("modules_total")?),
        mock_count: row.try_get("mock_count")?,
        streak: row.try_get("streak")?,
        practice_questions: row.try_get("practice_questions")?,
        prep_days: row.try_get("prep_days")?,
        days_to_exam: row.try_get("days_to_exam")?,
        completion: row.try_get("completion")?,
        study_hours: row.try_get("study_hours")?,
        accuracy: row.try_get("accuracy")?,
        mock_avg: row.try_get("mock_avg")?,
        mock_best: row.try_get("mock_best")?,
        active_sessions_per_week: row.try_get("active_sessions_per_week")?,
        avg_session_min: row.try_get("avg_session_min")?,
        velocity: row.try_get("velocity")?,
        target: row.try_get("target")?,
        domains: domains.map(|((id, score), questions)| Domain { id, score, questions }).collect(),
    })
}

fn recent(row: &PgRow) -> Result<Recent, sqlx::Error> {
    Ok(Recent {
        days_idle: row.try_get("days_idle")?,
        questions: (row.try_get("n_7d")?, row.try_get("n_prev21d")?),
        accuracy: (row.try_get("acc_7d")?, row.try_get("acc_prev21d")?),
        long_days: row.try_get("long_days_7d")?,
        hours: row.try_get("hours_7d")?,
        planned_hours: row.try_get("target_hours_week")?,
        hard_accuracy: row.try_get("hard_accuracy")?,
        next_module: row.try_get("next_module")?,
    })
}
