//! The first look: is it healthy, and if not, where.

use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};

use super::elements::{age_of, badge, count, counted, empty, length, notice, part, tile, when};
use super::groups::{self, OPEN};
use super::page::{Page, Room};
use super::replays;
use super::session::Visitor;
use super::trouble::Trouble;
use crate::model::{Group, QueueInfo, Replay};
use crate::store::{Depth, Flow, Store, StoreError, WorkerRow};

/// So many of the worst groups are shown.
const WORST: usize = 5;
/// So many workers are listed.
const WORKERS: i64 = 50;
/// Most groups that are looked at to count what is open.
const GROUPS: i64 = 500;
/// So many of the newest replays are looked at for those under way.
const REPLAYS: i64 = 20;

/// A queue, what it holds, and what went through it.
struct Lane {
    info: QueueInfo,
    holds: Depth,
    flow: Flow,
    open: i64,
}

pub(super) async fn show(visitor: Visitor, State(store): State<Store>) -> Result<axum::response::Response, Trouble> {
    let now = store.now().await?;
    let infos: Vec<QueueInfo> =
        store.show_queues(None).await?.into_iter().filter(|queue| visitor.caller.reaches(&queue.name)).collect();
    let names: Vec<String> = infos.iter().map(|queue| queue.name.clone()).collect();
    // Two at a time: the counting of queues takes the longest.
    let (groups, lanes) = tokio::try_join!(store.groups(&names, None, GROUPS), lanes(&store, infos, &names, now))?;
    let lanes = with_open(lanes, &groups);
    let worst: Vec<Group> = groups.iter().filter(|group| group.state == OPEN).take(WORST).cloned().collect();
    let trends = store.trends(&worst, groups::HOURS).await?;
    let workers = store.workers(WORKERS).await?;
    let replays = replays::reached(&store, &visitor, store.list_replays(REPLAYS, None).await?).await?;
    let body = html! {
        h1 { "Overview" }
        (health(&lanes, &groups, &workers))
        (under_way(&replays, now))
        section aria-labelledby="worst" {
            div.heading {
                h2 #worst { "Open dead letters" }
                a href="/ops/groups" { "All groups" }
            }
            @if worst.is_empty() {
                (empty("No group of dead letters is open."))
            } @else {
                (groups::table("The worst open groups", &worst, &trends, now))
            }
        }
        section aria-labelledby="queues" {
            h2 #queues { "Queues" }
            @if lanes.is_empty() {
                (empty("No queue is known: no program has published one here, or none is in your token's scope."))
            } @else {
                (queues(&lanes, now))
            }
        }
        (schedules(&visitor, &store, now).await?)
        section aria-labelledby="workers" {
            h2 #workers { "Workers" }
            @if workers.is_empty() {
                (empty("No worker process is known. Start one: windlass worker"))
            } @else {
                (fleet(&workers, now))
            }
        }
    };
    let page = Page {
        room: Room::Overview,
        title: "Overview",
        visitor: Some(&visitor),
        read_at: Some(now),
        again: None,
        body,
    };
    Ok(axum::response::IntoResponse::into_response(page))
}

