//! An import's three steps: a chunk into staging; all rows judged together; the good ones in.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::json;
use sqlx::types::Json;
use sqlx::{Connection, PgConnection};
use windlass::{JobContext, JobError};

use super::quality::Policy;
use super::reached::Reached;
use super::report::Batch;
use super::source::records::Columns;
use super::source::{Format, SourceError};
use super::spec::Import;
use super::state::State;
use super::step::Step;
use super::store::{self, Run};
use super::target::Target;
use super::{gates, life, metrics, staging};
use crate::apart::apart;
use crate::backfill::claims::cv::CrossValidation;
use crate::deps::Deps;

/// Up to so many rows go in by one transaction; more go in chunk by chunk.
const AT_ONCE: u64 = 1_000_000;
/// How many rows go in by one transaction otherwise, or a chunk: a second's work.
const IN_PIECES: i64 = 50_000;
/// How many skipped rows a report names.
const SKIPPED_NAMED: i64 = 1_000;

/// Brings a chunk's rows into staging and ends its job, in one transaction.
pub(super) async fn chunk(cx: &JobContext<Deps>, job: &Step, seq: i32, import: &Import) -> Result<(), JobError> {
    let started = Instant::now();
    let Some((piece, done)) = store::read_chunk(cx.db(), job.run_id, seq).await? else {
        return Err(JobError::discard(format!("run {} has no chunk {seq}", job.run_id)));
    };
    if done {
        return Ok(());
    }
    let bytes = match import.source.read(&piece).await {
        Ok(bytes) => bytes,
        Err(error) if error.is_passing() => return Err(error.into()),
        Err(error) => return life::fail(cx, job, &error.to_string()).await,
    };
    let (header, table, mapping) = (job.header(cx, import).await?, import.target.table(), import.mapping.clone());
    let (format, as_of) = (import.source.format(), import.as_of.date_naive());
    let looked = move || {
        let columns = Columns::bind(format, &mapping, table, &header)?;
        let records = columns.check(&bytes, table, as_of);
        Ok::<_, SourceError>((bytes, records))
    };
    let (bytes, records) = match apart(looked).await? {
        Ok(looked) => looked,
        Err(error) => return life::fail(cx, job, &error.to_string()).await,
    };
    if records.len() as u64 != piece.rows.unsigned_abs() {
        return life::fail(cx, job, &SourceError::Changed { seq }.to_string()).await;
    }
    let missing: u64 = records.iter().map(|record| record.row.missing as u64).sum();
    let mut tx = cx.db().begin().await?;
    staging::write(&mut tx, job.run_id, &piece, &bytes, &records).await?;
    life::finish_chunk(cx, tx, job, seq, missing.cast_signed(), started).await?;
    metrics::read(import.target, records.len() as u64);
    Ok(())
}

/// Judges all rows together; the run goes on or fails.
pub(super) async fn validate(cx: &JobContext<Deps>, job: &Step, import: &Import) -> Result<bool, JobError> {
    let run_id = job.run_id;
    if Reached::of(cx) == Reached::Nothing && !compare(cx, job, import).await? {
        return Ok(false);
    }
    let mut tx = cx.db().begin().await?;
    let (tally, skipped) = staging::tally(&mut tx, run_id, import.target.table()).await?;
    let accepted = tally.rows - tally.quarantined - skipped;
    let is_claims = import.target == Target::Claims;
    let known = if is_claims { gates::read(&mut tx, run_id).await? } else { gates::Known::default() };
    let (labels, sources) = if is_claims {
        (known.added.label.clone(), known.added.source.clone())
    } else {
        (BTreeMap::from([("rows".to_owned(), accepted)]), BTreeMap::new())
    };
    let mut batch = Batch::of(&tally, skipped, &import.limits, labels, sources);
    batch.skipped_rows = Some(staging::first_skipped(&mut tx, run_id, SKIPPED_NAMED).await?);
    batch.together = known.together;
    let before = gates::last(&mut tx, import.target.as_str(), run_id).await?;
    tx.commit().await?;

    let gate1 = match import.policy {
        Policy::Strict => batch.gate1_strict.pass,
        Policy::Quarantine => batch.gate1_quarantine.pass,
    };
    if gate1 && is_claims {
        let features = known.features;
        batch.cv = apart(move || CrossValidation::of(&features)).await?;
        batch.certification = batch.cv.as_ref().map(CrossValidation::certification);
    }
    let gate2 = batch.together.as_ref().is_none_or(|together| together.audit.pass);
    let gate3 = batch.cv.as_ref().is_none_or(|cv| cv.holds_up(before.as_ref()));
    let failure = verdict(&batch, import.policy, [gate1, gate2, gate3]);

    let mut tx = cx.db().begin().await?;
    let Some(_) = still(&mut tx, job, State::Validating).await? else { return Ok(false) };
    save_gates(&mut tx, job, import, &batch, [gate1, gate2, gate3]).await?;
    if let Some(seq) = staging::unreconciled(&mut tx, run_id).await? {
        drop(tx);
        life::fail(cx, job, &format!("the counts of chunk {seq} do not add up to its rows")).await?;
        return Ok(false);
    }
    save_report(&mut tx, job, &batch).await?;
    if let Some(why) = failure {
        tx.commit().await?;
        life::fail(cx, job, &why).await?;
        return Ok(false);
    }
    store::set_state(&mut tx, run_id, State::Integrating, None).await?;
    tx.commit().await?;
    Ok(true)
}

