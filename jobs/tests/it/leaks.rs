//! What people have said stands in `turns` and nowhere else: not in another table, a log at its most talkative, an error, a metric, a
//! dead letter or a payload. Every run of five words of theirs is looked for.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::{AssertSqlSafe, PgPool};
use windlass::{Client, JobExt};
use windlass_jobs::demo::Inputs;
use windlass_jobs::ports::narrator::Step;
use windlass_jobs::{MonthlyNarrative, WeeklyAggregation};

use crate::monthly_narrative::setup::{Stage, good, leak};
use crate::process::Worker;
use crate::provider::Provider;
use crate::support::{close, durable_database, fixtures, loaded, number, until};

const RUN: usize = 5;
const PATIENCE: Duration = Duration::from_mins(2);
/// Jobs that have not failed; one that has waits for its retry.
const WELL: &str = "select count(*) from windlass.jobs where failures = 0";

/// The words of a text, whatever stands between them; what JSON and Postgres write for a line's end is none.
fn words(text: &str) -> Vec<String> {
    let plain = ["\\n", "\\r", "\\t"].iter().fold(text.to_lowercase(), |text, escape| text.replace(escape, " "));
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Every run of five words that was said.
struct Said(HashSet<String>);

impl Said {
    async fn of(db: &PgPool) -> Self {
        let turns: Vec<String> = sqlx::query_scalar("select body from insights.turns").fetch_all(db).await.unwrap();
        Self(turns.iter().flat_map(|turn| runs(turn).collect::<Vec<_>>()).collect())
    }

    /// Those that a text repeats.
    fn repeated(&self, text: &str) -> Vec<String> {
        runs(text).filter(|run| self.0.contains(run)).collect()
    }
}

fn runs(text: &str) -> impl Iterator<Item = String> {
    let words = words(text);
    (0..words.len().saturating_sub(RUN - 1)).map(move |first| words[first..first + RUN].join(" "))
}

/// Every row of every table but what was said, as text, with each table's name.
async fn dump(db: &PgPool) -> Vec<(String, String)> {
    let mut tx = db.begin().await.unwrap();
    sqlx::query("set local bytea_output = 'escape'").execute(&mut *tx).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', n.nspname, c.relname)
           from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')
            and not exists (select from pg_inherits i where i.inhrelid = c.oid and i.inhparent = 'insights.turns'::regclass)
          order by 1",
    )
    .fetch_all(&mut *tx)
    .await
    .unwrap();
    let mut rows = Vec::new();
    for table in tables {
        let all = format!("select coalesce(string_agg(t::text, E'\\n'), '') from {table} t");
        let text: String = sqlx::query_scalar(AssertSqlSafe(all)).fetch_one(&mut *tx).await.unwrap();
        rows.push((table, text));
    }
    rows
}

/// Finds nothing in any table, nor in what the worker wrote and served; answers how much was looked at.
async fn nothing_is_repeated(db: &PgPool, worker: &Worker) -> usize {
    let said = Said::of(db).await;
    let mut all = dump(db).await;
    all.push(("output".to_owned(), worker.written()));
    all.push(("/metrics".to_owned(), worker.metrics()));
    for (place, text) in &all {
        let repeated = said.repeated(text);
        assert!(
            repeated.is_empty(),
            "{place} repeats {} runs of what was said, such as {:?}",
            repeated.len(),
            repeated[0]
        );
    }
    // Were it there, it would be found: between other words, escaped, and in whatever case.
    let turn: String = sqlx::query_scalar("select body from insights.turns order by length(body) desc limit 1")
        .fetch_one(db)
        .await
        .unwrap();
    let planted = format!("x {} y", serde_json::to_string(&turn.to_uppercase()).unwrap());
    assert!(!said.repeated(&planted).is_empty());
    all.iter().map(|(_, text)| text.len()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_words_that_somebody_said_stand_nowhere_but_in_the_turns() {
    let database = durable_database().await;
    let db = database.pool();
    let worker = Worker::start(&database.url(), "trace,sqlx=debug", &[]);
    let mut all = Vec::new();
    for inputs in [Inputs::sample().unwrap(), Inputs::read(&fixtures("open-a").join("inputs")).unwrap()] {
        all.push(loaded(db, &inputs).await);
    }
    // One person's analyses fail: what Postgres says of a row that it refuses quotes the row.
    let refuse = format!(
        "alter table insights.session_emotions add constraint nothing_about_this_person check (subject_id <> {})",
        all[0].sessions[0].subject_id
    );
    sqlx::query(AssertSqlSafe(refuse)).execute(db).await.unwrap();
    for loaded in &all {
        close(db, loaded).await;
    }
    until(db, WELL, PATIENCE, |n| n == 0).await;
    let far = "2100-01-01T00:00:00Z".parse().unwrap();
    let client = Client::new(db.clone());
    client.enqueue(db, WeeklyAggregation::dispatch(far).unique("weeks")).await.unwrap();
    until(db, WELL, PATIENCE, |n| n == 0).await;
    client.enqueue(db, MonthlyNarrative::dispatch(far).unique("months")).await.unwrap();
    until(db, WELL, PATIENCE, |n| n == 0).await;
    assert!(number(db, "select count(*) from insights.insights").await > 10);
    assert!(number(db, "select count(*) from windlass.attempts").await > 0, "something failed");
    let looked_at = nothing_is_repeated(db, &worker).await;
    assert!(looked_at > 1_000_000, "{looked_at}");
}

/// A model that repeats what a person has said is heard by nobody.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_repeats_is_kept_nowhere() {
    let stage = Stage::new(3, [], good()).await;
    let Step::Say(text, _) = leak() else { unreachable!() };
    let provider = Provider::start(&text).await;
    provider.let_go();
    let worker = Worker::start(&stage.database.url(), "trace,sqlx=debug", &provider.variables());
    for person in 1..=3 {
        stage.tell(person, 1).await;
    }
    until(stage.db(), WELL, PATIENCE, |n| n == 0).await;
    assert_eq!(provider.asked(), 6, "each is asked for twice");
    assert!(worker.metric(r#"windlass_check_failures_total{code="leak_ngram"}"#).unwrap() > 5.5);
    nothing_is_repeated(stage.db(), &worker).await;
}
