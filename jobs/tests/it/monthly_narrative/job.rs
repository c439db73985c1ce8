//! The job: what it publishes, when it does nothing, and what it must not do.

use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use windlass::model::Outcome;
use windlass_jobs::MonthlyNarrative;
use windlass_jobs::calendar::Zone;
use windlass_jobs::monthly_narrative::{NARRATOR_ROLE, withdraw};
use windlass_jobs::ports::narrator::{NarrateError, Step};

use super::setup::{Stage, by_rules, good, leak, march, say};
use crate::support::number;

async fn body(stage: &Stage) -> String {
    let body = "select body from insights.insights where status = 'published'";
    sqlx::query_scalar(body).fetch_one(stage.db()).await.unwrap()
}

#[tokio::test]
async fn a_month_is_told_by_a_model_and_announced_after_the_commit() {
    let stage = Stage::new(1, [], good()).await;
    let mut listener = PgListener::connect_with(stage.db()).await.unwrap();
    listener.listen("windlass_insights").await.unwrap();
    stage.tell(1, 1).await;
    stage.run().await;
    assert_eq!(stage.texts(1).await, ["1 published cheap non_critical"]);
    assert_eq!(listener.recv().await.unwrap().payload(), "monthly_ready");
    let announced =
        "select count(*) from insights.outbox where topic = 'monthly_ready' and subject_id = 1 and version = 1";
    assert_eq!(number(stage.db(), announced).await, 1);
    let open =
        "select count(*) from insights.dirty_buckets where scope = 'narrative_month' and dirty_seq > computed_seq";
    assert_eq!(number(stage.db(), open).await, 0);
    // The prompt holds the contract and nothing of the person.
    let prompt = &stage.narrator.requests()[0].prompt;
    assert!(prompt.contains("\"n_sessions\":12") && prompt.contains("monthly-1"));
    assert!(!prompt.contains("Margaret") && !prompt.contains("subject"));
}

#[tokio::test]
async fn the_same_month_is_told_once_however_often_it_is_asked_for() {
    let stage = Stage::new(1, [], good()).await;
    for _ in 0..5 {
        stage.tell(1, 1).await;
        stage.run().await;
    }
    assert_eq!(stage.texts(1).await.len(), 1);
    assert_eq!(stage.narrator.requests().len(), 1);
    sqlx::query("update insights.spectrum_monthly set valence = 0.30").execute(stage.db()).await.unwrap();
    stage.tell(1, 1).await;
    stage.run().await;
    assert_eq!(stage.texts(1).await, ["1 superseded cheap non_critical", "2 published cheap non_critical"]);
}

#[tokio::test]
async fn a_text_that_repeats_a_person_is_tried_once_more_and_then_the_rules_tell_it() {
    let stage = Stage::new(2, [leak(), good()], leak()).await;
    stage.tell(1, 1).await;
    stage.run().await;
    assert_eq!(stage.texts(1).await, ["1 published strong escalation"]);
    stage.tell(2, 1).await;
    stage.run().await;
    assert_eq!(stage.texts(2).await, ["1 published rules-1 attempts"]);
    assert_eq!(stage.narrator.requests().len(), 4);
}

#[tokio::test]
async fn bad_answers_are_never_published() {
    let long = "calm and steady ".repeat(300);
    for bad in
        ["", "Write to help@example.org", "47 sessions, all of them bad, and \"one of those long quiet days\".", &long]
    {
        let stage = Stage::new(1, [], say(bad)).await;
        stage.tell(1, 1).await;
        stage.run().await;
        assert_eq!(body(&stage).await, by_rules());
    }
    let stage = Stage::new(1, [], Step::Fail(NarrateError::Refused(None, None))).await;
    stage.tell(1, 1).await;
    stage.run().await;
    assert_eq!(body(&stage).await, by_rules());
    assert_eq!(
        number(stage.db(), "select cardinality(last)::bigint from insights.providers").await,
        0,
        "no failure of the provider"
    );
}

#[tokio::test]
async fn a_hanging_provider_is_given_up_in_time() {
    let mut stage = Stage::new(1, [], Step::Hang).await;
    let settings = windlass_jobs::monthly_narrative::Settings {
        timeout: std::time::Duration::from_millis(50),
        ..Default::default()
    };
    stage.deps.narration.settings = std::sync::Arc::new(settings);
    stage.tell(1, 1).await;
    assert_eq!(stage.run().await[0].outcome, Outcome::Retry);
    assert_eq!(stage.texts(1).await, ["1 published rules-1 waiting"]);
    assert_eq!(stage.ledger().await, ["reserved timeout"]);
}

#[tokio::test]
async fn without_the_turns_no_model_is_asked() {
    let stage = Stage::new(1, [], good()).await;
    sqlx::query("drop table insights.turns_2026_03").execute(stage.db()).await.unwrap();
    stage.tell(1, 1).await;
    stage.run().await;
    assert_eq!(stage.texts(1).await, ["1 published rules-1 no_turns"]);
}

#[tokio::test]
async fn a_free_tier_without_a_large_change_has_the_rules() {
    let stage = Stage::new(2, [], good()).await;
    sqlx::query("update insights.subjects set tier = 'free'").execute(stage.db()).await.unwrap();
    sqlx::query("update insights.spectrum_monthly set valence_delta = 0.05 where subject_id = 2")
        .execute(stage.db())
        .await
        .unwrap();
    for person in [1, 2] {
        stage.tell(person, 1).await;
    }
    stage.run().await;
    assert_eq!(stage.texts(1).await, ["1 published cheap non_critical"]);
    assert_eq!(stage.texts(2).await, ["1 published rules-1 tier"]);
}

