//! Who tells a month: the cheap model, the strong one, or the rules. Arithmetic alone; what is spent is given.

use super::settings::{Model, Settings};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whether the text is critical.
    pub critical: bool,
    /// Which try it is, 1 being the first: a failed check makes the next.
    pub attempt: u32,
    /// Estimated tokens of the prompt.
    pub tokens_in: u32,
    /// Whether there is a provider and a key that it takes.
    pub has_key: bool,
    /// Whether the breaker is open.
    pub breaker_open: bool,
}

/// What is spent, and up to what it may be, in micro-dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// By this person this month.
    pub user_spent: i64,
    /// Up to what the strong model may be asked.
    pub user_soft: i64,
    /// Up to what any may.
    pub user_hard: i64,
    /// By everybody.
    pub global_spent: i64,
    /// Up to what any may.
    pub global_hard: i64,
}

/// Who tells it, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The rules.
    Rules(Reason),
    /// A model.
    Model {
        /// Which.
        tier: Tier,
        /// Why this one.
        reason: Reason,
        /// Tokens of the answer, at most.
        max_out: u32,
        /// The most it can cost.
        reserve_micros: i64,
    },
}

/// The two models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "`Settings` says which they are")]
pub enum Tier {
    Cheap,
    Strong,
}

/// Why a route was taken: a closed list, stored with the text and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The text is critical.
    Critical,
    /// It is not.
    NonCritical,
    /// The text before failed a check.
    Escalation,
    /// The strong model is above its budget.
    BudgetDowngrade,
    /// There is no provider, or none that takes the key.
    NoKey,
    /// The provider is left alone for a while.
    BreakerOpen,
    /// The prompt leaves no room for an answer.
    TokenBudget,
    /// Enough has been tried.
    Attempts,
    /// Nothing fits the budget.
    Budget,
    /// Neither the person's tier nor a large change asks for a model.
    Tier,
    /// What was said is not there any more to compare with.
    NoTurns,
    /// The model's turn has not come yet.
    Waiting,
}

impl Tier {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Cheap, Self::Strong];

    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cheap => "cheap",
            Self::Strong => "strong",
        }
    }

    /// The model behind it.
    #[must_use]
    pub fn model(self, settings: &Settings) -> &Model {
        match self {
            Self::Cheap => &settings.cheap,
            Self::Strong => &settings.strong,
        }
    }
}

impl Reason {
    /// Those for which the rules tell a month.
    pub const OF_RULES: [Self; 8] = [
        Self::NoKey,
        Self::BreakerOpen,
        Self::TokenBudget,
        Self::Attempts,
        Self::Budget,
        Self::Tier,
        Self::NoTurns,
        Self::Waiting,
    ];

    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::NonCritical => "non_critical",
            Self::Escalation => "escalation",
            Self::BudgetDowngrade => "budget_downgrade",
            Self::NoKey => "no_key",
            Self::BreakerOpen => "breaker_open",
            Self::TokenBudget => "token_budget",
            Self::Attempts => "attempts",
            Self::Budget => "budget",
            Self::Tier => "tier",
            Self::NoTurns => "no_turns",
            Self::Waiting => "waiting",
        }
    }
}

/// The tokens a text is estimated to have: a quarter of its characters, rounded up.
#[must_use]
pub fn estimate(text: &str) -> u32 {
    u32::try_from(text.chars().count().div_ceil(4)).unwrap_or(u32::MAX)
}

/// Takes a route. In this order: no key, an open breaker, no room, tried too often; then the model that is wanted, or the
/// cheap one in its place, if the budget holds what it may cost.
#[must_use]
pub fn route(request: &Request, budget: &Budget, settings: &Settings) -> Route {
    if !request.has_key {
        return Route::Rules(Reason::NoKey);
    }
    if request.breaker_open {
        return Route::Rules(Reason::BreakerOpen);
    }
    let max_out = settings.max_answer.min(settings.max_tokens.saturating_sub(request.tokens_in));
    if max_out < settings.min_answer {
        return Route::Rules(Reason::TokenBudget);
    }
    if request.attempt >= 3 {
        return Route::Rules(Reason::Attempts);
    }
    let asked = if request.critical { Reason::Critical } else { Reason::NonCritical };
    let wanted: &[_] = match (request.attempt >= 2, request.critical) {
        (true, _) => &[(Tier::Strong, Reason::Escalation), (Tier::Cheap, Reason::BudgetDowngrade)],
        (false, true) => &[(Tier::Strong, asked), (Tier::Cheap, Reason::BudgetDowngrade)],
        (false, false) => &[(Tier::Cheap, asked)],
    };
    wanted
        .iter()
        .map(|&(tier, reason)| (tier, reason, tier.model(settings).cost(request.tokens_in, max_out)))
        .find(|&(tier, _, cost)| {
            let most = if tier == Tier::Strong { budget.user_soft } else { budget.user_hard };
            budget.user_spent.saturating_add(cost) <= most
                && budget.global_spent.saturating_add(cost) <= budget.global_hard
        })
        .map_or(Route::Rules(Reason::Budget), |(tier, reason, reserve_micros)| Route::Model {
            tier,
            reason,
            max_out,
            reserve_micros,
        })
}
