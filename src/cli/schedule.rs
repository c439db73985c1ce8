//! `windlass schedule`.

use std::iter::successors;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::args::ScheduleCommand;
use super::terminal::{instant, table};
use super::{Application, CliError, Host};
use crate::client::Client;
use crate::model::Cron;
use crate::store::{Migrations, ScheduleSummary, Store};

pub(super) async fn run<A: Application>(
    application: &A,
    host: &Host,
    command: ScheduleCommand,
) -> Result<(), CliError> {
    let connected = host.connect().await?;
    Migrations::engine().require(&connected.db).await?;
    let store = Store::new(connected.db.clone());
    match command {
        ScheduleCommand::List => {
            let schedules = store.schedules().await?;
            let answer: Vec<Value> = schedules.iter().map(with_standing).collect::<Result<_, _>>()?;
            host.terminal().answer(&answer, |_| list(&schedules))
        }
        ScheduleCommand::Next { name, count } => next(host, &store.schedule(&name).await?, count.into()),
        ScheduleCommand::Pause { name, by } => {
            let since = store.pause_schedule(&name, &by.by()).await?;
            let answer = json!({ "schedule": name, "paused_at": since });
            let text = format!("paused since {}: `windlass schedule resume {name}`", instant(since));
            host.terminal().answer(&answer, |_| text)
        }
        ScheduleCommand::Resume { name, by } => {
            let was = store.resume_schedule(&name, &by.by()).await?;
            host.terminal().answer(&json!({ "schedule": name, "was_paused_at": was }), |_| match was {
                Some(since) => format!("resumed; it was paused since {}", instant(since)),
                None => "it was not paused".to_owned(),
            })
        }
        ScheduleCommand::Trigger { name, by } => {
            let known = store.schedule(&name).await?;
            let registry = host.registry(application)?;
            let scheduled = registry.schedules().get(&name).ok_or_else(|| {
                let version = version(&known);
                CliError::failed(format!(
                    "this program does not declare schedule {name:?}, {} {version} does; trigger it with that",
                    known.program
                ))
            })?;
            let job = scheduled.job(known.now).map_err(CliError::failed)?;
            let id = store.trigger_schedule(&name, &job, &by.by()).await?;
            Client::new(connected.db.clone()).wake_and_wait().await;
            let answer = json!({ "schedule": name, "job": id });
            host.terminal().answer(&answer, |_| format!("made job {id}: `windlass jobs show {id}`"))
        }
    }
}

/// Why a schedule fires, or does not.
fn standing(schedule: &ScheduleSummary) -> &'static str {
    match (schedule.retired_at, schedule.paused_at) {
        (Some(_), _) => "retired",
        (None, Some(_)) => "paused",
        (None, None) => "active",
    }
}

fn with_standing(schedule: &ScheduleSummary) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(schedule)?;
    value["standing"] = standing(schedule).into();
    value["version"] = version(schedule).into();
    value["next_tick"] = json!(next_tick(schedule));
    Ok(value)
}

fn version(schedule: &ScheduleSummary) -> String {
    schedule.version.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

/// The next tick that will fire, if one will.
fn next_tick(schedule: &ScheduleSummary) -> Option<DateTime<Utc>> {
    if standing(schedule) != "active" {
        return None;
    }
    let one = &schedule.declaration;
    Cron::parse(&one.cron, &one.zone).ok()?.after(schedule.now)
}

fn list(schedules: &[ScheduleSummary]) -> String {
    if schedules.is_empty() {
        return "no schedules; a worker declares those of its program when it starts".to_owned();
    }
    let row = |schedule: &ScheduleSummary| {
        let one = &schedule.declaration;
        let last = match (schedule.last_tick, &schedule.last_outcome) {
            (Some(tick), Some(outcome)) => format!("{}, {outcome}", instant(tick)),
            _ => "never".to_owned(),
        };
        vec![
            one.name.clone(),
            standing(schedule).to_owned(),
            format!("{} ({})", one.cron, one.zone),
            one.kind.clone(),
            next_tick(schedule).map(instant).unwrap_or_default(),
            last,
            format!("{}, {}", one.missed, one.overlap),
            format!("{} {}", schedule.program, version(schedule)),
        ]
    };
    let columns = ["schedule", "is", "cron", "kind", "next", "last tick", "missed, overlap", "declared by"];
    table(&columns, schedules.iter().map(row))
}

fn next(host: &Host, schedule: &ScheduleSummary, count: usize) -> Result<(), CliError> {
    let one = &schedule.declaration;
    let cron = Cron::parse(&one.cron, &one.zone)?;
    let ticks: Vec<_> = successors(cron.after(schedule.now), |tick| cron.after(*tick)).take(count).collect();
    let local = |tick: &DateTime<Utc>| cron.at(*tick).format("%Y-%m-%d %H:%M:%S %Z (%:z)").to_string();
    let answer = json!({
        "schedule": one.name,
        "standing": standing(schedule),
        "zone": one.zone,
        "ticks": ticks.iter().map(|tick| json!({ "utc": tick, "local": cron.at(*tick).to_rfc3339() })).collect::<Vec<_>>(),
    });
    host.terminal().answer(&answer, |_| {
        let rows = ticks.iter().map(|tick| vec![local(tick), instant(*tick)]);
        let table = table(&[one.zone.as_str(), "UTC"], rows);
        match standing(schedule) {
            "active" => table,
            other => format!("{table}\nit is {other}: none of these will fire"),
        }
    })
}
