//! What a person may see of their spectrum: the weekly feed, and a month in depth.

use std::collections::BTreeMap;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Postgres, Row, Transaction};
use windlass::http::{Api, Caller, Problem, Role, Scoped};
use windlass::{Job, StoreError};

use super::person_id;
use super::tagged::tagged;
use crate::calendar::{month_label, parse_month, parse_week, week_label};
use crate::post_session_analysis::{Emotion, Pattern};
use crate::{MonthlyNarrative, WeeklyAggregation};

/// The role that sees one person's rows.
const READER_ROLE: &str = "windlass_reader";
/// Weeks of a page, if it is not said.
const PAGE: u8 = 12;
/// Weeks of a page, at most: a year.
const MOST: u8 = 53;

/// Which page of the feed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// Only weeks before this one, like `2026-W12`; the newest if absent.
    before: Option<String>,
    /// So many, from 1 to 53; 12 if absent.
    limit: Option<u8>,
}

/// A page of the weekly feed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Weeks {
    /// The newest first.
    weeks: Vec<Week>,
    /// What to ask for `before` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
}

/// A week.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Week {
    /// The ISO week, like `2026-W12`.
    #[serde(rename = "week")]
    label: String,
    #[serde(flatten)]
    counts: Counts,
    /// Absent without an analysed session.
    #[serde(skip_serializing_if = "Option::is_none")]
    spectrum: Option<Spectrum>,
}

/// A month in depth.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Month {
    /// Like `2026-03`.
    #[serde(rename = "month")]
    label: String,
    #[serde(flatten)]
    counts: Counts,
    /// Absent without an analysed session.
    #[serde(skip_serializing_if = "Option::is_none")]
    spectrum: Option<Spectrum>,
    /// Absent while none is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    narrative: Option<Narrative>,
}

/// What was counted.
#[derive(Debug, Serialize, FromRow, utoipa::ToSchema)]
pub(super) struct Counts {
    sessions: i32,
    turns: i32,
    /// Sessions that were left out.
    excluded: i32,
    /// Sessions without a word.
    empty: i32,
}

/// How it was.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Spectrum {
    /// -1 (heavy) to 1 (light).
    valence: f64,
    arousal: f64,
    dominance: f64,
    volatility: f64,
    /// 0 to 1.
    diversity: f64,
    /// The share of sessions with a positive valence.
    positive_share: f64,
    /// The difference to the week or month before; absent where that has no valence.
    #[serde(skip_serializing_if = "Option::is_none")]
    valence_delta: Option<f64>,
    /// The moving average over weeks.
    #[serde(skip_serializing_if = "Option::is_none")]
    valence_ema: Option<f64>,
    /// Against the weeks before.
    #[serde(skip_serializing_if = "Option::is_none")]
    valence_z: Option<f64>,
    /// One of the eight emotions, or `none`.
    dominant_emotion: String,
    /// Shares of the eight emotions.
    emotions: BTreeMap<&'static str, f64>,
    /// Sessions of each pattern.
    patterns: BTreeMap<&'static str, i32>,
}

/// The month, told.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Narrative {
    version: i32,
    text: String,
    /// What wrote it; `rules-1` is no model.
    model: String,
    /// The prompt's name and revision.
    prompt: String,
    /// 0 to 1.
    rubric_score: f64,
    published_at: DateTime<Utc>,
}

/// The weekly feed. Needs the role `read`, and the queue of the weekly aggregation in the token's scope.
#[utoipa::path(
    get, path = "/v1/people/{subject_id}/weeks", tag = "spectrum",
    params(
        ("subject_id" = i64, Path, description = "The person"), Page,
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what is known already")
    ),
    responses(
        (status = 200, description = "The weeks", body = Weeks, headers(("ETag" = String), ("Cache-Control" = String))),
        (status = 304, description = "As it was"),
        (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such person", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn weeks(
    State(api): State<Api>,
    caller: Caller,
    Path(person): Path<String>,
    query: Result<Query<Page>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.must_with(Role::Read, WeeklyAggregation::QUEUE)?;
    let Query(page) = query.map_err(|error| Problem::malformed(error.body_text()))?;
    let limit = page.limit.unwrap_or(PAGE);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::malformed(format!("limit is 1 to {MOST}")));
    }
    let before = match page.before.as_deref() {
        None => NaiveDate::MAX,
        Some(label) => parse_week(label).ok_or_else(|| Problem::malformed("before is an ISO week, like 2026-W12"))?,
    };
    let subject_id = person_id(&person)?;
    let mut tx = reader(&api, subject_id).await?;
    let rows: Vec<PgRow> = sqlx::query(include_str!("sql/list_weeks.sql"))
        .bind(subject_id)
        .bind(i16::try_from(before.iso_week().year()).unwrap_or(i16::MAX))
        .bind(i16::try_from(before.iso_week().week()).unwrap_or(i16::MAX))
        .bind(i64::from(limit))
        .fetch_all(&mut *tx)
        .await
        .map_err(StoreError::from)?;
    let weeks: Vec<Week> = rows.iter().map(Week::of).collect::<Result<_, _>>().map_err(StoreError::from)?;
    let whole = weeks.len() == usize::from(limit);
    let before = weeks.last().filter(|_| whole).map(|week| week.label.clone());
    Ok(tagged(&headers, &Weeks { weeks, before }))
}

