//! What the jobs are handed.

/// Everything from outside that a job uses. The lexicon is compiled in, so the first kind needs nothing more than the
/// database that its context brings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deps {}
