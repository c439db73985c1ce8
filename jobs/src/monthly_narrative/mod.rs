//! Tell a person about their month: from aggregates alone, within a budget, and never in their own words.

pub mod checks;
pub mod code;
pub mod contract;
pub mod leak;
pub mod numbers;
pub mod personal;
pub mod rubric;
pub mod rulebook;
pub mod template;

pub use code::Code;
pub use contract::{Contract, Fault, Month, PromptVersion};
pub use leak::Fingerprint;
pub use rubric::Rubric;
pub use rulebook::{RULEBOOK, Rulebook};
