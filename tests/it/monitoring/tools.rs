//! What Prometheus's own tools say of the files in `dashboards/`.

use std::io::Write;
use std::process::{Command, Stdio};

use super::prometheus::{dashboards, read, rules};

/// Runs a tool there, with this at its input.
fn run(program: &str, args: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new(program)
        .args(args)
        .current_dir(dashboards())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if output.status.success() { Ok(text) } else { Err(text) }
}

#[test]
fn the_rules_and_configurations_are_what_their_programs_take() {
    for (program, args) in [
        ("promtool", &["check", "rules", "--lint=all", "--lint-fatal", "prometheus/alerts.yml"][..]),
        ("promtool", &["check", "config", "prometheus/prometheus.yml"]),
        ("amtool", &["check-config", "alertmanager/alertmanager.yml"]),
    ] {
        run(program, args, "").unwrap_or_else(|error| panic!("{program} {args:?}: {error}"));
    }
    for (severity, receiver) in [("page", "pager"), ("ticket", "tickets"), ("heartbeat", "heartbeat")] {
        let of = format!("severity={severity}");
        let route = ["config", "routes", "test", "--config.file=alertmanager/alertmanager.yml", &of];
        let said = run("amtool", &route, "").unwrap();
        assert_eq!(said.lines().next(), Some(receiver), "{said}");
    }
}

#[test]
fn each_alert_fires_when_it_should_and_neither_before_nor_after() {
    run("promtool", &["test", "rules", "prometheus/alerts_test.yml"], "").unwrap_or_else(|error| panic!("{error}"));
    // And of each there are all three.
    let tests = read("prometheus/alerts_test.yml");
    let rules = rules();
    assert!(rules.iter().all(|rule| rule.alert.is_some() != rule.record.is_some()), "{rules:?}");
    let names: Vec<String> = rules.into_iter().filter_map(|rule| rule.alert).collect();
    assert!(names.len() >= 30, "{names:?}");
    for name in names.into_iter().filter(|name| name != "WindlassWatchdog") {
        let not: Vec<_> = tests.match_indices(&format!("alertname: {name}, exp_alerts: []")).collect();
        let fires = tests.find(&format!("alertname: {name}\n        exp_alerts:\n")).unwrap_or_default();
        assert!(not.iter().any(|(at, _)| *at < fires), "{name} is not shown before it fires");
        assert!(not.iter().any(|(at, _)| *at > fires), "{name} is not shown when it has stopped");
    }
}

#[test]
fn what_is_generated_is_as_it_was_generated() {
    run("python3", &["generate.py", "--check"], "").unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn every_alert_leads_to_its_heading() {
    let (rules, runbook) = (read("prometheus/alerts.yml"), read("RUNBOOK.md"));
    let headings: Vec<String> =
        runbook.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_lowercase).collect();
    let urls: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("runbook_url: ")).collect();
    for url in &urls {
        let (file, heading) = url.split_once('#').unwrap();
        assert_eq!(file, "dashboards/RUNBOOK.md");
        assert!(headings.iter().any(|known| known == heading), "RUNBOOK.md has no heading {heading}");
    }
    assert_eq!(urls.len(), rules.matches("- alert: ").count(), "an alert without a runbook_url");
    assert_eq!(urls.len(), headings.len(), "a heading without an alert");
    for part in ["**First look.**", "**Likely causes.**", "```"] {
        assert!(runbook.matches(part).count() >= urls.len(), "an alert without {part}");
    }
    for word in ["severity: ", "summary: "] {
        assert_eq!(rules.matches(word).count(), urls.len(), "{word}");
    }
}

/// What a scrape looks like to Prometheus: names, help, units.
pub(super) fn lint(scrape: &str) {
    let page = scrape.split_once("\r\n\r\n").unwrap().1;
    run("promtool", &["check", "metrics"], page).unwrap_or_else(|error| panic!("{error}"));
}
