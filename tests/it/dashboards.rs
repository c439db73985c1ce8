//! What is written about metrics names those that there are.

use windlass::telemetry::ALL;

use crate::order::read;

#[test]
fn every_metric_has_its_question_and_no_other_is_named() {
    let text = read("dashboards/README.md");
    // Beneath stands what an application says of itself.
    let (ours, _) = text.split_once("## The five jobs").unwrap();
    let rows: Vec<&str> = ours.lines().filter(|line| line.starts_with("| `")).collect();
    for metric in ALL {
        let row = rows.iter().find(|row| row.starts_with(&format!("| `{}` |", metric.name)));
        let row = row.unwrap_or_else(|| panic!("dashboards/README.md does not name {}", metric.name));
        let labels = row.split(" | ").nth(1).unwrap();
        assert_eq!(labels, metric.labels.join(", "), "the labels of {}", metric.name);
        assert!(row.trim_end().ends_with("? |"), "{} answers no question", metric.name);
    }
    assert_eq!(rows.len(), ALL.len(), "a row is about no metric");
}
