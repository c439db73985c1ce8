//! The answer of a bench: where it was measured, and the figures.

use serde::Serialize;

use crate::bench::{About, Figure, Figures, Machine};
use crate::cli::terminal::{facts, table};

/// The answer.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    pub(super) windlass: &'static str,
    pub(super) machine: Machine,
    pub(super) postgres: About,
    /// Where it was measured; it is gone.
    pub(super) database: String,
    pub(super) figures: Figures,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        let Self { windlass, machine, postgres, figures, .. } = self;
        let unknown = || "unknown".to_owned();
        let machine = format!(
            "{} cores of {}, {} GB, {}",
            machine.cores,
            machine.model.clone().unwrap_or_else(unknown),
            machine.memory_gigabytes.map_or_else(unknown, |memory| memory.to_string()),
            machine.kernel.clone().unwrap_or_else(unknown),
        );
        let settings = format!(
            "fsync {}, synchronous_commit {}, shared_buffers {}, max_wal_size {}, max_connections {}",
            postgres.fsync,
            postgres.synchronous_commit,
            postgres.shared_buffers,
            postgres.max_wal_size,
            postgres.max_connections,
        );
        let facts = facts([
            ("windlass", (*windlass).to_owned()),
            ("machine", machine),
            ("PostgreSQL", postgres.version.clone()),
            ("settings", settings),
        ]);
        let row = |figure: &Figure| {
            let numbers = [figure.median, figure.least, figure.most].map(number);
            [vec![figure.name.clone()], numbers.to_vec(), vec![figure.unit.to_owned()]].concat()
        };
        format!("{facts}\n\n{}", table(&["what", "median", "least", "most", "unit"], figures.iter().map(row)))
    }
}

/// As many digits as one can believe.
fn number(value: f64) -> String {
    match value.abs() {
        1000.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}