/// A month in depth: its figures and its text. Needs the role `read`, and the queue of the narratives in the token's scope.
#[utoipa::path(
    get, path = "/v1/people/{subject_id}/months/{month}", tag = "spectrum",
    params(
        ("subject_id" = i64, Path, description = "The person"), ("month" = String, Path, description = "Like `2026-03`"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what is known already")
    ),
    responses(
        (status = 200, description = "The month", body = Month, headers(("ETag" = String), ("Cache-Control" = String))),
        (status = 304, description = "As it was"),
        (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such person, or nothing of that month", body = Problem, content_type = "application/problem+json"),
        Scoped
    )
)]
pub(super) async fn month(
    State(api): State<Api>,
    caller: Caller,
    Path((person, month)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.must_with(Role::Read, MonthlyNarrative::QUEUE)?;
    let first = parse_month(&month).ok_or_else(|| Problem::malformed("a month is written like 2026-03"))?;
    let subject_id = person_id(&person)?;
    let mut tx = reader(&api, subject_id).await?;
    let row: Option<PgRow> = sqlx::query(include_str!("sql/read_month.sql"))
        .bind(subject_id)
        .bind(first)
        .fetch_optional(&mut *tx)
        .await
        .map_err(StoreError::from)?;
    let row = row.ok_or_else(|| Problem::not_found(format!("nothing is known of {}", month_label(first))))?;
    let month = Month::of(&row, first).map_err(StoreError::from)?;
    Ok(tagged(&headers, &month))
}

/// A transaction that sees this person's rows and, where the roles are made, nobody else's.
async fn reader(api: &Api, subject_id: i64) -> Result<Transaction<'static, Postgres>, Problem> {
    let begun = async {
        let mut tx = api.db().begin().await?;
        let read_as = sqlx::query_scalar(include_str!("sql/read_as.sql"));
        let taken: bool = read_as.bind(subject_id).bind(READER_ROLE).fetch_one(&mut *tx).await?;
        if !taken {
            tracing::debug!(role = READER_ROLE, "no such role to take; going on under the door's own");
        }
        let is_there = sqlx::query_scalar(include_str!("sql/is_there.sql"));
        let there: bool = is_there.bind(subject_id).fetch_one(&mut *tx).await?;
        Ok::<_, sqlx::Error>(there.then_some(tx))
    };
    let begun = begun.await.map_err(StoreError::from)?;
    begun.ok_or_else(|| Problem::not_found(format!("subject {subject_id} is unknown or erased")))
}

impl Week {
    fn of(row: &PgRow) -> Result<Self, sqlx::Error> {
        let label = week_label(row.try_get("monday")?);
        Ok(Self { label, counts: Counts::from_row(row)?, spectrum: Spectrum::of(row)? })
    }
}

impl Month {
    fn of(row: &PgRow, first: NaiveDate) -> Result<Self, sqlx::Error> {
        let narrative = match row.try_get::<Option<i32>, _>("version")? {
            None => None,
            Some(version) => Some(Narrative {
                version,
                text: row.try_get("body")?,
                model: row.try_get("model")?,
                prompt: row.try_get("prompt")?,
                rubric_score: row.try_get("rubric_score")?,
                published_at: row.try_get("created_at")?,
            }),
        };
        Ok(Self { label: month_label(first), counts: Counts::from_row(row)?, spectrum: Spectrum::of(row)?, narrative })
    }
}

impl Spectrum {
    fn of(row: &PgRow) -> Result<Option<Self>, sqlx::Error> {
        let Some(valence) = row.try_get("valence")? else { return Ok(None) };
        let (emotions, patterns): (Vec<f64>, Vec<i32>) = (row.try_get("emotions")?, row.try_get("patterns")?);
        Ok(Some(Self {
            valence,
            arousal: row.try_get("arousal")?,
            dominance: row.try_get("dominance")?,
            volatility: row.try_get("volatility")?,
            diversity: row.try_get("diversity")?,
            positive_share: row.try_get("positive_share")?,
            valence_delta: row.try_get("valence_delta")?,
            valence_ema: row.try_get("valence_ema")?,
            valence_z: row.try_get("valence_z")?,
            dominant_emotion: row.try_get("dominant_emotion")?,
            emotions: Emotion::ALL.iter().map(|emotion| emotion.as_str()).zip(emotions).collect(),
            patterns: Pattern::ALL.iter().map(|pattern| pattern.as_str()).zip(patterns).collect(),
        }))
    }
}
