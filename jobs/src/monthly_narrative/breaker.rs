//! The breaker: when a provider fails too often it is left alone for a while, by every worker. Its state is a row that they
//! share; here is how it changes. No clock of its own.

use chrono::{DateTime, TimeDelta, Utc};

use super::settings::BreakerSettings;

/// What is known of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// Where it stands.
    pub state: State,
    /// How the last calls went, the oldest first; true: well.
    pub last: Vec<bool>,
    /// When it opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// For how long.
    pub open_for: TimeDelta,
    /// Calls that went well since it is half open.
    pub successes: u32,
}

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Calls go through.
    Closed,
    /// None does.
    Open,
    /// Calls go through, and the next failure opens it for longer.
    HalfOpen,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Open, Self::HalfOpen];

    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

impl Breaker {
    /// A provider of which nothing is known.
    #[must_use]
    pub fn new(settings: &BreakerSettings) -> Self {
        Self { state: State::Closed, last: Vec::new(), opened_at: None, open_for: settings.open, successes: 0 }
    }

    /// Whether a call may be made at `now`. An open breaker whose time is over is half open from here on.
    pub fn admit(&mut self, now: DateTime<Utc>) -> bool {
        if self.state == State::Open && self.opened_at.is_none_or(|opened| now >= opened + self.open_for) {
            self.state = State::HalfOpen;
            self.successes = 0;
        }
        self.state != State::Open
    }

    /// Takes note of how a call went that was admitted.
    pub fn record(&mut self, went_well: bool, now: DateTime<Utc>, settings: &BreakerSettings) {
        match self.state {
            State::Closed => self.count(went_well, now, settings),
            State::HalfOpen if went_well => {
                self.successes += 1;
                if self.successes >= settings.successes {
                    *self = Self::new(settings);
                }
            }
            State::HalfOpen => {
                let longer = (self.open_for * 2).min(settings.longest);
                self.open(now, longer);
            }
            // A call that was under way when another one opened it says nothing new.
            State::Open => {}
        }
    }

    fn count(&mut self, went_well: bool, now: DateTime<Utc>, settings: &BreakerSettings) {
        self.last.push(went_well);
        let forgotten = self.last.len().saturating_sub(settings.last);
        self.last.drain(..forgotten);
        let failures = self.last.iter().filter(|&&went_well| !went_well).count();
        #[expect(clippy::cast_precision_loss, reason = "a few dozen calls")]
        let share = failures as f64 / self.last.len() as f64;
        if self.last.len() >= settings.least && share >= settings.share {
            self.open(now, settings.open);
        }
    }

    fn open(&mut self, now: DateTime<Utc>, open_for: TimeDelta) {
        *self = Self { state: State::Open, last: Vec::new(), opened_at: Some(now), open_for, successes: 0 };
    }
}
