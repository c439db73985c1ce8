//! Fires schedules. Every node looks at all of them; a row's lock says which node deals with a schedule's ticks, and a
//! tick's row is made together with its job.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::Overlap;
use crate::schedule::{Scheduled, Schedules};
use crate::store::{Fate, Plan, ScheduleRow, Store, StoreError, Tick, measured};
use crate::{telemetry, wake};

/// It looks when a tick comes, but no later than this: somebody may have resumed or declared something.
const LONGEST: Duration = Duration::from_secs(1);
/// And no sooner: a tick that another node deals with is not asked about again at once.
const SHORTEST: Duration = Duration::from_millis(20);
/// How often one look deals with ticks of one schedule, some hundreds each time; the rest is the next look's.
const ROUNDS: usize = 10;

/// Declares what this program knows; it fires only what it has declared.
pub(crate) async fn declare(store: &Store, schedules: &Schedules, version: &[i64]) -> Result<(), StoreError> {
    let retired = store.declare_schedules(schedules.program(), version, &schedules.declarations()).await?;
    for schedule in retired {
        tracing::warn!(schedule, "retired a schedule: this version does not declare it any more");
    }
    for row in store.look_at_schedules().await? {
        if let Some(one) = schedules.get(&row.declaration.name)
            && !is_ours(&row, one, schedules.program(), version)
        {
            let (schedule, program) = (&row.declaration.name, &row.program);
            let version = row.version.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
            tracing::warn!(
                schedule,
                program,
                version,
                "a newer version or another program fires this schedule, not we"
            );
        }
    }
    telemetry::schedules_start_at_zero(schedules.iter().map(|one| one.declaration().name.as_str()));
    Ok(())
}

/// Fires for ever.
pub(super) async fn schedule(store: Store, schedules: Schedules, version: Vec<i64>) {
    if schedules.is_empty() {
        return std::future::pending().await;
    }
    loop {
        let wait = match look(&store, &schedules, &version).await {
            Ok(look) => look.wait,
            Err(error) => {
                tracing::warn!(%error, "failed to look at the schedules; will try again");
                LONGEST
            }
        };
        tokio::time::sleep(wait).await;
    }
}

/// What a look has brought.
#[derive(Debug)]
pub(crate) struct Look {
    /// What became of ticks, by schedule.
    pub(crate) plans: Vec<(String, Plan)>,
    wait: Duration,
}

/// Deals with what is due.
pub(crate) async fn look(store: &Store, schedules: &Schedules, version: &[i64]) -> Result<Look, StoreError> {
    let mut look = Look { plans: Vec::new(), wait: LONGEST };
    let mut lag = TimeDelta::zero();
    for row in measured("schedule", store.look_at_schedules()).await? {
        let name = &row.declaration.name;
        let Some(one) = schedules.get(name) else { continue };
        telemetry::schedule_fired_last(name, row.last_fired_at);
        if !fires(&row, one, schedules.program(), version) {
            continue;
        }
        let Some(next) = one.cron().after(row.fired_to) else { continue };
        if next > row.now {
            look.wait = look.wait.min((next - row.now).to_std().unwrap_or(SHORTEST));
            continue;
        }
        lag = lag.max(row.now - next);
        look.wait = SHORTEST;
        for _ in 0..ROUNDS {
            let fired = store.fire_schedule(name, |row, live| {
                fires(row, one, schedules.program(), version).then(|| plan(row, one, live)).flatten()
            });
            match measured("schedule", fired).await {
                Ok(Some(plan)) => {
                    report(name, &plan);
                    look.plans.push((name.clone(), plan));
                }
                Ok(None) => break,
                // One schedule's trouble is not the others'.
                Err(error) => {
                    tracing::warn!(schedule = name, %error, "failed to fire a schedule; will try again");
                    look.wait = LONGEST;
                    break;
                }
            }
        }
    }
    telemetry::scheduler_lag(lag);
    look.wait = look.wait.max(SHORTEST);
    Ok(look)
}

/// Whether a row is what this program declares. A newer version's declaration is not, nor is another configuration's.
fn is_ours(row: &ScheduleRow, one: &Scheduled, program: &str, version: &[i64]) -> bool {
    row.program == program && row.version == version && row.declaration == *one.declaration()
}

fn fires(row: &ScheduleRow, one: &Scheduled, program: &str, version: &[i64]) -> bool {
    is_ours(row, one, program, version) && row.paused_at.is_none() && row.retired_at.is_none()
}

/// What becomes of the ticks that are due.
fn plan(row: &ScheduleRow, one: &Scheduled, live: bool) -> Option<Plan> {
    let due = one.missed().due(one.cron(), row.fired_to, row.now)?;
    let missed = due.missed.map(|run| Tick {
        tick: run.first,
        through: run.last,
        count: run.count,
        fate: Fate::Missed(format!("found too late; the rule is {}", one.missed())),
    });
    let mut ticks = Vec::from_iter(missed);
    let mut live = live;
    for tick in due.ticks {
        let fate = if live && one.overlap() == Overlap::Skip {
            Fate::Skipped("the job before it has not ended".to_owned())
        } else {
            fate(one, tick, due.late)
        };
        live |= matches!(fate, Fate::Fired(_));
        ticks.push(Tick { tick, through: tick, count: 1, fate });
    }
    Some(Plan { ticks, through: due.through })
}

fn fate(one: &Scheduled, tick: DateTime<Utc>, late: DateTime<Utc>) -> Fate {
    match one.job(tick) {
        Ok(mut job) => {
            job.scheduled_at = (tick >= late).then_some(tick);
            Fate::Fired(Box::new(job))
        }
        Err(why) => Fate::Skipped(format!("its job is refused: {why}")),
    }
}

fn report(name: &str, plan: &Plan) {
    for tick in &plan.ticks {
        telemetry::schedule_ticked(name, tick.fate.as_str(), tick.count);
        match &tick.fate {
            Fate::Fired(job) => {
                telemetry::enqueued(&job.queue, &job.kind, true);
                tracing::debug!(schedule = name, tick = %tick.tick, job = %job.id, "fired a schedule");
            }
            Fate::Skipped(reason) => tracing::info!(schedule = name, tick = %tick.tick, reason, "skipped a tick"),
            Fate::Missed(reason) => {
                let (first, last, ticks) = (tick.tick, tick.through, tick.count);
                tracing::warn!(schedule = name, %first, %last, ticks, reason, "missed ticks of a schedule");
            }
        }
    }
    wake::ring_here();
}
