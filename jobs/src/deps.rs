//! What the jobs are handed.

use crate::monthly_narrative::Narration;

/// Everything from outside that a job uses. The lexicon is compiled in; the database comes with a job's context.
#[derive(Clone, Debug, Default)]
pub struct Deps {
    /// What monthly narratives are made with; by default the rules alone.
    pub narration: Narration,
}
