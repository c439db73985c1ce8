//! What is seen at one look: bounded, whatever the tables hold.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::model::{Group, QueueGauges};
use crate::store::{Flow, Store, StoreError, WorkerRow};

/// So many workers and causes are shown.
const MOST: i64 = 50;

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Look {
    /// When, by the server's clock.
    pub(super) at: DateTime<Utc>,
    /// The queues by name.
    pub(super) queues: Vec<Queue>,
    /// Worker processes, those that live first.
    pub(super) workers: Vec<WorkerRow>,
    /// What jobs died of and somebody has to look at, the worst first.
    pub(super) causes: Vec<Cause>,
    /// For how many seconds the oldest transaction has been open.
    pub(super) oldest_transaction_seconds: f64,
    /// Live rows of the jobs' table, and dead ones.
    pub(super) live_rows: i64,
    pub(super) dead_rows: i64,
}

/// A queue.
#[derive(Debug, Serialize)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) paused_by: Option<String>,
    #[serde(flatten)]
    pub(super) holds: QueueGauges,
    /// What came and ended in the last hour; at least so much, where not all was counted.
    pub(super) came: i64,
    pub(super) ended: i64,
    pub(super) capped: bool,
}

/// Letters that died alike.
#[derive(Debug, Serialize)]
pub(super) struct Cause {
    pub(super) queue: String,
    pub(super) kind: String,
    pub(super) fingerprint: String,
    pub(super) reason: String,
    pub(super) title: String,
    pub(super) open: i64,
    pub(super) first_died_at: DateTime<Utc>,
}

impl From<Group> for Cause {
    fn from(group: Group) -> Self {
        let Group { queue, kind, fingerprint, reason, title, open, first_died_at, .. } = group;
        Self { queue, kind, fingerprint, reason, title, open, first_died_at }
    }
}

/// Looks.
pub(super) async fn look(store: &Store) -> Result<Look, StoreError> {
    let at = store.now().await?;
    let infos = store.show_queues(None).await?;
    let names: Vec<String> = infos.iter().map(|info| info.name.clone()).collect();
    let flows = store.flow(&names, at).await?;
    let mut queues = Vec::new();
    for info in infos {
        let holds = store.gauges(&info.name).await?;
        let Flow { came, ended, capped, .. } =
            flows.iter().find(|flow| flow.queue == info.name).cloned().unwrap_or_default();
        queues.push(Queue { name: info.name, paused_by: info.paused_by, holds, came, ended, capped });
    }
    let open = |group: &Group| group.open > 0 && group.state == "open";
    let groups = store.groups(&names, None, MOST).await?;
    let upkeep = store.upkeep().await?;
    Ok(Look {
        at,
        queues,
        workers: store.workers(MOST).await?,
        causes: groups.into_iter().filter(open).map(Cause::from).collect(),
        oldest_transaction_seconds: store.oldest_transaction_seconds().await?,
        live_rows: upkeep.live_rows,
        dead_rows: upkeep.dead_rows,
    })
}
