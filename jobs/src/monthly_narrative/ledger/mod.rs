//! The ledger: no model is called but through it. It grants a call within the rate, the budgets and the breaker, and enters
//! what the call may cost before it and what it did cost after it. All workers share its rows; a provider's is the lock.

mod limiter;
mod store;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sqlx::PgPool;
use windlass::model::Clock;

pub use limiter::{Refused, next_call};

use super::route::{Budget, Reason, Request, Route, Tier, route};
use super::settings::Settings;
use crate::calendar::month_start;
use crate::ports::narrator::{Billed, Narrator};

/// The feature that the entries are for.
const FEATURE: &str = "monthly_narrative";
/// The sum that is everybody's.
pub(crate) const EVERYBODY: &str = "global";
/// How many reservations are released at once.
const BATCH: i64 = 1_000;

/// The ledger of one provider.
#[derive(Clone, Copy, Debug)]
pub struct Ledger<'a> {
    /// The database.
    pub db: &'a PgPool,
    /// Its limits and prices.
    pub settings: &'a Settings,
    /// Whose time it is.
    pub clock: &'a Clock,
}

/// Who asks for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// The job.
    pub job: uuid::Uuid,
    /// Its attempt.
    pub attempt: i32,
    /// The person.
    pub subject_id: i64,
}

/// What became of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The call may be made, and must be settled.
    Granted(Call),
    /// Not before so long.
    Wait(TimeDelta),
    /// Not at all: the rules tell it.
    Rules(Reason),
}

/// A call that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who asked.
    pub asking: Asking,
    /// Its place among the calls of the attempt, from 1.
    pub call: i32,
    /// The day it is entered under.
    pub day: NaiveDate,
    /// The model.
    pub tier: Tier,
    /// Why this one.
    pub reason: Reason,
    /// Tokens of the answer, at most.
    pub max_out: u32,
}

/// How a call went, as the ledger and the metrics name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Outcome {
    Answered,
    FailedCheck,
    RateLimited(TimeDelta),
    Overloaded,
    Timeout,
    Refused,
    Invalid,
    Auth,
}

impl Outcome {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::FailedCheck => "failed_check",
            Self::RateLimited(_) => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::Auth => "auth",
        }
    }

    /// All of these words that a call may end with; `failed_check` is said later, of an answer.
    pub(super) const WORDS: [&'static str; 7] =
        ["answered", "rate_limited", "overloaded", "timeout", "refused", "invalid", "auth"];

    /// What it says of the provider: content that cannot be used says nothing.
    fn went_well(self) -> Option<bool> {
        match self {
            Self::Answered => Some(true),
            Self::Overloaded | Self::Timeout => Some(false),
            _ => None,
        }
    }
}

/// How a job's calls went so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Past {
    /// Answers that could not be used.
    pub unusable: i64,
    /// Calls that the provider failed, or that nobody settled.
    pub failed: i64,
}

