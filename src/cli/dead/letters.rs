//! Letters on a terminal.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::terminal::{facts, instant, table};
use super::super::{CliError, Host};
use crate::dead_letters::{self, By};
use crate::model::{AttemptRecord, DeadLetter, JobId, cut, redacted_raw};
use crate::store::{LetterFilter, LetterSummary, Store};

/// How much of an error a list shows.
const ERROR_IN_LIST: usize = 60;

pub(super) async fn list(
    host: &Host,
    store: &Store,
    (kind, since, all): (Option<String>, Option<Duration>, bool),
    after: Option<JobId>,
    limit: i64,
) -> Result<(), CliError> {
    let since_seconds = since.map(|since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
    let after = place_of(store, after).await?;
    let filter = LetterFilter { kind, since_seconds, all, after, limit, ..LetterFilter::default() };
    host.terminal().answer(&store.dead_letters(&filter).await?, |letters| letters_table(letters))
}

pub(super) async fn list_of(
    host: &Host,
    store: &Store,
    fingerprint: &str,
    after: Option<JobId>,
    limit: i64,
) -> Result<(), CliError> {
    let queues = store.queues().await?;
    let after = place_of(store, after).await?;
    let mut letters = Vec::new();
    for group in store.group(&queues, fingerprint).await? {
        letters.extend(store.letters_of_group(&group.queue, fingerprint, limit, after).await?);
    }
    host.terminal().answer(&letters, |letters| letters_table(letters))
}

async fn place_of(store: &Store, letter: Option<JobId>) -> Result<Option<(DateTime<Utc>, JobId)>, CliError> {
    let Some(id) = letter else { return Ok(None) };
    Ok(Some((store.dead_letter(id).await?.died_at, id)))
}

pub(super) fn letters_table(letters: &[LetterSummary]) -> String {
    if letters.is_empty() {
        return "no dead letters".to_owned();
    }
    table(
        &["id", "kind", "died", "reason", "error", "done"],
        letters.iter().map(|letter| {
            let done = match (&letter.replayed_by, letter.discarded_at) {
                (Some(by), _) => format!("replayed by {by}"),
                (None, Some(_)) => "discarded".to_owned(),
                (None, None) => String::new(),
            };
            vec![
                letter.id.to_string(),
                letter.kind.clone(),
                instant(letter.died_at),
                letter.reason.clone(),
                cut(&letter.error, ERROR_IN_LIST),
                done,
            ]
        }),
    )
}

pub(super) async fn show(host: &Host, store: &Store, id: JobId) -> Result<(), CliError> {
    let letter = store.dead_letter(id).await?;
    let attempts = store.attempts(id).await?;
    let answer = letter_answer(store, &letter, &attempts).await?;
    host.terminal().answer(&answer, |answer| letter_text(&letter, &answer["args"], &attempts))
}

/// A letter with its arguments as they may be shown, for JSON.
pub(in crate::cli) async fn letter_answer(
    store: &Store,
    letter: &DeadLetter,
    attempts: &[AttemptRecord],
) -> Result<Value, CliError> {
    let args = redacted_raw(&letter.args, &store.shown(&letter.kind).await?);
    let edits = store.edits(&letter.queue, letter.id).await?;
    Ok(json!({ "dead_letter": letter, "args": args, "attempts": attempts, "edits": edits }))
}

/// A letter, whole, and the next command.
pub(in crate::cli) fn letter_text(letter: &DeadLetter, args: &Value, attempts: &[AttemptRecord]) -> String {
    let edited = if letter.edits > 0 { format!(" (edited {} times)", letter.edits) } else { String::new() };
    let head = facts([
        ("dead letter", letter.id.to_string()),
        ("kind", format!("{} in queue {}", letter.kind, letter.queue)),
        ("died", format!("{}, {}", instant(letter.died_at), letter.reason)),
        ("failures", format!("{} of {} in {} attempts", letter.failures, letter.max_failures, letter.attempt)),
        ("failed by", letter.revision.clone().unwrap_or_else(|| "an unknown version".to_owned())),
        ("group", letter.fingerprint.clone()),
        ("key", letter.unique_key.clone().unwrap_or_else(|| "none".to_owned())),
        ("arguments", format!("{args}{edited}")),
        ("error", letter.error.clone()),
    ]);
    let next = match (letter.replayed_as, &letter.replayed_by) {
        (Some(again), Some(by)) => format!("replayed by {by} as job {again}"),
        _ if letter.discarded_at.is_some() => {
            format!("discarded; next: windlass dead restore {} --by YOUR-NAME --why REASON", letter.id)
        }
        _ => format!("next: windlass dead replay {} --by YOUR-NAME --why REASON", letter.id),
    };
    format!("{head}{}\n{next}", attempts_table(attempts))
}

/// The failed attempts, if there are any.
pub(in crate::cli) fn attempts_table(attempts: &[AttemptRecord]) -> String {
    if attempts.is_empty() {
        return String::new();
    }
    let rows = attempts.iter().map(|attempt| {
        vec![attempt.attempt.to_string(), instant(attempt.ended_at), attempt.reason.clone(), attempt.error.clone()]
    });
    format!("\n{}", table(&["attempt", "failed", "reason", "error"], rows))
}

pub(super) async fn replay(host: &Host, store: &Store, id: JobId, by: &By) -> Result<(), CliError> {
    let again = dead_letters::replay(store, id, by).await?;
    let answer = json!({ "dead_letter": id, "job": again });
    host.terminal().answer(&answer, |_| format!("replayed as job {again}: `windlass jobs show {again}`"))
}

pub(super) async fn set_aside(host: &Host, store: &Store, id: JobId, discard: bool, by: &By) -> Result<(), CliError> {
    let done = if discard {
        dead_letters::discard_one(store, id, by).await?
    } else {
        dead_letters::restore_one(store, id, by).await?
    };
    let answer = json!({ "dead_letter": id, "changed": done });
    host.terminal().answer(&answer, |_| match (discard, done) {
        (true, true) => format!("discarded {id}: `windlass dead restore {id} …` takes it back"),
        (false, true) => format!("restored {id}"),
        (true, false) => format!("{id} was replayed or discarded already: `windlass dead show {id}`"),
        (false, false) => format!("{id} was not discarded: `windlass dead show {id}`"),
    })
}

pub(super) async fn edit(host: &Host, store: &Store, id: JobId, file: &Path, by: &By) -> Result<(), CliError> {
    let wrong = |why: &dyn std::fmt::Display| CliError::usage(format!("{}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
    let patch: Value = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    let before = store.dead_letter(id).await?;
    let shown = store.shown(&before.kind).await?;
    let edits = dead_letters::edit(store, id, before.edits, patch, by).await?;
    let after = store.dead_letter(id).await?;
    let (old, new) = (redacted_raw(&before.args, &shown), redacted_raw(&after.args, &shown));
    let answer = json!({ "dead_letter": id, "edits": edits, "before": old, "after": new });
    host.terminal()
        .answer(&answer, |_| format!("- {old}\n+ {new}\nnext: windlass dead replay {id} --by YOUR-NAME --why REASON"))
}

pub(super) async fn reveal(host: &Host, store: &Store, id: JobId, field: &str, by: &By) -> Result<(), CliError> {
    let value = dead_letters::reveal(store, id, field, by).await?;
    let answer = json!({ "dead_letter": id, "field": field, "value": value });
    host.terminal().answer(&answer, |_| value.as_ref().map_or_else(|| format!("no field {field:?}"), Value::to_string))
}
