//! A turn's impact as a line of CSV.

use serde::Serialize;

use super::rounded;
use crate::post_session_analysis::{Class, Role, TurnImpact};

/// A line of `turn_impacts.csv`.
#[derive(Debug, Clone, Serialize)]
pub struct TurnImpactRow {
    session_id: String,
    turn_index: i32,
    role: Role,
    valence: Option<f64>,
    arousal: Option<f64>,
    dominance: Option<f64>,
    delta: Option<f64>,
    impact: Option<f64>,
    class: Option<Class>,
}

impl TurnImpactRow {
    /// The names of its fields, in their order.
    pub const NAMES: [&str; 9] =
        ["session_id", "turn_index", "role", "valence", "arousal", "dominance", "delta", "impact", "class"];

    /// The line of a turn.
    #[must_use]
    pub fn new(session_id: impl Into<String>, turn: &TurnImpact) -> Self {
        Self {
            session_id: session_id.into(),
            turn_index: turn.turn_index,
            role: turn.role,
            valence: turn.valence.map(rounded),
            arousal: turn.arousal.map(rounded),
            dominance: turn.dominance.map(rounded),
            delta: turn.delta.map(rounded),
            impact: turn.impact.map(rounded),
            class: turn.class,
        }
    }
}