async fn lanes(
    store: &Store,
    infos: Vec<QueueInfo>,
    names: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<Lane>, StoreError> {
    let (mut flows, mut depths) = tokio::try_join!(store.flow(names, now), store.depths(names))?;
    let lane = |info: QueueInfo| {
        let flow = flows.iter().position(|flow| flow.queue == info.name).map(|at| flows.swap_remove(at));
        let holds = depths.iter().position(|depth| depth.queue == info.name).map(|at| depths.swap_remove(at));
        Lane { info, holds: holds.unwrap_or_default(), flow: flow.unwrap_or_default(), open: 0 }
    };
    Ok(infos.into_iter().map(lane).collect())
}

/// The groups count their letters exactly.
fn with_open(lanes: Vec<Lane>, groups: &[Group]) -> Vec<Lane> {
    let open = |name: &str| groups.iter().filter(|group| group.queue == name).map(|group| group.open).sum();
    lanes.into_iter().map(|lane| Lane { open: open(&lane.info.name), ..lane }).collect()
}

fn health(lanes: &[Lane], groups: &[Group], workers: &[WorkerRow]) -> Markup {
    let open: i64 = groups.iter().filter(|group| group.state == OPEN).map(|group| group.open).sum();
    let causes = groups.iter().filter(|group| group.state == OPEN && group.open > 0).count();
    let ready: i64 = lanes.iter().map(|lane| lane.holds.ready).sum();
    let running: i64 = lanes.iter().map(|lane| lane.holds.running).sum();
    let oldest = lanes.iter().filter_map(|lane| lane.holds.oldest_ready_seconds).max_by(f64::total_cmp);
    let living = workers.iter().filter(|worker| worker.lives).count();
    let paused = lanes.iter().filter(|lane| lane.info.paused_at.is_some()).count();
    let capped = lanes.iter().any(|lane| lane.holds.ready_capped);
    html! {
        @if living == 0 && ready > 0 {
            (notice("bad", "Nobody works.", "Jobs are due, and no worker process holds a lease. Start one: windlass worker"))
        }
        dl.tiles {
            (tile("Open dead letters", count(open), counted(i64::try_from(causes).unwrap_or(i64::MAX), "cause")))
            (tile("Due jobs", at_least(ready, capped), format!("{} running", count(running))))
            (tile("Oldest due", oldest.map_or_else(|| "–".to_owned(), |seconds| length(age_of(seconds))), if oldest.is_some() { "waiting for a worker" } else { "nothing is due" }))
            (tile("Workers", living, if paused == 0 { "no queue is paused".to_owned() } else { format!("{paused} paused") }))
        }
    }
}

/// A count, or the round number that it is more than.
fn at_least(number: i64, capped: bool) -> String {
    if capped { format!("{}+", count(number / 100 * 100)) } else { count(number) }
}

fn counted_up(number: i64) -> String {
    at_least(number.min(Depth::MOST), number > Depth::MOST)
}

fn under_way(replays: &[Replay], now: DateTime<Utc>) -> Markup {
    let active: Vec<&Replay> = replays.iter().filter(|replay| !replay.rests() || replay.state == "stopped").collect();
    html! {
        @if !active.is_empty() {
            section aria-labelledby="active" {
                h2 #active { "Replays under way" }
                (replays::table(&active, now))
            }
        }
    }
}

fn queues(lanes: &[Lane], now: DateTime<Utc>) -> Markup {
    html! {
        div.table {
            table.cards {
                caption.hidden { "Queues" }
                thead { tr {
                    th scope="col" { "Queue" }
                    th.number scope="col" { "Due" }
                    th scope="col" { "Oldest due" }
                    th.number scope="col" { "Later" }
                    th.number scope="col" { "Retry" }
                    th.number scope="col" { "Blocked" }
                    th.number scope="col" { "Parked" }
                    th.number scope="col" { "Running" }
                    th.number scope="col" { "Dead" }
                    th.number scope="col" { "In, 1 h" }
                    th.number scope="col" { "Out, 1 h" }
                } }
                tbody {
                    @for Lane { info, holds, flow, open } in lanes {
                        tr {
                            th scope="row" {
                                (info.name)
                                @if info.paused_at.is_some() { " " (badge("paused")) }
                                (held(info, now))
                            }
                            td.number data-label="Due" { (at_least(holds.ready, holds.ready_capped)) }
                            td.zero[holds.oldest_ready_seconds.is_none()] data-label="Oldest due" {
                                @match holds.oldest_ready_seconds {
                                    Some(seconds) => (length(age_of(seconds))),
                                    None => "–",
                                }
                            }
                            td.number.zero[holds.scheduled == 0] data-label="Later" { (at_least(holds.scheduled, holds.later_capped && holds.scheduled > 0)) }
                            td.number.zero[holds.retry == 0] data-label="Retry" { (at_least(holds.retry, holds.later_capped && holds.retry > 0)) }
                            td.number.zero[holds.blocked == 0] data-label="Blocked" { (counted_up(holds.blocked)) }
                            td.number.zero[holds.parked == 0] data-label="Parked" { (counted_up(holds.parked)) }
                            td.number.zero[holds.running == 0] data-label="Running" {
                                (counted_up(holds.running))
                                @if let Some(most) = info.max_running { span.age { " of " (most) } }
                            }
                            td.number.bad[*open > 0] data-label="Dead" {
                                @if *open > 0 { a href={ "/ops/groups?queue=" (part(&info.name)) } { (count(*open)) } } @else { "0" }
                            }
                            td.number.zero[flow.came == 0] data-label="In, 1 h" { (at_least(flow.came, flow.capped)) }
                            td.number.zero[flow.ended == 0] data-label="Out, 1 h" { (at_least(flow.ended, flow.capped)) }
                        }
                    }
                }
            }
        }
    }
}

/// What somebody has said about the queue.
fn held(info: &QueueInfo, now: DateTime<Utc>) -> Markup {
    html! {
        @if let (Some(at), Some(by), Some(why)) = (info.paused_at, &info.paused_by, &info.paused_why) {
            p.under { "by " (by) ", " (length(now - at)) " ago: " (why) }
        }
        @if let (Some(jobs), Some(seconds)) = (info.rate_limit, info.rate_seconds) {
            p.under { "at most " (count(jobs.into())) " in " (length(TimeDelta::seconds(seconds.into()))) }
        }
    }
}

fn fleet(workers: &[WorkerRow], now: DateTime<Utc>) -> Markup {
    html! {
        div.table {
            table.cards {
                caption.hidden { "Worker processes" }
                thead { tr {
                    th scope="col" { "Process" } th scope="col" { "State" } th scope="col" { "Version" }
                    th scope="col" { "Queues" } th scope="col" { "Lease" } th scope="col" { "Started" }
                } }
                tbody {
                    @for worker in workers {
                        tr {
                            th scope="row" { (worker.host) " · " (worker.pid) }
                            td data-label="State" { (badge(if worker.lives { "alive" } else { "lost" })) }
                            td data-label="Version" { (worker.version) }
                            td data-label="Queues" { (worker.queues.join(", ")) }
                            td data-label="Lease" {
                                @let left = age_of(worker.lease_seconds.abs());
                                @if worker.lease_seconds > 0.0 { (length(left)) " left" } @else { "ran out " (length(left)) " ago" }
                            }
                            td data-label="Started" { (when(worker.started_at, now)) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(feature = "worker")]
async fn schedules(visitor: &Visitor, store: &Store, now: DateTime<Utc>) -> Result<Markup, Trouble> {
    let schedules = super::schedules::reached(store, visitor).await?;
    Ok(html! {
        section aria-labelledby="schedules" {
            h2 #schedules { "Schedules" }
            @if schedules.is_empty() {
                (empty("No schedule is declared."))
            } @else {
                (super::schedules::table(&schedules, now))
            }
        }
    })
}

#[cfg(not(feature = "worker"))]
fn schedules(_: &Visitor, _: &Store, _: DateTime<Utc>) -> std::future::Ready<Result<Markup, Trouble>> {
    std::future::ready(Ok(html! {}))
}
