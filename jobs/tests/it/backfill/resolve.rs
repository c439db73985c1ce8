//! A row that stayed behind goes in once it is corrected, and not before; the counts add up throughout.

use uuid::Uuid;
use windlass_jobs::backfill::control;
use windlass_jobs::backfill::resolve::{ResolveError, Resolved, quarantine, resolve};
use windlass_jobs::backfill::state::State;

use super::support::{claim, claims, import, imported, write};
use crate::support::{database, folder, number, windlass};

#[tokio::test]
async fn a_corrected_row_goes_in_once_and_a_bad_one_never() {
    let database = database().await;
    let db = database.pool();
    let folder = folder("backfill/resolve");
    let text = claims(300).replace("C0000100,S020", "C0000100,S020,too,many").replace("C0000250,", "C0000200,");
    let path = write(&folder, "claims.csv", text);
    let status = imported(&database, import(&path)).await;
    assert_eq!((status.state, status.accepted, status.quarantined), (State::Done, 298, 2));
    let run_id = status.run_id;
    let rows = quarantine(db, run_id, 0, 10).await.unwrap();
    let said: Vec<String> = rows.iter().map(|row| format!("{} {}", row.row_no, row.reasons.join("|"))).collect();
    assert_eq!(said, ["101 malformed_row", "251 dup_conflict"]);

    // As bad as before, otherwise bad, or under an id that is taken.
    for (row, record, why) in [
        (101, "C0000100,S020,too,many".to_owned(), "malformed_row"),
        (101, claim(100).replace("2024", "2034"), "future_date"),
        (101, format!("{}\n{}", claim(100), claim(101)), "malformed_row"),
        (251, claim(200).replace("DE", "FR"), "conflicts_existing"),
    ] {
        let error = resolve(db, run_id, row, record.as_bytes()).await.unwrap_err();
        assert!(matches!(error, ResolveError::StillBad(_)), "{error}");
        assert!(error.to_string().contains(why), "{error} should say {why}");
    }
    assert_eq!(number(db, "select count(*) from insights.claims").await, 298);
    assert_eq!(number(db, "select count(*) from insights.backfill_staging").await, 0);

    let record = write(&folder, "record.csv", claim(100) + "\n");
    let run = run_id.to_string();
    let args = ["backfill", "resolve", &run, "101", "--record", record.to_str().unwrap()];
    let output = windlass(&database.url(), &args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("taken over"));
    assert_eq!(resolve(db, run_id, 251, claim(200).as_bytes()).await.unwrap(), Resolved::Skipped);
    for row in [101, 7, 10_000] {
        let again = resolve(db, run_id, row, claim(100).as_bytes()).await;
        assert!(matches!(again, Err(ResolveError::NotThere { .. })), "{again:?}");
    }
    assert!(matches!(resolve(db, Uuid::now_v7(), 1, b"x").await, Err(ResolveError::Unknown(_))));

    let status = control::status(db, run_id).await.unwrap();
    assert_eq!((status.accepted, status.quarantined, status.skipped), (299, 0, 1));
    let open = "select count(*) from insights.backfill_chunks where rows <> accepted + quarantined + skipped";
    assert_eq!(number(db, open).await, 0);
    let listed = windlass(&database.url(), &["backfill", "quarantine", &run]);
    assert_eq!(String::from_utf8_lossy(&listed.stdout).matches("resolved").count(), 2);

    // What was resolved belongs to its run: it goes with it.
    control::revert(db, run_id).await.unwrap();
    assert_eq!(number(db, "select count(*) from insights.claims").await, 0);
    let after = resolve(db, run_id, 101, claim(100).as_bytes()).await;
    assert!(matches!(after, Err(ResolveError::NotDone { .. })), "{after:?}");
}
