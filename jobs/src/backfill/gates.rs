//! Gates 2 to 4 over the claims that are in and those that a run adds.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use futures_util::TryStreamExt;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::claims::audit::{Counts, Moments, Words, audit};
use super::claims::cv::{Certification, CrossValidation};
use super::claims::split::Split;
use super::claims::{Features, LABELS};
use super::report::{Size, Together};

/// How many green runs in a row certify the data.
const GREEN_RUNS: i64 = 3;

/// What is known of the claims.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Words of what the run adds.
    pub(super) added: Words,
    /// Old and new together.
    pub(super) together: Option<Together>,
    /// In the order of time.
    pub(super) features: Vec<Features>,
}

#[derive(FromRow)]
struct WordRow {
    part: String,
    source: String,
    claim_type: String,
    label: String,
    claims: i64,
}

#[derive(FromRow)]
struct FeatureRow {
    #[sqlx(rename = "event_date")]
    _event_date: NaiveDate,
    claim_id: String,
    quantity: i32,
    amount_cents: i64,
    evidence_count: i32,
    prior_claims: i32,
    days: i32,
    label: String,
}

/// Reads the claims once, as a stream; what stays are six numbers of each.
pub(super) async fn read(tx: &mut PgConnection, run_id: Uuid) -> Result<Known, sqlx::Error> {
    sqlx::query(include_str!("sql/sort_in_memory.sql")).execute(&mut *tx).await?;
    let rows: Vec<WordRow> =
        sqlx::query_as(include_str!("sql/claims_words.sql")).bind(run_id).fetch_all(&mut *tx).await?;
    let (mut before, mut after, mut added) = (Words::default(), Words::default(), Words::default());
    for row in &rows {
        add(&mut after, row);
        add(if row.part == "before" { &mut before } else { &mut added }, row);
    }
    let all: i64 = rows.iter().map(|row| row.claims).sum();
    // In one piece: growing step by step it would stand there twice.
    let mut features = Vec::with_capacity(usize::try_from(all).unwrap_or_default());
    let mut moments = Moments::default();
    let mut splits: BTreeMap<String, Counts> = BTreeMap::new();
    {
        let mut stream =
            sqlx::query_as::<_, FeatureRow>(include_str!("sql/claims_features.sql")).bind(run_id).fetch(&mut *tx);
        while let Some(row) = stream.try_next().await? {
            #[expect(clippy::cast_precision_loss, reason = "amounts are at most 10^12")]
            let amount = row.amount_cents as f64;
            let values = [
                f64::from(row.quantity),
                amount,
                f64::from(row.evidence_count),
                f64::from(row.prior_claims),
                f64::from(row.days),
            ];
            let one = Features { values, claimable: row.label == LABELS[0] };
            moments.add(&one);
            let split = Split::of(&row.claim_id).as_str().to_owned();
            *splits.entry(split).or_default().entry(row.label).or_default() += 1;
            features.push(one);
        }
    }
    let total = features.len() as u64;
    let non_claimable = features.iter().filter(|row| !row.claimable).count() as u64;
    let together = Together {
        splits,
        audit: audit(&moments, &before, &after),
        total,
        non_claimable,
        size: Size::of(total, non_claimable),
    };
    Ok(Known { added, together: Some(together), features })
}

fn add(words: &mut Words, row: &WordRow) {
    let claims = row.claims.unsigned_abs();
    *words.claim_type.entry(row.claim_type.clone()).or_default() += claims;
    *words.source.entry(row.source.clone()).or_default() += claims;
    *words.label.entry(row.label.clone()).or_default() += claims;
}

/// The cross-validation of the last run of the target that went through.
pub(super) async fn last(
    tx: &mut PgConnection,
    target: &str,
    run_id: Uuid,
) -> Result<Option<CrossValidation>, sqlx::Error> {
    let detail: Option<Json<Value>> = sqlx::query_scalar(include_str!("sql/last_cross_validation.sql"))
        .bind(target)
        .bind(run_id)
        .fetch_optional(tx)
        .await?;
    // What an older program wrote in another shape is no yardstick.
    Ok(detail.and_then(|Json(detail)| serde_json::from_value(detail).ok()))
}

/// How many runs in a row were green, this one included; three certify the data.
pub(super) async fn green_runs(
    tx: &mut PgConnection,
    target: &str,
    run_id: Uuid,
    now: Option<&Certification>,
) -> Result<i64, sqlx::Error> {
    if !now.is_some_and(|certification| certification.green) {
        return Ok(0);
    }
    let before: Vec<bool> = sqlx::query_scalar(include_str!("sql/green_runs.sql"))
        .bind(target)
        .bind(run_id)
        .bind(1_000_i64)
        .fetch_all(tx)
        .await?;
    Ok(1 + i64::try_from(before.iter().take_while(|green| **green).count()).unwrap_or(0))
}

/// Whether so many green runs in a row certify the data.
pub(super) const fn certified(green_runs: i64) -> bool {
    green_runs >= GREEN_RUNS
}

pub(super) async fn save(
    tx: &mut PgConnection,
    run_id: Uuid,
    gate: i16,
    passed: bool,
    detail: &Value,
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/save_gate.sql"))
        .bind(run_id)
        .bind(gate)
        .bind(passed)
        .bind(Json(detail))
        .execute(tx)
        .await?;
    Ok(())
}