/// Says of each row what can be said only beside the others; the run goes on or fails.
async fn compare(cx: &JobContext<Deps>, job: &Step, import: &Import) -> Result<bool, JobError> {
    let mut tx = cx.db().begin().await?;
    staging::compare(&mut tx, job.run_id, import.target, &import.people, import.as_of).await?;
    match staging::quarantine_late(&mut tx, cx.db(), job.run_id, &import.source).await {
        Ok(()) => {}
        Err(staging::LateError::Source(error)) if !error.is_passing() => {
            drop(tx);
            life::fail(cx, job, &error.to_string()).await?;
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    }
    tx.commit().await?;
    cx.checkpoint(&Reached::Compared).await?;
    Ok(true)
}

/// Why a batch stays outside, if it does: the first gate that it fails, and what to look at.
fn verdict(batch: &Batch, policy: Policy, [gate1, gate2, gate3]: [bool; 3]) -> Option<String> {
    if !gate1 {
        return Some(format!("gate 1 ({}): {}", policy.as_str(), batch.missed(policy).join(", ")));
    }
    if !gate2 {
        return Some(
            "gate 2: a number gives the label or another number away, or the data shifts: see the audit".into(),
        );
    }
    if !gate3 {
        return Some("gate 3: the cross-validation is worse than that of the run before by more than 0.01".into());
    }
    (!batch.reconciled).then(|| "rows read are not those accepted, quarantined and skipped".into())
}

/// Brings the good rows in, looks whether all of them are, and ends the run.
pub(super) async fn integrate(cx: &JobContext<Deps>, job: &Step, import: &Import) -> Result<(), JobError> {
    let backup = import.backup.clone();
    if let Err(error) = apart(move || backup.verify()).await? {
        return life::fail(cx, job, &error.to_string()).await;
    }
    let mut connection = cx.db().acquire().await?;
    if let Some(prepare) = import.target.statements().prepare {
        sqlx::query(prepare).bind(job.run_id).execute(&mut *connection).await?;
    }
    let chunks = store::chunk_counts(cx.db(), job.run_id).await?.0;
    let last = i32::try_from(chunks).unwrap_or(i32::MAX) - 1;
    let from = pieces(cx, job, import, &mut connection, last).await?;
    let mut tx = connection.begin().await?;
    let Some(run) = still(&mut tx, job, State::Integrating).await? else { return Ok(()) };
    insert(&mut tx, job, import, from, last).await?;
    let (rows, amount, staged, staged_amount) =
        staging::counts(&mut tx, job.run_id, import.target, &import.people).await?;
    if rows != staged || amount != staged_amount || rows != run.accepted {
        tx.rollback().await?;
        let why =
            format!("{rows} rows are in of {staged} good ones, {} were counted before; sums differ", run.accepted);
        return life::fail(cx, job, &why).await;
    }
    staging::forget(&mut tx, job.run_id).await?;
    store::set_state(&mut tx, job.run_id, State::Done, None).await?;
    cx.complete(&mut tx).await?;
    tx.commit().await?;
    metrics::integrated(import.target, &run);
    metrics::done(&run.spec.op);
    Ok(())
}

/// Brings in what is too much for one transaction: because there are so many rows, or because a worker died over it before.
/// Answers from which chunk on the rest is.
async fn pieces(
    cx: &JobContext<Deps>,
    job: &Step,
    import: &Import,
    connection: &mut PgConnection,
    last: i32,
) -> Result<i32, JobError> {
    let Some(run) = store::read(&mut *connection, job.run_id).await? else { return Ok(0) };
    let reached = Reached::of(cx);
    if run.accepted.unsigned_abs() <= AT_ONCE && matches!(reached, Reached::Nothing | Reached::Compared) {
        cx.checkpoint(&Reached::AtOnce).await?;
        return Ok(0);
    }
    let mut from = if let Reached::Upto(from) = reached { from.max(0) } else { 0 };
    let rows = run.rows_read / i64::from(last + 1).max(1);
    let step = i32::try_from(IN_PIECES / rows.max(1)).unwrap_or(i32::MAX).max(1);
    while from <= last.saturating_sub(step) {
        let mut tx = connection.begin().await?;
        let Some(_) = still(&mut tx, job, State::Integrating).await? else { break };
        insert(&mut tx, job, import, from, from + step - 1).await?;
        tx.commit().await?;
        from += step;
        cx.checkpoint(&Reached::Upto(from)).await?;
    }
    Ok(from)
}

async fn insert(tx: &mut PgConnection, job: &Step, import: &Import, from: i32, to: i32) -> Result<(), sqlx::Error> {
    sqlx::query(import.target.statements().integrate)
        .bind(job.run_id)
        .bind(from)
        .bind(to)
        .bind(&import.people)
        .bind(import.as_of)
        .execute(tx)
        .await?;
    Ok(())
}

/// The run under lock, if it is still in this state.
async fn still(tx: &mut PgConnection, job: &Step, state: State) -> Result<Option<Run>, sqlx::Error> {
    Ok(store::lock(tx, job.run_id).await?.filter(|run| run.state == state))
}

async fn save_gates(
    tx: &mut PgConnection,
    job: &Step,
    import: &Import,
    batch: &Batch,
    passed: [bool; 3],
) -> Result<(), sqlx::Error> {
    let [gate1, gate2, gate3] = passed;
    let one = json!({ "strict": batch.gate1_strict, "quarantine": batch.gate1_quarantine });
    gates::save(tx, job.run_id, 1, gate1, &one).await?;
    if let Some(together) = &batch.together {
        gates::save(tx, job.run_id, 2, gate2, &json!(together.audit)).await?;
    }
    if let (Some(cv), Some(certification)) = (&batch.cv, &batch.certification) {
        gates::save(tx, job.run_id, 3, gate3, &json!(cv)).await?;
        let green = gates::green_runs(tx, import.target.as_str(), job.run_id, Some(certification)).await?;
        let detail = json!({ "checks": certification, "green_runs": green, "certified": gates::certified(green) });
        gates::save(tx, job.run_id, 4, certification.green, &detail).await?;
    }
    Ok(())
}

async fn save_report(tx: &mut PgConnection, job: &Step, batch: &Batch) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/set_report.sql"))
        .bind(job.run_id)
        .bind(Json(batch))
        .bind(batch.rows_read.cast_signed())
        .bind(batch.accepted.cast_signed())
        .bind(batch.quarantined.cast_signed())
        .bind(batch.skipped_identical.cast_signed())
        .execute(tx)
        .await?;
    Ok(())
}

impl Step {
    /// The source's columns, as the survey found them. A JSON source names them row by row.
    async fn header(&self, cx: &JobContext<Deps>, import: &Import) -> Result<Vec<String>, JobError> {
        if import.source.format() == Format::Json {
            return Ok(Vec::new());
        }
        let header: Option<Vec<String>> =
            sqlx::query_scalar(include_str!("sql/read_header.sql")).bind(self.run_id).fetch_one(cx.db()).await?;
        Ok(header.unwrap_or_default())
    }
}
