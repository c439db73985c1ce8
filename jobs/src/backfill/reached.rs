//! How far the last step of an import is, for the worker that takes it over from one that died.

use serde::{Deserialize, Serialize};
use windlass::JobContext;

use crate::deps::Deps;

/// What need not be done again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reached {
    /// Nothing.
    #[default]
    Nothing,
    /// The rows have been compared, with each other and with what is in.
    Compared,
    /// All rows were about to go in by one transaction.
    AtOnce,
    /// The chunks below this one are in.
    Upto(i32),
}

impl Reached {
    /// As it was left. What another version of the program has left is nothing: every step may be done again.
    pub(super) fn of(cx: &JobContext<Deps>) -> Self {
        cx.checkpointed().ok().flatten().unwrap_or_default()
    }
}
