//! The answer of a bench: where it was measured, and the figures.

use serde::Serialize;

use crate::bench::{About, Figure, Figures, Machine, Verdict, number};
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
    /// Which goals are met, where those were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) goals: Option<Vec<Verdict>>,
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
        let figures = table(&["what", "median", "least", "most", "unit"], figures.iter().map(row));
        let goals = self.goals.as_ref().map_or_else(String::new, |goals| {
            let line = |line: &Verdict| {
                let Verdict { what, goal, figure, ratio, met } = line.clone();
                vec![what.to_owned(), goal.to_owned(), figure, ratio, met]
            };
            format!("\n\n{}", table(&["what", "goal", "figure", "ratio", "met"], goals.iter().map(line)))
        });
        format!("{facts}\n\n{figures}{goals}")
    }
}
