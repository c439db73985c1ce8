//! What a narrative is made with: a provider, if there is one, and the limits.

use std::sync::Arc;

use windlass::model::Clock;

use super::ledger::Ledger;
use super::settings::Settings;
use crate::ports::narrator::Narrator;

/// A provider and its limits. The default has no provider: the rules tell every month, without a key and without a network.
#[derive(Clone, Debug, Default)]
pub struct Narration {
    /// The provider.
    pub narrator: Option<Arc<dyn Narrator>>,
    /// The limits.
    pub settings: Arc<Settings>,
    /// Whose time the limits go by; a test has its own.
    pub clock: Clock,
}

impl Narration {
    /// A provider with these limits.
    #[must_use]
    pub fn new(narrator: impl Narrator + 'static, settings: Settings) -> Self {
        Self { narrator: Some(Arc::new(narrator)), settings: Arc::new(settings), clock: Clock::Server }
    }

    /// The ledger of its calls.
    #[must_use]
    pub fn ledger<'a>(&'a self, db: &'a sqlx::PgPool) -> Ledger<'a> {
        Ledger { db, settings: &self.settings, clock: &self.clock }
    }
}
