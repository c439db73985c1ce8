//! Gate 2: no number that gives the label, or another number, away; and no batch that shifts what the data is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FEATURES, Features};
use crate::tolerance::{at_least, at_most};

/// At this |r| two columns say the same.
const LEAK: f64 = 0.9;
/// How much an entropy may move, as a share of what it was.
const MOVES: f64 = 0.1;

/// The sums that all correlations are made of. They add up, so they may be taken in any pieces and from a database.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    n: f64,
    mean: [f64; 6],
    /// Sums of products of the differences from the means.
    product: [[f64; 6]; 6],
}

impl Moments {
    /// One more row (Welford 1962: no large sums that cancel).
    pub fn add(&mut self, features: &Features) {
        let mut row = [f64::from(u8::from(features.claimable)); 6];
        row[..5].copy_from_slice(&features.values);
        self.n += 1.0;
        let before: Vec<f64> = row.iter().zip(self.mean).map(|(value, mean)| value - mean).collect();
        for (mean, difference) in self.mean.iter_mut().zip(&before) {
            *mean += difference / self.n;
        }
        for (i, products) in self.product.iter_mut().enumerate() {
            for (j, product) in products.iter_mut().enumerate() {
                *product += before[i] * (row[j] - self.mean[j]);
            }
        }
    }

    /// Pearson's r; 0 where one of the two does not vary.
    fn r(&self, i: usize, j: usize) -> f64 {
        let scale = (self.product[i][i] * self.product[j][j]).sqrt();
        if scale > 0.0 { self.product[i][j] / scale } else { 0.0 }
    }
}

/// Counts of the words of a column.
pub type Counts = BTreeMap<String, u64>;

/// The columns whose entropy is watched, with the counts of their words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Types.
    pub claim_type: Counts,
    /// Sources.
    pub source: Counts,
    /// Labels.
    pub label: Counts,
}

/// What gate 2 found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// r of each pair of numbers, `a~b`.
    pub pairs: BTreeMap<String, f64>,
    /// r of each number with the label, `a~label`.
    pub label: BTreeMap<String, f64>,
    /// Entropies before and after.
    pub entropy: Entropies,
    /// Whether no r reaches 0.9 and all entropies are stable.
    pub pass: bool,
}

/// The entropies that are watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entropies {
    /// Of the types.
    pub claim_type: Entropy,
    /// Of the sources.
    pub source: Entropy,
    /// Of the labels.
    pub label: Entropy,
}

/// An entropy (Shannon 1948) in bits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entropy {
    /// Of what was there.
    pub before: f64,
    /// With what has come.
    pub after: f64,
    /// Whether it moved by at most 10 %; true where nothing was there.
    pub stable: bool,
}

/// Audits: the numbers over all rows, old and new; the words before and after.
#[must_use]
pub fn audit(all: &Moments, before: &Words, after: &Words) -> Audit {
    let label_place = FEATURES.len();
    let (mut pairs, mut label) = (BTreeMap::new(), BTreeMap::new());
    for (i, name) in FEATURES.iter().enumerate() {
        for (j, other) in FEATURES.iter().enumerate().skip(i + 1) {
            pairs.insert(format!("{name}~{other}"), all.r(i, j));
        }
        label.insert(format!("{name}~label"), all.r(i, label_place));
    }
    let entropy = Entropies {
        claim_type: moved(&before.claim_type, &after.claim_type),
        source: moved(&before.source, &after.source),
        label: moved(&before.label, &after.label),
    };
    let Entropies { claim_type, source, label: labels } = &entropy;
    let stable = [claim_type, source, labels].iter().all(|entropy| entropy.stable);
    let pass = stable && pairs.values().chain(label.values()).all(|r| !at_least(r.abs(), LEAK));
    Audit { pairs, label, entropy, pass }
}

fn moved(before: &Counts, after: &Counts) -> Entropy {
    let first = before.values().all(|count| *count == 0);
    let (before, after) = (bits(before), bits(after));
    Entropy { before, after, stable: first || at_most((after - before).abs(), MOVES * before) }
}

/// The entropy of counts, in bits.
#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
fn bits(counts: &Counts) -> f64 {
    let all: u64 = counts.values().sum();
    let share = |count: &u64| *count as f64 / all as f64;
    counts.values().filter(|count| **count > 0).map(share).map(|p| -p * p.log2()).sum::<f64>() + 0.0
}
