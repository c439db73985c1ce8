//! A table of another Postgres, read in the order of its key on a connection that cannot write.

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};

use super::{Cut, Piece, SourceError, Survey, records};

/// Connects to a named database, read-only.
async fn connect(dsn: &str) -> Result<PgConnection, SourceError> {
    check_name(dsn)?;
    let variable = format!("WINDLASS_SOURCE_{}", dsn.to_ascii_uppercase());
    let url = std::env::var(&variable)
        .map_err(|_| SourceError::UnknownDsn { name: dsn.to_owned(), variable: variable.clone() })?;
    // The parser's own error may quote the URL, and so its password.
    let options: PgConnectOptions =
        url.parse().map_err(|_| SourceError::Database(format!("{variable} holds no Postgres URL")))?;
    let options = options.application_name("windlass/backfill").options([("default_transaction_read_only", "on")]);
    options.connect().await.map_err(|error| failed(&error))
}

/// Streams the table once: hashes it and notes every so-many-th key.
pub(super) async fn survey(dsn: &str, table: &str, key: &str, cut: Cut) -> Result<Survey, SourceError> {
    let mut connection = connect(dsn).await?;
    let (table, key) = (quoted(table)?, quoted(key)?);
    let select = format!("select t.{key}::text, to_jsonb(t)::text from {table} t order by t.{key}");
    let mut rows = sqlx::query_as::<_, (Option<String>, String)>(AssertSqlSafe(select)).fetch(&mut connection);
    let (mut all, mut one, mut pieces) = (Sha256::new(), Sha256::new(), Vec::<Piece>::new());
    let (mut header, mut bytes, mut total, mut before) = (Vec::new(), 0, 0_u64, None);
    let (mut held, mut held_bytes, mut upto) = (0_u64, 0_u64, String::new());
    loop {
        let row = rows.try_next().await.map_err(|error| failed(&error))?;
        let full = held >= cut.rows || held_bytes >= cut.bytes;
        if held > 0 && (full || row.is_none()) {
            pieces.push(Piece {
                seq: i32::try_from(pieces.len()).unwrap_or(i32::MAX),
                bytes: None,
                keys: Some((before.replace(upto.clone()), upto.clone())),
                first_row: (total - held + 1).cast_signed(),
                rows: held.cast_signed(),
                sha256: std::mem::take(&mut one).finalize().to_vec(),
            });
            (held, held_bytes) = (0, 0);
        }
        let Some((key, line)) = row else { break };
        let Some(key) = key else {
            return Err(SourceError::Database(
                "the key column holds nulls: choose one that is unique and not null".into(),
            ));
        };
        if total == 0 {
            header = records::names(line.as_bytes()).unwrap_or_default();
        }
        for hash in [&mut all, &mut one] {
            hash.update(line.as_bytes());
            hash.update(b"\n");
        }
        let length = line.len() as u64 + 1;
        (bytes, held_bytes) = (bytes + length, held_bytes + length);
        (total, held, upto) = (total + 1, held + 1, key);
    }
    Ok(Survey { header, bytes, rows: total, malformed: 0, sha256: all.finalize().into(), pieces, whole: true })
}

/// Reads a piece's rows as lines.
pub(super) async fn read(dsn: &str, table: &str, key: &str, piece: &Piece) -> Result<Vec<u8>, SourceError> {
    let mut connection = connect(dsn).await?;
    let (table, key) = (quoted(table)?, quoted(key)?);
    let Some((after, upto)) = &piece.keys else { return Ok(Vec::new()) };
    // The bounds take the column's own type, else its index would not serve and 10 would stand before 9.
    let of_key: String =
        sqlx::query_scalar(AssertSqlSafe(format!("select pg_typeof({key})::text from {table} limit 1")))
            .fetch_one(&mut connection)
            .await
            .map_err(|error| failed(&error))?;
    let select = format!(
        "select to_jsonb(t)::text from {table} t
          where ($1::text is null or t.{key} > $1::text::{of_key}) and t.{key} <= $2::text::{of_key} order by t.{key}"
    );
    let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(select)).bind(after).bind(upto).fetch(&mut connection);
    let mut bytes = Vec::new();
    while let Some(line) = rows.try_next().await.map_err(|error| failed(&error))? {
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
    }
    Ok(bytes)
}

fn check_name(name: &str) -> Result<(), SourceError> {
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { Ok(()) } else { Err(SourceError::BadName(name.to_owned())) }
}

/// A name as SQL takes it, whatever it is.
fn quoted(name: &str) -> Result<String, SourceError> {
    let parts = name.split('.').map(|part| check_name(part).map(|()| format!("\"{part}\"")));
    Ok(parts.collect::<Result<Vec<_>, _>>().map_err(|_| SourceError::BadName(name.to_owned()))?.join("."))
}

/// The server's code alone: its words may quote a row or a URL.
fn failed(error: &sqlx::Error) -> SourceError {
    SourceError::Database(match error {
        sqlx::Error::Database(error) => error.code().map_or("no code".into(), |code| format!("SQLSTATE {code}")),
        sqlx::Error::Io(error) => format!("connection: {}", error.kind()),
        _ => "no answer that can be read".to_owned(),
    })
}
