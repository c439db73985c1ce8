//! Gate 2 as if a file's second half came to its first: the arithmetic alone, row by row. A gate that refuses the first half would
//! leave the second nothing to be compared with.

use std::path::Path;

use chrono::NaiveDate;
use windlass::cli::CliError;

use crate::backfill::claims::audit::{Audit, Moments, Words, audit};
use crate::backfill::claims::{Claim, LABELS, TABLE};
use crate::backfill::mapping::Mapping;

/// Audits a CSV file of claims under a mapping.
pub(super) fn audit_of(path: &Path, mapping: &Mapping, as_of: NaiveDate) -> Result<Audit, CliError> {
    let mut reader = csv::Reader::from_path(path)?;
    let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let bound = mapping.bind(&TABLE, &header)?;
    let mut claims = Vec::new();
    for record in reader.records() {
        let record = record?;
        let row = TABLE.check(bound.apply(|place| record.get(place)), as_of);
        claims.extend(Claim::of(&row.cells).filter(|_| row.reasons.is_empty()));
    }
    let mut moments = Moments::default();
    for claim in &claims {
        moments.add(&claim.features);
    }
    Ok(audit(&moments, &words(&claims[..claims.len() / 2]), &words(&claims)))
}

fn words(claims: &[Claim]) -> Words {
    let mut words = Words::default();
    for claim in claims {
        let label = LABELS[usize::from(!claim.features.claimable)];
        *words.claim_type.entry(claim.claim_type.clone()).or_default() += 1;
        *words.source.entry(claim.source.clone()).or_default() += 1;
        *words.label.entry(label.to_owned()).or_default() += 1;
    }
    words
}
