//! The formulas alone, over sums taken here: `roi.json` without a database.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use chrono::{DateTime, TimeDelta, Utc};
use windlass_jobs::learning::Archetype;
use windlass_jobs::results::{AbRow, RoiCohortRow, RoiFile, RoiLearnerRow, calibration_rows};
use windlass_jobs::roi_collection::ab::{Arm, Proportion, Sample, two_proportions, welch};
use windlass_jobs::roi_collection::{Share, calibrate, cohort_roi, learner_roi};

use super::inputs::{Config, Entry, Interaction, Learner, archetypes, rows};
use crate::compare;
use crate::support::{fixtures, folder};

#[test]
fn the_formulas_give_roi_json() {
    for set in ["open-a", "open-b"] {
        let file = folder(&format!("roi-formulas/{set}")).join("roi.json");
        fs::write(&file, serde_json::to_string(&Set::read(set).file()).unwrap()).unwrap();
        let agreement = compare::files(&fixtures(set).join("expected/roi.json"), &file)
            .unwrap_or_else(|differences| panic!("{set}: {differences}"));
        assert!(agreement.numbers > 200);
        println!("{set}: {agreement:?}");
    }
}

struct Set {
    config: Config,
    learners: Vec<Learner>,
    archetypes: BTreeMap<String, Archetype>,
    costs: Vec<Entry>,
    values: Vec<Entry>,
    interactions: Vec<Interaction>,
}

impl Set {
    fn read(set: &str) -> Self {
        Self {
            config: Config::read(set),
            learners: rows(set, "learners.csv"),
            archetypes: archetypes(set),
            costs: rows(set, "costs.csv"),
            values: rows(set, "values.csv"),
            interactions: rows(set, "interactions.csv"),
        }
    }

    fn file(&self) -> RoiFile {
        let (start, end) = (self.config.start(), self.config.as_of);
        let sums = self.sums(start, end);
        let learners = self.learners.iter().map(|learner| {
            let (cost, value) = sums[&learner.learner_id];
            let capabilities = self.capabilities(&learner.learner_id);
            RoiLearnerRow::new(&learner.learner_id, cost, value, capabilities, &learner_roi(cost, value, capabilities))
        });
        let all: BTreeSet<&str> = self.learners.iter().map(|learner| learner.cohort_id.as_str()).collect();
        let everybody = self.shares(&sums, |_| true);
        let (calibration, portfolio) =
            calibration_rows(&calibrate(&self.config.multipliers(), &everybody, &self.config.terms()));
        RoiFile {
            window_start: start,
            window_end: end,
            learners: learners.collect(),
            cohorts: all.into_iter().map(|cohort| (cohort.to_owned(), self.cohort(cohort))).collect(),
            calibration,
            portfolio,
            ab: self.experiment(&sums),
        }
    }

    /// Each learner's cost and value.
    fn sums(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> BTreeMap<String, (i64, i64)> {
        let sum = |entries: &[Entry], learner: &str| {
            let of = entries.iter().filter(|entry| entry.learner_id == learner && (start..end).contains(&entry.ts));
            of.map(|entry| entry.amount_micros).sum()
        };
        let sums = |learner: &Learner| (sum(&self.costs, &learner.learner_id), sum(&self.values, &learner.learner_id));
        self.learners.iter().map(|learner| (learner.learner_id.clone(), sums(learner))).collect()
    }

    fn capabilities(&self, learner: &str) -> i32 {
        let mut first: BTreeMap<&str, DateTime<Utc>> = BTreeMap::new();
        for used in self.interactions.iter().filter(|used| used.learner_id == learner) {
            let at = first.entry(&used.capability).or_insert(used.ts);
            *at = used.ts.min(*at);
        }
        first.values().filter(|at| (self.config.start()..self.config.as_of).contains(at)).count().try_into().unwrap()
    }

    fn shares(&self, sums: &BTreeMap<String, (i64, i64)>, of: impl Fn(&Learner) -> bool) -> Vec<Share> {
        let mut shares: BTreeMap<usize, Share> = BTreeMap::new();
        for learner in self.learners.iter().filter(|learner| of(learner)) {
            let (cost, value) = sums[&learner.learner_id];
            let archetype = self.archetypes.get(&learner.learner_id).copied().unwrap_or(Archetype::Generalist);
            let empty = Share { archetype, n: 0, cost_micros: 0, value_micros: 0 };
            if cost > 0 {
                let share = shares.entry(archetype as usize).or_insert(empty);
                (share.n, share.cost_micros, share.value_micros) =
                    (share.n + 1, share.cost_micros + cost, share.value_micros + value);
            }
        }
        shares.into_values().collect()
    }

    fn cohort(&self, cohort: &str) -> RoiCohortRow {
        let member = |learner: &Learner| learner.cohort_id == cohort;
        let of = |start, end| (self.sums(start, end), start);
        let (sums, _) = of(self.config.start(), self.config.as_of);
        let weeks = (1..=12).rev().filter_map(|week| {
            let start = self.config.as_of - TimeDelta::days(7 * week);
            cohort_roi(&self.shares(&self.sums(start, start + TimeDelta::days(7)), member), None).actual
        });
        let weeks: Vec<f64> = weeks.collect();
        let ratios: Vec<f64> = self
            .learners
            .iter()
            .filter(|learner| member(learner))
            .filter_map(|learner| learner_roi(sums[&learner.learner_id].0, sums[&learner.learner_id].1, 0).roi)
            .collect();
        RoiCohortRow::new(
            self.learners.iter().filter(|learner| member(learner)).count().try_into().unwrap(),
            &cohort_roi(&self.shares(&sums, member), Some(&self.config.multipliers())),
            sample(&ratios).map(|sample| sample.mean),
            &weeks[weeks.len().saturating_sub(6)..],
        )
    }

    fn experiment(&self, sums: &BTreeMap<String, (i64, i64)>) -> AbRow {
        let arm = |learner: &str| Arm::of(&self.config.experiment, learner);
        let until = self.config.as_of + TimeDelta::days(28);
        let seen: BTreeSet<&str> = self
            .interactions
            .iter()
            .filter(|used| used.ts > self.config.as_of && used.ts <= until)
            .map(|used| used.learner_id.as_str())
            .collect();
        let of = |wanted: Arm| {
            let ids = || self.learners.iter().map(|learner| learner.learner_id.as_str()).filter(|id| arm(id) == wanted);
            let ratios: Vec<f64> = ids().filter_map(|id| learner_roi(sums[id].0, sums[id].1, 0).roi).collect();
            let churned = ids().filter(|id| !seen.contains(id)).count().try_into().unwrap();
            (sample(&ratios).unwrap(), Proportion { hits: churned, n: ids().count().try_into().unwrap() })
        };
        let ((treatment, treated), (control, untreated)) = (of(Arm::Treatment), of(Arm::Control));
        AbRow::new(
            self.learners.iter().map(|learner| (learner.learner_id.clone(), arm(&learner.learner_id))).collect(),
            (treatment.n, control.n),
            welch(&treatment, &control),
            two_proportions(treated, untreated),
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "a handful")]
fn sample(values: &[f64]) -> Option<Sample> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    let variance = (values.len() > 1).then(|| squares / (n - 1.0));
    (!values.is_empty()).then(|| Sample { n: values.len().try_into().unwrap(), mean, variance })
}
