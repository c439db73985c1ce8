//! The jobs' dashboard and every rule, asked of a real Prometheus that reads real workers; and a budget that is spent.

use std::time::Duration;

use crate::dashboards::selectors;
use crate::process::Worker;
use crate::prometheus::{Prometheus, queries, rules};
use crate::support::durable_database;

#[tokio::test(flavor = "multi_thread")]
async fn every_panel_is_answered_every_rule_has_its_figures_and_a_spent_budget_is_told() {
    let database = durable_database().await;
    let provider = "insert into insights.providers (provider, state) values ('http', 'closed')";
    sqlx::query(provider).execute(database.pool()).await.unwrap();
    let workers = [(); 2].map(|()| Worker::start(&database.url(), "info", &[]));
    let targets = [("windlass-worker-1", workers[0].address()), ("windlass-worker-2", workers[1].address())];
    let prometheus = Prometheus::start(&targets.map(|(job, address)| (job, address.to_owned())));
    prometheus.settle(targets.len());
    prometheus.until_it_says("windlass_budget_used_ratio");
    for (title, query) in queries("insights.json") {
        prometheus.must_answer(&title, &query);
    }
    for rule in rules() {
        let name = rule.alert.or(rule.record).unwrap();
        prometheus.query(&rule.expr).unwrap_or_else(|error| panic!("{name}: {error}"));
        for selector in selectors(&rule.expr) {
            prometheus.must_answer(&name, &selector);
        }
    }
    // However many workers there are, one says what stands in the tables.
    let twice = "count by (__name__, scope, op, severity, provider) \
                 ({__name__=~\"windlass_(bucket_lag_seconds|budget_used_ratio|backfill_percent|roi_alerts_open)\"}) > 1";
    assert!(prometheus.query(twice).unwrap().is_empty(), "{:#?}", prometheus.query(twice));

    prometheus.expect_quiet("the start", Duration::from_mins(1));
    let spend = "insert into insights.spend (scope, period, spent_micros)
                 values ('global', date_trunc('month', now() at time zone 'utc')::date, 1000000000000)";
    sqlx::query(spend).execute(database.pool()).await.unwrap();
    let soon = Duration::from_mins(1);
    prometheus.expect_beside(
        "the budget is spent",
        &["WindlassLlmBudgetSpent"],
        &["WindlassLlmBudgetNearlySpent"],
        soon,
    );
    sqlx::query("delete from insights.spend").execute(database.pool()).await.unwrap();
    prometheus.expect_quiet("the budget", soon);
}
