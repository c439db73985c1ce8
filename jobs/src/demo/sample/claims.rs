//! Claims: those that are there, a batch without a flaw, and one with a few rows that nobody wants.

use std::fmt::Write as _;
use std::ops::Range;

const HEADER: &str = "claim_id,seller_id,source,claim_type,event_date,filed_date,resolved_date,marketplace,quantity,\
                      amount_cents,evidence_count,prior_claims,label";
/// One twice, one from no calendar, one of the day after tomorrow, one without a label.
const DIRTY: &str = "\
D1,S001,seller_record,lost,2024-03-04,2024-04-01,2024-05-01,DE,3,1250,4,1,claimable
D1,S001,seller_record,lost,2024-03-04,2024-04-01,2024-05-01,DE,3,1250,4,1,claimable
D2,S002,seller_record,lost,2024-02-30,2024-04-01,2024-05-01,DE,3,1250,4,1,claimable
D3,S003,seller_record,other,2024-03-04,2031-04-01,2031-05-01,US,2,900,1,0,non_claimable
D4,S004,production_log,damaged,2024-03-04,2024-04-01,2024-05-01,FR,1,400,0,2,
";

/// The files by name.
pub(super) fn files() -> Vec<(&'static str, String)> {
    let dirty = good(480..640) + DIRTY;
    vec![("claims_existing.csv", good(0..300)), ("claims_clean.csv", good(300..480)), ("claims_dirty.csv", dirty)]
}

fn good(rows: Range<usize>) -> String {
    let mut text = format!("{HEADER}\n");
    for n in rows {
        // Whoever has evidence mostly wins.
        let (label, evidence) = if n * 7 % 5 == 0 { ("non_claimable", n % 4) } else { ("claimable", 2 + n % 6) };
        let source = ["production_log", "historical_event", "seller_record"][n * 31 % 3];
        let kind = ["lost", "damaged", "customer_return", "overcharge", "removal", "other"][n * 17 % 6];
        let (month, day, filed) = (1 + n % 12, 1 + n * 13 % 28, 1 + n * 29 % 28);
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "A{n:05},S{:03},{source},{kind},2024-{month:02}-{day:02},2025-{month:02}-{filed:02},2026-01-05,DE,{},{},\
             {evidence},{},{label}",
            n % 40,
            1 + n * 11 % 30,
            500 + n * 7_907 % 20_000,
            n * 3 % 7,
        );
    }
    text
}
