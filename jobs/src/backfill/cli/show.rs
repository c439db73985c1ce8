//! Answers as people read them.

use std::time::Duration;

use serde_json::Value;
use windlass::cli::{facts, table};

use crate::backfill::control::Status;
use crate::backfill::plan::{Outline, Started};
use crate::backfill::resolve::{Quarantined, Resolved};

pub(super) fn outline(outline: &Outline) -> String {
    let mut lines = vec![("does", format!("{} of {}", outline.op, outline.target))];
    if let Some(source) = &outline.source {
        lines.push(("from", source.clone()));
    }
    lines.push(("rows", format!("{} in {} chunk(s)", outline.rows, outline.chunks)));
    if let Some(bytes) = outline.bytes {
        lines.push(("bytes", bytes.to_string()));
    }
    if outline.malformed > 0 {
        lines.push(("malformed", format!("{} rows", outline.malformed)));
    }
    for (reason, rows) in &outline.first_chunk {
        lines.push(("would stay", format!("{rows} of the first chunk: {reason}")));
    }
    if let Some(backup) = &outline.backup {
        lines.push(("backup", backup.clone()));
    }
    for warning in &outline.warnings {
        lines.push(("warning", warning.clone()));
    }
    let next = match &outline.same_run {
        Some(run) => format!("nothing: run {run} is of the same source and mapping"),
        None => "the same words after `windlass backfill start`; nothing has been changed".to_owned(),
    };
    lines.push(("next", next));
    facts(lines)
}

pub(super) fn started(started: &Started) -> String {
    let Started { run_id, new } = started;
    if *new {
        format!("run {run_id} is started: `windlass backfill watch {run_id}`")
    } else {
        format!("nothing to start: run {run_id} is of the same source and mapping")
    }
}

pub(super) fn list(all: &[Status]) -> String {
    if all.is_empty() {
        return "no runs yet: `windlass backfill plan --help`".to_owned();
    }
    table(
        &["run", "op", "target", "state", "%", "rows", "accepted", "quarantined", "skipped"],
        all.iter().map(|run| {
            vec![
                run.run_id.to_string(),
                run.op.clone(),
                run.target.clone(),
                state(run),
                format!("{:.1}", run.percent),
                run.rows.to_string(),
                run.accepted.to_string(),
                run.quarantined.to_string(),
                run.skipped.to_string(),
            ]
        }),
    )
}

pub(super) fn status(status: &Status) -> String {
    let mut lines = vec![
        ("run", status.run_id.to_string()),
        ("does", format!("{} of {}", status.op, status.target)),
        ("state", state(status)),
        ("rows", format!("{} of {} ({:.1} %)", status.rows_done, status.rows, status.percent)),
        ("chunks", format!("{} of {}", status.chunks_done, status.chunks)),
    ];
    if let Some(rate) = status.rate {
        lines.push(("rate", format!("{rate:.0} rows/s of working time")));
    }
    if let Some(eta) = status.eta_seconds {
        lines.push(("left", format!("about {} of work", seconds(eta))));
    }
    if status.state.is_final() {
        let Status { accepted, quarantined, skipped, .. } = status;
        lines.push(("came in", format!("{accepted}, {quarantined} in quarantine, {skipped} there already")));
    }
    for (name, text) in [("waits", &status.held_back_by), ("failed", &status.failure), ("backup", &status.backup)] {
        if let Some(text) = text {
            lines.push((name, text.clone()));
        }
    }
    facts(lines)
}

/// What stands beside the bar.
pub(super) fn message(status: &Status) -> String {
    let rate = status.rate.map(|rate| format!("{rate:.0} rows/s")).unwrap_or_default();
    let eta = status.eta_seconds.map(|eta| format!(", {} left", seconds(eta))).unwrap_or_default();
    let held = status.held_back_by.as_ref().map(|by| format!(", waits: {by}")).unwrap_or_default();
    format!("{} {rate}{eta}{held}", status.state)
}

pub(super) fn report(status: &Status, report: &Value) -> String {
    let number = |name: &str| report[name].as_f64().map(|value| format!("{value:.4}")).unwrap_or_default();
    let passed = |gate: &Value| if gate["pass"] == true { "passes" } else { "fails" };
    let mut lines = vec![
        ("run", format!("{} ({})", status.run_id, state(status))),
        ("read", report["rows_read"].to_string()),
        ("accepted", report["accepted"].to_string()),
        ("quarantined", report["quarantined"].to_string()),
        ("skipped", report["skipped_identical"].to_string()),
        ("quality", number("quality_score")),
        ("missing", number("missing_share")),
        (
            "gate 1",
            format!("strict {}, quarantine {}", passed(&report["gate1_strict"]), passed(&report["gate1_quarantine"])),
        ),
    ];
    if report["audit"].is_object() {
        lines.push(("gate 2", passed(&report["audit"]).to_owned()));
        lines.push(("claims", format!("{}, {} not claimable", report["total"], report["non_claimable"])));
    }
    if report["cv"].is_object() {
        let cv = &report["cv"];
        lines.push((
            "gate 3",
            format!(
                "mean {:.4}, deviation {:.4}",
                cv["mean"].as_f64().unwrap_or(0.0),
                cv["std"].as_f64().unwrap_or(0.0)
            ),
        ));
        let green = report["certification"]["green"] == true;
        lines.push(("gate 4", if green { "green" } else { "not green" }.to_owned()));
    }
    if let Some(why) = &status.failure {
        lines.push(("failed", why.clone()));
    }
    let reasons = report["reasons"].as_object().into_iter().flatten();
    let reasons = table(&["reason", "rows"], reasons.map(|(reason, rows)| vec![reason.clone(), rows.to_string()]));
    format!("{}\n\n{reasons}", facts(lines))
}

fn state(status: &Status) -> String {
    if status.reverted { "reverted".to_owned() } else { status.state.to_string() }
}

fn seconds(seconds: f64) -> String {
    let whole = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default().as_secs();
    match whole {
        0..=59 => format!("{whole} s"),
        60..=3_599 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3_600, whole % 3_600 / 60),
    }
}

/// Rows in quarantine: where, and why.
pub(super) fn quarantine(rows: &[Quarantined]) -> String {
    if rows.is_empty() {
        return "no rows are in quarantine here".to_owned();
    }
    let cells = rows.iter().map(|row| {
        let (key, resolved) = (row.key.clone().unwrap_or_default(), if row.resolved { "resolved" } else { "waits" });
        vec![row.row_no.to_string(), key, row.reasons.join(", "), resolved.to_owned()]
    });
    table(&["row", "id", "reasons", "state"], cells)
}

/// What became of a row.
pub(super) const fn resolved(resolved: Resolved) -> &'static str {
    match resolved {
        Resolved::Accepted => "taken over",
        Resolved::Skipped => "it was in already, just so",
    }
}
