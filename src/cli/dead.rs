//! `windlass dead`.

use serde_json::json;

use super::args::DeadCommand;
use super::terminal::{facts, instant, table};
use super::{CliError, Host};
use crate::dead_letters::{By, replay};
use crate::model::{AttemptRecord, DeadLetter, cut};
use crate::store::{LetterFilter, LetterSummary, Migrations, Store};

/// How much of an error a list shows.
const ERROR_IN_LIST: usize = 60;

pub(super) async fn run(host: &Host, command: DeadCommand) -> Result<(), CliError> {
    let connected = host.connect().await?;
    Migrations::engine().require(&connected.db).await?;
    let store = Store::new(connected.db.clone());
    match command {
        DeadCommand::List { kind, since, all, limit } => {
            let since_seconds = since.map(|since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
            let letters = store
                .dead_letters(&LetterFilter { kind, since_seconds, all, limit, ..LetterFilter::default() })
                .await?;
            host.terminal().answer(&letters, |letters| list(letters))
        }
        DeadCommand::Show { id } => {
            let letter = store.dead_letter(id).await?;
            let attempts = store.attempts(id).await?;
            let answer = json!({ "dead_letter": letter, "attempts": attempts });
            host.terminal().answer(&answer, |_| letter_text(&letter, &attempts))
        }
        DeadCommand::Replay { id, by, why } => {
            let again = replay(&store, id, &By::new(by, why)).await?;
            let answer = json!({ "dead_letter": id, "job": again });
            host.terminal().answer(&answer, |_| format!("replayed as job {again}: `windlass jobs show {again}`"))
        }
    }
}

fn list(letters: &[LetterSummary]) -> String {
    if letters.is_empty() {
        return "no dead letters".to_owned();
    }
    table(
        &["id", "kind", "died", "reason", "error", "replayed by"],
        letters.iter().map(|letter| {
            vec![
                letter.id.to_string(),
                letter.kind.clone(),
                instant(letter.died_at),
                letter.reason.clone(),
                cut(&letter.error, ERROR_IN_LIST),
                letter.replayed_by.clone().unwrap_or_default(),
            ]
        }),
    )
}

/// A letter, whole, and the next command.
pub(super) fn letter_text(letter: &DeadLetter, attempts: &[AttemptRecord]) -> String {
    let head = facts([
        ("dead letter", letter.id.to_string()),
        ("kind", format!("{} in queue {}", letter.kind, letter.queue)),
        ("died", format!("{}, {}", instant(letter.died_at), letter.reason)),
        ("failures", format!("{} of {} in {} attempts", letter.failures, letter.max_failures, letter.attempt)),
        ("fingerprint", letter.fingerprint.clone()),
        ("key", letter.unique_key.clone().unwrap_or_else(|| "none".to_owned())),
        ("arguments", letter.args.to_string()),
        ("error", letter.error.clone()),
    ]);
    let next = match (letter.replayed_as, &letter.replayed_by) {
        (Some(again), Some(by)) => format!("replayed by {by} as job {again}"),
        _ => format!("next: windlass dead replay {} --by YOUR-NAME --why REASON", letter.id),
    };
    format!("{head}{}\n{next}", attempts_table(attempts))
}

/// The failed attempts, if there are any.
pub(super) fn attempts_table(attempts: &[AttemptRecord]) -> String {
    if attempts.is_empty() {
        return String::new();
    }
    let rows = attempts.iter().map(|attempt| {
        vec![attempt.attempt.to_string(), instant(attempt.ended_at), attempt.reason.clone(), attempt.error.clone()]
    });
    format!("\n{}", table(&["attempt", "failed", "reason", "error"], rows))
}
