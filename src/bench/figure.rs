//! What comes out: a name, a unit, and a number for each round.

use serde::Serialize;

/// One thing that was measured in every round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Figure {
    /// What it is, for example `drain.rate`.
    pub(crate) name: String,
    /// In what.
    pub(crate) unit: &'static str,
    /// The middle one.
    pub(crate) median: f64,
    /// The smallest.
    pub(crate) least: f64,
    /// The largest.
    pub(crate) most: f64,
    /// All of them, in the order of the rounds.
    pub(crate) rounds: Vec<f64>,
}

/// All that was measured, in the order in which it came.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Figures(Vec<Figure>);

impl Figures {
    /// Adds a round's number.
    pub(crate) fn add(&mut self, name: impl Into<String>, unit: &'static str, value: f64) {
        let name = name.into();
        if let Some(known) = self.0.iter_mut().find(|figure| figure.name == name) {
            known.rounds.push(value);
            known.sum_up();
            return;
        }
        self.0.push(Figure { name, unit, median: value, least: value, most: value, rounds: vec![value] });
    }

    /// Adds it if it is known.
    pub(crate) fn add_known(&mut self, name: impl Into<String>, unit: &'static str, value: Option<f64>) {
        if let Some(value) = value {
            self.add(name, unit, value);
        }
    }

    /// Takes over another's numbers, round by round.
    pub(crate) fn extend(&mut self, other: Self) {
        for figure in other.0 {
            for value in figure.rounds {
                self.add(figure.name.clone(), figure.unit, value);
            }
        }
    }

    /// The figure of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Figure> {
        self.0.iter().find(|figure| figure.name == name)
    }

    /// One after another.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Figure> {
        self.0.iter()
    }
}

impl Figure {
    fn sum_up(&mut self) {
        let mut sorted = self.rounds.clone();
        sorted.sort_by(f64::total_cmp);
        self.median = quantile(&sorted, 0.5);
        (self.least, self.most) = (sorted[0], sorted[sorted.len() - 1]);
    }
}

/// The value below which this share of sorted ones lies; the mean of two neighbours where it falls between them.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a length"
)]
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

/// A count as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts of a bench are far below 2^52")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// Nanoseconds as seconds.
pub(super) fn seconds(nanoseconds: u64) -> f64 {
    float(nanoseconds) / 1e9
}

/// Of the first count a second of the other.
pub(super) fn per(count: u64, seconds: f64) -> f64 {
    float(count) / seconds.max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_summed_up_by_their_middle_and_their_range() {
        let mut figures = Figures::default();
        for value in [3.0, 1.0, 8.0, 2.0] {
            figures.add("drain.rate", "jobs/s", value);
        }
        let figure = figures.get("drain.rate").unwrap();
        let expected = Figure {
            name: "drain.rate".to_owned(),
            unit: "jobs/s",
            median: 2.5,
            least: 1.0,
            most: 8.0,
            rounds: vec![3.0, 1.0, 8.0, 2.0],
        };
        assert_eq!(figure, &expected);
        assert!((quantile(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.99) - 4.96).abs() < 1e-9);
    }
}
