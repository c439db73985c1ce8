//! People with a month, a scripted narrator, and a clock to turn.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use sqlx::PgPool;
use windlass::testing::{Database, ManualClock, Ran, drain};
use windlass::{Client, JobExt, Store};
use windlass_jobs::monthly_narrative::{Contract, Criticality, Narration, Settings, Tell, template};
use windlass_jobs::ports::narrator::{Billed, Scripted, Step};
use windlass_jobs::{Deps, MonthlyNarrative};

use crate::support::database;

/// The month of all of them.
pub(crate) const MONTH: &str = "2026-03-01";

/// A database whose clock is turned by hand, people with a month, and a narrator that does as it is told.
pub(crate) struct Stage {
    pub(crate) database: Database,
    pub(crate) clock: ManualClock,
    pub(crate) narrator: Arc<Scripted>,
    pub(crate) deps: Deps,
}

impl Stage {
    /// `people` on tier `plus`, whose ids count from 1.
    pub(crate) async fn new(people: i64, script: impl IntoIterator<Item = Step>, then: Step) -> Self {
        Self::with(people, Scripted::new(script, then), Settings::default()).await
    }

    pub(crate) async fn with(people: i64, narrator: Scripted, settings: Settings) -> Self {
        let database = database().await;
        add_people(database.pool(), people).await;
        let clock = ManualClock::at(now(database.pool()).await);
        let narrator = Arc::new(narrator);
        let narration = Narration {
            narrator: Some(Arc::clone(&narrator) as _),
            settings: Arc::new(settings),
            clock: clock.clone().into(),
        };
        Self { database, clock, narrator, deps: Deps { narration } }
    }

    pub(crate) fn db(&self) -> &PgPool {
        self.database.pool()
    }

    pub(crate) fn store(&self) -> Store {
        self.database.store().at(self.clock.clone())
    }

    /// Asks for a person's month.
    pub(crate) async fn tell(&self, subject_id: i64, dirty_seq: i64) {
        let job = tell(subject_id, dirty_seq);
        Client::new(self.db().clone()).at(self.clock.clone()).enqueue(self.db(), job).await.unwrap();
    }

    /// Runs what is due at the clock.
    pub(crate) async fn run(&self) -> Vec<Ran> {
        let ran = drain(&self.store(), &windlass_jobs::registry(), self.deps.clone()).await.unwrap();
        for error in self.errors().await {
            eprintln!("{error}");
        }
        ran
    }

    /// What failed attempts and dead letters say.
    pub(crate) async fn errors(&self) -> Vec<String> {
        let errors = "select error from windlass.attempts";
        sqlx::query_scalar(errors).fetch_all(self.db()).await.unwrap()
    }

    /// A person's texts: version, status, model and reason.
    pub(crate) async fn texts(&self, subject_id: i64) -> Vec<String> {
        sqlx::query_scalar(
            "select concat_ws(' ', version, status, model, route_reason) from insights.insights
              where subject_id = $1 order by version",
        )
        .bind(subject_id)
        .fetch_all(self.db())
        .await
        .unwrap()
    }

    /// The ledger: state, outcome and micro-dollars of each call.
    pub(crate) async fn ledger(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select concat_ws(' ', state, outcome, settled_micros) from insights.cost_ledger order by created_at, job_id, attempt, call_seq",
        )
        .fetch_all(self.db())
        .await
        .unwrap()
    }
}

pub(crate) fn tell(subject_id: i64, dirty_seq: i64) -> windlass::Enqueue {
    let month = MONTH.parse().unwrap();
    let criticality = Criticality::default();
    let tell = Tell { subject_id, month, dirty_seq, prompt_revision: 1, criticality, force: false };
    MonthlyNarrative::Tell(tell).unique(uuid::Uuid::now_v7().to_string())
}

pub(crate) async fn now(db: &PgPool) -> DateTime<Utc> {
    sqlx::query_scalar("select date_trunc('second', now())").fetch_one(db).await.unwrap()
}

