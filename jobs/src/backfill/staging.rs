//! The staging table: a chunk's rows on their way in, and what is said of all of a run's rows together.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::{FromRow, PgConnection, PgPool};
use uuid::Uuid;

use super::quality::Tally;
use super::reason::Reasons;
use super::source::records::Record;
use super::source::{Piece, Source};
use super::table::Table;
use super::target::Target;

/// How many rows go to quarantine in one statement.
const PAGE: i64 = 500;

/// Writes a chunk's rows, in place of what an earlier attempt may have left.
pub(super) async fn write(
    tx: &mut PgConnection,
    run_id: Uuid,
    piece: &Piece,
    bytes: &[u8],
    records: &[Record],
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/clear_staged.sql"))
        .bind(run_id)
        .bind(piece.first_row)
        .bind(piece.first_row + piece.rows - 1)
        .execute(&mut *tx)
        .await?;
    let text = copy_text(run_id, piece, records);
    let mut copy = tx.copy_in_raw(include_str!("sql/copy_staging.sql")).await?;
    if let Err(error) = copy.send(text.as_bytes()).await {
        copy.abort("the rows could not be sent").await?;
        return Err(error);
    }
    copy.finish().await?;
    let bad: Vec<(i64, &Record)> =
        (piece.first_row..).zip(records).filter(|(_, record)| !record.row.reasons.is_empty()).collect();
    for page in bad.chunks(500) {
        let rows: Vec<Bad> = page
            .iter()
            .map(|(row_no, record)| Bad {
                row_no: *row_no,
                key: record.row.key.clone(),
                reasons: record.row.reasons,
                raw: bytes[record.from..record.from + record.length].to_vec(),
            })
            .collect();
        quarantine(tx, run_id, &rows).await?;
    }
    Ok(())
}

/// The rows as `copy` reads text. Whatever a cell holds, a line stays a line.
fn copy_text(run_id: Uuid, piece: &Piece, records: &[Record]) -> String {
    let mut text = String::with_capacity(records.len() * 400);
    for (record, row_no) in records.iter().zip(piece.first_row..) {
        let Record { from, length, row } = record;
        // Writing to a string does not fail.
        let _ = write!(text, "{run_id}\t{row_no}\t{from}\t{length}\t{}\t{}\t", piece.seq, row.reasons.bits());
        match &row.key {
            Some(key) => escape(&mut text, key),
            None => text.push_str("\\N"),
        }
        text.push_str("\t\\\\x");
        for byte in row.content_hash() {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\t');
        escape(&mut text, &serde_json::json!(row.cells).to_string());
        text.push('\n');
    }
    text
}

fn escape(text: &mut String, cell: &str) {
    for character in cell.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            other => text.push(other),
        }
    }
}

/// A row that stays behind.
struct Bad {
    row_no: i64,
    key: Option<String>,
    reasons: Reasons,
    raw: Vec<u8>,
}

async fn quarantine(tx: &mut PgConnection, run_id: Uuid, rows: &[Bad]) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/put_in_quarantine.sql"))
        .bind(run_id)
        .bind(rows.iter().map(|row| row.row_no).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.reasons.codes().join("|")).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.raw.as_slice()).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    Ok(())
}

/// Says of each row what can be said only beside the others: whether it stands twice, and whether it is in already.
pub(super) async fn compare(
    tx: &mut PgConnection,
    run_id: Uuid,
    target: Target,
    people: &str,
    as_of: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    // Fresh rows have no statistics yet, and without them every join below would be planned as one of a few rows.
    sqlx::query(include_str!("sql/sort_in_memory.sql")).execute(&mut *tx).await?;
    sqlx::query("analyze insights.backfill_staging").execute(&mut *tx).await?;
    sqlx::query(include_str!("sql/clear_late.sql")).bind(run_id).execute(&mut *tx).await?;
    sqlx::query(include_str!("sql/mark_duplicates.sql")).bind(run_id).execute(&mut *tx).await?;
    sqlx::query(target.statements().mark_existing).bind(run_id).bind(people).bind(as_of).execute(&mut *tx).await?;
    sqlx::query(include_str!("sql/count_chunks.sql")).bind(run_id).execute(tx).await?;
    Ok(())
}

