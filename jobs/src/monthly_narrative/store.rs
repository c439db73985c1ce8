//! The narrative's tables, and what it reads of others'.

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::TryStreamExt;
use sqlx::{FromRow, PgConnection, PgPool, Postgres, Row, Transaction};

use super::contract::{Contract, Month, PromptVersion};
use super::rubric::Rubric;
use super::template;

/// The role that reads aggregates and builds prompts; it cannot read turns.
pub const NARRATOR_ROLE: &str = "windlass_narrator";

/// A person's month as it stands.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) tier: String,
    pub(super) erased: bool,
    pub(super) reset_at: Option<DateTime<Utc>>,
    pub(super) dirty_seq: i64,
    /// None without an analysed session.
    pub(super) month: Option<Month>,
}

/// A text that was published.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Insight {
    pub(super) body: String,
    pub(super) input_hash: Vec<u8>,
    pub(super) prompt_name: String,
    pub(super) prompt_revision: i32,
    pub(super) model: String,
    pub(super) route_reason: String,
    pub(super) rubric: serde_json::Value,
    pub(super) rubric_score: f64,
    pub(super) status: String,
}

/// The prompt in use.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Prompt {
    pub(super) revision: i32,
    pub(super) template: String,
}

/// All that is read before a text is made.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) standing: Option<Standing>,
    pub(super) newest: Option<Insight>,
    pub(super) prompt: Option<Prompt>,
}

/// Reads a month, its newest text and the prompt, under the role that cannot read turns.
pub(super) async fn read(db: &PgPool, subject_id: i64, month: NaiveDate, prompt: &str) -> Result<Read, sqlx::Error> {
    let mut tx = as_narrator(db).await?;
    let row =
        sqlx::query(include_str!("sql/read_month.sql")).bind(subject_id).bind(month).fetch_optional(&mut *tx).await?;
    let standing = row.map(|row| standing(&row, month)).transpose()?;
    let newest = newest(&mut tx, subject_id, month).await?;
    let prompt = self::prompt(&mut *tx, prompt).await?;
    tx.commit().await?;
    Ok(Read { standing, newest, prompt })
}

/// The active revision of a prompt.
pub(super) async fn prompt(db: impl sqlx::PgExecutor<'_>, name: &str) -> Result<Option<Prompt>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_prompt.sql")).bind(name).fetch_optional(db).await
}

/// A transaction under the role that cannot read turns, where there is one that we may take.
async fn as_narrator(db: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let mut tx = db.begin().await?;
    let taken = sqlx::query(include_str!("sql/take_role.sql")).bind(NARRATOR_ROLE).fetch_optional(&mut *tx).await?;
    if taken.is_none() {
        tracing::debug!(role = NARRATOR_ROLE, "no such role to take; going on under the worker's own");
    }
    Ok(tx)
}

fn standing(row: &sqlx::postgres::PgRow, month: NaiveDate) -> Result<Standing, sqlx::Error> {
    let status: Option<String> = row.try_get("status")?;
    let month = if status.as_deref() == Some("ok") { Some(month_of(row, month)?) } else { None };
    Ok(Standing {
        tier: row.try_get("tier")?,
        erased: row.try_get("erased")?,
        reset_at: row.try_get("reset_at")?,
        dirty_seq: row.try_get("dirty_seq")?,
        month,
    })
}

fn month_of(row: &sqlx::postgres::PgRow, month: NaiveDate) -> Result<Month, sqlx::Error> {
    let count = |column: &str| Ok::<_, sqlx::Error>(row.try_get::<i32, _>(column)?.unsigned_abs());
    let emotion: String = row.try_get("dominant_emotion")?;
    let patterns: Vec<i32> = row.try_get("patterns")?;
    let patterns: Vec<u32> = patterns.into_iter().map(i32::unsigned_abs).collect();
    Ok(Month {
        month,
        n_sessions: count("n_sessions")?,
        n_turns: count("n_turns")?,
        n_excluded: count("n_excluded")?,
        valence: row.try_get("valence")?,
        valence_delta: row.try_get("valence_delta")?,
        volatility: row.try_get("volatility")?,
        diversity: row.try_get("diversity")?,
        positive_share: row.try_get("positive_share")?,
        dominant_emotion: emotion.parse().ok(),
        patterns: patterns.try_into().map_err(|_| sqlx::Error::ColumnDecode {
            index: "patterns".to_owned(),
            source: "not seven patterns".into(),
        })?,
        best_week: row.try_get("best_week")?,
        hardest_week: row.try_get("hardest_week")?,
    })
}

