//! `windlass jobs`.

use serde_json::json;

use super::args::JobsCommand;
use super::dead::{attempts_table, letter_text};
use super::terminal::{facts, instant, table};
use super::{CliError, Host};
use crate::model::JobId;
use crate::store::{JobFilter, JobSummary, Migrations, Store, StoreError};

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
        JobsCommand::Cancel { id } => {
            store.cancel(id).await?;
            host.terminal().answer(&json!({ "cancelled": id }), |_| format!("cancelled job {id}"))
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
        let answer = json!({ "job": job, "attempts": attempts });
        return host.terminal().answer(&answer, |_| {
            let head = facts([
                ("job", job.summary.id.to_string()),
                ("kind", format!("{} in queue {}", job.summary.kind, job.summary.queue)),
                ("state", job.summary.standing().to_owned()),
                (
                    "attempt",
                    format!(
                        "{}, {} of {} failures",
                        job.summary.attempt, job.summary.failures, job.summary.max_failures
                    ),
                ),
                ("enqueued", instant(job.summary.created_at)),
                ("due", instant(job.summary.scheduled_at)),
                ("key", job.unique_key.clone().unwrap_or_else(|| "none".to_owned())),
                ("arguments", job.args.to_string()),
            ]);
            format!("{head}{}", attempts_table(&attempts))
        });
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
            let answer = json!({ "dead_letter": letter, "attempts": attempts });
            host.terminal().answer(&answer, |_| letter_text(&letter, &attempts))
        }
        Err(StoreError::NoSuchLetter(_)) => Err(StoreError::NoSuchJob(id).into()),
        Err(error) => Err(error.into()),
    }
}
