//! Which cohort a learner fits (S0, task 1; domain specification 4.5).

use std::collections::HashMap;

/// Domain, pace, engagement and retention, each 0 to 1.
pub type Position = [f64; 4];

/// The cohorts that learners can be matched with.
#[derive(Clone, Debug, Default)]
pub struct Cohorts {
    /// Id and centroid, the smallest id first.
    centroids: Vec<(i32, Position)>,
    by_name: HashMap<String, usize>,
}

/// How a learner came to a cohort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// They said so, and there is such a cohort.
    Declared,
    /// Its centroid is the nearest.
    Nearest,
}

impl How {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Nearest => "nearest",
        }
    }
}

/// A learner's cohort.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Which.
    pub cohort_id: i32,
    /// 1 at the centroid, 0 at the far corner.
    pub score: f64,
    /// Why.
    pub how: How,
}

impl Cohorts {
    /// Of cohorts with a centroid: id, name, centroid.
    #[must_use]
    pub fn new(mut cohorts: Vec<(i32, String, Position)>) -> Self {
        cohorts.sort_unstable_by_key(|(id, ..)| *id);
        let by_name = cohorts.iter().enumerate().map(|(place, (_, name, _))| (name.clone(), place)).collect();
        Self { centroids: cohorts.into_iter().map(|(id, _, centroid)| (id, centroid)).collect(), by_name }
    }

    /// The declared cohort if there is one of that name, else the nearest, of equally near ones that of the smallest id.
    /// `None` where there are no cohorts.
    #[must_use]
    pub fn find(&self, position: Position, declared: Option<&str>) -> Option<Match> {
        let known = declared.and_then(|name| self.by_name.get(name));
        let (place, how) = match known {
            Some(place) => (*place, How::Declared),
            None => (self.nearest(position)?, How::Nearest),
        };
        let (cohort_id, centroid) = self.centroids[place];
        Some(Match { cohort_id, score: 1.0 - distance(position, centroid) / FARTHEST, how })
    }

    fn nearest(&self, position: Position) -> Option<usize> {
        let to = |place: usize| distance(position, self.centroids[place].1);
        (0..self.centroids.len()).min_by(|a, b| to(*a).total_cmp(&to(*b)))
    }
}

/// The diagonal of the four dimensions.
const FARTHEST: f64 = 2.0;

fn distance(a: Position, b: Position) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cohorts() -> Cohorts {
        Cohorts::new(vec![
            (7, "slow".to_owned(), [0.0; 4]),
            (3, "quick".to_owned(), [1.0; 4]),
            (9, "also slow".to_owned(), [0.0; 4]),
        ])
    }

    #[test]
    fn a_declared_cohort_wins_over_a_nearer_one() {
        let found = cohorts().find([1.0; 4], Some("slow")).unwrap();
        assert_eq!((found.cohort_id, found.how), (7, How::Declared));
        assert!(found.score.abs() < 1e-12);
    }

    #[test]
    fn an_unknown_name_is_matched_by_distance_and_ties_go_to_the_smallest_id() {
        let found = cohorts().find([0.0; 4], Some("Slow")).unwrap();
        assert_eq!((found.cohort_id, found.how), (7, How::Nearest));
        assert!((found.score - 1.0).abs() < 1e-12);
    }

    #[test]
    fn without_cohorts_there_is_no_match() {
        assert_eq!(Cohorts::default().find([0.5; 4], Some("slow")), None);
    }
}
