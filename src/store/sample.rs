//! What stands in the engine's tables, as gauges: every count is capped, and every statement reads an index or small tables.

use sqlx::PgConnection;

use super::{Store, sql};
use crate::model::QueueGauges;
use crate::telemetry::{
    CONNECTIONS, CONNECTIONS_MAX, DEAD_GROUPS, DEAD_LETTERS, DEAD_OLDEST, EXPIRED_LEASES, HORIZON, JOBS, OLDEST_READY,
    OLDEST_RUNNING, OLDEST_TRANSACTION, PAUSED, REPLAYS, Read, Reading, TABLE_BYTES, TABLE_ROWS, VACUUMED_AT, XID_AGE,
    bounded,
};

/// So many queues are read by one statement, which has a few seconds.
const TOGETHER: usize = 25;
/// The tables whose upkeep is watched.
const TABLES: [&str; 5] = ["attempts", "dead_letters", "jobs", "unique_keys", "workers"];
/// Where a replay under way may be; one that was halted has letters that still run.
const MOVING: [&str; 6] = ["planning", "canary", "running", "paused", "stopped", "aborted"];

#[derive(sqlx::FromRow)]
struct Queue {
    name: String,
    paused: bool,
    oldest_seconds: f64,
    expired: i64,
}

#[derive(sqlx::FromRow)]
struct Letters {
    queue: String,
    kind: String,
    open: i64,
    groups: i64,
    oldest_seconds: f64,
}

#[derive(sqlx::FromRow)]
struct Table {
    name: String,
    live: i64,
    dead: i64,
    bytes: i64,
    vacuumed_at: f64,
}

#[derive(sqlx::FromRow)]
struct Server {
    oldest_backend: f64,
    oldest_prepared: f64,
    active: i64,
    in_transaction: i64,
    idle: i64,
    most: i64,
    xid_age: i64,
    horizon: f64,
}

/// Readings as they gather.
#[derive(Default)]
struct Readings(Vec<Reading>);

impl Readings {
    fn say(&mut self, metric: &'static str, labels: &[(&'static str, &str)], value: f64) {
        let labels = labels.iter().map(|(label, word)| (*label, bounded(label, word))).collect();
        self.0.push(Reading { metric, labels, value });
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^52")]
    fn count(&mut self, metric: &'static str, labels: &[(&'static str, &str)], count: i64) {
        self.say(metric, labels, count as f64);
    }
}

impl Store {
    /// What reads the engine's gauges.
    pub(crate) fn gauges_reader(&self) -> Read {
        let store = self.clone();
        std::sync::Arc::new(move |tx| {
            let store = store.clone();
            Box::pin(async move { store.read_all(tx).await })
        })
    }

    async fn read_all(&self, tx: &mut PgConnection) -> Result<Vec<Reading>, sqlx::Error> {
        let mut readings = Readings::default();
        let now = self.clock.now();
        let queues: Vec<Queue> = sqlx::query_as(sql::GAUGE_RUNNING).bind(now).fetch_all(&mut *tx).await?;
        for Queue { name: queue, paused, oldest_seconds, expired } in &queues {
            let of = [("queue", queue.as_str())];
            readings.say(PAUSED, &of, f64::from(u8::from(*paused)));
            readings.say(OLDEST_RUNNING, &of, *oldest_seconds);
            readings.count(EXPIRED_LEASES, &of, *expired);
        }
        for queues in queues.chunks(TOGETHER) {
            let names: Vec<&str> = queues.iter().map(|queue| queue.name.as_str()).collect();
            let all = sqlx::query_as(sql::GAUGE_QUEUES).bind(&names).bind(now).fetch_all(&mut *tx).await?;
            for (queue, holds) in names.into_iter().zip(&all) {
                jobs(&mut readings, queue, holds);
            }
        }
        let letters: Vec<Letters> = sqlx::query_as(sql::GAUGE_LETTERS).bind(now).fetch_all(&mut *tx).await?;
        dead(&mut readings, &queues, &letters);
        let replays: Vec<(String, i64)> = sqlx::query_as(sql::GAUGE_REPLAYS).fetch_all(&mut *tx).await?;
        for state in MOVING {
            let count = replays.iter().find(|(of, _)| of == state).map_or(0, |(_, count)| *count);
            readings.count(REPLAYS, &[("state", state)], count);
        }
        let tables: Vec<Table> = sqlx::query_as(sql::GAUGE_TABLES).bind(&TABLES[..]).fetch_all(&mut *tx).await?;
        for Table { name, live, dead, bytes, vacuumed_at } in &tables {
            let table = ("table", name.as_str());
            readings.count(TABLE_ROWS, &[table, ("state", "live")], *live);
            readings.count(TABLE_ROWS, &[table, ("state", "dead")], *dead);
            readings.count(TABLE_BYTES, &[table], *bytes);
            readings.say(VACUUMED_AT, &[table], *vacuumed_at);
        }
        let about = sqlx::query_as(sql::GAUGE_SERVER).fetch_one(&mut *tx).await?;
        server(&mut readings, &about);
        Ok(readings.0)
    }
}

fn jobs(readings: &mut Readings, queue: &str, holds: &QueueGauges) {
    for (state, count) in [
        ("ready", holds.ready),
        ("scheduled", holds.scheduled),
        ("retry", holds.retry),
        ("blocked", holds.blocked),
        ("parked", holds.parked),
        ("running", holds.running),
    ] {
        readings.count(JOBS, &[("queue", queue), ("state", state)], count);
    }
    readings.say(OLDEST_READY, &[("queue", queue)], holds.oldest_ready_seconds.unwrap_or(0.0));
}

/// Every queue says how many causes it has, also none; a kind without letters says nothing.
fn dead(readings: &mut Readings, queues: &[Queue], letters: &[Letters]) {
    for Letters { queue, kind, open, .. } in letters {
        readings.count(DEAD_LETTERS, &[("queue", queue), ("kind", kind)], *open);
    }
    for Queue { name: queue, .. } in queues {
        let of_queue = letters.iter().filter(|of| of.queue == *queue);
        let (groups, oldest) =
            of_queue.fold((0, 0.0_f64), |(groups, oldest), of| (groups + of.groups, oldest.max(of.oldest_seconds)));
        readings.count(DEAD_GROUPS, &[("queue", queue)], groups);
        readings.say(DEAD_OLDEST, &[("queue", queue)], oldest);
    }
}

fn server(readings: &mut Readings, about: &Server) {
    readings.say(OLDEST_TRANSACTION, &[("source", "backend")], about.oldest_backend);
    readings.say(OLDEST_TRANSACTION, &[("source", "prepared")], about.oldest_prepared);
    for (state, count) in [("active", about.active), ("in_transaction", about.in_transaction), ("idle", about.idle)] {
        readings.count(CONNECTIONS, &[("state", state)], count);
    }
    readings.count(CONNECTIONS_MAX, &[], about.most);
    readings.count(XID_AGE, &[], about.xid_age);
    readings.say(HORIZON, &[("table", "history")], about.horizon);
}
