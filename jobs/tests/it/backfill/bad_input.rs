//! Bad input: it is named, kept or refused, and never vanishes.

use std::fmt::Write as _;
use std::fs;

use windlass_jobs::backfill::backup::Backup;
use windlass_jobs::backfill::control;
use windlass_jobs::backfill::source::Source;
use windlass_jobs::backfill::spec::Import;
use windlass_jobs::backfill::state::State;

use super::support::{HEADER, claims, count, import, imported, start, write};
use crate::support::{database, folder, number};

const QUARANTINED: &str = "select count(*) from insights.backfill_quarantine where run_id = $1";
const RUNS: &str = "select count(*) from insights.backfill_runs";

/// What a refusal says; nothing was begun.
async fn refusal(name: &str, text: impl AsRef<[u8]>) -> String {
    let database = database().await;
    let path = write(&folder(&format!("backfill/refused/{name}")), "claims.csv", text);
    let error = start(database.pool(), import(&path)).await.unwrap_err().to_string();
    assert_eq!(number(database.pool(), RUNS).await, 0);
    error
}

#[tokio::test]
async fn what_is_no_such_file_is_refused_before_anything_begins() {
    let utf16: Vec<u8> = claims(20).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let error = refusal("utf16", [&[0xFF, 0xFE][..], &utf16].concat()).await;
    assert!(error.contains("is not UTF-8 but UTF-16LE"), "{error}");
    assert!(refusal("bare16", utf16).await.contains("UTF-16LE"));

    let error =
        refusal("unknown", claims(20).replace("label\n", "label,mood\n").replace("claimable\n", "claimable,x\n")).await;
    assert!(error.contains("the column \"mood\", which claims v1.0 does not know"), "{error}");
    let error = refusal("missing", claims(20).replace("claim_type", "kind")).await;
    assert!(error.contains("\"kind\"") || error.contains("\"claim_type\""), "{error}");

    let half: String = claims(20)
        .lines()
        .enumerate()
        .map(|(n, line)| if n > 8 { format!("{}\n", &line[..9]) } else { format!("{line}\n") })
        .collect();
    let error = refusal("malformed", half).await;
    assert!(error.contains("12 of 20 rows") && error.contains("more than half"), "{error}");

    let open = claims(20_000).replacen("C0000003", "\"C0000003", 1);
    let error = refusal("quote", open).await;
    assert!(error.contains("begins at row 4") && error.contains("a quote never closed"), "{error}");

    assert!(refusal("empty", "").await.contains("has no rows"));
    assert!(refusal("header", format!("{HEADER}\n")).await.contains("has no rows"));
}

