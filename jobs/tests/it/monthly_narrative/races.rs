//! What happens to a month while a model writes about it: nothing that was withdrawn, reset or erased meanwhile is published.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, PgPool};
use windlass::model::Outcome;
use windlass_jobs::calendar::Zone;
use windlass_jobs::monthly_narrative::withdraw;
use windlass_jobs::ports::narrator::{Generating, NarrateError, NarrativeReply, NarrativeRequest, Narrator, Step};

use super::setup::{Stage, good, march};
use crate::support::number;

/// What a person asks for while the narrator writes.
#[derive(Clone, Copy, Debug)]
enum Meanwhile {
    Withdraw,
    Sql(&'static str),
}

/// Answers well, after that.
#[derive(Debug)]
struct Slow {
    db: PgPool,
    meanwhile: Meanwhile,
}

impl Slow {
    async fn answer(&self, request: NarrativeRequest) -> Result<NarrativeReply, NarrateError> {
        let mut tx = self.db.begin().await.unwrap();
        match self.meanwhile {
            Meanwhile::Withdraw => withdraw(&mut tx, 1, Zone::parse("UTC"), march()).await.unwrap(),
            Meanwhile::Sql(sql) => {
                sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        let Step::Say(text, billed) = good() else { return Err(NarrateError::Timeout) };
        let (tokens_in, tokens_out) = (billed.tokens_in, billed.tokens_out);
        Ok(NarrativeReply { text, tokens_in, tokens_out, model: request.model })
    }
}

impl Narrator for Slow {
    fn provider(&self) -> &'static str {
        "slow"
    }

    fn key_fingerprint(&self) -> [u8; 8] {
        [0; 8]
    }

    fn generate(&self, request: NarrativeRequest) -> Generating<'_> {
        Box::pin(self.answer(request))
    }
}

#[tokio::test]
async fn what_a_person_takes_back_while_a_model_writes_is_not_published() {
    for (meanwhile, outcome) in [
        (Meanwhile::Withdraw, Outcome::Completed),
        (Meanwhile::Sql("update insights.subjects set erased_at = now()"), Outcome::Completed),
        (Meanwhile::Sql("update insights.subjects set reset_at = now()"), Outcome::Snoozed),
        (Meanwhile::Sql("update insights.sessions set excluded_at = now()"), Outcome::Snoozed),
        (
            Meanwhile::Sql(
                "insert into insights.dirty_buckets (scope, key, bucket, due_at) values ('spectrum_month', 1, '2026-03-01', now())",
            ),
            Outcome::Snoozed,
        ),
    ] {
        let mut stage = Stage::new(1, [], good()).await;
        let slow = Slow { db: stage.db().clone(), meanwhile };
        stage.deps.narration.narrator = Some(Arc::new(slow));
        stage.tell(1, 1).await;
        assert_eq!(stage.run().await[0].outcome, outcome, "{meanwhile:?}");
        assert_eq!(number(stage.db(), "select count(*) from insights.insights").await, 0, "{meanwhile:?}");
        assert_eq!(number(stage.db(), "select count(*) from insights.outbox").await, 0, "{meanwhile:?}");
        // It was paid for all the same.
        assert_eq!(stage.ledger().await, ["settled answered 199"]);
    }
}