#[derive(FromRow)]
struct Late {
    row_no: i64,
    seq: i32,
    raw_from: i64,
    raw_bytes: i32,
    key: Option<String>,
    reasons: i32,
}

/// Puts the rows that others speak against into quarantine, with their bytes from the source.
pub(super) async fn quarantine_late(
    tx: &mut PgConnection,
    db: &PgPool,
    run_id: Uuid,
    source: &Source,
) -> Result<(), LateError> {
    let mut after = 0;
    let mut held: Option<(i32, Vec<u8>)> = None;
    loop {
        let late: Vec<Late> = sqlx::query_as(include_str!("sql/list_late.sql"))
            .bind(run_id)
            .bind(after)
            .bind(PAGE)
            .fetch_all(&mut *tx)
            .await?;
        let Some(last) = late.last() else { return Ok(()) };
        after = last.row_no;
        let mut rows = Vec::new();
        for row in late {
            if held.as_ref().is_none_or(|(seq, _)| *seq != row.seq) {
                let chunk = super::store::read_chunk(db, run_id, row.seq).await?;
                let (piece, _) = chunk.ok_or(sqlx::Error::RowNotFound)?;
                held = Some((row.seq, source.read(&piece).await?));
            }
            let bytes = held.as_ref().map_or(&[][..], |(_, bytes)| bytes);
            let from = usize::try_from(row.raw_from).unwrap_or_default();
            let raw = bytes.get(from..from + usize::try_from(row.raw_bytes).unwrap_or_default()).unwrap_or_default();
            let reasons = Reasons::from_bits(row.reasons);
            rows.push(Bad { row_no: row.row_no, key: row.key, reasons, raw: raw.to_vec() });
        }
        quarantine(tx, run_id, &rows).await?;
    }
}

/// Why late rows were not put into quarantine.
#[derive(Debug, thiserror::Error)]
pub(super) enum LateError {
    #[error(transparent)]
    Source(#[from] super::source::SourceError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Sums over all rows of a run; and how many of them are in already.
pub(super) async fn tally(tx: &mut PgConnection, run_id: Uuid, table: &Table) -> Result<(Tally, u64), sqlx::Error> {
    let (mut tally, mut skipped) = (Tally::default(), 0);
    {
        let mut groups =
            sqlx::query_as::<_, (i32, bool, i64)>(include_str!("sql/tally.sql")).bind(run_id).fetch(&mut *tx);
        while let Some((reasons, is_skipped, rows)) = groups.try_next().await? {
            tally.add(Reasons::from_bits(reasons), rows.unsigned_abs());
            skipped += if is_skipped { rows.unsigned_abs() } else { 0 };
        }
    }
    let number = async |tx: &mut PgConnection, sql: &'static str| -> Result<u64, sqlx::Error> {
        Ok(sqlx::query_scalar::<_, i64>(sql).bind(run_id).fetch_one(tx).await?.unsigned_abs())
    };
    tally.distinct = number(&mut *tx, include_str!("sql/distinct_keys.sql")).await?;
    tally.missing = number(&mut *tx, include_str!("sql/missing_cells.sql")).await?;
    tally.cells = tally.rows * table.columns.len() as u64;
    Ok((tally, skipped))
}

/// The numbers of the first rows that are in already.
pub(super) async fn first_skipped(tx: &mut PgConnection, run_id: Uuid, most: i64) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/first_skipped.sql")).bind(run_id).bind(most).fetch_all(tx).await
}

/// A chunk whose counts do not add up to its rows, if there is one.
pub(super) async fn unreconciled(tx: &mut PgConnection, run_id: Uuid) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/unreconciled_chunks.sql")).bind(run_id).fetch_optional(tx).await
}

/// Forgets a run's rows.
pub(super) async fn forget(tx: &mut PgConnection, run_id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("sql/drop_staging.sql")).bind(run_id).execute(tx).await?;
    Ok(())
}

/// How many rows of the run are in, and the sum of their amounts; and the same of the good rows on their way.
pub(super) async fn counts(
    tx: &mut PgConnection,
    run_id: Uuid,
    target: Target,
    people: &str,
) -> Result<(i64, i64, i64, i64), sqlx::Error> {
    sqlx::query_as(target.statements().count).bind(run_id).bind(people).fetch_one(tx).await
}