/// People with one session of three turns in March 2026, its vector and its month; all of them as the aggregation leaves them.
async fn add_people(db: &PgPool, people: i64) {
    sqlx::raw_sql("select insights.make_month('2026-03-01')").execute(db).await.unwrap();
    for add in [
        "insert into insights.subjects (subject_id, source, external_id, tier, enrolled_at)
         select n, 'stage', 'p' || n, 'plus', now() from generate_series(1, $1) n",
        "insert into insights.sessions (subject_id, session_id, external_id, started_at, ended_at, tz, tz_valid, local_date)
         select n, n, 's' || n, '2026-03-10', '2026-03-10', 'UTC', true, '2026-03-10' from generate_series(1, $1) n",
        "insert into insights.turns (month, subject_id, session_id, turn_index, role, body)
         select '2026-03-01', n, n, 0, 'user', 'I met Margaret and she told me the secret about the merger.' from generate_series(1, $1) n",
        "insert into insights.session_emotions (subject_id, session_id, session_revision, n_user_turns, n_tokens, weight, valence,
             arousal, dominance, volatility, peak, \"end\", coverage, analyzer, status, dominant_emotion, pattern, emotions)
         select n, n, 1, 3, 30, 3, 0.21, 0.4, 0.5, 0.31, 0.3, 0.2, 0.1, 'lex-1', 'ok', 'joy', 'volatile',
                array[1, 0, 0, 0, 0, 0, 0, 0]::float8[] from generate_series(1, $1) n",
        "insert into insights.spectrum_monthly (subject_id, month, n_sessions, n_turns, n_excluded, n_empty, weight, valence, valence_sd,
             arousal, dominance, volatility, diversity, positive_share, valence_min, valence_max, valence_delta, computed_seq,
             status, dominant_emotion, emotions, patterns, content_hash)
         select n, '2026-03-01', 12, 80, 1, 0, 30, 0.21, 0.1, 0.4, 0.5, 0.31, 0.8, 0.583, -0.5, 0.9, -0.12, 1, 'ok', 'joy',
                array[1, 0, 0, 0, 0, 0, 0, 0]::float8[], array[0, 2, 3, 0, 0, 0, 0], '\\x00' from generate_series(1, $1) n",
        "insert into insights.dirty_buckets (scope, key, bucket, dirty_seq, computed_seq, due_at)
         select 'narrative_month', n, '2026-03-01', 1, 0, now() - interval '1 hour' from generate_series(1, $1) n",
    ] {
        sqlx::query(add).bind(people).execute(db).await.unwrap();
    }
}

/// A model's text that passes every check, and what it bills.
pub(crate) fn good() -> Step {
    say("March held 12 sessions with a gently positive tone, and joy was the emotion named most often. Compared with \
         February the month felt a little heavier. You handled a demanding month with patience, and the lighter moments are \
         worth noticing. Consider keeping the small routines that helped, and try to plan one calm evening each week in April.")
}

/// One that repeats what was said.
pub(crate) fn leak() -> Step {
    say(
        "In March there were 12 sessions. You wrote that she told me the secret about work. You handled a demanding month with \
         patience, and the lighter moments are worth noticing. Consider keeping the small routines that helped, and try to \
         plan one calm evening each week in April.",
    )
}

pub(crate) fn say(text: &str) -> Step {
    Step::Say(text.to_owned(), Billed { tokens_in: 500, tokens_out: 90 })
}

/// The rules' text of the stage's month.
pub(crate) fn by_rules() -> String {
    template::render(
        &Contract::parse(&json!({
            "month": "2026-03", "n_sessions": 12, "n_turns": 80, "valence": 0.21, "valence_delta": -0.12, "volatility": 0.31,
            "diversity": 0.8, "positive_share": 0.583, "dominant_emotion": "joy", "patterns": {"volatile": 2, "improving": 3},
            "best_week": null, "hardest_week": null, "n_excluded": 1, "prompt_version": "rules-1",
        }))
        .unwrap(),
    )
}

/// A day of which a test may be sure.
pub(crate) fn march() -> NaiveDate {
    MONTH.parse().unwrap()
}
