//! A scrape, held against the catalogue.

use std::collections::{BTreeMap, BTreeSet};

use windlass::telemetry::{Metric, Type};

/// What a scrape says that the catalogue does not, and the names of the metrics that it does say.
pub(crate) fn compare(scrape: &str, catalogue: &[&Metric]) -> (Vec<String>, BTreeSet<String>) {
    let page = scrape.split_once("\r\n\r\n").map_or(scrape, |(_, page)| page);
    let (mut wrong, mut said) = (Vec::new(), BTreeSet::new());
    let mut families: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for line in page.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            families.entry(name).or_default().0 = help;
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            families.entry(name).or_default().1 = kind;
        } else if !line.is_empty() {
            let series = line.rsplit_once(' ').unwrap().0;
            let (name, labels) = series.split_once('{').map_or((series, ""), |(name, rest)| (name, rest));
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| {
                name.strip_suffix(end)
                    .filter(|family| families.get(family).is_some_and(|(_, kind)| *kind == "histogram"))
            });
            let family = family.unwrap_or(name);
            let Some(metric) = catalogue.iter().find(|metric| metric.name == family) else {
                wrong.push(format!("{family} is in no catalogue"));
                continue;
            };
            let labels: BTreeSet<&str> = labels
                .split("\",")
                .filter_map(|label| Some(label.split_once('=')?.0))
                .filter(|label| *label != "le")
                .collect();
            if labels != metric.labels.iter().copied().collect() {
                wrong.push(format!("{family} has the labels {labels:?}"));
            }
            said.insert(family.to_owned());
        }
    }
    for (name, (help, kind)) in &families {
        let Some(metric) = catalogue.iter().find(|metric| metric.name == *name) else { continue };
        let meant = match metric.kind {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
            Type::Histogram(_) => "histogram",
        };
        if (*kind, *help) != (meant, metric.help) {
            wrong.push(format!("{name} is served as {kind}: {help}"));
        }
    }
    wrong.dedup();
    (wrong, said)
}
