//! Claims against fixtures, by the formulas alone: a batch held in memory, looked at row by row. The database's own way
//! through the same files is `backfill`'s.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value, json};
use windlass_jobs::backfill::claims::audit::{Moments, Words, audit};
use windlass_jobs::backfill::claims::cv::CrossValidation;
use windlass_jobs::backfill::claims::split::Split;
use windlass_jobs::backfill::claims::{Claim, TABLE};
use windlass_jobs::backfill::mapping::Mapping;
use windlass_jobs::backfill::quality::{Limits, Tally};
use windlass_jobs::backfill::reason::{Reason, Reasons};
use windlass_jobs::backfill::report::{Batch, Size, Together};

use crate::compare;
use crate::support::{fixtures, folder};

/// A row as it came out: its number, id, reasons, and whether it was in already.
struct Row {
    number: u64,
    key: Option<String>,
    reasons: Reasons,
    skipped: bool,
    claim: Option<Claim>,
    hash: [u8; 32],
}

fn read(path: &Path, mapping: &Mapping, as_of: NaiveDate, existing: &[Row]) -> (Vec<Row>, Tally) {
    let integrated: HashMap<&str, [u8; 32]> =
        existing.iter().map(|row| (row.key.as_deref().unwrap(), row.hash)).collect();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).unwrap();
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let bound = mapping.bind(&TABLE, &header).unwrap();
    let (mut rows, mut tally, mut seen) = (Vec::new(), Tally::default(), HashMap::new());
    for (record, number) in reader.records().zip(1..) {
        let record = record.unwrap();
        let checked = if record.len() == header.len() {
            TABLE.check(bound.apply(|place| record.get(place)), as_of)
        } else {
            TABLE.malformed()
        };
        let (hash, mut reasons, mut skipped) = (checked.content_hash(), checked.reasons, false);
        if let Some(key) = &checked.key {
            match seen.get(key) {
                Some(first) if *first == hash => reasons.add(Reason::DupExact),
                Some(_) => reasons.add(Reason::DupConflict),
                None => drop(seen.insert(key.clone(), hash)),
            }
            match integrated.get(key.as_str()) {
                Some(there) if *there == hash => skipped = reasons.is_empty(),
                Some(_) => reasons.add(Reason::ConflictsExisting),
                None => {}
            }
        }
        tally.missing += checked.missing as u64;
        tally.cells += TABLE.columns.len() as u64;
        tally.add(reasons, 1);
        let claim = Claim::of(&checked.cells).filter(|_| reasons.is_empty() && !skipped);
        rows.push(Row { number, key: checked.key, reasons, skipped, claim, hash });
    }
    tally.distinct = seen.len() as u64;
    (rows, tally)
}

fn label(claim: &Claim) -> String {
    if claim.features.claimable { "claimable" } else { "non_claimable" }.to_owned()
}

fn words<'a>(claims: impl IntoIterator<Item = &'a Claim>) -> Words {
    let mut words = Words::default();
    for claim in claims {
        *words.claim_type.entry(claim.claim_type.clone()).or_default() += 1;
        *words.source.entry(claim.source.clone()).or_default() += 1;
        *words.label.entry(label(claim)).or_default() += 1;
    }
    words
}

fn in_order<'a>(claims: impl IntoIterator<Item = &'a Claim>) -> Vec<&'a Claim> {
    let mut claims: Vec<_> = claims.into_iter().collect();
    claims.sort_by(|a, b| (a.event_date, &a.claim_id).cmp(&(b.event_date, &b.claim_id)));
    claims
}

fn cv(claims: &[&Claim]) -> CrossValidation {
    let features: Vec<_> = claims.iter().map(|claim| claim.features).collect();
    CrossValidation::of(&features).unwrap()
}

fn together<'a>(before: &[&'a Claim], added: &[&'a Claim]) -> Together {
    let all: Vec<&Claim> = before.iter().chain(added).copied().collect();
    let mut moments = Moments::default();
    let mut splits: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for claim in &all {
        moments.add(&claim.features);
        let split = splits.entry(Split::of(&claim.claim_id).as_str().to_owned()).or_default();
        *split.entry(label(claim)).or_default() += 1;
    }
    let non_claimable = all.iter().filter(|claim| !claim.features.claimable).count() as u64;
    Together {
        splits,
        audit: audit(&moments, &words(before.iter().copied()), &words(all.iter().copied())),
        total: all.len() as u64,
        non_claimable,
        size: Size::of(all.len() as u64, non_claimable),
    }
}

fn report(rows: &[Row], tally: &Tally) -> Batch {
    let skipped = rows.iter().filter(|row| row.skipped).count() as u64;
    let Words { source, label, .. } = words(rows.iter().filter_map(|row| row.claim.as_ref()));
    Batch::of(tally, skipped, &Limits::default(), label, source)
}

fn check(set: &str) {
    let (inputs, expected, out) =
        (fixtures(set).join("inputs"), fixtures(set).join("expected"), folder(&format!("claims/{set}")));
    let config: Value = serde_json::from_str(&fs::read_to_string(inputs.join("config.json")).unwrap()).unwrap();
    let as_of = config["as_of"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap().date_naive();
    let (existing, tally) = read(&inputs.join("claims_existing.csv"), &Mapping::default(), as_of, &[]);
    let mut reports = Map::new();
    reports.insert("existing".to_owned(), json!(report(&existing, &tally)));
    let before: Vec<&Claim> = existing.iter().filter_map(|row| row.claim.as_ref()).collect();
    let mut quarantine = csv::Writer::from_path(out.join("claims_quarantine.csv")).unwrap();
    quarantine.write_record(["file", "row", "claim_id", "reasons"]).unwrap();
    for name in ["clean", "dirty"] {
        let file = format!("claims_{name}.csv");
        let (rows, tally) = read(&inputs.join(&file), &Mapping::default(), as_of, &existing);
        for row in rows.iter().filter(|row| !row.reasons.is_empty()) {
            let id = row.key.clone().unwrap_or_default();
            let codes = row.reasons.codes().join("|");
            quarantine.write_record([&file, &row.number.to_string(), &id, &codes]).unwrap();
        }
        let added: Vec<&Claim> = rows.iter().filter_map(|row| row.claim.as_ref()).collect();
        let mut batch = report(&rows, &tally);
        batch.skipped_rows =
            Some(rows.iter().filter(|row| row.skipped).map(|row| i64::try_from(row.number).unwrap()).collect());
        batch.together = Some(together(&before, &added));
        if batch.gate1_quarantine.pass {
            let cv = cv(&in_order(before.iter().chain(&added).copied()));
            batch.certification = Some(cv.certification());
            batch.cv = Some(cv);
        }
        reports.insert(name.to_owned(), json!(batch));
    }
    quarantine.flush().unwrap();
    fs::write(out.join("claims.json"), Value::from(reports).to_string()).unwrap();
    for file in ["claims.json", "claims_quarantine.csv"] {
        let agreement = compare::files(&expected.join(file), &out.join(file)).unwrap_or_else(|e| panic!("{e}"));
        eprintln!("{set}/{file}: {agreement:?}");
    }
}

#[test]
fn the_claims_of_open_a_are_judged_as_expected() {
    check("open-a");
}

#[test]
fn the_claims_of_open_b_are_judged_as_expected() {
    check("open-b");
}