impl Ledger<'_> {
    /// Asks for a call. What is granted is reserved.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn ask(&self, asking: Asking, request: &Request, narrator: &dyn Narrator) -> Result<Answer, sqlx::Error> {
        let provider = narrator.provider();
        let now = store::now(self.db, self.clock.now()).await?;
        store::open_rows(self.db, asking.subject_id, now.date_naive(), provider).await?;

        let mut tx = self.db.begin().await?;
        let period = month_start(now.date_naive());
        let granted = store::lock_subject_calls(&mut tx, asking.subject_id).await?;
        let user_spent = store::lock_subject_spend(&mut tx, asking.subject_id, period).await?;
        let mut state = store::lock_provider(&mut tx, provider).await?;
        let now = store::now(&mut *tx, self.clock.now()).await?;
        // A month that began while the locks were waited for begins with the next question.
        let day = now.date_naive().min(period + chrono::Months::new(1) - chrono::Days::new(1));

        let budget = Budget {
            user_spent,
            user_soft: self.settings.soft_micros,
            user_hard: self.settings.hard_micros,
            global_spent: store::read_spend(&mut tx, period).await?,
            global_hard: self.settings.global_micros,
        };
        let key_taken = state.refused_key.as_deref() != Some(narrator.key_fingerprint().as_slice());
        let request =
            Request { has_key: request.has_key && key_taken, breaker_open: !state.breaker.admit(now), ..*request };
        let (tier, reason, max_out, reserve) = match route(&request, &budget, self.settings) {
            Route::Rules(reason) => {
                super::metrics::routed(reason);
                return Ok(Answer::Rules(reason));
            }
            Route::Model { tier, reason, max_out, reserve_micros } => (tier, reason, max_out, reserve_micros),
        };
        let mine = match self.next(&granted, now) {
            Ok(mine) => mine,
            Err(Refused(wait)) => return Ok(Answer::Wait(wait)),
        };
        let everybodys = match (state.blocked_until.filter(|&until| until > now), self.next(&state.granted, now)) {
            (None, Ok(everybodys)) => everybodys,
            (blocked, everybodys) => {
                let full = everybodys.err().map(|Refused(wait)| now + wait);
                let turn = limiter::take_turn(&mut state.next_turn, blocked.max(full).unwrap_or(now), self.spacing());
                store::save_provider(&mut tx, provider, &state).await?;
                tx.commit().await?;
                return Ok(Answer::Wait(turn - now));
            }
        };
        state.granted = everybodys;
        let model = &tier.model(self.settings).name;
        let most = if tier == Tier::Strong { budget.user_soft } else { budget.user_hard };
        let entry = store::Entry { asking, day, now, provider, model, tokens_in: request.tokens_in, max_out, reserve };
        let Some(call) = store::reserve(&mut tx, &entry, most, budget.global_hard).await? else {
            // Somebody's settlement has raised everybody's sum since it was read.
            super::metrics::routed(Reason::Budget);
            return Ok(Answer::Rules(Reason::Budget));
        };
        store::save_subject_calls(&mut tx, asking.subject_id, &mine).await?;
        store::save_provider(&mut tx, provider, &state).await?;
        tx.commit().await?;
        super::metrics::routed(reason);
        warn_near("subject", budget.user_spent, reserve, budget.user_hard);
        warn_near("global", budget.global_spent, reserve, budget.global_hard);
        Ok(Answer::Granted(Call { asking, call, day, tier, reason, max_out }))
    }

    fn next(&self, granted: &[DateTime<Utc>], now: DateTime<Utc>) -> Result<Vec<DateTime<Utc>>, Refused> {
        next_call(granted, now, self.settings.calls, self.window())
    }

    fn window(&self) -> TimeDelta {
        TimeDelta::from_std(self.settings.window).unwrap_or(TimeDelta::MAX)
    }

    /// How far apart turns are.
    fn spacing(&self) -> TimeDelta {
        self.window() / i32::try_from(self.settings.calls).unwrap_or(i32::MAX).max(1)
    }

    /// Enters how a call went: what it cost, where that is known or nothing; a call that may have been billed without our
    /// knowing stays reserved until it is released. Answers how long until the turn of one whom the provider has sent away.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn settle(
        &self,
        call: &Call,
        narrator: &dyn Narrator,
        outcome: Outcome,
        billed: Option<Billed>,
    ) -> Result<Option<TimeDelta>, sqlx::Error> {
        let cost = billed.map(|billed| call.tier.model(self.settings).cost(billed.tokens_in, billed.tokens_out));
        let unknown = matches!(outcome, Outcome::Timeout) || matches!(outcome, Outcome::Invalid if billed.is_none());
        let provider = narrator.provider();
        let mut tx = self.db.begin().await?;
        store::lock_call(&mut tx, call).await?;
        let mut state = store::lock_provider(&mut tx, provider).await?;
        if unknown {
            store::mark(&mut *tx, call, outcome).await?;
        } else {
            store::settle(&mut tx, call, cost, billed, outcome).await?;
        }
        let now = store::now(&mut *tx, self.clock.now()).await?;
        let turn = self.learn(&mut state, narrator, outcome, now);
        store::save_provider(&mut tx, provider, &state).await?;
        tx.commit().await?;
        super::metrics::called(call.tier, outcome, billed, cost.unwrap_or_default());
        Ok(turn.map(|turn| turn - now))
    }

    /// What the outcome says of the provider, and the turn of one whom it has sent away.
    fn learn(
        &self,
        state: &mut store::Provider,
        narrator: &dyn Narrator,
        outcome: Outcome,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        if let Some(went_well) = outcome.went_well() {
            // A call that was admitted half open is recorded so, whoever admitted it.
            state.breaker.admit(now);
            state.breaker.record(went_well, now, &self.settings.breaker);
        }
        match outcome {
            Outcome::RateLimited(wait) => {
                let free = state.blocked_until.max(now.checked_add_signed(wait))?;
                state.blocked_until = Some(free);
                return Some(limiter::take_turn(&mut state.next_turn, free, self.spacing()));
            }
            Outcome::Auth => {
                let key = narrator.key_fingerprint().to_vec();
                if state.refused_key.as_ref() != Some(&key) {
                    // Once: from here on nobody calls with this key.
                    let provider = narrator.provider();
                    tracing::error!(provider, "the provider does not take the narrator's key: set another one");
                    state.refused_key = Some(key);
                }
            }
            _ => {}
        }
        None
    }

    /// Takes note that an answer failed its checks.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn failed_check(&self, call: &Call) -> Result<(), sqlx::Error> {
        store::mark(self.db, call, Outcome::FailedCheck).await
    }

    /// How a job's calls went so far.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn past(&self, asking: Asking) -> Result<Past, sqlx::Error> {
        store::past(self.db, asking).await
    }

    /// Gives back what was reserved and never settled. Answers how many entries.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn release_stale(&self) -> Result<i64, sqlx::Error> {
        let now = store::now(self.db, self.clock.now()).await?;
        let age = TimeDelta::from_std(self.settings.release_after).unwrap_or(TimeDelta::MAX);
        let mut released = 0;
        loop {
            let batch = store::release_stale(self.db, now - age).await?;
            released += batch;
            if batch < BATCH {
                return Ok(released);
            }
        }
    }

    /// Makes the ledger's months ahead.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn make_months(&self) -> Result<(), sqlx::Error> {
        let now = store::now(self.db, self.clock.now()).await?;
        store::make_months(self.db, now.date_naive()).await
    }
}

/// Says so, once, when four fifths of a budget are spent.
fn warn_near(scope: &'static str, spent: i64, more: i64, most: i64) {
    let near = most - most / 5;
    if spent < near && spent + more >= near {
        tracing::warn!(scope, most_micros = most, "80 % of a narrative budget are spent");
    }
}