pub(super) async fn newest(
    tx: &mut PgConnection,
    subject_id: i64,
    month: NaiveDate,
) -> Result<Option<Insight>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/read_newest.sql")).bind(subject_id).bind(month).fetch_optional(tx).await
}

/// Whether the month's aggregates are behind what is known.
pub(super) async fn is_pending(
    db: impl sqlx::PgExecutor<'_>,
    subject_id: i64,
    month: NaiveDate,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/read_pending.sql")).bind(subject_id).bind(month).fetch_one(db).await
}

/// Whether what was said in the month is still there to compare a text with.
pub(super) async fn turns_are_whole(db: &PgPool, subject_id: i64, month: NaiveDate) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/turns_are_whole.sql")).bind(subject_id).bind(month).fetch_one(db).await
}

/// Hands all that was said in the month to `look`, one text at a time; none is kept. The worker's own role reads them; the
/// narrator's cannot.
pub(super) async fn each_said(
    db: &PgPool,
    subject_id: i64,
    month: NaiveDate,
    mut look: impl FnMut(&str),
) -> Result<(), sqlx::Error> {
    let mut said = sqlx::query_scalar(include_str!("sql/read_said.sql")).bind(subject_id).bind(month).fetch(db);
    while let Some(text) = said.try_next().await? {
        let text: String = text;
        look(&text);
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// A person under lock.
#[derive(Clone, Copy, Debug, FromRow)]
pub(super) struct Subject {
    pub(super) erased: bool,
    pub(super) reset_at: Option<DateTime<Utc>>,
}

/// Holds a person as they are until the transaction ends.
pub(super) async fn lock_subject(tx: &mut PgConnection, subject_id: i64) -> Result<Option<Subject>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/lock_subject.sql")).bind(subject_id).fetch_optional(tx).await
}

/// Takes the lock of the month's texts; answers its sequence.
pub(super) async fn lock_bucket(tx: &mut PgConnection, subject_id: i64, month: NaiveDate) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/lock_bucket.sql")).bind(subject_id).bind(month).fetch_one(tx).await
}

pub(super) async fn close_bucket(
    tx: &mut PgConnection,
    subject_id: i64,
    month: NaiveDate,
    seq: i64,
) -> Result<(), sqlx::Error> {
    let close = sqlx::query(include_str!("sql/close_bucket.sql"));
    close.bind(subject_id).bind(month).bind(seq).execute(tx).await?;
    Ok(())
}

/// A text that passed.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) body: String,
    pub(super) contract: Contract,
    pub(super) prompt_name: String,
    pub(super) prompt_revision: i32,
    pub(super) model: String,
    pub(super) route_reason: String,
    pub(super) rubric: serde_json::Value,
    pub(super) rubric_score: f64,
}

impl Text {
    pub(super) fn new(
        body: String,
        contract: Contract,
        (name, revision): (&str, i32),
        model: &str,
        reason: &str,
        rubric: &Rubric,
    ) -> Self {
        Self {
            body,
            contract,
            prompt_name: name.to_owned(),
            prompt_revision: revision,
            model: model.to_owned(),
            route_reason: reason.to_owned(),
            rubric: serde_json::to_value(rubric).unwrap_or_default(),
            rubric_score: rubric.score,
        }
    }

    /// What was withdrawn, once more: nothing of the month has changed.
    pub(super) fn again(insight: Insight, contract: &Contract) -> Option<Self> {
        let version = format!("{}-{}", insight.prompt_name, insight.prompt_revision);
        Some(Self {
            body: insight.body,
            contract: contract.for_prompt(PromptVersion::parse(&version)?),
            prompt_name: insight.prompt_name,
            prompt_revision: insight.prompt_revision,
            model: insight.model,
            route_reason: insight.route_reason,
            rubric: insight.rubric,
            rubric_score: insight.rubric_score,
        })
    }
}

