//! Tell a person about their month: from aggregates alone, within a budget, and never in their own words.
//!
//! Here stands the job. `tell` is one month's, `dispatch` turns what is due into jobs. The contract is all that a text may be
//! made from; `template` makes one without a model, `ask` asks a model within what `ledger` grants; `judge` holds every text
//! against `checks`, `leak` and `rubric` before `publish` shows it to anybody.

mod ask;
pub mod breaker;
pub mod checks;
pub mod code;
pub mod config;
pub mod contract;
pub mod dispatch;
mod judge;
pub mod leak;
pub mod ledger;
mod metrics;
mod month;
mod narration;
pub mod numbers;
mod optional_month;
pub mod personal;
pub mod prompt;
mod publish;
pub mod route;
pub mod rubric;
pub mod rulebook;
pub mod settings;
mod store;
mod tell;
pub mod template;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use windlass::{Job, JobContext, JobError, Policy};

pub use code::Code;
pub use contract::{Contract, Fault, Month, PromptVersion};
pub use dispatch::Dispatch;
pub use leak::Fingerprint;
pub(crate) use metrics::start_at_zero;
pub use narration::Narration;
pub use publish::{withdraw, withdraw_until};
pub use rubric::Rubric;
pub use rulebook::{RULEBOOK, Rulebook};
pub use settings::Settings;
pub use store::{NARRATOR_ROLE, Told, read_told};
pub use tell::{Criticality, Tell};

use crate::deps::Deps;
use crate::schema;

/// The arguments: ids and dates only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MonthlyNarrative {
    /// One person's month.
    Tell(Tell),
    /// What is due.
    Dispatch(Dispatch),
}

impl MonthlyNarrative {
    /// The dispatch of a schedule's tick.
    #[must_use]
    pub fn dispatch(tick: DateTime<Utc>) -> Self {
        Self::Dispatch(Dispatch { month: None, as_of: tick })
    }
}

impl Job for MonthlyNarrative {
    const KIND: &'static str = "monthly_narrative";
    const QUEUE: &'static str = "narratives";
    // Waiting for the rate is no fault of the job: ten thousand people at a hundred a minute wait for hours.
    const POLICY: Policy =
        Policy { timeout: Duration::from_mins(2), max_failures: 8, max_deferrals: 100_000, ..Policy::DEFAULT };
    /// Neither `as_of` nor how urgently it is asked for.
    const IDENTITY: Option<&'static [&'static str]> = Some(&["subject_id", "month", "dirty_seq", "prompt_revision"]);
    /// All but whose month it is.
    const SHOWN: &'static [&'static str] = &["month", "dirty_seq", "prompt_revision", "criticality", "force", "as_of"];
    type Deps = Deps;

    fn args_schema() -> Option<Value> {
        let tell = schema::object(
            &[("subject_id", schema::int64()), ("month", schema::month()), ("dirty_seq", schema::int64())],
            &[
                ("prompt_revision", schema::int32()),
                ("criticality", schema::words(&["non_critical", "critical"])),
                ("force", json!({ "type": "boolean" })),
            ],
        );
        let month = schema::nullable(schema::month());
        let dispatch = schema::object(&[("as_of", schema::instant())], &[("month", month)]);
        Some(schema::any_of(&[tell, dispatch]))
    }

    fn unique_key(&self) -> Option<String> {
        Some(match self {
            Self::Tell(tell) => tell.key(),
            Self::Dispatch(dispatch) => dispatch.key(),
        })
    }

    fn subject(&self) -> Option<String> {
        match self {
            Self::Tell(tell) => Some(tell.subject_id.to_string()),
            Self::Dispatch(_) => None,
        }
    }

    async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        match self {
            Self::Tell(tell) => tell.run(cx).await,
            Self::Dispatch(dispatch) => dispatch.run(cx).await,
        }
    }
}
