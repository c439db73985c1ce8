//! What chance could do as well: the lower bound of an accuracy, and how often shuffled labels are hit as often as the true ones.
//! Drawn where rows are few; of many the distribution is taken that the draws only estimate.

use statrs::distribution::{ContinuousCDF, Normal};

use super::splitmix::SplitMix64;

/// The seed of resamples and shuffles.
const SEED: u64 = 20_261_121;
/// How many resamples, and how many shuffles.
const REPEATS: usize = 1_000;
/// The place of the lower bound among the sorted resamples: 2.5 %.
const LOWER: usize = 25;
/// Of more predictions nothing is drawn. A thousand draws of each of a million take 20 s of a processor (measured), and tell
/// less: from this size on the distributions are normal to six digits.
const DRAWN: usize = 100_000;

/// What chance says of some predictions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// The lower bound of the accuracy, from resamples of the hits (Efron 1979).
    pub bootstrap_lower: f64,
    /// How likely shuffled labels are hit as often.
    pub permutation_p: f64,
}

impl Chance {
    /// Of predictions and the labels that they were to hit. There is at least one, and as many of these as of those.
    #[must_use]
    pub fn of(predicted: &[bool], labels: Vec<bool>) -> Self {
        if predicted.len() > DRAWN { Self::known(predicted, &labels) } else { Self::drawn(predicted, labels) }
    }

    fn drawn(predicted: &[bool], mut labels: Vec<bool>) -> Self {
        let mut chance = SplitMix64::new(SEED);
        let bootstrap_lower = bootstrap(predicted, &labels, &mut chance);
        let permutation_p = permutation(predicted, &mut labels, &mut chance);
        Self { bootstrap_lower, permutation_p }
    }

    /// Hits of a resample are binomial; those of a shuffle hypergeometric.
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
    fn known(predicted: &[bool], labels: &[bool]) -> Self {
        let (n, truly) = (predicted.len() as f64, hits(predicted, labels) as f64);
        let share = |all: &[bool]| all.iter().filter(|one| **one).count() as f64 / n;
        let (normal, accuracy, p, l) = (Normal::standard(), truly / n, share(predicted), share(labels));
        let place = (LOWER + 1) as f64 / (REPEATS + 1) as f64;
        let bootstrap_lower = accuracy + normal.inverse_cdf(place) * (accuracy * (1.0 - accuracy) / n).sqrt();
        let expected = n * (p * l + (1.0 - p) * (1.0 - l));
        let deviation = 2.0 * n * (p * (1.0 - p) * l * (1.0 - l) / (n - 1.0)).sqrt();
        // Where all predictions, or all labels, are alike, every shuffle is hit as often.
        let as_many = if deviation > 0.0 { normal.sf((truly - 1.0 - expected) / deviation) } else { 1.0 };
        let permutation_p = (1.0 + REPEATS as f64 * as_many) / (REPEATS + 1) as f64;
        Self { bootstrap_lower, permutation_p }
    }
}

fn hits(predicted: &[bool], labels: &[bool]) -> usize {
    predicted.iter().zip(labels).filter(|(answer, label)| answer == label).count()
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
fn bootstrap(predicted: &[bool], labels: &[bool], chance: &mut SplitMix64) -> f64 {
    let hits: Vec<u8> = predicted.iter().zip(labels).map(|(p, l)| u8::from(p == l)).collect();
    let n = hits.len();
    let mut sums: Vec<usize> = (0..REPEATS).map(|_| (0..n).map(|_| usize::from(hits[chance.below(n)])).sum()).collect();
    sums.sort_unstable();
    sums[LOWER] as f64 / n as f64
}

/// Each shuffle goes on from the one before (Fisher & Yates).
#[expect(clippy::cast_precision_loss, reason = "at most 1,001")]
fn permutation(predicted: &[bool], labels: &mut [bool], chance: &mut SplitMix64) -> f64 {
    let truly = hits(predicted, labels);
    let mut as_many = 0_usize;
    for _ in 0..REPEATS {
        for i in (1..labels.len()).rev() {
            labels.swap(i, chance.below(i + 1));
        }
        as_many += usize::from(hits(predicted, labels) >= truly);
    }
    (1 + as_many) as f64 / (REPEATS + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers of which so many in a thousand are right, to labels of which every third is true.
    fn answers(right: usize) -> (Vec<bool>, Vec<bool>) {
        let mut chance = SplitMix64::new(7);
        let labels: Vec<bool> = (0..6_000).map(|n| n % 3 == 0).collect();
        let predicted = labels.iter().map(|label| *label == (chance.below(1_000) < right)).collect();
        (predicted, labels)
    }

    #[test]
    fn the_distributions_say_what_the_draws_say() {
        // Better than chance, as good, a little better, and worse.
        for right in [950, 500, 510, 400] {
            let (predicted, labels) = answers(right);
            let known = Chance::known(&predicted, &labels);
            let drawn = Chance::drawn(&predicted, labels);
            assert!((known.bootstrap_lower - drawn.bootstrap_lower).abs() < 0.001, "{right}: {known:?} {drawn:?}");
            assert!((known.permutation_p - drawn.permutation_p).abs() < 0.03, "{right}: {known:?} {drawn:?}");
        }
        let one_word = Chance::known(&[true; 9], &[true, false, true, true, true, false, true, true, true]);
        assert!((one_word.permutation_p - 1.0).abs() < 1e-9, "{one_word:?}");
    }
}