#[tokio::test]
async fn nothing_begins_without_a_backup_and_nothing_goes_in_when_it_is_gone() {
    let database = database().await;
    let folder = folder("backfill/backup");
    let path = write(&folder, "claims.csv", claims(300));
    let dump = write(&folder, "dump.pgc", "PGDMP and so on");
    let hash = "0123456789abcdef".repeat(4);
    for (backup, expected) in [
        (Backup::Dump { path: dump.clone(), sha256: hash.clone() }, "its SHA-256 is another"),
        (Backup::Dump { path: path.clone(), sha256: hash.clone() }, "is no dump"),
        (Backup::Dump { path: folder.join("nowhere"), sha256: hash.clone() }, "failed to read the backup"),
        (Backup::Snapshot(String::new()), "the snapshot's name"),
    ] {
        let error = start(database.pool(), Import { backup, ..import(&path) }).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!("".parse::<Backup>().unwrap_err().to_string().contains("no backup"));
    assert_eq!(number(database.pool(), RUNS).await, 0);

    // A good one, which is gone by the time it would be needed.
    let sha = std::process::Command::new("sha256sum").arg(&dump).output().unwrap();
    fs::write(folder.join("dump.pgc.sha256"), sha.stdout).unwrap();
    let backup: Backup = dump.to_str().unwrap().parse().unwrap();
    let started = start(database.pool(), Import { backup, ..import(&path) }).await.unwrap();
    fs::write(&dump, "PGDMP and another").unwrap();
    crate::support::run(&database).await;
    let status = control::status(database.pool(), started.run_id).await.unwrap();
    assert_eq!(status.state, State::Failed);
    assert!(status.failure.unwrap().contains("its SHA-256 is another"));
    assert_eq!(number(database.pool(), "select count(*) from insights.claims").await, 0);
    assert_eq!(number(database.pool(), "select count(*) from insights.backfill_staging").await, 0);
}

#[tokio::test]
async fn a_file_cut_in_mid_record_and_rows_in_another_encoding_stay_behind() {
    let database = database().await;
    let folder = folder("backfill/cut");
    let mut bytes = claims(400).into_bytes();
    bytes.truncate(bytes.len() - 30);
    let place = bytes.windows(8).position(|window| window == b"C0000007").unwrap();
    bytes[place + 10] = 0xE9;
    let status = imported(&database, import(&write(&folder, "claims.csv", &bytes))).await;
    assert_eq!((status.state, status.accepted, status.quarantined), (State::Done, 398, 2), "{status:?}");
    let rows: Vec<(i64, Vec<String>, Vec<u8>)> = sqlx::query_as(
        "select row_no, reasons, raw from insights.backfill_quarantine where run_id = $1 order by row_no",
    )
    .bind(status.run_id)
    .fetch_all(database.pool())
    .await
    .unwrap();
    assert_eq!((rows[0].0, rows[1].0), (8, 400));
    assert!(rows.iter().all(|row| row.1 == ["malformed_row"]));
    // Their bytes are kept as they came.
    assert!(bytes.windows(rows[0].2.len()).any(|window| window == rows[0].2) && rows[0].2.contains(&0xE9));
    assert!(bytes.ends_with(&rows[1].2));
}

#[tokio::test]
async fn quoted_line_ends_at_a_border_of_chunks_belong_to_their_record() {
    let database = database().await;
    let folder = folder("backfill/quoted");
    let mut text =
        String::from("\u{feff}") + &claims(60).replace(",DE,", ",\"D\r\n\"\"E\"\"\n,x\",").replace('\n', "\r\n");
    text += "\r\n\r\n";
    for (chunk_rows, chunk_bytes) in [(1, 4 << 20), (7, 4 << 20), (1_000, 500)] {
        let spec = Import { chunk_rows, chunk_bytes, ..import(&write(&folder, "claims.csv", &text)) };
        let status = imported(&database, spec).await;
        assert_eq!((status.state, status.accepted), (State::Done, 60), "{status:?}");
        assert!(status.chunks > 5);
        let bytes: i64 = sqlx::query_scalar(
            "select sum(byte_to - byte_from)::bigint + min(byte_from) from insights.backfill_chunks where run_id = $1",
        )
        .bind(status.run_id)
        .fetch_one(database.pool())
        .await
        .unwrap();
        assert_eq!(bytes, i64::try_from(text.len()).unwrap());
        let marks = "select count(*) from insights.claims where marketplace like 'D%\"E\"%,x' and run_id = $1";
        assert_eq!(count(database.pool(), marks, status.run_id).await, 60);
        control::revert(database.pool(), status.run_id).await.unwrap();
    }
}

#[tokio::test]
async fn the_same_file_is_the_same_run_and_a_changed_one_is_another() {
    let database = database().await;
    let db = database.pool();
    let folder = folder("backfill/same");
    let path = write(&folder, "claims.csv", claims(300));
    let status = imported(&database, import(&path)).await;
    assert_eq!((status.state, status.accepted), (State::Done, 300));
    let again = start(db, import(&path)).await.unwrap();
    assert_eq!((again.run_id, again.new), (status.run_id, false));
    // Elsewhere, cut otherwise: it is the same.
    let elsewhere = write(&folder, "other.csv", claims(300));
    let again = start(db, Import { chunk_rows: 7, ..import(&elsewhere) }).await.unwrap();
    assert_eq!((again.run_id, again.new), (status.run_id, false));

    // Under the same name with ten rows more, one of the old ones changed, and two that stand twice.
    let mut changed = claims(310).replacen("C0000005,S005", "C0000005,S777", 1);
    let line = |n: usize| claims(310).lines().nth(n).unwrap().to_owned() + "\n";
    changed += &line(304);
    changed += &line(305).replace("S0", "S1");
    fs::write(&path, changed).unwrap();
    let next = imported(&database, import(&path)).await;
    assert_ne!(next.run_id, status.run_id);
    assert_eq!((next.state, next.accepted, next.quarantined, next.skipped), (State::Done, 10, 3, 299), "{next:?}");
    let rows: Vec<(i64, String, Vec<String>)> = sqlx::query_as(
        "select row_no, key, reasons from insights.backfill_quarantine where run_id = $1 order by row_no",
    )
    .bind(next.run_id)
    .fetch_all(db)
    .await
    .unwrap();
    let said: Vec<String> =
        rows.iter().map(|(row, key, reasons)| format!("{row} {key} {}", reasons.join("|"))).collect();
    assert_eq!(said, ["6 C0000005 conflicts_existing", "311 C0000303 dup_exact", "312 C0000304 dup_conflict"]);
    assert_eq!(count(db, QUARANTINED, next.run_id).await, 3);

    // Reverted, it can be had again; what was there before stays.
    control::revert(db, next.run_id).await.unwrap();
    assert_eq!(number(db, "select count(*) from insights.claims").await, 300);
    assert!(start(db, import(&path)).await.unwrap().new);
}

#[tokio::test]
async fn a_source_that_changes_while_a_run_is_under_way_ends_the_run() {
    let database = database().await;
    let path = write(&folder("backfill/changed"), "claims.csv", claims(300));
    let started = start(database.pool(), import(&path)).await.unwrap();
    fs::write(&path, claims(300).replace("C0000250,S010", "C0000250,S999")).unwrap();
    crate::support::run(&database).await;
    let status = control::status(database.pool(), started.run_id).await.unwrap();
    assert_eq!(status.state, State::Failed);
    let failure = status.failure.unwrap();
    assert!(failure.contains("the source has changed") && failure.contains("chunk 2"), "{failure}");
    assert_eq!(number(database.pool(), "select count(*) from windlass.dead_letters").await, 0);
}

#[tokio::test]
async fn a_jsonl_file_gives_the_same_rows_as_the_csv() {
    let (csv, jsonl) = (database().await, database().await);
    let folder = folder("backfill/jsonl");
    let text = claims(300);
    let header: Vec<&str> = HEADER.split(',').collect();
    let mut lines = String::new();
    for line in text.lines().skip(1) {
        let cell = |(name, cell): (&&str, &str)| match *name {
            "quantity" | "amount_cents" => format!("\"{name}\":{cell}"),
            _ if cell.is_empty() => format!("\"{name}\":null"),
            _ => format!("\"{name}\":\"{cell}\""),
        };
        let cells: Vec<String> = header.iter().zip(line.split(',')).map(cell).collect();
        writeln!(lines, "{{{}}}", cells.join(",")).unwrap();
    }
    lines += "{\"claim_id\":\"X\",\"mood\":\"good\"}\n{\"claim_id\":\"Y\",\"quantity\":{}}\n[1]\n{\"claim_id\":\"cut";
    let one = imported(&csv, import(&write(&folder, "claims.csv", &text))).await;
    let path = write(&folder, "claims.jsonl", &lines);
    let other = imported(&jsonl, Import { source: Source::Jsonl { path }, ..import(&folder) }).await;
    assert_eq!((one.state, one.accepted), (State::Done, 300));
    assert_eq!((other.state, other.accepted, other.quarantined), (State::Done, 300, 4), "{other:?}");
    let all = "select string_agg((to_jsonb(c) - 'run_id')::text, '\n' order by claim_id) from insights.claims c";
    let of = async |db: &sqlx::PgPool| sqlx::query_scalar::<_, String>(all).fetch_one(db).await.unwrap();
    assert_eq!(of(csv.pool()).await, of(jsonl.pool()).await);
}

#[tokio::test]
async fn no_row_is_repeated_outside_staging_and_quarantine() {
    let database = database().await;
    let db = database.pool();
    let text = claims(300).replace("C0000009,S009", "C0000009,a-secret-seller,and,more");
    let path = write(&folder("backfill/secret"), "claims.csv", &text);
    assert_eq!(imported(&database, import(&path)).await.quarantined, 1);
    for table in [
        "select count(*) from insights.backfill_runs t where t::text like '%a-secret%'",
        "select count(*) from windlass.history t where t::text like '%a-secret%'",
        "select count(*) from windlass.attempts t where t::text like '%a-secret%'",
    ] {
        assert_eq!(number(db, table).await, 0, "{table}");
    }
}