#[tokio::test]
async fn what_is_withdrawn_is_published_again_only_when_the_aggregates_are_right() {
    let stage = Stage::new(1, [], good()).await;
    stage.tell(1, 1).await;
    stage.run().await;
    let mut tx = stage.db().begin().await.unwrap();
    withdraw(&mut tx, 1, Zone::parse("UTC"), march() + chrono::Days::new(9)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(stage.texts(1).await, ["1 withdrawn cheap non_critical"]);
    let dirty = "insert into insights.dirty_buckets (scope, key, bucket, due_at) values ('spectrum_month', 1, '2026-03-01', now())";
    sqlx::query(dirty).execute(stage.db()).await.unwrap();
    stage.tell(1, 2).await;
    assert_eq!(stage.run().await[0].outcome, Outcome::Snoozed);
    assert_eq!(stage.texts(1).await.len(), 1);
    sqlx::query("update insights.dirty_buckets set computed_seq = dirty_seq where scope = 'spectrum_month'")
        .execute(stage.db())
        .await
        .unwrap();
    stage.clock.turn(chrono::TimeDelta::minutes(1));
    stage.run().await;
    assert_eq!(stage.texts(1).await, ["1 withdrawn cheap non_critical", "2 published cheap non_critical"]);
    assert_eq!(stage.narrator.requests().len(), 1, "the same text stands again without a call");
}

#[tokio::test]
async fn a_person_who_is_gone_and_a_month_that_has_a_newer_job_are_left_alone() {
    let stage = Stage::new(2, [], good()).await;
    sqlx::query("update insights.subjects set erased_at = now() where subject_id = 1")
        .execute(stage.db())
        .await
        .unwrap();
    sqlx::query("update insights.dirty_buckets set dirty_seq = 5 where key = 2").execute(stage.db()).await.unwrap();
    for person in [1, 2, 3] {
        stage.tell(person, 1).await;
    }
    let ran = stage.run().await;
    assert!(ran.len() == 3 && ran.iter().all(|ran| ran.outcome == Outcome::Completed));
    assert_eq!(number(stage.db(), "select count(*) from insights.insights").await, 0);
}

#[tokio::test]
async fn a_month_with_too_little_has_no_text() {
    let stage = Stage::new(1, [], good()).await;
    stage.tell(1, 1).await;
    stage.run().await;
    sqlx::query("update insights.spectrum_monthly set n_sessions = 1").execute(stage.db()).await.unwrap();
    stage.tell(1, 1).await;
    stage.run().await;
    assert_eq!(stage.texts(1).await, ["1 withdrawn cheap non_critical"]);
    assert_eq!(number(stage.db(), "select count(*) from insights.outbox where topic = 'monthly_withdrawn'").await, 1);
}

#[tokio::test]
async fn a_prompt_is_never_edited() {
    let stage = Stage::new(0, [], good()).await;
    let refused = async |sql: &'static str, db: &PgPool| sqlx::query(sql).execute(db).await.unwrap_err().to_string();
    for edit in [
        "update insights.prompt_revisions set template = 'x', template_sha256 = sha256('x')",
        "update insights.prompt_revisions set note = 'x'",
        "delete from insights.prompt_revisions",
    ] {
        assert!(refused(edit, stage.db()).await.contains("add a revision"), "{edit}");
    }
    let other =
        "insert into insights.prompt_revisions (name, revision, template, template_sha256, output_schema, author, note)
                 values ('monthly', 2, 'x', '\\x00', '{}', 'a', 'b')";
    assert!(refused(other, stage.db()).await.contains("a_template_is_what_its_hash_says"));
}

#[tokio::test]
async fn the_role_that_builds_prompts_cannot_read_what_was_said() {
    let stage = Stage::new(1, [], good()).await;
    sqlx::raw_sql(
        "do $$ begin create role windlass_narrator; exception when duplicate_object or unique_violation then null; end $$;
         select insights.grant_roles()",
    )
    .execute(stage.db())
    .await
    .unwrap();
    stage.tell(1, 1).await;
    stage.run().await;
    assert_eq!(stage.texts(1).await.len(), 1, "it can do its work under the role");
    let mut tx = stage.db().begin().await.unwrap();
    let role = sqlx::query(include_str!("../../../src/monthly_narrative/sql/take_role.sql"));
    assert!(role.bind(NARRATOR_ROLE).fetch_optional(&mut *tx).await.unwrap().is_some());
    let refused = sqlx::query("select body from insights.turns").fetch_all(&mut *tx).await.unwrap_err().to_string();
    assert!(refused.contains("permission denied"), "{refused}");
}

#[test]
fn bad_arguments_do_not_decode() {
    let good = json!({"subject_id": 1, "month": "2026-03", "dirty_seq": 1});
    assert!(serde_json::from_value::<MonthlyNarrative>(good.clone()).is_ok());
    assert!(
        serde_json::from_value::<MonthlyNarrative>(json!({"month": "2026-03", "as_of": "2026-04-01T00:00:00Z"}))
            .is_ok()
    );
    for (field, bad) in [
        ("month", json!("2026-13")),
        ("month", json!("a secret")),
        ("text", json!("a secret")),
        ("subject_id", json!("1")),
        ("criticality", json!("secret")),
    ] {
        let mut args = good.clone();
        args[field] = bad;
        let error = serde_json::from_value::<MonthlyNarrative>(args).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
