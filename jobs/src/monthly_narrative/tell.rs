//! Tell one month: read, contract, route, call, check, publish. Each step may be repeated.

use std::time::Duration;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use windlass::{JobContext, JobError};

use super::ask::{self, Asked};
use super::contract::{Contract, PromptVersion};
use super::judge::judge;
use super::publish::{self, Basis, End};
use super::route::Reason;
use super::store::{self, Insight, Read, Text};
use super::{metrics, month, template};
use crate::calendar::month_label;
use crate::deps::Deps;
use crate::tolerance::at_least;

/// How long a month whose aggregates are behind is left alone.
pub(super) const PENDING: Duration = Duration::from_secs(30);
/// The fewest sessions that make a text.
const FEWEST_SESSIONS: u32 = 2;
/// The prompt of the models.
pub(super) const PROMPT: &str = "monthly";
/// What stands for a prompt where the rules have told it.
const RULES_PROMPT: (&str, i32) = ("rules", 1);

/// The arguments: ids and dates only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tell {
    /// The person.
    pub subject_id: i64,
    /// The month's first day; written like `2026-10`.
    #[serde(with = "month")]
    pub month: NaiveDate,
    /// Which state of the month.
    pub dirty_seq: i64,
    /// The prompt's revision when it was asked for. A new one makes a new job; what is used is the active one.
    #[serde(default)]
    pub prompt_revision: i32,
    /// Whether the text is critical.
    #[serde(default)]
    pub criticality: Criticality,
    /// Whether to tell it anew although nothing has changed.
    #[serde(default)]
    pub force: bool,
}

/// Whether a text is critical.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    /// The cheap model will do.
    #[default]
    NonCritical,
    /// The strong model is wanted.
    Critical,
}

impl Tell {
    pub(super) fn key(&self) -> String {
        let Self { subject_id, month, dirty_seq, prompt_revision, .. } = self;
        format!("mnr:{subject_id}:{}:{dirty_seq}:{prompt_revision}", month_label(*month))
    }

    pub(super) async fn run(&self, cx: &JobContext<Deps>) -> Result<(), JobError> {
        let Read { standing, newest, prompt } = store::read(cx.db(), self.subject_id, self.month, PROMPT).await?;
        let Some(standing) = standing.filter(|standing| !standing.erased && standing.dirty_seq <= self.dirty_seq)
        else {
            tracing::info!("nothing to tell: the person is gone, or the month has a newer job");
            return Ok(());
        };
        if store::is_pending(cx.db(), self.subject_id, self.month).await? {
            return Err(JobError::snooze(PENDING));
        }
        let basis = Basis {
            subject_id: self.subject_id,
            month: self.month,
            dirty_seq: self.dirty_seq,
            reset_at: standing.reset_at,
        };
        let Some(month) = standing.month.filter(|month| month.n_sessions >= FEWEST_SESSIONS) else {
            return publish::end(cx, basis, End::TooLittle).await;
        };
        let contract = Contract::new(&month, version(RULES_PROMPT)?);
        let refused = self.wants_no_model(cx, &contract, &standing.tier).await?;
        let prompt =
            prompt.ok_or_else(|| JobError::retry("prompt \"monthly\" has no active revision: activate one"))?;
        let same =
            newest.filter(|newest| !self.force && is_same(newest, &contract, refused.is_none(), prompt.revision));
        if let Some(newest) = same {
            let end = if newest.status == "withdrawn" { Text::again(newest, &contract) } else { None };
            return publish::end(cx, basis, end.map_or(End::Unchanged, |text| End::Text(Box::new(text)))).await;
        }
        let asked = match refused {
            Some(reason) => Asked::Rules(reason),
            None => ask::ask(cx, self, &contract, &prompt).await?,
        };
        let text = match asked {
            Asked::Text(text) => *text,
            Asked::Rules(reason) => self.by_rules(cx, &contract, reason).await?,
            Asked::Later { wait, why } => {
                self.meanwhile(cx, basis, &contract).await?;
                return Err(match wait.and_then(|wait| wait.to_std().ok()) {
                    Some(wait) => JobError::retry_after(wait, why),
                    None => JobError::retry(why),
                });
            }
        };
        publish::end(cx, basis, End::Text(Box::new(text))).await
    }

    /// Why no model is to be asked at all, if so.
    async fn wants_no_model(
        &self,
        cx: &JobContext<Deps>,
        contract: &Contract,
        tier: &str,
    ) -> Result<Option<Reason>, sqlx::Error> {
        let narration = &cx.deps().narration;
        if narration.narrator.is_none() {
            return Ok(Some(Reason::NoKey));
        }
        let settings = &narration.settings;
        let large = contract.valence_delta().is_some_and(|delta| at_least(delta.abs(), settings.large_change));
        let entitled = large || self.criticality == Criticality::Critical || settings.tiers.iter().any(|of| of == tier);
        if !entitled {
            return Ok(Some(Reason::Tier));
        }
        let whole = store::turns_are_whole(cx.db(), self.subject_id, self.month).await?;
        Ok((!whole).then_some(Reason::NoTurns))
    }

    /// The rules' text. One that fails a check is a fault of this program, not of anything that could pass by itself.
    async fn by_rules(&self, cx: &JobContext<Deps>, contract: &Contract, reason: Reason) -> Result<Text, JobError> {
        let text = template::render(contract);
        let verdict = judge(cx.db(), self.subject_id, self.month, &text, contract).await?;
        let Some(rubric) = verdict.passed() else {
            return Err(JobError::discard(format!("the rules text fails its checks: {}", verdict.faults())));
        };
        metrics::fell_back(reason);
        Ok(Text::new(text, contract.clone(), RULES_PROMPT, template::RULES, reason.as_str(), &rubric))
    }

    /// The rules' text for now, unless there is one of this very month's state.
    async fn meanwhile(&self, cx: &JobContext<Deps>, basis: Basis, contract: &Contract) -> Result<(), JobError> {
        let newest = store::newest(&mut *cx.db().acquire().await?, self.subject_id, self.month).await?;
        if newest.is_some_and(|newest| newest.status == "published" && newest.input_hash == contract.sha256()) {
            return Ok(());
        }
        let text = self.by_rules(cx, contract, Reason::Waiting).await?;
        Ok(publish::meanwhile(cx, basis, text).await?)
    }
}

/// Whether a text says what would be said now: of the same contract, and by a model if one is wanted.
fn is_same(newest: &Insight, contract: &Contract, wants_model: bool, prompt_revision: i32) -> bool {
    let by_model = newest.prompt_name == PROMPT && newest.prompt_revision == prompt_revision;
    newest.input_hash == contract.sha256() && (by_model || (!wants_model && newest.prompt_name == RULES_PROMPT.0))
}

/// A prompt as contracts name it.
pub(super) fn version((name, revision): (&str, i32)) -> Result<PromptVersion, JobError> {
    PromptVersion::parse(&format!("{name}-{revision}"))
        .ok_or_else(|| JobError::discard("a prompt's name is a short lower-case word, its revision a number"))
}
