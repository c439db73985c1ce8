//! A person's weeks as a series: the difference to the week before, the moving average, the z-score. Pure; not the weeks'
//! own values.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

/// The weight of the newest week in the moving average.
const ALPHA: f64 = 0.3;
/// How many weeks before a week it is compared with, at most and at least.
const COMPARED: u64 = 8;
const COMPARED_AT_LEAST: usize = 4;
/// Below this standard deviation there is no z-score.
const SPREAD: f64 = 1e-9;

/// A week with a valence, where it stands in its person's series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The person.
    pub subject_id: i64,
    /// The week.
    pub monday: NaiveDate,
    /// The week's valence, -1 to 1.
    pub valence: f64,
    /// Its difference to the ISO week before; none where that has no valence.
    pub delta: Option<f64>,
    /// The exponential moving average over the weeks that have a valence; none while it is not computed.
    pub ema: Option<f64>,
    /// (valence - mean) / sd of the weeks among the 8 before that have a valence; none with fewer than 4 or without a spread.
    pub z: Option<f64>,
}

/// The points from the first changed week of each person on, where they are other than they stand in `stored`.
///
/// `stored` holds each person's weeks in their order, from 8 weeks before the change on, and the last one before those.
#[must_use]
pub fn recomputed(since: &BTreeMap<i64, NaiveDate>, stored: &[Point]) -> Vec<Point> {
    let mut changed = Vec::new();
    for weeks in stored.chunk_by(|a, b| a.subject_id == b.subject_id) {
        let Some(since) = weeks.first().and_then(|week| since.get(&week.subject_id)) else { continue };
        let mut average = None;
        for (place, week) in weeks.iter().enumerate() {
            if week.monday >= *since {
                let before = &weeks[..place];
                let point = Point {
                    delta: difference(before, week),
                    ema: Some(step(average, week.valence)),
                    z: score(before, week),
                    ..*week
                };
                if point != *week {
                    changed.push(point);
                }
                average = point.ema;
            } else {
                average = week.ema;
            }
        }
    }
    changed
}

/// The average after another week.
fn step(average: Option<f64>, valence: f64) -> f64 {
    average.map_or(valence, |average| ALPHA * valence + (1.0 - ALPHA) * average)
}

fn difference(before: &[Point], week: &Point) -> Option<f64> {
    let last = before.last().filter(|last| last.monday + Days::new(7) == week.monday)?;
    Some(week.valence - last.valence)
}

#[expect(clippy::cast_precision_loss, reason = "at most eight")]
fn score(before: &[Point], week: &Point) -> Option<f64> {
    let first = week.monday - Days::new(7 * COMPARED);
    let compared: Vec<f64> = before.iter().filter(|point| point.monday >= first).map(|point| point.valence).collect();
    if compared.len() < COMPARED_AT_LEAST {
        return None;
    }
    let n = compared.len() as f64;
    let mean = compared.iter().sum::<f64>() / n;
    let sd = (compared.iter().map(|valence| (valence - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    (sd > SPREAD).then(|| (week.valence - mean) / sd)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the same steps give the same bits")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn monday(week: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 5).unwrap() + Days::new(7 * week)
    }

    fn weeks(valences: &[(u64, f64)]) -> Vec<Point> {
        let point =
            |&(week, valence)| Point { subject_id: 1, monday: monday(week), valence, delta: None, ema: None, z: None };
        valences.iter().map(point).collect()
    }

    fn since(week: u64) -> BTreeMap<i64, NaiveDate> {
        BTreeMap::from([(1, monday(week))])
    }

    #[test]
    fn a_gap_has_no_difference_and_does_not_age_the_average() {
        let points = recomputed(&since(0), &weeks(&[(0, 0.5), (1, 0.1), (3, 0.3)]));
        assert_eq!(points.iter().map(|point| point.delta).collect::<Vec<_>>(), [None, Some(-0.4), None]);
        let ema: Vec<f64> = points.iter().filter_map(|point| point.ema).collect();
        assert_eq!(ema, [0.5, 0.3 * 0.1 + 0.7 * 0.5, 0.3 * 0.3 + 0.7 * ema[1]]);
    }

    #[test]
    fn a_score_needs_four_of_the_eight_weeks_before_and_a_spread() {
        let score = |valences: &[(u64, f64)]| recomputed(&since(0), &weeks(valences)).last().unwrap().z;
        assert_eq!(score(&[(0, 0.1), (1, 0.2), (2, 0.3), (3, 0.5)]), None);
        assert_eq!(score(&[(0, 0.1), (1, 0.2), (2, 0.3), (8, 0.4), (9, 0.5)]), None); // week 0 is too long ago
        assert_eq!(score(&[(0, 0.2), (1, 0.2), (2, 0.2), (3, 0.2), (4, 0.5)]), None);
        // Mean 0.25, sd of 0.1 0.2 0.3 0.4 is sqrt(0.05 / 3).
        let z = score(&[(0, 0.1), (1, 0.2), (2, 0.3), (3, 0.4), (8, 0.5)]).unwrap();
        assert!((z - 0.25 / (0.05_f64 / 3.0).sqrt()).abs() < 1e-12);
    }

    proptest! {
        /// However late a week changes, going forward from it gives what the whole series gives, to the last bit.
        #[test]
        fn going_forward_is_going_over_all(valences in prop::collection::vec((1_u64..4, -1.0..1.0_f64), 2..40), at in any::<prop::sample::Index>(), new in -1.0..1.0_f64) {
            let mut week = 0;
            let valences: Vec<_> = valences.into_iter().map(|(step, valence)| { week += step; (week, valence) }).collect();
            let mut stored = recomputed(&since(0), &weeks(&valences));
            let at = at.index(stored.len());
            stored[at].valence = new;
            let from = stored[at].monday;
            // What is read: from 8 weeks before on, and one before that.
            let first = stored.iter().position(|point| point.monday >= from - Days::new(56)).unwrap();
            let read = &stored[first.saturating_sub(1)..];
            let changed = recomputed(&BTreeMap::from([(1, from)]), read);
            for point in changed {
                let place = stored.iter().position(|stored| stored.monday == point.monday).unwrap();
                stored[place] = point;
            }
            let plain: Vec<_> = stored.iter().map(|point| Point { delta: None, ema: None, z: None, ..*point }).collect();
            prop_assert_eq!(recomputed(&since(0), &plain), stored);
        }
    }
}
