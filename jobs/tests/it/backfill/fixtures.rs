//! The fixtures' claims through the database.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Map, Value};
use windlass_jobs::backfill::control;
use windlass_jobs::backfill::state::State;

use super::support::{import, imported};
use crate::compare;
use crate::support::{database, fixtures, folder};

/// `clean` is how the clean batch ends: its report is as expected in either case.
async fn check(set: &str, clean: State) {
    let database = database().await;
    let (inputs, expected, out) =
        (fixtures(set).join("inputs"), fixtures(set).join("expected"), folder(&format!("backfill/{set}")));
    let config: Value = serde_json::from_str(&fs::read_to_string(inputs.join("config.json")).unwrap()).unwrap();
    let as_of = config["as_of"].as_str().unwrap().parse().unwrap();
    let (mut reports, mut quarantine) = (Map::new(), String::from("file,row,claim_id,reasons\n"));
    // The dirty batch fails and leaves nothing; so the clean one meets what it would have met without it.
    for name in ["existing", "dirty", "clean"] {
        let file = format!("claims_{name}.csv");
        let spec = windlass_jobs::backfill::spec::Import { as_of, ..import(&inputs.join(&file)) };
        let status = imported(&database, spec).await;
        let wanted = match name {
            "existing" => State::Done,
            "dirty" => State::Failed,
            _ => clean,
        };
        assert_eq!(status.state, wanted, "{status:?}");
        if wanted == State::Failed {
            let gate = if name == "dirty" { "gate 1" } else { "gate 3" };
            assert!(status.failure.as_ref().unwrap().starts_with(gate), "{status:?}");
        }
        let mut report = control::report(database.pool(), status.run_id).await.unwrap().unwrap();
        if name == "existing" {
            for later in ["skipped_rows", "splits", "audit", "total", "non_claimable", "size", "cv", "certification"] {
                report.as_object_mut().unwrap().remove(later);
            }
        }
        reports.insert(name.to_owned(), report);
        let rows: Vec<(i64, Option<String>, Vec<String>)> = sqlx::query_as(
            "select row_no, key, reasons from insights.backfill_quarantine where run_id = $1 order by row_no",
        )
        .bind(status.run_id)
        .fetch_all(database.pool())
        .await
        .unwrap();
        for (row, key, reasons) in rows {
            writeln!(quarantine, "{file},{row},{},{}", key.unwrap_or_default(), reasons.join("|")).unwrap();
        }
    }
    fs::write(out.join("claims.json"), Value::from(reports).to_string()).unwrap();
    fs::write(out.join("claims_quarantine.csv"), quarantine).unwrap();
    for file in ["claims.json", "claims_quarantine.csv"] {
        let agreement = compare::files(&expected.join(file), &out.join(file)).unwrap_or_else(|e| panic!("{e}"));
        eprintln!("{set}/{file}: {agreement:?}");
    }
    let splits: i64 = sqlx::query_scalar("select count(distinct split) from insights.claims")
        .fetch_one(database.pool())
        .await
        .unwrap();
    assert_eq!(splits, 3);
}

#[tokio::test]
async fn the_claims_of_open_a_go_in_as_expected() {
    // With the batch the cross-validation varies by 0.054, without it by less: the batch stays outside.
    check("open-a", State::Failed).await;
}

#[tokio::test]
async fn the_claims_of_open_b_go_in_as_expected() {
    check("open-b", State::Done).await;
}
