//! Analyse a finished session: how each turn feels, and the session as a whole.
//!
//! The modules below are the arithmetic alone: no database, no clock, no network. Feed the turns
//! to an [`Analysis`] in their order and [`finish`](Analysis::finish) it.

pub mod emotion;
pub mod impact;
pub mod lexicon;
pub mod pattern;
pub mod role;
pub mod session;
pub mod text;
pub mod turn;
pub mod vector;

pub use emotion::Emotion;
pub use impact::{Class, TurnImpact};
pub use pattern::Pattern;
pub use role::Role;
pub use session::{Analysis, AnalysisError};
pub use turn::TurnScore;
pub use vector::{SessionVector, Status};

/// The name results carry: this lexicon with these formulas.
pub const ANALYZER: &str = "lex-1";