/// Publishes a text as the next version; answers which that is.
pub(super) async fn publish(tx: &mut PgConnection, subject_id: i64, text: &Text) -> Result<i32, sqlx::Error> {
    let month = text.contract.month();
    sqlx::query(include_str!("sql/supersede.sql")).bind(subject_id).bind(month).execute(&mut *tx).await?;
    sqlx::query_scalar(include_str!("sql/publish.sql"))
        .bind(subject_id)
        .bind(month)
        .bind(&text.body)
        .bind(sqlx::types::Json(&text.contract))
        .bind(text.contract.sha256().as_slice())
        .bind(&text.prompt_name)
        .bind(text.prompt_revision)
        .bind(&text.model)
        .bind(&text.route_reason)
        .bind(&text.rubric)
        .bind(text.rubric_score)
        .fetch_one(tx)
        .await
}

/// Withdraws what is published of these months; answers with them and their versions.
pub(super) async fn withdraw(
    tx: &mut PgConnection,
    subject_id: i64,
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
) -> Result<Vec<(NaiveDate, i32)>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/withdraw.sql")).bind(subject_id).bind(first).bind(last).fetch_all(tx).await
}

/// A month that is due.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Due {
    pub(super) subject_id: i64,
    pub(super) month: NaiveDate,
    pub(super) dirty_seq: i64,
}

/// The next months that are due, after a person and a month.
pub(super) async fn due_months(
    db: &PgPool,
    as_of: DateTime<Utc>,
    month: Option<NaiveDate>,
    after: Option<(i64, NaiveDate)>,
    limit: i64,
) -> Result<Vec<Due>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/due_months.sql"))
        .bind(as_of)
        .bind(month)
        .bind(after.map(|after| after.0))
        .bind(after.map(|after| after.1))
        .bind(limit)
        .fetch_all(db)
        .await
}

pub(super) async fn put_off(tx: &mut PgConnection, due: &[Due], again_at: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/put_off_buckets.sql"))
        .bind(due.iter().map(|due| due.subject_id).collect::<Vec<_>>())
        .bind(due.iter().map(|due| due.month).collect::<Vec<_>>())
        .bind(due.iter().map(|due| due.dirty_seq).collect::<Vec<_>>())
        .bind(again_at)
        .execute(tx)
        .await?;
    Ok(())
}

/// A month as it was told; where it has no text, as the rules would tell it.
#[derive(Clone, Debug)]
pub struct Told {
    /// The source's id of the person.
    pub external_id: String,
    /// What it was told from.
    pub contract: Contract,
    /// The text.
    pub text: String,
    /// Whether it is published: a month with a single session is not.
    pub published: bool,
}

/// Reads a source's months, in the order of its people.
///
/// # Errors
///
/// The database's; a stored contract that is none.
pub async fn read_told(db: &PgPool, source: &str) -> Result<Vec<Told>, sqlx::Error> {
    let rows = sqlx::query(include_str!("sql/list_months.sql")).bind(source).fetch_all(db).await?;
    rows.iter().map(told).collect()
}

fn told(row: &sqlx::postgres::PgRow) -> Result<Told, sqlx::Error> {
    let input: Option<serde_json::Value> = row.try_get("input")?;
    let contract = if let Some(input) = input {
        Contract::parse(&input).ok()
    } else {
        let month = month_of(row, row.try_get("month")?)?;
        PromptVersion::parse(template::RULES).map(|version| Contract::new(&month, version))
    };
    let contract = contract.ok_or_else(|| sqlx::Error::Decode("a stored contract is none".into()))?;
    let body: Option<String> = row.try_get("body")?;
    Ok(Told {
        external_id: row.try_get("external_id")?,
        published: body.is_some(),
        text: body.unwrap_or_else(|| template::render(&contract)),
        contract,
    })
}
