//! Dashboards and alerts ask for what there is: no query names a metric or a label that is in no catalogue, and no metric is told
//! for nobody.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::parser::{Expr, VectorSelector, parse};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::Value;
use windlass::telemetry::Type;

use crate::prometheus::{BOARDS, queries, read, rules};

/// What Prometheus itself tells, with the labels that are asked for.
const ITS_OWN: [(&str, &[&str]); 2] = [("up", &[]), ("ALERTS", &["alertname", "alertstate"])];
/// What it knows of every series.
const OF_EVERY: [&str; 2] = ["instance", "job"];

/// Names of series, each with the labels that it has.
fn known() -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut known = BTreeMap::new();
    for metric in windlass::telemetry::ALL.iter().chain(windlass_jobs::telemetry::ALL) {
        let labels: BTreeSet<&str> = metric.labels.iter().copied().chain(OF_EVERY).collect();
        if let Type::Histogram(_) = metric.kind {
            for end in ["_sum", "_count"] {
                known.insert(format!("{}{end}", metric.name), labels.clone());
            }
            known.insert(format!("{}_bucket", metric.name), labels.into_iter().chain(["le"]).collect());
        } else {
            known.insert(metric.name.to_owned(), labels);
        }
    }
    for (name, labels) in ITS_OWN {
        known.insert(name.to_owned(), labels.iter().copied().chain(OF_EVERY).collect());
    }
    for rule in rules().into_iter().filter_map(|rule| rule.record) {
        known.insert(rule, ["queue"].into());
    }
    known
}

/// What of series a query asks for, each as a query of its own.
pub(crate) fn selectors(query: &str) -> Vec<String> {
    let mut names = Names::default();
    walk_expr(&mut names, &parse(query).unwrap()).unwrap();
    names.selectors.iter().map(ToString::to_string).collect()
}

/// Everything that is asked, with where.
fn everything() -> Vec<(String, String)> {
    let boards = BOARDS
        .iter()
        .flat_map(|board| queries(board).into_iter().map(move |(title, query)| (format!("{board}, {title}"), query)));
    let rules = rules().into_iter().map(|rule| (rule.alert.or(rule.record).unwrap(), rule.expr));
    boards.chain(rules).collect()
}

/// Goes through a query, and gathers what it asks for.
#[derive(Default)]
struct Names {
    selectors: Vec<VectorSelector>,
    labels: BTreeSet<String>,
}

impl ExprVisitor for Names {
    type Error = ();

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, ()> {
        match expr {
            Expr::VectorSelector(selector) => self.selectors.push(selector.clone()),
            Expr::MatrixSelector(matrix) => self.selectors.push(matrix.vs.clone()),
            Expr::Aggregate(aggregate) => {
                let labels = aggregate.modifier.iter().flat_map(|modifier| modifier.labels().labels.clone());
                self.labels.extend(labels);
            }
            Expr::Binary(binary) => {
                let matching = binary.modifier.iter().filter_map(|modifier| modifier.matching.as_ref());
                self.labels.extend(matching.flat_map(|matching| matching.labels().labels.clone()));
            }
            _ => {}
        }
        Ok(true)
    }
}

/// What a query asks for, and what is wrong with that.
fn names(query: &str, known: &BTreeMap<String, BTreeSet<&str>>) -> (BTreeSet<String>, Vec<String>) {
    let expr = match parse(query) {
        Ok(expr) => expr,
        Err(error) => return (BTreeSet::new(), vec![error]),
    };
    let mut names = Names::default();
    walk_expr(&mut names, &expr).unwrap();
    let (mut asked, mut wrong, mut there) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    for selector in names.selectors {
        let name = selector.name.clone().unwrap_or_default();
        let Some(labels) = known.get(&name) else {
            wrong.push(format!("{name:?} is in no catalogue"));
            continue;
        };
        for matcher in &selector.matchers.matchers {
            if !labels.contains(matcher.name.as_str()) {
                wrong.push(format!("{name} has no label {}", matcher.name));
            }
        }
        there.extend(labels.iter().map(|label| (*label).to_owned()));
        asked.insert(name);
    }
    wrong.extend(names.labels.difference(&there).map(|label| format!("nothing there has the label {label}")));
    (asked, wrong)
}

#[test]
fn no_query_asks_for_what_there_is_not_and_no_metric_is_told_for_nobody() {
    let known = known();
    let (mut asked, mut wrong) = (BTreeSet::new(), Vec::new());
    let everything = everything();
    assert!(everything.len() > 100, "{}", everything.len());
    for (place, query) in everything {
        let (names, errors) = names(&query, &known);
        asked.extend(names);
        wrong.extend(errors.into_iter().map(|error| format!("{place}: {error}: {query}")));
    }
    for metric in windlass::telemetry::ALL.iter().chain(windlass_jobs::telemetry::ALL) {
        if !asked.iter().any(|name| name.starts_with(metric.name)) {
            wrong.push(format!("{} stands on no panel and in no rule", metric.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_query_that_asks_for_what_there_is_not_is_found() {
    let known = known();
    for (query, error) in [
        ("sum(windlass_job)", "\"windlass_job\" is in no catalogue"),
        (r#"windlass_jobs{kind="toy"}"#, "windlass_jobs has no label kind"),
        ("sum by (kind) (rate(windlass_starts_total[5m]))", "nothing there has the label kind"),
        ("windlass_attempt_duration_seconds", "\"windlass_attempt_duration_seconds\" is in no catalogue"),
    ] {
        assert_eq!(names(query, &known).1, [error]);
    }
    assert!(!names("sum(windlass_jobs", &known).1.is_empty());
}

#[test]
fn every_panel_says_what_it_shows() {
    let mut titles = BTreeSet::new();
    for name in BOARDS {
        let board: Value = serde_json::from_str(&read(name)).unwrap();
        let mut ids = BTreeSet::new();
        let variables = board["templating"]["list"].as_array().unwrap();
        for wanted in ["datasource", "queue", "kind"] {
            assert!(variables.iter().any(|variable| variable["name"] == wanted), "{name} has no variable {wanted}");
        }
        let links = board["links"].to_string();
        assert!(links.contains("${ops}") && links.contains("${ops}/runbook"), "{name}: {links}");
        for panel in board["panels"].as_array().unwrap() {
            let title = panel["title"].as_str().unwrap();
            assert!(ids.insert(panel["id"].as_i64().unwrap()), "{name}, {title}: its id is another's");
            if panel["type"] == "row" {
                continue;
            }
            assert!(titles.insert((name, title.to_owned())), "{name} has two panels {title}");
            assert!(panel["description"].as_str().unwrap().contains('?'), "{name}, {title} answers no question");
            let defaults = &panel["fieldConfig"]["defaults"];
            assert!(defaults["unit"].as_str().is_some_and(|unit| !unit.is_empty()), "{name}, {title} has no unit");
            assert!(defaults["thresholds"]["steps"].as_array().unwrap().len() > 1, "{name}, {title} has no threshold");
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{name}, {title}");
            for target in panel["targets"].as_array().unwrap() {
                assert!(!target["legendFormat"].as_str().unwrap().is_empty(), "{name}, {title} has no legend");
            }
        }
    }
}
