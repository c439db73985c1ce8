//! `windlass jobs`.

use chrono::Utc;
use serde_json::{Value, json};

use super::args::JobsCommand;
use super::dead::{attempts_table, letter_answer, letter_text};
use super::terminal::{facts, instant, table};
use super::{CliError, Host};
use crate::control;
use crate::model::{JobId, Priority, redacted_raw};
use crate::store::{JobFilter, JobRow, JobSummary, Migrations, Store, StoreError};

pub(super) async fn run(host: &Host, command: JobsCommand) -> Result<(), CliError> {
    let connected = host.connect().await?;
    Migrations::engine().require(&connected.db).await?;
    let store = Store::new(connected.db.clone());
    match command {
        JobsCommand::List { queue, kind, state, limit } => {
            let jobs = store.jobs(&JobFilter { queue, kind, state, limit }).await?;
            host.terminal().answer(&jobs, |jobs| list(jobs))
        }
        JobsCommand::Show { id } => show(host, &store, id).await,
        JobsCommand::Cancel { id, by } => {
            let ended = control::cancel(&store, id, &by.by()).await?;
            host.terminal().answer(&json!({ "job": id, "ended": ended }), |_| {
                if ended {
                    format!("cancelled job {id}")
                } else {
                    format!("job {id} is running and was asked to stop: `windlass jobs show {id}`")
                }
            })
        }
        JobsCommand::Reschedule { id, after, priority, by } => {
            let at = after.map(|after| Utc::now() + after);
            let priority = priority.and_then(Priority::of);
            control::reschedule(&store, id, at, priority, &by.by()).await?;
            host.terminal().answer(&json!({ "job": id }), |_| format!("changed job {id}: `windlass jobs show {id}`"))
        }
    }
}

fn list(jobs: &[JobSummary]) -> String {
    if jobs.is_empty() {
        return "no live jobs".to_owned();
    }
    table(
        &["id", "queue", "kind", "state", "attempt", "failures", "due"],
        jobs.iter().map(|job| {
            vec![
                job.id.to_string(),
                job.queue.clone(),
                job.kind.clone(),
                job.standing().to_owned(),
                job.attempt.to_string(),
                format!("{}/{}", job.failures, job.max_failures),
                instant(job.scheduled_at),
            ]
        }),
    )
}

/// Wherever it is: live, ended, or dead.
async fn show(host: &Host, store: &Store, id: JobId) -> Result<(), CliError> {
    let attempts = store.attempts(id).await?;
    if let Some(job) = store.job(id).await? {
        let args = redacted_raw(&job.args, &store.shown(&job.summary.kind).await?);
        let answer = json!({ "job": job, "args": args, "attempts": attempts });
        return host.terminal().answer(&answer, |_| format!("{}{}", live(&job, &args), attempts_table(&attempts)));
    }
    if let Some(job) = store.ended_job(id).await? {
        let answer = json!({ "ended": job, "attempts": attempts });
        return host.terminal().answer(&answer, |_| {
            let head = facts([
                ("job", job.id.to_string()),
                ("kind", format!("{} in queue {}", job.kind, job.queue)),
                ("state", job.outcome.clone()),
                ("attempt", format!("{}, {} failures", job.attempt, job.failures)),
                ("enqueued", instant(job.created_at)),
                ("ended", instant(job.ended_at)),
            ]);
            format!("{head}{}", attempts_table(&attempts))
        });
    }
    match store.dead_letter(id).await {
        Ok(letter) => {
            let answer = letter_answer(store, &letter, &attempts).await?;
            host.terminal().answer(&answer, |answer| letter_text(&letter, &answer["args"], &attempts))
        }
        Err(StoreError::NoSuchLetter(_)) => Err(StoreError::NoSuchJob(id).into()),
        Err(error) => Err(error.into()),
    }
}

fn live(job: &JobRow, args: &Value) -> String {
    let JobRow { summary, .. } = job;
    let none = || "none".to_owned();
    let attempt = format!("{}, {} of {} failures", summary.attempt, summary.failures, summary.max_failures);
    let progress = match (job.progress_done, job.progress_total) {
        (Some(done), Some(total)) => {
            format!("{done} of {total} {}", job.progress_message.as_deref().unwrap_or_default())
        }
        _ => none(),
    };
    let mut all = vec![
        ("job", summary.id.to_string()),
        ("kind", format!("{} in queue {}", summary.kind, summary.queue)),
        ("state", summary.standing().to_owned()),
        ("attempt", attempt),
        ("put off", format!("{} times", job.deferrals)),
        ("enqueued", instant(summary.created_at)),
        ("due", instant(summary.scheduled_at)),
        ("expires", job.expires_at.map_or_else(none, instant)),
        ("key", job.unique_key.clone().unwrap_or_else(none)),
        ("ordering key", job.ordering_key.clone().unwrap_or_else(none)),
        ("progress", progress),
        ("arguments", args.to_string()),
    ];
    if let Some(at) = job.cancel_requested_at {
        all.push(("cancel asked", instant(at)));
    }
    facts(all)
}
